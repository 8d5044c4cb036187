import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** @import { OpenServer, ServerName, ServerSpec, Target } from '../types.d.ts' */

const host = fileURLToPath(new URL('host.js', import.meta.url))
const peers = new URL('../../../node_modules/.cache/peers/', import.meta.url)

/** All servers, ours first. @type {readonly ServerName[]} */
export const SERVERS = ['sluice', 'ftp-srv', 'vsftpd', 'proftpd']

const isForeign = (/** @type {ServerName} */ name) => name === 'vsftpd' || name === 'proftpd'

/** Why a server can't take part, if so. @param {ServerName} name */
export function whyMissing(name) {
  if (!isForeign(name) || existsSync(new URL(`${name}/usr/sbin/${name}`, peers))) return undefined
  return `${name} is left out: scripts/foreign-peers.sh gets it`
}

/**
 * Starts a server in a process of its own, which ends with this one.
 *
 * @param {ServerSpec} spec
 * @returns {Promise<OpenServer>}
 */
export async function openServer(spec) {
  const process = fork(host, [JSON.stringify(spec)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // The fixtures of the tests that start other servers are TypeScript.
    execArgv: isForeign(spec.name) ? ['--import', import.meta.resolve('tsx')] : ['--expose-gc', '--no-warnings'],
  })
  const ask = async (/** @type {string} */ question) => {
    const answer = once(process, 'message').then(([message]) => message)
    process.send(question)
    return await answer
  }
  const target = await new Promise((resolve, reject) => {
    process.once('message', resolve)
    process.once('error', reject)
    process.once('exit', (code) => reject(new Error(`the server ${spec.name} ends with ${code}`)))
  })
  return {
    target: /** @type {Target} */ (target),
    memory: () => ask('memory'),
    async stop() {
      const exit = once(process, 'exit')
      process.disconnect()
      await exit
    },
  }
}
