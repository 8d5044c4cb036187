import { crossTable } from '../../lib/scores.js'
import { sleep } from '../../lib/sleep.js'
import { spread } from '../../lib/stats.js'
import { burst } from '../../lib/trace.js'
import { MiB, size } from '../../lib/units.js'
import { absolute } from '../../lib/verdict.js'
import { withFleet } from '../lib/fleet.js'
import { windows } from '../lib/windows.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @import { Trace } from '../../lib/trace.js' */
/** @import { FleetContext } from '../types.d.ts' */
/** @typedef {{ change: 'join' | 'crash', members: number }} Params `members` before. */
/** @typedef {{ settled: number, over: number }} Value In ms, Infinity if it never came to that; and in ms of the limit. */
/** @typedef {Outcome<Value, Params>[]} Results */

const LIMIT = 20 * MiB
/** A round, in ms. */
const ROUND = 100
const WATCHED = 3000
/** Who has this part of what is due over so many ms, and goes on having it for so long, has what is due. */
const ENOUGH = 0.9
const WIDTH = 2 * ROUND
const FOR = 1000

const TITLES = { join: 'an eighth process joins', crash: 'one of two is killed' }

/** @param {FleetContext} context @returns {Promise<Results>} */
export async function run({ quick, contenders, alternate }) {
  if (!contenders.has('sluice')) return []
  const jobs = /** @type {Params[]} */ ([
    { change: 'join', members: 7 },
    { change: 'crash', members: 2 },
  ]).map((params) => ({ adapter: 'sluice', params }))
  return /** @type {Results} */ (await alternate('members', jobs, quick ? 1 : 2))
}

/** @param {string} contender @param {Params} params @returns {Promise<Value>} */
export async function measure(contender, { change, members }) {
  const specs = Array.from({ length: members }, () => ({}))
  return await withFleet({ contender, limit: LIMIT, specs }, async ({ crew }) => {
    if (change === 'join') {
      const from = await crew.add()
      await sleep(WATCHED)
      const to = from + WATCHED
      return {
        settled: whenDue(crew.trace([members]), LIMIT / (members + 1), from),
        over: burst(crew.trace(), LIMIT, from, to),
      }
    }
    const from = crew.now
    crew.signal(0, 'SIGKILL')
    await sleep(WATCHED)
    const rest = specs.map((_, i) => i).slice(1)
    return {
      settled: whenDue(crew.trace(rest), LIMIT, from),
      over: burst(crew.trace(), LIMIT, from, from + WATCHED),
    }
  })
}

/**
 * @param {Trace} trace
 * @param {number} rate What is due.
 * @param {number} from
 */
function whenDue(trace, rate, from) {
  let since
  for (const { at, part } of windows(trace, rate, from, from + WATCHED, WIDTH)) {
    if (part < ENOUGH) since = undefined
    else since ??= at
    if (since !== undefined && at - since >= FOR) return Math.max(0, since - from)
  }
  return Number.POSITIVE_INFINITY
}

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  const of = (/** @type {string} */ change) => results.filter(({ params }) => params.change === change)
  return [
    absolute(of('join'), {
      target: `${TITLES.join}: fair after`,
      reach: '<= 2 rounds',
      bound: 2,
      unit: 'rounds',
      digits: 1,
      of: (value) => value.settled / ROUND,
    }),
    absolute(of('crash'), {
      target: `${TITLES.crash}: the other has its share after`,
      reach: '<= 1.5 s',
      bound: 1.5,
      unit: 's',
      of: (value) => value.settled / 1000,
    }),
  ]
}

/** @param {Results} results @param {(contender: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  return [
    {
      title: `Coming and going, under ${size(LIMIT)}/s`,
      note: `How long until the one that joins has its eighth, from its first answer of Redis on; and until the other one has everything, from the kill on: from then on it has at least ${ENOUGH} of what is due in every ${WIDTH} ms, for ${FOR / 1000} s. And the most of all together above R in any window of the ${WATCHED / 1000} s, in ms of R. A round is ${ROUND} ms. The rivals know nothing of members.`,
      ...crossTable(
        results,
        ({ params }) => TITLES[params.change],
        (values) =>
          `${spread(
            values.map((value) => value.settled),
            0,
          )} ms; ${spread(
            values.map(({ over }) => over),
            0,
          )} ms`,
        'change',
        nameOf,
      ),
    },
  ]
}
