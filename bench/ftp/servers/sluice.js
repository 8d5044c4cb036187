import { dist } from '../../lib/dist.js'
import { HOST, localhost, PASSWORD, USER } from './credentials.js'
import { ownMemory } from './memory.js'

/** @import { ServerHere, ServerSpec } from '../types.d.ts' */

/** @param {ServerSpec} spec @returns {Promise<ServerHere>} */
export async function start({ root, tls = false, limit }) {
  const { Server } = await import(new URL('ftp/server/index.js', dist).href)
  const server = new Server({
    root,
    users: [{ name: USER, password: PASSWORD }],
    ...(tls && { tls: localhost() }),
    ...(limit && { limits: { serverGlobal: limit } }),
  })
  const { port } = await server.listen({ host: HOST })
  return {
    target: { host: HOST, port, user: USER, password: PASSWORD, tls },
    memory: ownMemory,
    stop: () => server.close({ drain: false }),
  }
}
