import { crossTable } from '../../lib/scores.js'
import { sleep } from '../../lib/sleep.js'
import { spread } from '../../lib/stats.js'
import { KiB } from '../../lib/units.js'
import { absolute } from '../../lib/verdict.js'
import { RawSession } from '../lib/raw-session.js'
import { openServer } from '../servers/index.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { FtpContext, ServerName, Target } from '../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @typedef {{ count: number, root: string }} Params */
/** @typedef {Outcome<number, Params>[]} Results Bytes for each session. */

export const title = 'Idle sessions'

/** So many come at once, and so many have been there before it counts. */
const BATCH = 50

/** @param {FtpContext} context @returns {Promise<Results>} */
export async function run({ quick, servers, place, alternate }) {
  const jobs = servers.map((adapter) => {
    // With a process for each session it does not take so many to tell.
    const count = adapter === 'sluice' || adapter === 'ftp-srv' ? 500 : 100
    return { adapter, params: { count: quick ? 100 : count, root: place.root } }
  })
  return await alternate('sessions', jobs, quick ? 1 : 2)
}

/** @param {string} name @param {Params} params @returns {Promise<number>} */
export async function measure(name, { count, root }) {
  const server = await openServer({ name: /** @type {ServerName} */ (name), root })
  try {
    // What the first ones make it allocate for good is no matter of a session.
    for (const session of await open(server.target, BATCH)) session.close()
    await sleep(500)
    const before = await server.memory()
    for (let i = 0; i < count; i += BATCH) await open(server.target, BATCH)
    await sleep(500)
    return ((await server.memory()) - before) / count
  } finally {
    await server.stop()
  }
}

/** @param {Target} target @param {number} count */
const open = (target, count) => Promise.all(Array.from({ length: count }, () => RawSession.open(target)))

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  return [
    absolute(results, {
      target: 'server, an idle session',
      reach: '<= 32 KiB',
      bound: 32,
      unit: 'KiB',
      digits: 1,
      of: (bytes) => bytes / KiB,
    }),
  ]
}

/** @param {Results} results @returns {Table[]} */
export function tables(results) {
  return [
    {
      title,
      note: `What each of ${[...new Set(results.map(({ params }) => params.count))].join(' (100 where each has a process) or ')} sessions that have logged in adds to the server's memory: RSS after a collection, or the PSS of all processes where each session has its own; ${BATCH} were there before.`,
      ...crossTable(
        results,
        () => 'a session',
        (values) =>
          `${spread(
            values.map((value) => value / KiB),
            1,
          )} KiB`,
        'memory',
        (name) => name,
      ),
    },
  ]
}
