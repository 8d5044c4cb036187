import { crossTable } from '../../lib/scores.js'
import { groupBy, spread } from '../../lib/stats.js'
import { KiB, MiB, round } from '../../lib/units.js'
import { absolute, ratio } from '../../lib/verdict.js'
import { loadClient } from '../clients/index.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { Cost, FtpContext, Target } from '../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @typedef {'LIST' | 'MLSD'} Command */
/** @typedef {{ kind: 'time', command: Command, count: number, folder: string, target: Target }} Timed */
/** @typedef {{ kind: 'kept', counts: number[], folders: string[], target: Target }} Kept */
/** @typedef {{ half: number, whole: number }} Growth The most bytes of the heap in use, above those before, in each folder. */
/** @typedef {{ times: Outcome<Cost, Timed>[], kept: Outcome<Growth, Kept>[] }} Results */

export const title = 'Listing'

/** Entries of the larger directory in which the heap is looked at: more than any buffer holds, or it would be the buffer that grows. */
const KEPT = 40_000
/** How often the heap is looked at, in entries. */
const LOOK = 500

/** @param {FtpContext} context @returns {Promise<Results>} */
export async function run({ quick, clients, servers, place, withServer, alternate }) {
  const count = quick ? 3000 : 20_000
  place.files('many', count, 0)
  place.files('half', KEPT / 2, 0)
  place.files('whole', KEPT, 0)
  const rounds = quick ? 1 : 3
  /** @type {Results} */
  const results = { times: [], kept: [] }
  await withServer({ name: 'vsftpd' }, async (target) => {
    /** @type {Timed} */
    const params = { kind: 'time', command: 'LIST', count, folder: 'many', target }
    const jobs = [...clients].filter(([, { list }]) => list).map(([adapter]) => ({ adapter, params }))
    results.times.push(.../** @type {Outcome<Cost, Timed>[]} */ (await alternate('listing', jobs, rounds)))
    /** @type {Kept} */
    const kept = { kind: 'kept', counts: [KEPT / 2, KEPT], folders: ['half', 'whole'], target }
    const inNode = [...clients].filter(([, { list, version }]) => list && !version)
    results.kept = await alternate(
      'listing',
      inNode.map(([adapter]) => ({ adapter, params: kept })),
      1,
    )
  })
  if (!servers.includes('proftpd')) return results
  await withServer({ name: 'proftpd' }, async (target) => {
    /** @type {Timed} */
    const params = { kind: 'time', command: 'MLSD', count, folder: 'many', target }
    // curl knows LIST only.
    const jobs = [...clients]
      .filter(([name, { list }]) => list && name !== 'curl')
      .map(([adapter]) => ({ adapter, params }))
    results.times.push(.../** @type {Outcome<Cost, Timed>[]} */ (await alternate('listing', jobs, rounds)))
  })
  return results
}

/** @param {string} adapter @param {Timed | Kept} params @returns {Promise<Cost | Growth>} */
export async function measure(adapter, params) {
  const { list } = await loadClient(adapter)
  if (!list) throw new TypeError(`Cannot measure: ${adapter} has no listing`)
  if (params.kind === 'time') {
    const { target, folder, count } = params
    const { entries, ...cost } = await list(target, folder)
    if (entries && entries !== count) throw new Error(`${entries} entries instead of ${count}`)
    return cost
  }
  const most = []
  for (const folder of params.folders) most.push(await heapOf(list, params.target, folder))
  return { half: Number(most[0]), whole: Number(most[1]) }
}

/**
 * @param {NonNullable<import('../types.d.ts').FtpClient['list']>} list
 * @param {Target} target
 * @param {string} folder
 * @returns {Promise<number>} The most of the heap that is in use while the entries are handed over, in bytes above what was before.
 */
async function heapOf(list, target, folder) {
  await list(target, 'half') // what is compiled and kept for good is there then
  const before = heapUsed()
  let most = 0
  let seen = 0
  await list(target, folder, () => {
    if (++seen % LOOK === 0) most = Math.max(most, heapUsed() - before)
  })
  return most
}

function heapUsed() {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** @param {Results} results @returns {Verdict[]} */
export function verdicts({ times, kept }) {
  return [
    ...[...groupBy(times, ({ params }) => params.command)].map(([command, own]) =>
      ratio(own, {
        target: `listing of ${own[0]?.params.count.toLocaleString('en')}, ${command}`,
        rival: 'basic-ftp',
        bound: 1,
        unit: 's',
        of: ({ seconds }) => seconds,
      }),
    ),
    absolute(kept, {
      target: 'listing, heap in a directory twice as large',
      reach: '+ <= 1024 KiB',
      bound: 1024,
      unit: 'KiB',
      digits: 0,
      of: ({ half, whole }) => (whole - half) / KiB,
    }),
  ]
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables({ times, kept }, nameOf) {
  return [
    {
      title: `${title} of ${times[0]?.params.count.toLocaleString('en')} files`,
      note: 'Seconds; processor time; the most memory (RSS) of the process. LIST from vsftpd, MLSD from proftpd. sluice iterates, basic-ftp gives an array, lftp (`cls -1`, from LIST or MLSD) prints, curl does not read what it gets.',
      ...crossTable(
        times,
        ({ params }) => params.command,
        (values) =>
          `${spread(
            values.map(({ seconds }) => seconds),
            3,
          )} s; ${spread(values.map(({ cpu }) => cpu))} s; ${round(Math.max(...values.map(({ rss }) => rss)) / MiB, 0)} MiB`,
        'command',
        nameOf,
      ),
    },
    {
      title: `${title}: heap while the entries are handed over`,
      note: `The most that is in use after a collection, every ${LOOK} entries, above what was before, in KiB.`,
      ...crossTable(
        kept.flatMap((outcome) =>
          outcome.params.counts.map((count, i) => ({
            ...outcome,
            params: { count },
            value: outcome.value && [outcome.value.half, outcome.value.whole][i],
          })),
        ),
        ({ params }) => params.count.toLocaleString('en'),
        (values) =>
          `${spread(
            values.map((value) => Number(value) / KiB),
            0,
          )} KiB`,
        'entries',
        nameOf,
      ),
    },
  ]
}
