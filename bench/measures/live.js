import { openLane } from '../lib/lane.js'
import { crossTable, scoreEach } from '../lib/scores.js'
import { sleepUntil } from '../lib/sleep.js'
import { median, spread } from '../lib/stats.js'
import { deviation, longestSilence, settled } from '../lib/trace.js'
import { KiB, round } from '../lib/units.js'

/** @import { Adapter, Context, Outcome, Row, Table } from '../types.d.ts' */
/** @typedef {{ high: number, low: number, lanes: number, slow: number }} Params Bytes per second; `slow` in ms. */
/** @typedef {{ settled: number, behind: number, ahead: number, silence: number }} Change All in ms. */
/** @typedef {{ down: Change, up: Change, excess: number }} Value `excess`: bytes beyond the lower rate, in ms of the higher. */
/** @typedef {Outcome<Value, { lane: number }>[]} Results */

export const title = 'Live change of the limit'

const CHUNK = 64 * KiB

/** @param {Context} context @returns {Promise<Results>} */
export async function run(context) {
  const params = { high: 10_000 * KiB, low: 10 * KiB, lanes: 5, slow: context.quick ? 2000 : 4000 }
  const jobs = [...context.contestants].filter(([, { live }]) => live).map(([adapter]) => ({ adapter, params }))
  /** @type {Outcome<Value[], Params>[]} */
  const done = await context.alternate('live', jobs, context.quick ? 1 : 2)
  return done.flatMap(({ adapter, params, round, value, error }) =>
    Array.from({ length: params.lanes }, (_, lane) => ({
      adapter,
      params: { lane },
      round,
      value: value?.[lane],
      error,
    })),
  )
}

/** @param {Adapter | undefined} adapter @param {Params} params @returns {Promise<Value[]>} */
export async function measure(adapter, params) {
  if (!adapter) throw new TypeError('Cannot measure: no contestant')
  const began = performance.now() + 50
  return Promise.all(
    Array.from({ length: params.lanes }, async (_, i) => {
      await sleepUntil(began + 23 * i) // the change meets each lane in another phase of its ticks
      return measureLane(adapter, params)
    }),
  )
}

/** @param {Adapter} adapter @param {Params} params @returns {Promise<Value>} */
async function measureLane(adapter, { high, low, slow }) {
  const { group, source, trace } = openLane(adapter, high, CHUNK, 3)
  source.start()
  await sleepUntil(performance.now() + 1500)
  const down = performance.now()
  group.setRate?.(low)
  await sleepUntil(down + slow)
  const up = performance.now()
  group.setRate?.(high)
  await sleepUntil(up + 1000)

  const change = (/** @type {number} */ rate, /** @type {number} */ from, /** @type {number} */ to) => ({
    settled: settled(trace, rate, from, to),
    ...deviation(trace, rate, from, to),
    silence: longestSilence(trace, from, to),
  })
  const lowered = change(low, down, up)
  return { down: lowered, up: change(high, up, up + 1000), excess: (lowered.ahead * low) / high }
}

/** @param {Results} results @returns {Row[]} */
export function rows(results) {
  const worst = (/** @type {(value: Value) => number} */ pick) =>
    scoreEach(results, (values) => {
      const all = values.map(pick)
      return { value: Math.max(...all), text: `${round(median(all), 1)} ms, worst ${round(Math.max(...all), 1)}` }
    })
  return [
    {
      target: 'limit lowered 1000 x: until it holds',
      reach: 'within 1 tick (<= 10 ms)',
      bound: 10,
      scores: worst(({ down }) => down.settled),
    },
    {
      target: 'limit lowered 1000 x: longest silence',
      reach: 'no stall (<= 100 ms)',
      bound: 100,
      scores: worst(({ down }) => down.silence),
    },
    {
      target: 'limit raised 1000 x: most behind the new rate',
      reach: 'within 1 tick (<= 10 ms and the lateness of a timer: 15)',
      bound: 15,
      scores: worst(({ up }) => up.behind),
    },
  ]
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  /** @type {[string, (value: Value) => number][]} */
  const lines = [
    ['down: ms until the new rate holds', ({ down }) => down.settled],
    ['down: bytes beyond the new rate, in ms of the old', ({ excess }) => excess],
    ['down: longest silence, ms', ({ down }) => down.silence],
    ['up: ms until the new rate holds', ({ up }) => up.settled],
    ['up: most behind the new rate, ms', ({ up }) => up.behind],
    ['up: most ahead of the new rate, ms', ({ up }) => up.ahead],
  ]
  const columns = lines.map(([, pick]) =>
    crossTable(
      results,
      () => '',
      (values) => spread(values.map(pick), 1),
      '',
      nameOf,
    ),
  )
  return [
    {
      title: 'Live change: 10,000 KiB/s to 10 KiB/s and back, in mid-stream',
      note: 'Median [least..most] over streams and runs. "Holds": from then on the bytes stay within 50 ms of the new rate (120 for those who send larger pieces). Only contestants that document a way to change the limit.',
      head: columns[0]?.head.with(0, 'after the change') ?? [],
      body: lines.map(([name], i) => (columns[i]?.body[0] ?? ['']).with(0, name)),
    },
  ]
}
