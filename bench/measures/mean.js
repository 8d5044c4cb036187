import { openLane } from '../lib/lane.js'
import { crossTable, scoreEach } from '../lib/scores.js'
import { sleepUntil } from '../lib/sleep.js'
import { groupBy, median, spread } from '../lib/stats.js'
import { meanError } from '../lib/trace.js'
import { GiB, KiB, MiB, round, size } from '../lib/units.js'

/** @import { Adapter, Context, Outcome, Row, Table } from '../types.d.ts' */
/** @typedef {{ rate: number, chunk: number }} Lane */
/** @typedef {{ lanes: Lane[], seconds: number }} Params */
/** @typedef {Lane & { error: number, fixed: number }} Value One lane: both errors as fractions. */
/** @typedef {{ outcomes: Outcome<Value, Lane>[], infeasible: string[], seconds: number }} Results */

export const title = 'Mean rate'

const RATES = [16 * KiB, 256 * KiB, MiB, 10 * MiB, 100 * MiB, GiB]
const CHUNKS = [1, KiB, 64 * KiB, MiB]
/** A lane is measured only if a PassThrough in the same harness is this many times faster. */
const HEADROOM = 3
/** One that needs the length beforehand holds it in memory: more than this is not asked of it. */
const HELD = 192 * MiB

/**
 * Lanes that hardly use the processor run at the same time in one process, so that 10 s each do not add up to hours; the
 * others run alone, and only with the main contestants.
 *
 * @param {Lane} lane
 */
function company({ rate, chunk }) {
  const writes = rate / chunk
  if (rate <= 10 * MiB && writes <= 17_000) return 'slow'
  if (writes <= 2000) return 'fast'
  return `${rate}/${chunk}`
}

/** @param {Context} context @returns {Promise<Results>} */
export async function run(context) {
  const seconds = context.quick ? 1.5 : 10
  const floors = await context.alternate(
    'mean',
    CHUNKS.map((chunk) => ({ adapter: 'pass-through', params: { chunk } })),
    1,
  )
  const floorOf = new Map(floors.map((floor) => [floor.params.chunk, Number(floor.value)]))
  const all = RATES.flatMap((rate) => CHUNKS.map((chunk) => ({ rate, chunk })))
  const feasible = all.filter(({ rate, chunk }) => Number(floorOf.get(chunk)) >= HEADROOM * rate)
  const infeasible = all
    .filter((lane) => !feasible.includes(lane))
    .map(
      ({ rate, chunk }) => `${size(rate)}/s in chunks of ${size(chunk)} (floor ${size(Number(floorOf.get(chunk)))}/s)`,
    )

  /** @type {{ adapter: string, params: Params }[]} */
  const jobs = []
  for (const [name, lanes] of groupBy(feasible, company)) {
    const alone = !['slow', 'fast'].includes(name)
    if (context.quick && alone) continue
    for (const [adapter, { open, needsLength }] of context.contestants) {
      const bearable = lanes.filter(({ rate }) => !needsLength || rate * seconds < HELD)
      if (!open || bearable.length === 0 || (alone && !context.main.has(adapter))) continue
      jobs.push({ adapter, params: { lanes: bearable, seconds } })
    }
  }
  /** @type {Outcome<Value[], Params>[]} */
  const done = await context.alternate('mean', jobs, 1)
  const outcomes = done.flatMap(({ adapter, params, round, value, error }) =>
    params.lanes.map((lane, i) => ({ adapter, params: lane, round, value: value?.[i], error })),
  )
  return { outcomes, infeasible, seconds }
}

/**
 * @param {Adapter | undefined} adapter
 * @param {Params | { chunk: number }} params With a `chunk`: the bytes per second through a stream that limits nothing.
 * @returns {Promise<Value[] | number>}
 */
export async function measure(adapter, params) {
  if (!adapter) throw new TypeError('Cannot measure: no contestant')
  if ('chunk' in params) {
    const floor = { name: adapter.name, open: () => ({ stream: () => adapter.openUnbound?.().stream() }) }
    const lane = openLane(/** @type {Adapter} */ (floor), Number.POSITIVE_INFINITY, params.chunk, 1)
    lane.source.start()
    const from = performance.now() + 300 // warm by then
    await sleepUntil(from + 500)
    return lane.trace.between(from, from + 500) * 2
  }
  const lanes = []
  for (const { rate, chunk } of params.lanes) {
    const start = performance.now()
    const lane = openLane(adapter, rate, chunk, params.seconds * 1.2)
    lane.source.start()
    lanes.push({ ...lane, start })
    await sleepUntil(performance.now() + 7) // so that the lanes' ticks do not coincide
  }
  await sleepUntil(performance.now() + params.seconds * 1000)
  return lanes.map(({ rate, chunk, trace, start: from }) => {
    const to = from + params.seconds * 1000
    return {
      rate,
      chunk,
      error: meanError(trace, rate, from, to),
      fixed: trace.between(from, to) / (rate * params.seconds) - 1,
    }
  })
}

const percent = (/** @type {number} */ fraction) => `${round(fraction * 100, 3)} %`
const lane = (/** @type {Lane} */ { rate, chunk }) => `${size(rate)}/s, ${size(chunk)}`

/** @param {Results} results @returns {Row[]} */
export function rows({ outcomes }) {
  const worst = (/** @type {(lane: Lane) => boolean} */ which) =>
    scoreEach(
      outcomes.filter(({ params }) => which(params)),
      (_, own) => {
        const lanes = [...groupBy(own, ({ params }) => lane(params))].map(([name, same]) => ({
          name,
          error: median(same.map(({ value }) => value?.error ?? Number.NaN)),
        }))
        const most = lanes.reduce((a, b) => (Math.abs(b.error) > Math.abs(a.error) || Number.isNaN(b.error) ? b : a))
        return { value: Math.abs(most.error), text: `${percent(most.error)} (${most.name})` }
      },
    )
  return [
    {
      target: 'mean rate, 1 MiB/s to 1 GiB/s',
      reach: 'within 0.1 %',
      bound: 0.001,
      scores: worst(({ rate }) => rate >= MiB),
    },
    {
      target: 'mean rate, below 1 MiB/s',
      reach: 'within 0.3 %',
      bound: 0.003,
      scores: worst(({ rate }) => rate < MiB),
    },
  ]
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables({ outcomes, infeasible, seconds }, nameOf) {
  const cell = (/** @type {'error' | 'fixed'} */ key) => (/** @type {Value[]} */ values) => {
    return `${spread(
      values.map((value) => value[key] * 100),
      3,
    )} %`
  }
  const by = (/** @type {'error' | 'fixed'} */ key) =>
    crossTable(outcomes, ({ params }) => lane(params), cell(key), 'rate, chunks', nameOf)
  const left = infeasible.length
    ? ` Left out, since a stream that limits nothing is less than ${HEADROOM} times as fast: ${infeasible.join('; ')}.`
    : ''
  return [
    {
      title: `Mean rate: error between the first and the last byte of ${seconds} s`,
      note: `This one is judged. What comes in the first millisecond opens the window and is not counted. Lanes that hardly use the processor run at the same time in one process; the others alone, with the main contestants only.${left}`,
      ...by('error'),
    },
    {
      title: `Mean rate: error over the whole ${seconds} s from the first write`,
      note: 'As above, with the start: an initial burst counts, and so does a chunk that just missed the end.',
      ...by('fixed'),
    },
  ]
}
