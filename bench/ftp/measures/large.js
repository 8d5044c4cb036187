import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { crossTable } from '../../lib/scores.js'
import { groupBy, spread } from '../../lib/stats.js'
import { MiB, round, size } from '../../lib/units.js'
import { absolute, ratio } from '../../lib/verdict.js'
import { loadClient } from '../clients/index.js'
import { checkCopy } from '../lib/place.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { Cost, FtpContext, Target } from '../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @typedef {'plain down' | 'plain up' | 'TLS down' | 'TLS up'} Case */
/** @typedef {{ case: Case, bytes: number, target: Target, served: string, copy: string }} Params */
/** @typedef {Outcome<Cost, Params>[]} Results */

export const title = 'One large file'

/** @param {FtpContext} context @returns {Promise<Results>} */
export async function run({ quick, large, clients, place, withServer, alternate }) {
  const served = place.file('large.bin', large)
  const down = place.local('large.bin')
  const up = join(place.root, 'incoming', 'large.bin')
  return await withServer({ name: 'vsftpd' }, (plain) =>
    withServer({ name: 'vsftpd', tls: true }, async (tls) => {
      /** @type {Params[]} */
      const cases = [
        { case: 'plain down', bytes: large, target: plain, served, copy: down },
        { case: 'plain up', bytes: large, target: plain, served, copy: up },
        { case: 'TLS down', bytes: large, target: tls, served, copy: down },
        { case: 'TLS up', bytes: large, target: tls, served, copy: up },
      ]
      const jobs = cases.flatMap((params) =>
        [...clients].filter(([, { get }]) => get).map(([adapter]) => ({ adapter, params })),
      )
      return await alternate('large', jobs, quick ? 1 : 3)
    }),
  )
}

/** @param {string} adapter @param {Params} params @returns {Promise<Cost>} */
export async function measure(adapter, { case: which, target, served, copy }) {
  const client = await loadClient(adapter)
  try {
    const cost = which.endsWith('down')
      ? await client.get?.(target, 'large.bin', copy)
      : await client.put?.(target, served, 'incoming/large.bin')
    if (!cost) throw new TypeError(`Cannot measure: ${adapter} has no such transfer`)
    checkCopy(copy, served)
    return cost
  } finally {
    rmSync(copy, { force: true })
  }
}

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  if (results.length === 0) return []
  const cases = groupBy(results, ({ params }) => params.case)
  const bytes = Number(results[0]?.params.bytes)
  const of = (/** @type {Case} */ name) => cases.get(name) ?? []
  const speed = (/** @type {Case} */ name, /** @type {string} */ rival) =>
    ratio(of(name), {
      target: `large file, ${name}`,
      rival,
      bound: 1,
      higher: true,
      unit: 'MiB/s',
      of: ({ seconds }) => bytes / MiB / seconds,
    })
  const cpu = (/** @type {Case} */ name) =>
    ratio(of(name), { target: `processor time, ${name}`, rival: 'basic-ftp', bound: 0.5, unit: 's', of: (v) => v.cpu })
  return [
    speed('plain down', 'curl'),
    speed('plain up', 'curl'),
    speed('TLS down', 'curl'),
    speed('TLS up', 'basic-ftp'),
    cpu('plain down'),
    cpu('plain up'),
    absolute(results, {
      target: `peak memory, ${size(bytes)}, all cases`,
      reach: '<= 100 MiB',
      bound: 100,
      unit: 'MiB',
      digits: 0,
      of: ({ rss }) => rss / MiB,
    }),
  ]
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  const bytes = Number(results[0]?.params.bytes)
  return [
    {
      title: `${title}: ${size(bytes)} from and to vsftpd`,
      note: 'Throughput; processor time of the client, user and system; the most memory (RSS) of its process. From when the client has logged in to when its call ends; for lftp, the same command for an empty file is taken off, and of curl it is `time_total` less `time_pretransfer`. Each copy is compared with the original, byte for byte.',
      ...crossTable(
        results,
        ({ params }) => params.case,
        (values) => {
          const speed = values.map(({ seconds }) => bytes / MiB / seconds)
          const cpu = values.map((value) => value.cpu)
          return `${spread(speed, 0)} MiB/s; ${spread(cpu)} s; ${round(Math.max(...values.map(({ rss }) => rss)) / MiB, 0)} MiB`
        },
        'case',
        nameOf,
      ),
    },
  ]
}
