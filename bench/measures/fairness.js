import { feed } from '../lib/feed.js'
import { crossTable, scoreEach } from '../lib/scores.js'
import { sleepUntil } from '../lib/sleep.js'
import { jain, median, spread } from '../lib/stats.js'
import { KiB, MiB, round, size } from '../lib/units.js'

/** @import { Adapter, Context, Outcome, Row, Table } from '../types.d.ts' */
/** @typedef {'1 B to 1 MiB' | '1 KiB and 64 KiB'} Mix */
/** @typedef {{ flows: number, rate: number, mix: Mix, seconds: number }} Params */
/** @typedef {{ jain: number, starved: number, nothing: number, utilisation: number }} Value */
/** @typedef {Outcome<Value, Params>[]} Results */

export const title = 'Fairness'

/** @type {Record<Mix, (flow: number) => number>} Bytes of each write. */
const MIXES = {
  // One writes single bytes: at its share of 64 KiB/s that is as many writes as a process can spare for it.
  '1 B to 1 MiB': (flow) => (flow === 0 ? 1 : Number([MiB, KiB, 64 * KiB][flow % 3])),
  '1 KiB and 64 KiB': (flow) => (flow % 2 ? 64 * KiB : KiB),
}
const HELD = 512 * MiB

/** @param {Context} context @returns {Promise<Results>} */
export async function run(context) {
  const seconds = context.quick ? 2 : 5
  const wide = /** @type {const} */ ('1 B to 1 MiB')
  const halves = /** @type {const} */ ('1 KiB and 64 KiB')
  const cases = [
    { flows: 2, rate: 128 * KiB, mix: wide },
    { flows: 10, rate: 640 * KiB, mix: wide },
    { flows: 100, rate: 6400 * KiB, mix: wide },
    { flows: 1000, rate: 64_000 * KiB, mix: wide },
    { flows: 10_000, rate: 100 * MiB, mix: wide },
    { flows: 10, rate: 10 * MiB, mix: halves },
    { flows: 1000, rate: 10 * MiB, mix: halves },
  ].filter(({ flows }) => !context.quick || flows === 10 || flows === 10_000)

  const jobs = cases.flatMap((params) =>
    [...context.contestants]
      .filter(([, { open, shares, needsLength }]) => open && shares && !(needsLength && held(params, seconds) > HELD))
      .map(([adapter]) => ({ adapter, params: { ...params, seconds } })),
  )
  return context.alternate('fairness', jobs, 1)
}

/** Bytes that a contestant holds who must know all lengths before: enough for a flow with 4 times its share. */
const held = (/** @type {{ rate: number }} */ { rate }, /** @type {number} */ seconds) => 4 * rate * (seconds + 1)

/** @param {Adapter | undefined} adapter @param {Params} params @returns {Promise<Value>} */
export async function measure(adapter, { flows, rate, mix, seconds }) {
  if (!adapter?.open) throw new TypeError('Cannot measure: the contestant has no streams')
  const group = adapter.open(rate)
  const shares = new Float64Array(flows)
  const length = adapter.needsLength ? Math.ceil(held({ rate }, seconds) / flows / MiB) * MiB : undefined
  /** @type {Map<number, Buffer>} */
  const chunks = new Map()
  const sources = Array.from({ length: flows }, (_, flow) => {
    const bytes = MIXES[mix](flow)
    const chunk = chunks.get(bytes) ?? Buffer.alloc(bytes)
    chunks.set(bytes, chunk)
    const stream = group.stream(length)
    stream.on('data', (data) => {
      shares[flow] = Number(shares[flow]) + data.length
    })
    return feed(stream, chunk, length === undefined ? {} : { length })
  })
  for (const source of sources) source.start()
  // Whoever is started first is no better off: it counts from when all have asked.
  const from = performance.now()
  const before = shares.slice()
  await sleepUntil(from + seconds * 1000)
  const elapsed = (performance.now() - from) / 1000
  const got = shares.map((bytes, flow) => bytes - Number(before[flow]))
  const fair = (rate * elapsed) / flows
  return {
    jain: jain(got),
    starved: got.filter((bytes) => bytes < fair / 10).length,
    nothing: got.filter((bytes) => bytes === 0).length,
    utilisation: got.reduce((a, b) => a + b, 0) / (rate * elapsed),
  }
}

const title1 = (/** @type {Params} */ { flows, rate, mix }) =>
  `${flows.toLocaleString('en')} flows, ${mix}, ${size(rate)}/s`

/** @param {Results} results @returns {Row[]} */
export function rows(results) {
  return [
    {
      target: 'Jain, mixed chunks, 2 to 10,000 flows',
      reach: '>= 0.999',
      bound: 0.999,
      higher: true,
      scores: scoreEach(results, (_, own) => {
        const worst = own.reduce((a, b) => (Number(b.value?.jain) < Number(a.value?.jain) ? b : a))
        const value = Number(worst.value?.jain)
        return { value, text: `${round(value, 4)} (${worst.params.flows.toLocaleString('en')} flows)` }
      }),
    },
    {
      target: 'flows starved, mixed chunks',
      reach: 'none',
      bound: 0,
      scores: scoreEach(results, (values, own) => {
        const parts = own.map(({ params, value }) => Number(value?.starved) / params.flows)
        const most = Math.max(...parts)
        return {
          value: values.reduce((sum, { starved }) => sum + starved, 0),
          text: most ? `up to ${round(most * 100, 0)} %` : 'none',
        }
      }),
    },
  ]
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  return [
    {
      title: 'Fairness: one limit, many streams with chunks of mixed sizes',
      note: `Jain's index of the bytes in ${results[0]?.params.seconds} s from when all have asked; flows with less than a tenth of their share, and of these with nothing; utilisation of the limit. In the wide mix one flow writes single bytes, the others 1 KiB, 64 KiB or 1 MiB.`,
      ...crossTable(
        results,
        ({ params }) => title1(params),
        (values) => {
          const of = (/** @type {keyof Value} */ key) => median(values.map((value) => value[key]))
          return `${spread(
            values.map((value) => value.jain),
            4,
          )}; ${of('starved')} starved (${of('nothing')}); ${round(of('utilisation') * 100, 1)} %`
        },
        'flows, chunks, limit',
        nameOf,
      ),
    },
  ]
}
