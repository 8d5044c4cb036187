import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crossTable } from '../../lib/scores.js'
import { groupBy, spread } from '../../lib/stats.js'
import { KiB, MiB, round } from '../../lib/units.js'
import { ratio } from '../../lib/verdict.js'
import { loadClient } from '../clients/index.js'
import { checkCopies } from '../lib/place.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { Cost, FtpContext, Target } from '../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @typedef {'down' | 'up'} Direction */
/** @typedef {{ direction: Direction, connections: number, count: number, target: Target, served: string, copy: string }} Params */
/** @typedef {Outcome<Cost, Params>[]} Results */

export const title = 'Small files'

const BYTES = 4 * KiB

/** @param {FtpContext} context @returns {Promise<Results>} */
export async function run({ quick, clients, place, withServer, alternate }) {
  const count = quick ? 300 : 2000
  const { path: served } = place.files('small', count, BYTES)
  const copies = { down: place.local('small'), up: join(place.root, 'incoming', 'small') }
  return await withServer({ name: 'vsftpd' }, async (target) => {
    const cases = [1, 8].flatMap((connections) =>
      /** @type {Direction[]} */ (['down', 'up']).map((direction) => {
        return { direction, connections, count, target, served, copy: copies[direction] }
      }),
    )
    const jobs = cases.flatMap((params) =>
      [...clients]
        .filter(([, { isParallel, getTree }]) => getTree && (params.connections === 1 || isParallel))
        .map(([adapter]) => ({ adapter, params })),
    )
    return await alternate('small', jobs, quick ? 1 : 3)
  })
}

/** @param {string} adapter @param {Params} params @returns {Promise<Cost>} */
export async function measure(adapter, { direction, connections, count, target, served, copy }) {
  const client = await loadClient(adapter)
  const names = Array.from({ length: count }, (_, i) => `file-${String(i).padStart(5, '0')}.dat`)
  const options = { names, connections }
  try {
    mkdirSync(copy) // not every client makes it
    const cost = await (direction === 'down'
      ? client.getTree?.(target, 'small', copy, options)
      : client.putTree?.(target, served, 'incoming/small', options))
    if (!cost) throw new TypeError(`Cannot measure: ${adapter} has no such transfer`)
    checkCopies(copy, served)
    return cost
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

const caseOf = (/** @type {Params} */ { direction, connections }) =>
  `${direction}, ${connections === 1 ? 'one connection' : `${connections} connections`}`

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  return [...groupBy(results, ({ params }) => caseOf(params))].map(([name, own]) =>
    ratio(own, {
      target: `files of 4 KiB, ${name}`,
      rival: 'lftp',
      bound: 1,
      higher: true,
      unit: 'files/s',
      of: ({ seconds }) => Number(own[0]?.params.count) / seconds,
    }),
  )
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  const count = Number(results[0]?.params.count)
  return [
    {
      title: `${title}: ${count} of 4 KiB from and to vsftpd`,
      note: 'Files a second; processor time of the client; its memory. A folder with all that is in it: `client.download`/`upload` and those of a pool, `downloadToDir`/`uploadFromDir`, `mirror`; curl is given all names, and the others list them by themselves. Connections but the first are opened within the time that is measured. basic-ftp has one connection. curl goes by active mode, as version 7.88 now and then waits for a second in passive mode. Bare Node is no client: its sockets and files in a loop, without a check, a timeout or a listing; a client in Node.js can hardly be faster.',
      ...crossTable(
        results,
        ({ params }) => caseOf(params),
        (values) => {
          const speed = values.map(({ seconds }) => count / seconds)
          const cpu = values.map((value) => value.cpu)
          return `${spread(speed, 0)} files/s; ${spread(cpu)} s; ${round(Math.max(...values.map(({ rss }) => rss)) / MiB, 0)} MiB`
        },
        'case',
        nameOf,
      ),
    },
  ]
}
