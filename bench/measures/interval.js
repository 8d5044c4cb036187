import { Writable } from 'node:stream'
import { crossTable, scoreEach } from '../lib/scores.js'
import { median, quantile, spread } from '../lib/stats.js'
import { round } from '../lib/units.js'

/** @import { Adapter, Context, Outcome, Pacing, Row, Table } from '../types.d.ts' */
/** @typedef {{ interval: number, pacing: Pacing, sends: number }} Params */
/**
 * @typedef {object} Value All in ms but `early` and `error`.
 * @property {number} early Gaps that were shorter than asked.
 * @property {number} shortfall By how much the shortest was.
 * @property {number} excess Median over the gaps.
 * @property {number} excess99 99th percentile.
 * @property {number} error Of the mean interval, as a fraction.
 * @property {number} span First to last send.
 */
/** @typedef {Outcome<Value, Params>[]} Results */

export const title = 'Interval writer'

/** @param {Context} context @returns {Promise<Results>} */
export async function run(context) {
  const times = context.quick ? 0.5 : 1
  /** @type {Params[]} */
  const cases = [
    { interval: 1.5, pacing: 'gap', sends: 1000 * times },
    { interval: 2, pacing: 'gap', sends: 1000 * times },
    { interval: 5, pacing: 'gap', sends: 400 * times },
    { interval: 20, pacing: 'gap', sends: 100 * times },
  ]
  /** @type {Params} */
  const steady = { interval: 2, pacing: 'steady', sends: context.quick ? 1000 : 10_000 }
  const jobs = (/** @type {Params[]} */ list) =>
    list.flatMap((params) =>
      [...context.contestants].filter(([, { sender }]) => sender).map(([adapter]) => ({ adapter, params })),
    )
  return [
    .../** @type {Results} */ (await context.alternate('interval', jobs(cases), context.quick ? 1 : 2)),
    .../** @type {Results} */ (await context.alternate('interval', jobs([steady]), 1)),
  ]
}

/** @param {Adapter | undefined} adapter @param {Params} params @returns {Promise<Value>} */
export async function measure(adapter, { interval, pacing, sends }) {
  const times = new Float64Array(sends)
  let sent = 0
  const sink = new Writable({
    write(_chunk, _encoding, callback) {
      if (sent < sends) times[sent++] = performance.now()
      callback()
    },
  })
  const send = adapter?.sender?.(sink, interval, pacing)
  if (!send) throw new TypeError('Cannot measure: the contestant does not send at intervals')
  const message = Buffer.alloc(64)
  while (sent < sends) await send(message)

  const gaps = times.subarray(1).map((time, i) => time - Number(times[i]))
  const span = Number(times[sends - 1]) - Number(times[0])
  return {
    early: gaps.filter((gap) => gap < interval).length,
    shortfall: Math.max(0, interval - gaps.reduce((a, b) => Math.min(a, b))),
    excess: median(gaps) - interval,
    excess99: quantile(gaps, 0.99) - interval,
    error: span / (sends - 1) / interval - 1,
    span,
  }
}

/** @param {Results} results @returns {Row[]} */
export function rows(results) {
  const gap = results.filter(({ params }) => params.pacing === 'gap')
  const steady = results.filter(({ params }) => params.pacing === 'steady')
  return [
    {
      target: 'interval writer, gap: gaps shorter than asked',
      reach: 'none',
      bound: 0,
      scores: scoreEach(gap, (values) => {
        const early = values.reduce((sum, value) => sum + value.early, 0)
        const most = Math.max(...values.map((value) => value.shortfall))
        return { value: early, text: early === 0 ? 'none' : `${early}, by up to ${round(most, 3)} ms` }
      }),
    },
    {
      target: 'interval writer, gap: median excess',
      reach: '<= 0.2 ms',
      bound: 0.2,
      scores: scoreEach(gap, (_, own) => {
        const [value, text] = worstInterval(own)
        return { value, text }
      }),
    },
    {
      target: 'interval writer, steady: mean interval',
      reach: 'within 0.1 %',
      bound: 0.001,
      scores: scoreEach(steady, (values) => {
        const error = median(values.map((value) => value.error))
        return { value: Math.abs(error), text: `${round(error * 100, 3)} %` }
      }),
    },
  ]
}

/** @param {Results} own @returns {[number, string]} The largest of the intervals' medians. */
function worstInterval(own) {
  const medians = [...new Set(own.map(({ params }) => params.interval))].map((interval) => {
    const same = own.filter(({ params }) => params.interval === interval)
    return { interval, excess: median(same.map(({ value }) => value?.excess ?? Number.NaN)) }
  })
  // A negative median means that most gaps were too short: whoever sends early has not waited well.
  const merit = (/** @type {number} */ excess) => (excess < 0 ? Number.POSITIVE_INFINITY : excess)
  const worst = medians.reduce((a, b) => (merit(b.excess) > merit(a.excess) ? b : a))
  return [merit(worst.excess), `${round(worst.excess, 3)} ms (at ${worst.interval} ms)`]
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  const by = (/** @type {Results} */ some, /** @type {(values: Value[]) => string} */ cell) =>
    crossTable(some, ({ params }) => `${params.interval} ms, ${params.sends} sends`, cell, 'interval', nameOf)
  const pick = (/** @type {Value[]} */ values, /** @type {keyof Value} */ key) => values.map((value) => value[key])
  const gap = results.filter(({ params }) => params.pacing === 'gap')
  const steady = results.filter(({ params }) => params.pacing === 'steady')
  return [
    {
      title: 'Interval writer, gap',
      note: 'Taken when the sink is written to. Gaps shorter than asked; median excess; 99th percentile of the excess. Median [least..most] over the runs.',
      ...by(gap, (values) => {
        const early = spread(pick(values, 'early'), 0)
        return `${early} early; ${spread(pick(values, 'excess'), 3)} ms; p99 ${spread(pick(values, 'excess99'))} ms`
      }),
    },
    {
      title: 'Interval writer, steady',
      note: 'From the first to the last send. The rivals know one way only.',
      ...by(steady, (values) => {
        const error = values.map((value) => value.error * 100)
        return `${spread(error, 3)} %; ${spread(
          values.map((value) => value.span / 1000),
          3,
        )} s`
      }),
    },
  ]
}
