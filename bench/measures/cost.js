import { Readable, Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { crossTable, scoreEach } from '../lib/scores.js'
import { median, spread } from '../lib/stats.js'
import { KiB, NOT_BINDING, round } from '../lib/units.js'

/** @import { Adapter, Context, Outcome, Row, Table } from '../types.d.ts' */
/** @typedef {'write' | 'pipe' | 'web' | 'draw' | 'chain'} Path */
/** @typedef {{ path: Path, ms: number }} Params */
/** @typedef {Outcome<number, Params>[]} Results Values in ns per chunk or draw. */

export const title = 'Cost of the path'

const CHUNK = Buffer.alloc(64 * KiB)
/** Writes at once before what came out is waited for. */
const WINDOW = 16

/** @type {Record<Path, { has: (adapter: Adapter) => boolean, loop: (adapter: Adapter, done: Done) => Promise<void> }>} */
const PATHS = {
  pipe: { has: (adapter) => Boolean(adapter.openUnbound ?? adapter.open) && !adapter.needsLength, loop: pipes },
  write: { has: (adapter) => Boolean(adapter.openUnbound ?? adapter.open) && !adapter.needsLength, loop: writes },
  web: { has: (adapter) => Boolean(adapter.web), loop: webs },
  draw: { has: (adapter) => Boolean(adapter.draw), loop: (adapter, done) => draws(adapter, 1, done) },
  chain: { has: (adapter) => Boolean(adapter.draw), loop: (adapter, done) => draws(adapter, 3, done) },
}

/** @param {Context} context @returns {Promise<Results>} */
export async function run(context) {
  const jobs = Object.entries(PATHS).flatMap(([path, { has }]) =>
    [...context.contestants]
      .filter(([, adapter]) => has(adapter))
      .map(([adapter]) => ({
        adapter,
        params: { path: /** @type {Path} */ (path), ms: context.quick ? 300 : 600 },
      })),
  )
  return context.alternate('cost', jobs, context.quick ? 2 : 7)
}

/** Told of chunks that went through; true when it is time to stop. @typedef {(chunks: number) => boolean} Done */

/** @param {Adapter | undefined} adapter @param {Params} params @returns {Promise<number>} */
export async function measure(adapter, { path, ms }) {
  if (!adapter) throw new TypeError('Cannot measure: no contestant')
  const warm = performance.now() + ms / 2
  const slice = 25 // ms; the median of many short slices is deaf to the collector and to other processes
  /** @type {number[]} */
  const slices = []
  let began = 0
  let count = 0
  await PATHS[path].loop(adapter, (chunks) => {
    const now = performance.now()
    if (now < warm) return false
    if (began === 0) {
      began = now
      return false
    }
    count += chunks
    if (now - began < slice) return false
    slices.push(((now - began) * 1e6) / count)
    began = now
    count = 0
    return now > warm + ms
  })
  return median(slices)
}

/** @param {Adapter} adapter */
function openUnbound(adapter) {
  const group = adapter.openUnbound?.() ?? adapter.open?.(NOT_BINDING)
  if (!group) throw new TypeError(`Cannot open a stream: ${adapter.name} has none`)
  return group.stream()
}

/**
 * Writes a window of chunks, waits until all have come out, and again; a turn of the event loop now and then.
 *
 * @param {Adapter} adapter
 * @param {Done} done
 */
async function writes(adapter, done) {
  const stream = openUnbound(adapter)
  let inside = 0
  /** @type {(() => void) | undefined} */
  let emptied
  stream.on('data', (data) => {
    inside -= data.length
    if (inside === 0 && emptied) emptied()
  })
  for (let window = 1; ; window++) {
    inside += WINDOW * CHUNK.length
    for (let i = 0; i < WINDOW; i++) stream.write(CHUNK)
    if (inside > 0) {
      await new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
        emptied = resolve
      })
      emptied = undefined
    }
    if (window % 64 === 0) {
      await turn()
      if (done(64 * WINDOW)) return
    }
  }
}

/** source.pipe(stream).pipe(sink), as it is used. @param {Adapter} adapter @param {Done} done @returns {Promise<void>} */
function pipes(adapter, done) {
  return new Promise((resolve) => {
    let stopped = false
    let chunks = 0
    const source = new Readable({
      read() {
        if (!stopped) this.push(CHUNK)
      },
    })
    const sink = new Writable({
      write(chunk, _encoding, callback) {
        chunks += chunk.length / CHUNK.length
        if (chunks >= 256) {
          stopped ||= done(chunks)
          chunks = 0
          if (stopped) resolve()
          setImmediate(callback)
        } else callback()
      },
    })
    source.pipe(openUnbound(adapter)).pipe(sink)
  })
}

/** One chunk after the other through a WHATWG transform. @param {Adapter} adapter @param {Done} done */
async function webs(adapter, done) {
  const transform = adapter.web?.()
  if (!transform) throw new TypeError(`Cannot open a web stream: ${adapter.name} has none`)
  const writer = transform.writable.getWriter()
  const reader = transform.readable.getReader()
  for (let n = 1; ; n++) {
    const written = writer.write(CHUNK)
    for (let bytes = 0; bytes < CHUNK.length; ) bytes += Number((await reader.read()).value?.length)
    await written
    if (n % 64 === 0) {
      await turn()
      if (done(64)) return
    }
  }
}

/** @param {Adapter} adapter @param {1 | 3} depth @param {Done} done */
async function draws(adapter, depth, done) {
  const draw = adapter.draw?.(depth)
  if (!draw) throw new TypeError(`Cannot draw: ${adapter.name} has no synchronous way`)
  await turn()
  let refused = 0
  for (;;) {
    for (let i = 0; i < 10_000; i++) if (!draw(KiB)) refused++
    if (done(10_000)) break
  }
  if (refused > 10_000) throw new Error(`Cannot measure: ${refused} draws were refused, so the limit was binding`)
}

/**
 * The ratio to the floor, round by round, so that what slows the machine slows both.
 *
 * @param {Results} results
 * @param {Path} path
 */
function ratios(results, path) {
  const own = results.filter(({ params }) => params.path === path)
  const floors = new Map(
    own.filter(({ adapter }) => adapter === 'pass-through').map(({ round, value }) => [round, value]),
  )
  return own
    .filter(({ adapter }) => adapter !== 'pass-through')
    .map((outcome) => ({
      ...outcome,
      value: outcome.value === undefined ? undefined : outcome.value / Number(floors.get(outcome.round)),
    }))
}

/** @param {Results} results @returns {Row[]} */
export function rows(results) {
  const ratio = (/** @type {Path} */ path) =>
    scoreEach(ratios(results, path), (values) => ({ value: median(values), text: `${spread(values)} x` }))
  const ns = (/** @type {Path} */ path) =>
    scoreEach(
      results.filter(({ params }) => params.path === path),
      (values) => ({ value: median(values), text: `${spread(values, 0)} ns` }),
    )
  return [
    {
      target: 'path cost, 64 KiB chunks by reference',
      reach: '<= 1.25 x PassThrough',
      bound: 1.25,
      scores: ratio('pipe'),
    },
    { target: 'path cost, web', reach: '<= 1.15 x identity TransformStream', bound: 1.15, scores: ratio('web') },
    { target: 'tryAcquire', reach: '<= 60 ns', bound: 60, scores: ns('draw') },
    { target: 'tryAcquire, chain of three', reach: '<= 150 ns', bound: 150, scores: ns('chain') },
  ]
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  /** @type {Record<Path, string>} */
  const names = {
    pipe: 'ns per chunk, source.pipe(it).pipe(sink)',
    write: 'ns per chunk, written',
    web: 'ns per chunk, WHATWG streams',
    draw: 'ns per synchronous draw',
    chain: 'ns per synchronous draw from three at once',
  }
  const absolute = crossTable(
    results,
    ({ params }) => names[params.path],
    (values) => spread(values, 0),
    'path',
    nameOf,
  )
  const relative = crossTable(
    [...ratios(results, 'pipe'), ...ratios(results, 'write'), ...ratios(results, 'web')],
    ({ params }) => `${names[params.path].replace('ns per chunk', 'ratio')}`,
    (values) => spread(/** @type {number[]} */ (values)),
    'ratio to the floor of the same round',
    nameOf,
  )
  const many = results.reduce((most, { round }) => Math.max(most, round), 0)
  return [
    {
      title: 'Cost of the path, limit not binding',
      note: `Median [least..most] of ${round(many, 0)} rounds; in each round every contestant runs in a new process. Chunks of 64 KiB by reference. source.pipe(it).pipe(sink) is judged; "written" is the stream alone, ${WINDOW} writes at once before what came out is waited for. A draw asks for 1 KiB, over and over: sluice grants a flow its quantum at once and lets it draw on that without a look at the clock.`,
      ...absolute,
    },
    {
      title: 'Cost of the path as a ratio',
      note: 'To a PassThrough, or to an identity TransformStream, in the same round.',
      ...relative,
    },
  ]
}
