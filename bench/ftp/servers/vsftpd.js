import { startVsftpd } from '../../../test/fixtures/foreign/vsftpd.ts'
import { memoryOfTree } from './memory.js'

/** @import { ServerHere, ServerSpec } from '../types.d.ts' */

/** @param {ServerSpec} spec @returns {Promise<ServerHere>} */
export async function start({ root, tls = false }) {
  const { host, port, user, password, pid, close } = await startVsftpd({
    root,
    ...(tls && { tls: {} }),
    // The log of the tests would cost time, and 50 sessions from one address are not enough.
    settings: { log_ftp_protocol: 'NO', xferlog_enable: 'NO', max_per_ip: '0', max_clients: '0' },
  })
  return { target: { host, port, user, password, tls }, memory: () => memoryOfTree(pid), stop: close }
}
