import { crossTable } from '../../lib/scores.js'
import { sleep } from '../../lib/sleep.js'
import { jain, quantile, spread } from '../../lib/stats.js'
import { MiB, size } from '../../lib/units.js'
import { absolute } from '../../lib/verdict.js'
import { SETTLE, withFleet } from '../lib/fleet.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @import { FleetContext } from '../types.d.ts' */
/** @typedef {{ heavy: number, light: number, demand: number, ms: number }} Params */
/** @typedef {{ got: number, p50: number, p99: number, jain: number }} Value `got`: what the one that got least got of what it wanted. */
/** @typedef {Outcome<Value, Params>[]} Results */

const LIMIT = 20 * MiB
const CHUNK = 4096

/** @param {FleetContext} context @returns {Promise<Results>} */
export async function run({ quick, contenders, alternate }) {
  const ms = quick ? 3000 : 5000
  const params = { heavy: 6, light: 2, demand: LIMIT / 50, ms }
  const jobs = [...contenders.keys()].map((adapter) => ({ adapter, params }))
  return /** @type {Results} */ (await alternate('light', jobs, 1))
}

/** @param {string} contender @param {Params} params @returns {Promise<Value>} */
export async function measure(contender, { heavy, light, demand, ms }) {
  const specs = [
    ...Array.from({ length: heavy }, () => ({})),
    ...Array.from({ length: light }, () => ({ demand, chunk: CHUNK })),
  ]
  return await withFleet({ contender, limit: LIMIT, specs }, async ({ crew }) => {
    const from = crew.now
    const before = await crew.reports()
    await sleep(ms)
    const reports = await crew.reports()
    const to = crew.now
    const bytes = specs.map((_, i) => crew.trace([i]).between(from, to))
    const waits = reports.flatMap((report, i) => report.waits.slice(before[i]?.waits.length))
    return {
      got: Math.min(...bytes.slice(heavy)) / ((demand * (to - from)) / 1000),
      p50: quantile(waits, 0.5),
      p99: quantile(waits, 0.99),
      jain: jain(bytes.slice(0, heavy)),
    }
  })
}

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  return [
    absolute(results, {
      target: 'light members beside heavy ones get of what they want',
      reach: 'all (>= 0.99)',
      bound: 0.99,
      higher: true,
      digits: 3,
      of: ({ got }) => got,
    }),
  ]
}

/** @param {Results} results @param {(contender: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  const { heavy, light, demand } = results[0]?.params ?? { heavy: 0, light: 0, demand: 0 }
  const cell = (/** @type {Value[]} */ values) => {
    const of = (/** @type {keyof Value} */ key, digits = 1) =>
      spread(
        values.map((value) => value[key]),
        digits,
      )
    return `${of('got', 3)}; ${of('p50')} ms; ${of('p99')} ms; ${of('jain', 4)}`
  }
  return [
    {
      title: `${light} that want little beside ${heavy} that want all they can get`,
      note: `Under ${size(LIMIT)}/s; those that want little want ${size(demand)}/s each, a chunk of ${size(CHUNK)} at a time. What the one that got least got of what it wanted; how long a chunk waited from when it was due, median and 99 of 100; Jain's index of the others. Measured from ${SETTLE / 1000} s after all had come.`,
      ...crossTable(results, () => 'light', cell, 'members', nameOf),
    },
  ]
}
