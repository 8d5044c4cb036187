import { crossTable } from '../../lib/scores.js'
import { jain, spread } from '../../lib/stats.js'
import { burst, worstWindow } from '../../lib/trace.js'
import { MiB, size } from '../../lib/units.js'
import { absolute } from '../../lib/verdict.js'
import { VARIANTS } from '../contenders/index.js'
import { SETTLE, withFleet, workOver } from '../lib/fleet.js'
import { meanPart } from '../lib/windows.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @import { FleetContext } from '../types.d.ts' */
/** @typedef {{ members: number, ms: number }} Params */
/**
 * @typedef {object} Value
 * @property {number} part Of the limit.
 * @property {number} over Most above the limit in any window, in ms of it.
 * @property {number} start The same from the first byte on, while they come.
 * @property {number} window The fullest 100 ms, as a multiple of the limit.
 * @property {number} jain
 * @property {number} calls For each process and second.
 * @property {number} cpu Of Redis, ms a second.
 */
/** @typedef {Outcome<Value, Params>[]} Results */

const LIMIT = 20 * MiB

/** @param {FleetContext} context @returns {Promise<Results>} */
export async function run({ quick, contenders, alternate }) {
  const ms = quick ? 4000 : 5000
  const names = [...contenders.keys()]
  const of = (/** @type {number} */ members, /** @type {readonly string[]} */ adapters) => {
    const params = { members, ms }
    return adapters.map((adapter) => ({ adapter, params }))
  }
  const ours = names.filter((name) => name === 'sluice')
  const variants = VARIANTS.filter((variant) => names.some((name) => variant.startsWith(name)))
  const results = await alternate('total', [...of(2, names), ...of(8, names)], quick ? 1 : 2)
  if (!quick)
    results.push(...(await alternate('total', of(32, names), 1)), ...(await alternate('total', of(64, ours), 1)))
  results.push(...(await alternate('total', of(8, variants), 1)))
  return /** @type {Results} */ (results)
}

/** How long so many take until they have heard of each other, in ms; and to begin makes a machine busy and calls slow. @param {number} members */
const settleFor = (members) => SETTLE + 100 * members

/** @param {string} contender @param {Params} params @returns {Promise<Value>} */
export async function measure(contender, { members, ms }) {
  const specs = Array.from({ length: members }, () => ({}))
  return await withFleet({ contender, limit: LIMIT, specs, settle: settleFor(members) }, async ({ redis, crew }) => {
    const from = crew.now
    const work = await workOver(redis, members, ms)
    const to = crew.now
    const trace = crew.trace()
    return {
      part: meanPart(trace, LIMIT, from, to),
      over: burst(trace, LIMIT, from, to),
      start: burst(trace, LIMIT, 0, from),
      window: worstWindow(trace, LIMIT, from, to, 100),
      jain: jain(specs.map((_, i) => crew.trace([i]).between(from, to))),
      ...work,
    }
  })
}

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  const main = results.filter(({ adapter }) => !VARIANTS.includes(adapter))
  const fleets = [...new Set(main.map(({ params }) => params.members))]
  return fleets.flatMap((members) => {
    const own = main.filter(({ params }) => params.members === members)
    const target = `${members} processes under ${size(LIMIT)}/s`
    return [
      absolute(own, {
        target: `${target}: part of the limit`,
        reach: '0.995 to 1.005',
        bound: 0.005,
        digits: 4,
        of: ({ part }) => part,
        by: (values) => Math.max(...values.map((part) => Math.abs(part - 1))),
      }),
      absolute(own, {
        target: `${target}: most above it`,
        reach: '<= 50 ms of it',
        bound: 50,
        unit: 'ms',
        digits: 0,
        of: ({ over }) => over,
      }),
      absolute(own, {
        target: `${target}: Jain`,
        reach: '>= 0.999',
        bound: 0.999,
        higher: true,
        digits: 4,
        of: (value) => value.jain,
      }),
    ]
  })
}

/** @param {Results} results @param {(contender: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  const cell = (/** @type {Value[]} */ values) => {
    const of = (/** @type {keyof Value} */ key, digits = 0) =>
      spread(
        values.map((value) => value[key]),
        digits,
      )
    return `${of('part', 4)} R; ${of('over')} ms; ${of('start')} ms; ${of('window', 2)} R; ${of('jain', 4)}; ${of('cpu')} ms/s`
  }
  const ms = Number(results[0]?.params.ms)
  return [
    {
      title: `One limit of ${size(LIMIT)}/s, all want all they can get`,
      note: `Processes that write chunks of 16 KiB as fast as they are let. The total as a part of R; the most above R in any window of the ${ms / 1000} s, in ms of R; the same from the first byte to ${settleFor(0) / 1000} s and a tenth for each process after the last has come, when the other figures begin; the fullest 100 ms; Jain's index; processor time of Redis.`,
      ...crossTable(results, ({ params }) => String(params.members), cell, 'processes', nameOf),
    },
  ]
}
