import { crossTable } from '../../lib/scores.js'
import { sleep } from '../../lib/sleep.js'
import { groupBy } from '../../lib/stats.js'
import { burst } from '../../lib/trace.js'
import { round, size } from '../../lib/units.js'
import { FAULTS, LIMIT, MEMBERS, prepare } from '../lib/faults.js'
import { withFleet } from '../lib/fleet.js'
import { shortfall, windows } from '../lib/windows.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @import { FleetContext } from '../types.d.ts' */
/** @typedef {{ fault: string }} Params */
/**
 * @typedef {object} Value
 * @property {number} least Of the limit, in any window from when the fault begins.
 * @property {number} most
 * @property {number} over Most above the limit in any window, in ms of it.
 * @property {number} short Most below it, in ms of it.
 * @property {number} normal When all is as it should be, in ms from the end of the fault, or from its begin if it has none.
 * @property {number} errors How often what was asked for failed.
 * @property {string} lastError
 */
/** @typedef {Outcome<Value, Params>[]} Results */

const WIDTH = 500
/** Longer than the time over which rates are told that are held without Redis, in ms. */
const SETTLE = 2000
const [LEAST, MOST, OVER, NORMAL] = [0.9, 1.1, 250, 2000]

/** @param {FleetContext} context @returns {Promise<Results>} */
export async function run({ quick, contenders, alternate }) {
  const jobs = Object.entries(FAULTS).flatMap(([fault, { oursOnly }]) => {
    const params = { fault }
    const names = [...contenders.keys()].filter((name) => name === 'sluice' || !(oursOnly || quick))
    return names.map((adapter) => ({ adapter, params }))
  })
  return /** @type {Results} */ (await alternate('faults', jobs, 1))
}

/** @param {string} contender @param {Params} params @returns {Promise<Value>} */
export async function measure(contender, params) {
  const fault = FAULTS[params.fault]
  if (!fault) throw new Error(`Cannot measure '${params.fault}': there is no such fault`)
  /** @type {Awaited<ReturnType<typeof prepare>> | undefined} */
  let needs
  /** @param {import('../lib/redis.js').RedisServer} redis */
  const specs = async (redis) => {
    needs = await prepare(fault, redis)
    return needs.specs
  }
  try {
    return await withFleet({ contender, limit: LIMIT, specs, settle: SETTLE }, async ({ redis, crew }) => {
      const stage = { redis, crew, relay: needs?.relay, replica: needs?.replica }
      const from = crew.now
      await fault.begin(stage)
      let end = from
      if (fault.lasts) {
        await sleep(fault.lasts)
        await fault.end?.(stage)
        end = crew.now
      }
      await sleep(fault.after)
      const to = crew.now
      const trace = crew.trace()
      const all = windows(trace, LIMIT, from, to, WIDTH)
      const bad = all.filter(({ part }) => part < LEAST || part > MOST).map(({ at }) => at)
      const last = Math.max(...bad)
      const reports = await crew.reports()
      return {
        least: Math.min(...all.map(({ part }) => part)),
        most: Math.max(...all.map(({ part }) => part)),
        over: burst(trace, LIMIT, from, to),
        short: shortfall(trace, LIMIT, from, to),
        normal: last === all.at(-1)?.at ? Number.POSITIVE_INFINITY : Math.max(0, last + WIDTH / 2 - end),
        errors: reports.reduce((sum, { errors }) => sum + errors, 0),
        lastError: reports.map(({ lastError }) => lastError).find((text) => text !== '') ?? '',
      }
    })
  } finally {
    await needs?.relay?.close()
    await needs?.replica?.stop()
  }
}

/** @param {Value} value */
const isNormal = ({ least, most, over, normal }) => least >= LEAST && most <= MOST && over <= OVER && normal <= NORMAL

/** @param {Value} value */
const brief = ({ least, most, over, normal }) =>
  `${round(least)} to ${round(most)} R; ${round(over, 0)} ms; ${seconds(normal)}`

/** @param {number} ms */
const seconds = (ms) => (ms === Number.POSITIVE_INFINITY ? 'not within the time' : `${round(ms / 1000, 1)} s`)

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  const faults = results.filter(({ params }) => params.fault !== 'none')
  return [...groupBy(faults, ({ params }) => params.fault)].map(([fault, outcomes]) => {
    const texts = outcomes.map(({ adapter, value, error }) => ({
      adapter,
      text: value ? brief(value) : `failed: ${error}`,
    }))
    const ours = outcomes.find(({ adapter }) => adapter === 'sluice')
    const theirs = texts.filter(({ adapter }) => adapter !== 'sluice').map(({ adapter, text }) => `${adapter}: ${text}`)
    return {
      target: `${FAULTS[fault]?.title}`,
      reach: `${LEAST} to ${MOST} R; <= ${OVER} ms of R above; normal within ${NORMAL / 1000} s`,
      ours: texts.find(({ adapter }) => adapter === 'sluice')?.text ?? '-',
      theirs: theirs.join('; ') || '-',
      judged: 'all three',
      met: ours && (ours.value ? isNormal(ours.value) : false),
    }
  })
}

/** @param {Results} results @param {(contender: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  const cell = (/** @type {Value[]} */ [value]) => {
    if (!value) return '-'
    const failures = value.errors > 0 ? `; ${value.errors} failed (${value.lastError.slice(0, 60)})` : ''
    return `${round(value.least)} to ${round(value.most)} R; +${round(value.over, 0)} -${round(value.short, 0)} ms; ${seconds(value.normal)}${failures}`
  }
  return [
    {
      title: 'What goes wrong',
      note: `${MEMBERS} processes under ${size(LIMIT)}/s that want all they can get. The least and the most of any ${WIDTH} ms from when it begins; the most above (+) and below (-) R in any window, in ms of R; how long from its end, or from its begin if it has none, until every ${WIDTH} ms is within ${LEAST} to ${MOST} R; calls that failed. The first line is without any fault: what windows of 1 s are like, and how quiet the machine is. A process that stands still may be cut off for all that Redis knows, so the others do not get its eighth: the total is 0.875 R by design.`,
      ...crossTable(results, ({ params }) => FAULTS[params.fault]?.title ?? '', cell, 'fault', nameOf),
    },
  ]
}
