import { startProftpd } from '../../../test/fixtures/foreign/proftpd.ts'
import { memoryOfTree } from './memory.js'

/** @import { ServerHere, ServerSpec } from '../types.d.ts' */

/** @param {ServerSpec} spec @returns {Promise<ServerHere>} */
export async function start({ root, tls = false }) {
  const { host, port, user, password, pid, close } = await startProftpd({
    root,
    ...(tls && { tls: {} }),
    settings: { ExtendedLog: '/dev/null NONE commands' }, // the log of the tests would cost time
  })
  return { target: { host, port, user, password, tls }, memory: () => memoryOfTree(pid), stop: close }
}
