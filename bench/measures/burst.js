import { openLane } from '../lib/lane.js'
import { crossTable, scoreEach } from '../lib/scores.js'
import { sleepUntil } from '../lib/sleep.js'
import { groupBy, median, spread } from '../lib/stats.js'
import { burst, worstWindow } from '../lib/trace.js'
import { KiB, MiB, round, size } from '../lib/units.js'

/** @import { Adapter, Context, Outcome, Row, Table } from '../types.d.ts' */
/** @typedef {'steady' | 'first' | 'idle' | 'stall'} Phase */
/** @typedef {{ rates: number[], steady: number, after: number, gap: number }} Params Times in ms. */
/** @typedef {{ burst: number, window: number, rate: number }} Figures ms of R; multiples of R. */
/** @typedef {Record<Phase, Figures>} Value */
/** @typedef {Outcome<Value, { rate: number }>[]} Results */

export const title = 'Burst'

const RATES = [256 * KiB, MiB, 10 * MiB, 100 * MiB]
const CHUNK = 64 * KiB
const HELD = 256 * MiB

/** @param {Context} context @returns {Promise<Results>} */
export async function run(context) {
  const times = { steady: context.quick ? 2000 : 5000, after: 1050, gap: 2000 }
  const jobs = [...context.contestants]
    .filter(([, { open }]) => open)
    .map(([adapter, { needsLength }]) => {
      const rates = RATES.filter((rate) => !needsLength || rate * 8 < HELD)
      return { adapter, params: { rates, ...times } }
    })
  /** @type {Outcome<Value[], Params>[]} */
  const done = await context.alternate('burst', jobs, context.quick ? 1 : 3)
  return done.flatMap(({ adapter, params, round, value, error }) =>
    params.rates.map((rate, i) => ({ adapter, params: { rate }, round, value: value?.[i], error })),
  )
}

/** @param {Adapter | undefined} adapter @param {Params} params @returns {Promise<Value[]>} */
export async function measure(adapter, params) {
  if (!adapter) throw new TypeError('Cannot measure: no contestant')
  const began = performance.now() + 50
  return Promise.all(
    params.rates.map(async (rate, i) => {
      await sleepUntil(began + 37 * i) // so that the lanes' ticks and phases do not coincide
      return measureLane(adapter, rate, params)
    }),
  )
}

/** @param {Adapter} adapter @param {number} rate @param {Params} params @returns {Promise<Value>} */
async function measureLane(adapter, rate, { steady, after, gap }) {
  const { stream, source, trace } = openLane(adapter, rate, CHUNK, (steady + 2 * after + gap) / 1000)
  const start = performance.now()
  source.start()
  await sleepUntil(start + steady)
  source.stop()
  await sleepUntil(start + steady + gap)
  const again = performance.now()
  source.start()
  await sleepUntil(again + after)
  stream.pause()
  await sleepUntil(again + after + gap)
  const resumed = performance.now()
  stream.resume()
  await sleepUntil(resumed + after)

  const figures = (/** @type {number} */ from, /** @type {number} */ to) => ({
    burst: burst(trace, rate, from, to),
    window: worstWindow(trace, rate, from, to, 100),
    rate: trace.between(from, to) / ((rate * (to - from)) / 1000),
  })
  return {
    steady: figures(start + 1000, start + steady),
    first: figures(start, start + 1000),
    idle: figures(again, again + 1000),
    stall: figures(resumed, resumed + 1000),
  }
}

/**
 * Over all rates: the worst rate's median, and the worst run of all.
 *
 * @param {Results} results
 * @param {(value: Value) => number} pick
 * @param {'median' | 'worst'} judged
 * @param {string} unit
 */
function worstRate(results, pick, judged, unit) {
  return scoreEach(results, (values, own) => {
    const medians = [...groupBy(own, ({ params }) => String(params.rate))].map(([, same]) =>
      median(same.map(({ value }) => (value ? pick(value) : Number.NaN))),
    )
    const mid = Math.max(...medians)
    const most = Math.max(...values.map(pick))
    const digits = unit === 'ms' ? 1 : 2
    return {
      value: judged === 'median' ? mid : most,
      text: `${round(mid, digits)} ${unit}, worst ${round(most, digits)}`,
    }
  })
}

/** @type {[Phase, string][]} */
const STARTS = [
  ['first', 'in the first second'],
  ['idle', 'after 2 s of idling'],
  ['stall', 'after a 2 s stall of the sink'],
]

/** @param {Results} results @returns {Row[]} */
export function rows(results) {
  return [
    {
      target: 'burst, steady, median',
      reach: '<= 15 ms of R',
      bound: 15,
      scores: worstRate(results, ({ steady }) => steady.burst, 'median', 'ms'),
    },
    {
      target: 'burst, steady, worst run',
      reach: '<= 25 ms of R',
      bound: 25,
      scores: worstRate(results, ({ steady }) => steady.burst, 'worst', 'ms'),
    },
    {
      target: 'fullest 100 ms, steady',
      reach: '<= 1.15 R',
      bound: 1.15,
      scores: worstRate(results, ({ steady }) => steady.window, 'worst', 'R'),
    },
    ...STARTS.flatMap(([phase, when]) => [
      {
        target: `burst ${when}`,
        reach: '<= 25 ms of R',
        bound: 25,
        scores: worstRate(results, (value) => value[phase].burst, 'worst', 'ms'),
      },
      {
        target: `fullest 100 ms ${when}`,
        reach: '<= 1.25 R',
        bound: 1.25,
        scores: worstRate(results, (value) => value[phase].window, 'worst', 'R'),
      },
    ]),
  ]
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  /** @type {[Phase, string][]} */
  const phases = [['steady', 'steady'], ...STARTS]
  return phases.map(([phase, when]) => ({
    title: `Burst ${when}`,
    note:
      phase === 'steady'
        ? 'Chunks of 64 KiB. Burst in ms of R: the most that the bytes of any window exceed R x window; then the fullest 100 ms as a multiple of R. Median [least..most] over the runs. From the second second on. All rates at the same time in one process. Whoever passes chunks whole has 250 ms at 256 KiB/s from that alone, 62.5 at 1 MiB/s, 6.25 at 10.'
        : `The same over the second that begins ${phase === 'first' ? 'with the first write' : phase === 'idle' ? 'when the source goes on' : 'when the sink goes on'}, and the rate in that second.`,
    ...crossTable(
      results,
      ({ params }) => `${size(params.rate)}/s`,
      (values) => {
        const of = (/** @type {keyof Figures} */ key) => values.map((value) => value[phase][key])
        const rate = phase === 'steady' ? '' : `; ${round(median(of('rate')), 2)} R in 1 s`
        return `${spread(of('burst'), 1)} ms; ${spread(of('window'))} R${rate}`
      },
      'rate',
      nameOf,
    ),
  }))
}
