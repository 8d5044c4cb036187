import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { dist } from '../../lib/dist.js'
import { sleep } from '../../lib/sleep.js'
import { costHere } from '../lib/cost.js'
import { caFile } from '../servers/credentials.js'

/** @import { FtpClient, Target } from '../types.d.ts' */

const { Client, ClientPool } = await import(new URL('ftp/client/index.js', dist).href)
const { StreamThrottle } = await import(new URL('index.js', dist).href)

/** @param {Target} target */
const optionsFor = ({ port, user, password, tls }) => ({
  port,
  user,
  password,
  ...(tls && { tls: 'explicit', tlsOptions: { ca: readFileSync(caFile) } }),
})

/** @param {Target} target @param {(client: any) => Promise<unknown>} body */
async function withClient(target, body) {
  return await Client.context(target.host, optionsFor(target), (/** @type {any} */ client) =>
    costHere(() => body(client)),
  )
}

/** @param {Target} target @param {number} connections @param {(pool: any) => Promise<unknown>} body */
async function withPool(target, connections, body) {
  const pool = new ClientPool(target.host, { ...optionsFor(target), connections })
  try {
    return await costHere(() => body(pool))
  } finally {
    await pool.close()
  }
}

/** @type {FtpClient} */
export default {
  name: 'sluice',
  isParallel: true,
  get: (target, remote, local) => withClient(target, (client) => client.download(remote, local)),
  put: (target, local, remote) => withClient(target, (client) => client.upload(local, remote)),
  getTree: (target, remote, local, { connections }) =>
    connections === 1
      ? withClient(target, (client) => client.download(remote, local))
      : withPool(target, connections, (pool) => pool.download(remote, local)),
  putTree: (target, local, remote, { connections }) =>
    connections === 1
      ? withClient(target, (client) => client.upload(local, remote))
      : withPool(target, connections, (pool) => pool.upload(local, remote)),
  async list(target, path, each) {
    let entries = 0
    const cost = await withClient(target, async (client) => {
      for await (const _ of client.list(path)) {
        entries++
        each?.()
      }
    })
    return { ...cost, entries }
  },
  async limited(target, remote, rate, note, idle) {
    const throttles = { limit: StreamThrottle.fromLimits({ readSpeedLimit: rate }) }
    const client = await Client.connect(target.host, { ...optionsFor(target), throttles })
    const download = () =>
      client.download(
        remote,
        new Writable({
          write(chunk, _encoding, done) {
            note(chunk.length)
            done()
          },
        }),
      )
    await download()
    if (idle) {
      await sleep(idle)
      await download()
    }
    await client.quit()
  },
  async eight(target, remote, local, rate) {
    const throttles = { total: StreamThrottle.fromLimits({ readSpeedLimit: rate }) }
    const pool = new ClientPool(target.host, { ...optionsFor(target), throttles, connections: 8 })
    await pool.download(remote, local)
    await pool.close()
  },
}
