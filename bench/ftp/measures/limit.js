import { crossTable } from '../../lib/scores.js'
import { spread } from '../../lib/stats.js'
import { meanError, Trace, worstWindow } from '../../lib/trace.js'
import { MiB, size } from '../../lib/units.js'
import { absolute } from '../../lib/verdict.js'
import { loadClient } from '../clients/index.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { FtpContext, Target } from '../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @typedef {{ rate: number, idle: number, target: Target }} Params `idle` in ms, 0 for none. */
/** @typedef {{ error: number, window: number }} Part `error` as a fraction, `window` as a multiple of the rate. */
/** @typedef {{ first: Part, after: Part | undefined }} Value */
/** @typedef {Outcome<Value, Params>[]} Results */

export const title = 'A download under a limit'

const RATE = 5 * MiB
/** No client is silent for half as long in the midst of a transfer. */
const IDLE = 12_000

/** @param {FtpContext} context @returns {Promise<Results>} */
export async function run({ quick, clients, place, withServer, alternate }) {
  const idle = quick ? 4000 : IDLE
  place.file('limited.bin', RATE * (quick ? 2 : 8))
  return await withServer({ name: 'vsftpd' }, async (target) => {
    const limited = [...clients].filter(([, client]) => client.limited)
    const jobs = limited.map(([adapter]) => {
      // curl can't wait and go on with the same connection.
      return { adapter, params: { rate: RATE, idle: adapter === 'curl' ? 0 : idle, target } }
    })
    return await alternate('limit', jobs, 1)
  })
}

/** @param {string} adapter @param {Params} params @returns {Promise<Value>} */
export async function measure(adapter, { rate, idle, target }) {
  const { limited } = await loadClient(adapter)
  const trace = new Trace()
  await limited?.(target, 'limited.bin', rate, (bytes) => trace.add(performance.now(), bytes), idle)
  const again = idle ? endOfSilence(trace, idle * 0.8) : Number.POSITIVE_INFINITY
  const part = (/** @type {number} */ from, /** @type {number} */ to) => ({
    error: meanError(trace, rate, from, to),
    window: worstWindow(trace, rate, from, to, 100),
  })
  return { first: part(0, again), after: idle ? part(again, Number.POSITIVE_INFINITY) : undefined }
}

/** @param {Trace} trace @param {number} least @returns {number} When bytes came again after `least` ms without any. */
function endOfSilence(trace, least) {
  for (let i = 1; i < trace.length; i++) if (trace.time(i) - trace.time(i - 1) > least) return trace.time(i)
  throw new Error('the client did not wait between its downloads')
}

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  const idle = Math.max(...results.map(({ params }) => params.idle)) / 1000
  return /** @type {const} */ (['first', 'after']).flatMap((which) => {
    const target = `download at ${size(RATE)}/s${which === 'first' ? '' : `, after ${idle} s of idling`}`
    return [
      absolute(results, {
        target: `${target}: mean error`,
        reach: '<= 0.2 %',
        bound: 0.2,
        unit: '%',
        digits: 3,
        of: (value) => Math.abs(Number(value[which]?.error)) * 100,
      }),
      absolute(results, {
        target: `${target}: fullest 100 ms`,
        reach: '<= 1.1 of the limit',
        bound: 1.1,
        of: (value) => Number(value[which]?.window),
      }),
    ]
  })
}

/** @param {Results} results @param {(adapter: string) => string} nameOf @returns {Table[]} */
export function tables(results, nameOf) {
  const show = (/** @type {(Part | undefined)[]} */ parts) => {
    const known = parts.filter((part) => part !== undefined)
    if (known.length === 0) return '-'
    return `${spread(
      known.map(({ error }) => error * 100),
      3,
    )} %; ${spread(known.map(({ window }) => window))} R`
  }
  return [
    {
      title: `${title} of ${size(RATE)}/s, from vsftpd`,
      note: 'Mean error between the first and the last byte; the fullest window of 100 ms as a multiple of the limit, from the first byte on. When the bytes reach the sink: with sluice the Writable that it downloads to, with programs the reader of their standard output. basic-ftp has no limit, and curl no way to wait.',
      ...crossTable(
        results
          .flatMap((outcome) =>
            [`first`, `after ${outcome.params.idle / 1000} s of idling`].map((line, i) => ({
              ...outcome,
              params: { line },
              value: outcome.value && [outcome.value.first, outcome.value.after][i],
            })),
          )
          .filter(({ params }) => !params.line.includes(' 0 s')),
        ({ params }) => params.line,
        show,
        'download',
        nameOf,
      ),
    },
  ]
}
