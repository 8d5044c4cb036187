import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { costOf, runProgram, versionOf } from '../lib/cost.js'
import { caFile } from '../servers/credentials.js'

/** @import { FtpClient, Target, TreeOptions } from '../types.d.ts' */

/** @param {Target} target @param {string} path */
const url = ({ host, port }, path) => `ftp://${host}:${port}/${path}`

/**
 * Without a CWD for each folder, which is the fastest of its ways. It waits for 200 ms before many a data connection, for an address
 * of the other kind that may be faster, unless it is told not to (7.88).
 *
 * @param {Target} target
 */
const common = ({ user, password, tls }) => [
  ...['-q', '-sS', '--ftp-method', 'nocwd', '--happy-eyeballs-timeout-ms', '1', '-u', `${user}:${password}`],
  ...(tls ? ['--ssl-reqd', '--cacert', caFile] : []),
]

/** @param {Target} target @param {string} remote @param {string} local */
const download = (target, remote, local) => [...common(target), '-o', local, url(target, remote)]

/** @param {Target} target @param {string[]} args */
const cost = (target, args) => costOf('curl', args, download(target, 'empty', '/dev/null'))

/**
 * One transfer. Its own clock says how long that took, from when the login was done: now and then it waits for something else before.
 *
 * @param {Target} target
 * @param {string[]} args
 */
async function one(target, args) {
  const whole = await cost(target, ['-w', '%{stderr}%{time_pretransfer} %{time_total}', ...args])
  const [before, total] = whole.said.split(' ').map(Number)
  return { ...whole, seconds: Number(total) - Number(before) }
}

/**
 * Many transfers in one run of curl, in active mode: in passive mode 7.88 misses the reply to EPSV if that is quick, and waits for a second.
 *
 * @param {Target} target
 * @param {TreeOptions} options
 * @param {(name: string) => string[]} lines Of the configuration, for a file.
 */
function many(target, { names, connections }, lines) {
  const config = join(tmpdir(), `curl-${process.pid}.conf`)
  writeFileSync(config, `${names.flatMap(lines).join('\n')}\n`)
  const parallel = connections === 1 ? [] : ['-Z', '--parallel-immediate', '--parallel-max', String(connections)]
  return cost(target, [...common(target), ...parallel, '-P', target.host, '-K', config])
}

/** @type {FtpClient} */
export default {
  name: 'curl',
  version: () => versionOf('curl').split(' (')[0] ?? '',
  isParallel: true,
  get: (target, remote, local) => one(target, download(target, remote, local)),
  put: (target, local, remote) => one(target, [...common(target), '-T', local, url(target, remote)]),
  getTree: (target, remote, local, options) =>
    many(target, options, (name) => [`url = "${url(target, `${remote}/${name}`)}"`, `output = "${join(local, name)}"`]),
  putTree: (target, local, remote, options) =>
    many(target, options, (name) => [
      `url = "${url(target, `${remote}/${name}`)}"`,
      `upload-file = "${join(local, name)}"`,
    ]),
  /** It does not read what it lists. */
  async list(target, path) {
    return { ...(await cost(target, [...common(target), '-o', '/dev/null', url(target, `${path}/`)])), entries: 0 }
  },
  /** It can't wait in between. */
  async limited(target, remote, rate, note, idle) {
    if (idle) return
    await runProgram('curl', [...common(target), '-N', '--limit-rate', String(rate), url(target, remote)], {
      note,
      timeout: 60_000,
    })
  },
}
