import { monitorEventLoopDelay } from 'node:perf_hooks'
import { feed } from '../lib/feed.js'
import { crossTable, scoreEach } from '../lib/scores.js'
import { sleep, sleepUntil } from '../lib/sleep.js'
import { jain, median, spread } from '../lib/stats.js'
import { KiB, MiB, round } from '../lib/units.js'

/** @import { Adapter, Context, Outcome, Row, Table } from '../types.d.ts' */
/** @import { Duplex } from 'node:stream' */
/** @typedef {{ streams: number, rate: number, settle: number, seconds: number }} Params */
/**
 * @typedef {object} Value
 * @property {number} cpu Share of one core.
 * @property {number} delay50 Event-loop delay, ms, beyond the monitor's own interval.
 * @property {number} delay99
 * @property {number} delayMax
 * @property {number} rss Bytes, with the streams.
 * @property {number} rssBefore Bytes, before they were made.
 * @property {number} timers The most that were armed at one of 20 moments.
 * @property {number} jain
 * @property {number} utilisation
 */
/** @typedef {Outcome<Value, Params>[]} Results */

export const title = 'Ten thousand streams'

const CHUNK = 16 * KiB
/** Of the event-loop monitor, ms: it wakes so often, and what it reports includes it. */
const RESOLUTION = 1

/** @param {Context} context @returns {Promise<Results>} */
export async function run(context) {
  const params = {
    streams: 10_000,
    rate: 100 * MiB,
    settle: context.quick ? 1500 : 2000,
    seconds: context.quick ? 1.5 : 4,
  }
  const jobs = [...context.contestants]
    .filter(([, { shares, needsLength, openUnbound, open }]) => (shares && !needsLength) || (openUnbound && !open))
    .filter(([adapter]) => adapter !== 'limiter-try') // it would pass over those who wait
    .map(([adapter]) => ({ adapter, params }))
  return context.alternate('crowd', jobs, context.quick ? 1 : 2)
}

/** @param {Adapter | undefined} adapter @param {Params} params @returns {Promise<Value>} */
export async function measure(adapter, { streams: count, rate, settle, seconds }) {
  const group = adapter?.open?.(rate) ?? adapter?.openUnbound?.()
  if (!group) throw new TypeError('Cannot measure: the contestant has no streams')
  globalThis.gc?.()
  const rssBefore = process.memoryUsage.rss()
  const got = new Float64Array(count)
  const chunk = Buffer.alloc(CHUNK)
  const streams = Array.from({ length: count }, (_, i) => {
    const stream = group.stream()
    stream.on('data', (data) => {
      got[i] = Number(got[i]) + data.length
    })
    return stream
  })
  if (adapter?.open) for (const stream of streams) feed(stream, chunk).start()
  else pace(streams, chunk, rate)
  await sleep(settle)

  const start = { at: performance.now(), cpu: process.cpuUsage(), got: got.slice() }
  let timers = 0
  for (let i = 1; i <= 20; i++) {
    await sleepUntil(start.at + (seconds * 1000 * i) / 20)
    // The timer just slept on is still on the list while its callback runs.
    await new Promise((resolve) => setImmediate(resolve))
    timers = Math.max(timers, process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length)
  }
  const elapsed = performance.now() - start.at
  const { user, system } = process.cpuUsage(start.cpu)
  const shares = got.map((bytes, i) => bytes - Number(start.got[i]))

  // In a time of its own: the monitor wakes the process a thousand times a second.
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION })
  monitor.enable()
  await sleep(seconds * 1000)
  monitor.disable()
  const delay = (/** @type {number} */ ns) => Math.max(0, ns / 1e6 - RESOLUTION)
  return {
    cpu: (user + system) / 1000 / elapsed,
    delay50: delay(monitor.percentile(50)),
    delay99: delay(monitor.percentile(99)),
    delayMax: delay(monitor.max),
    rss: process.memoryUsage.rss(),
    rssBefore,
    timers,
    jain: jain(shares),
    utilisation: shares.reduce((a, b) => a + b, 0) / ((rate * elapsed) / 1000),
  }
}

/**
 * What the load itself costs: the same bytes through streams that limit nothing, let go by a timer each 4 ms.
 *
 * @param {Duplex[]} streams
 * @param {Buffer} chunk
 * @param {number} rate
 */
function pace(streams, chunk, rate) {
  const began = performance.now()
  let written = 0
  setInterval(() => {
    for (; written * chunk.length < ((performance.now() - began) * rate) / 1000; written++) {
      streams[written % streams.length]?.write(chunk)
    }
  }, 4)
}

/** @param {Results} results @returns {Row[]} */
export function rows(results) {
  const contest = results.filter(({ adapter }) => adapter !== 'pass-through')
  const by = (/** @type {keyof Value} */ key, /** @type {(value: number) => string} */ show) =>
    scoreEach(contest, (values) => {
      const value = median(values.map((one) => one[key]))
      return { value, text: show(value) }
    })
  return [
    {
      target: '10,000 streams under 100 MiB/s: processor',
      reach: '<= 15 % of a core',
      bound: 0.15,
      scores: by('cpu', (share) => `${round(share * 100, 1)} %`),
    },
    {
      target: '10,000 streams: event-loop delay p99',
      reach: '<= 3 ms',
      bound: 3,
      scores: by('delay99', (ms) => `${round(ms, 1)} ms`),
    },
    {
      target: '10,000 streams: RSS with the streams',
      reach: '<= 250 MiB',
      bound: 250 * MiB,
      scores: by('rss', (bytes) => `${round(bytes / MiB, 0)} MiB`),
    },
    { target: '10,000 streams: timers', reach: 'one', bound: 1, scores: by('timers', String) },
  ]
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  /** @type {[string, (value: Value) => number, number][]} */
  const lines = [
    ['processor, % of a core', ({ cpu }) => cpu * 100, 1],
    ['event-loop delay p50, ms', ({ delay50 }) => delay50, 2],
    ['event-loop delay p99, ms', ({ delay99 }) => delay99, 2],
    ['event-loop delay max, ms', ({ delayMax }) => delayMax, 1],
    ['RSS with the streams, MiB', ({ rss }) => rss / MiB, 0],
    ['RSS before, MiB', ({ rssBefore }) => rssBefore / MiB, 0],
    ['timers', ({ timers }) => timers, 0],
    ['Jain', ({ jain }) => jain, 4],
    ['utilisation, %', ({ utilisation }) => utilisation * 100, 1],
  ]
  const columns = lines.map(([, pick, digits]) =>
    crossTable(
      results,
      () => '',
      (values) => spread(values.map(pick), digits),
      '',
      nameOf,
    ),
  )
  return [
    {
      title: 'Ten thousand streams with chunks of 16 KiB under one limit of 100 MiB/s',
      note: `After 2 s to settle. Sources and sinks are in the same process; the PassThrough column, let go by a timer, is what these cost. The delay is what \`monitorEventLoopDelay({ resolution: ${RESOLUTION} })\` reports, less its interval of ${RESOLUTION} ms; in a time of its own, since it wakes the process itself.`,
      head: columns[0]?.head ?? [],
      body: lines.map(([name], i) => (columns[i]?.body[0] ?? ['']).with(0, name)),
    },
  ]
}
