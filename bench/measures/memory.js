import { Writable } from 'node:stream'
import { feed } from '../lib/feed.js'
import { crossTable, scoreEach } from '../lib/scores.js'
import { sleep, sleepUntil } from '../lib/sleep.js'
import { spread } from '../lib/stats.js'
import { GiB, KiB, MiB, round, size } from '../lib/units.js'

/** @import { Adapter, Context, Outcome, Row, Table } from '../types.d.ts' */
/** @import { Duplex } from 'node:stream' */
/** @typedef {{ kind: 'through', bytes: number, rate: number }} Through */
/** @typedef {{ kind: 'held', rate: number, sinks: number[], seconds: number }} Held */
/** @typedef {{ grown: number, peak: number, seconds: number }} Grown Bytes of RSS. */
/** @typedef {{ sink: number, most: number, marks: number }} Kept Bytes. */
/** @typedef {{ through: Outcome<Grown, Through>[], held: Outcome<Kept, { sink: number }>[] }} Results */

export const title = 'Memory'

const CHUNK = 16 * KiB
const LIMIT = 10 * MiB
/** What sluice lets through at once, in ms of a limit of this size. */
const QUANTUM = 5

/** @param {Context} context @returns {Promise<Results>} */
export async function run(context) {
  const bounded = [...context.contestants].filter(([, { open, needsLength }]) => open && !needsLength)
  /** @type {Through} */
  const through = { kind: 'through', bytes: (context.quick ? 1 : 10) * GiB, rate: 2 * GiB }
  const sinks = [LIMIT / 1000, LIMIT / 10, LIMIT, 10 * LIMIT]
  /** @type {Held} */
  const held = { kind: 'held', rate: LIMIT, sinks, seconds: context.quick ? 1 : 3 }
  const all = [...context.contestants].filter(([, { open }]) => open)
  /** @type {Outcome<Kept[], Held>[]} */
  const kept = await context.alternate(
    'memory',
    all.map(([adapter]) => ({ adapter, params: held })),
    1,
  )
  return {
    through: await context.alternate(
      'memory',
      bounded.map(([adapter]) => ({ adapter, params: through })),
      1,
    ),
    held: kept.flatMap(({ adapter, round, value, error }) =>
      sinks.map((sink, i) => ({ adapter, params: { sink }, round, value: value?.[i], error })),
    ),
  }
}

/** @param {Adapter | undefined} adapter @param {Through | Held} params */
export async function measure(adapter, params) {
  if (!adapter?.open) throw new TypeError('Cannot measure: the contestant has no streams')
  return params.kind === 'through'
    ? measureThrough(adapter.open(params.rate).stream(), params)
    : Promise.all(params.sinks.map((sink) => measureHeld(adapter, params, sink)))
}

/** @param {Duplex} stream @param {Through} params @returns {Promise<Grown>} */
async function measureThrough(stream, { bytes }) {
  const warm = bytes / 10
  let passed = 0
  stream.on('data', (data) => {
    passed += data.length
  })
  feed(stream, Buffer.alloc(64 * KiB)).start()
  while (passed < warm) await sleep(20)
  globalThis.gc?.()
  const began = performance.now()
  const before = process.memoryUsage.rss()
  let peak = before
  while (passed < warm + bytes) {
    await sleep(20)
    peak = Math.max(peak, process.memoryUsage.rss())
    if (performance.now() - began > 60_000) throw new Error(`only ${size(passed)} in 60 s`)
  }
  globalThis.gc?.()
  const grown = process.memoryUsage.rss() - before
  return { grown, peak: peak - before, seconds: (performance.now() - began) / 1000 }
}

/** @param {Adapter} adapter @param {Held} params @param {number} sinkRate @returns {Promise<Kept>} */
async function measureHeld(adapter, { rate, seconds }, sinkRate) {
  const length = adapter.needsLength ? 2 * rate * seconds : undefined
  const stream = /** @type {Duplex} */ (adapter.open?.(rate).stream(length))
  let most = 0
  const look = () => {
    most = Math.max(most, heldBy(stream))
  }
  const began = performance.now()
  let taken = 0
  const sink = new Writable({
    highWaterMark: CHUNK,
    write(chunk, _encoding, callback) {
      look()
      taken += chunk.length
      const due = began + (taken / sinkRate) * 1000
      sleepUntil(due).then(() => callback(), callback)
    },
  })
  stream.pipe(sink)
  feed(stream, Buffer.alloc(CHUNK), { onturn: look, ...(length !== undefined && { length }) }).start()
  const watch = setInterval(look, 5)
  await sleep(seconds * 1000)
  clearInterval(watch)
  return { sink: sinkRate, most, marks: stream.writableHighWaterMark + stream.readableHighWaterMark || 0 }
}

/** @param {Duplex} stream @returns {number} Bytes that it has taken and not yet given. */
function heldBy(stream) {
  if (stream.readableLength !== undefined) return stream.readableLength + stream.writableLength + hidden(stream)
  // streamx counts elsewhere.
  const { _readableState: readable, _writableState: writable } =
    /** @type {{ _readableState: { buffered: number }, _writableState: { buffered: number } }} */ (
      /** @type {unknown} */ (stream)
    )
  return readable.buffered + writable.buffered
}

/** bandwidth-throttle-stream keeps a whole body beside the stream's own buffers. @param {Duplex} stream */
function hidden(stream) {
  const { pendingBytesCount = 0, pendingBytesReadIndex = 0 } =
    /** @type {{ pendingBytesCount?: number, pendingBytesReadIndex?: number }} */ (/** @type {unknown} */ (stream))
  return pendingBytesCount - pendingBytesReadIndex
}

/** @param {Results} results @returns {Row[]} */
export function rows({ through, held }) {
  const marks = Math.max(0, ...held.filter(({ adapter }) => adapter === 'sluice').map(({ value }) => value?.marks ?? 0))
  const bound = marks + (LIMIT * QUANTUM) / 1000
  return [
    {
      target: 'memory: 10 GiB through',
      reach: 'RSS + < 5 MB',
      bound: 5e6,
      scores: scoreEach(
        through,
        ([value]) =>
          value && {
            value: value.grown,
            text: `${round(value.grown / 1e6, 1)} MB (peak ${round(value.peak / 1e6, 1)})`,
          },
      ),
    },
    {
      target: 'memory: most buffered, sink at 1/1000 to 10 x the limit',
      reach: `<= high-water marks + one quantum (${size(bound)} here)`,
      bound,
      scores: scoreEach(held, (values) => {
        const most = Math.max(...values.map((value) => value.most))
        return { value: most, text: size(most) }
      }),
    },
  ]
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables({ through, held }, nameOf) {
  return [
    {
      title: 'Memory: growth of RSS',
      note: 'At 2 GiB/s in chunks of 64 KiB by reference, after a tenth as much to warm up and a collection; after the last byte and a collection, and at the peak in between.',
      ...crossTable(
        through,
        ({ params }) => `${size(params.bytes)} through`,
        ([value]) =>
          value
            ? `${round(value.grown / 1e6, 1)} MB, peak ${round(value.peak / 1e6, 1)}; ${round(value.seconds, 1)} s`
            : '-',
        'bytes',
        nameOf,
      ),
    },
    {
      title: `Memory: most buffered in the stream at ${size(LIMIT)}/s`,
      note: 'Source always ready with chunks of 16 KiB; sink that takes so much a second. In brackets the sum of both high-water marks.',
      ...crossTable(
        held,
        ({ params }) => `${size(params.sink)}/s`,
        (values) => {
          const marks = values[0]?.marks // streamx tells none
          const most = values.map((value) => value.most / KiB)
          return `${spread(most, 1)} KiB${marks ? ` (${size(marks)})` : ''}`
        },
        'sink',
        nameOf,
      ),
    },
  ]
}
