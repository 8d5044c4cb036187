import { costOf, runProgram, versionOf } from '../lib/cost.js'
import { caFile } from '../servers/credentials.js'

/** @import { FtpClient, Target } from '../types.d.ts' */

/** @param {Target} target @param {string[]} commands @returns {string[]} */
function script({ host, port, user, password, tls }, ...commands) {
  const settings = [
    'cmd:fail-exit true',
    'net:max-retries 1',
    'xfer:clobber true',
    // Else the size of a file says nothing of what has come.
    'file:use-fallocate false',
    `ftp:ssl-allow ${tls}`,
    `ftp:ssl-force ${tls}`,
    `ftp:ssl-protect-data ${tls}`,
    `ftp:ssl-protect-list ${tls}`,
    `ssl:ca-file ${caFile}`,
    'ssl:check-hostname false',
  ]
  const open = `open -u ${user},${password.replaceAll(' ', '\\ ')} ftp://${host}:${port}`
  return ['--norc', '-c', [...settings.map((setting) => `set ${setting}`), open, ...commands].join('; ')]
}

/** @param {Target} target @param {string} command */
const cost = (target, command) => costOf('lftp', script(target, command), script(target, 'cat empty'))

/** @type {FtpClient} */
export default {
  name: 'lftp',
  version: () => versionOf('lftp').split(' | ').slice(0, 2).join(' ').replace(' Version', ''),
  isParallel: true,
  get: (target, remote, local) => cost(target, `get ${remote} -o ${local}`),
  put: (target, local, remote) => cost(target, `put ${local} -o ${remote}`),
  // Without the rights of the files, which would take a command for each.
  getTree: (target, remote, local, { connections }) =>
    cost(target, `mirror --no-perms --parallel=${connections} ${remote} ${local}`),
  putTree: (target, local, remote, { connections }) =>
    cost(target, `mirror -R --no-perms --parallel=${connections} ${local} ${remote}`),
  list: async (target, path) => ({ ...(await cost(target, `cls -1 ${path}`)), entries: 0 }),
  async limited(target, remote, rate, note, idle) {
    const again = idle ? [`sleep ${idle / 1000}`, `cat ${remote}`] : []
    const commands = [`set net:limit-rate ${rate}`, `cat ${remote}`, ...again]
    await runProgram('lftp', script(target, ...commands), { note, timeout: 60_000 })
  },
  async eight(target, remote, local, rate) {
    const limit = `set net:limit-total-rate ${rate}`
    const mirror = `mirror --no-perms --parallel=8 ${remote} ${local}`
    await runProgram('lftp', script(target, limit, mirror), { timeout: 60_000 })
  },
}
