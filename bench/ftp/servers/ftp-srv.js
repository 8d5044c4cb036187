import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { FtpSrv } from 'ftp-srv'
import { HOST, PASSWORD, USER } from './credentials.js'
import { ownMemory } from './memory.js'

/** @import { AddressInfo } from 'node:net' */
/** @import { ServerHere, ServerSpec } from '../types.d.ts' */

/** @param {ServerSpec} spec @returns {Promise<ServerHere>} */
export async function start({ root }) {
  const port = await freePort() // it has no way to tell which one it got
  // Its own logger, which writes nothing at this level.
  const bunyan = createRequire(import.meta.resolve('ftp-srv'))('bunyan')
  const server = new FtpSrv({
    url: `ftp://${HOST}:${port}`,
    pasv_url: HOST,
    pasv_min: 20_000,
    log: bunyan.createLogger({ name: 'ftp-srv', level: bunyan.FATAL + 1 }),
  })
  server.on('login', ({ username, password }, resolve, reject) => {
    if (username === USER && password === PASSWORD) resolve({ root })
    else reject(new Error('unknown'))
  })
  await server.listen()
  return {
    target: { host: HOST, port, user: USER, password: PASSWORD, tls: false },
    memory: ownMemory,
    stop: async () => {}, // with its process
  }
}

async function freePort() {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const { port } = /** @type {AddressInfo} */ (server.address())
  await new Promise((resolve) => server.close(resolve))
  return port
}
