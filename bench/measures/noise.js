import { monitorEventLoopDelay } from 'node:perf_hooks'
import { sleep } from '../lib/sleep.js'
import { median, quantile } from '../lib/stats.js'
import { round } from '../lib/units.js'

/** @import { Context, Outcome, Row, Table } from '../types.d.ts' */
/** @typedef {{ moment: string, times: number }} Params */
/** @typedef {{ timers: { ms: number, p50: number, p99: number, max: number, least: number }[], clock: number, delay99: number }} Value */
/** @typedef {Outcome<Value, Params>[]} Results */

export const title = 'Noise floor of the timers'

/** @param {Context} context @param {string} moment When it is, as printed. @returns {Promise<Results>} */
export async function run(context, moment = 'now') {
  const jobs = [{ adapter: undefined, params: { moment, times: context.quick ? 0.3 : 1 } }]
  return context.alternate('noise', jobs, 1)
}

/** @param {unknown} _adapter @param {Params} params @returns {Promise<Value>} */
export async function measure(_adapter, { times }) {
  const timers = []
  for (const [ms, count] of /** @type {const} */ ([
    [1, 1000],
    [5, 300],
    [20, 100],
  ])) {
    /** @type {number[]} */
    const lateness = []
    for (let i = 0; i < count * times; i++) {
      const began = performance.now()
      await new Promise((resolve) => setTimeout(resolve, ms))
      lateness.push(performance.now() - began - ms)
    }
    const at = (/** @type {number} */ q) => quantile(lateness, q)
    timers.push({ ms, p50: at(0.5), p99: at(0.99), max: at(1), least: at(0) })
  }

  const costs = []
  for (let i = 0; i < 50; i++) {
    const began = performance.now()
    for (let j = 0; j < 10_000; j++) performance.now()
    costs.push(((performance.now() - began) * 1e6) / 10_000)
  }

  const monitor = monitorEventLoopDelay({ resolution: 1 })
  monitor.enable()
  await sleep(2000 * times)
  monitor.disable()
  return { timers, clock: median(costs), delay99: monitor.percentile(99) / 1e6 - 1 }
}

/** @returns {Row[]} */
export function rows() {
  return []
}

/** @param {Results} results @returns {Table[]} */
export function tables(results) {
  return [
    {
      title,
      note: 'What the machine itself does: how late `setTimeout` is, in ms, in an idle process (less than 0: early), at the start and at the end of the run. No contestant can be better than this by much, and differences smaller than this mean nothing.',
      head: [
        'moment',
        ...[1, 5, 20].map((ms) => `setTimeout ${ms} ms: p50, p99, max (least)`),
        'performance.now()',
        'loop delay p99',
      ],
      body: results.map(({ params, value, error }) =>
        value
          ? [
              params.moment,
              ...value.timers.map(
                ({ p50, p99, max, least }) => `${[p50, p99, max].map((v) => round(v)).join(', ')} (${round(least)})`,
              ),
              `${round(value.clock, 0)} ns`,
              `${round(value.delay99)} ms`,
            ]
          : [params.moment, `failed: ${error}`],
      ),
    },
  ]
}
