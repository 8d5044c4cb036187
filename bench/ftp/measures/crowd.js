import { crossTable } from '../../lib/scores.js'
import { sleep } from '../../lib/sleep.js'
import { jain, spread } from '../../lib/stats.js'
import { MiB, size } from '../../lib/units.js'
import { absolute } from '../../lib/verdict.js'
import { RawSession } from '../lib/raw-session.js'
import { openServer } from '../servers/index.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { FtpContext } from '../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @typedef {{ downloads: number, rate: number, seconds: number, root: string }} Params */
/** @typedef {{ error: number, jain: number, least: number, most: number }} Value Shares of `least` and `most` as a part of what is fair. */
/** @typedef {Outcome<Value, Params>[]} Results */

export const title = 'A crowd under the limit of a server'

const RATE = 50 * MiB
const DOWNLOADS = 200
/** From when all have got their first bytes: what was in buffers has gone by then. */
const SETTLE = 1000

/** Of the others none has such a limit. @param {FtpContext} context @returns {Promise<Results>} */
export async function run({ quick, servers, place, alternate }) {
  if (!servers.includes('sluice')) return []
  place.file('crowd.bin', 16 * MiB) // more than anyone gets in the time
  const params = { downloads: DOWNLOADS, rate: RATE, seconds: quick ? 2 : 8, root: place.root }
  return await alternate('crowd', [{ adapter: 'sluice', params }], quick ? 1 : 2)
}

/** @param {string} _name @param {Params} params @returns {Promise<Value>} */
export async function measure(_name, { downloads, rate, seconds, root }) {
  const server = await openServer({ name: 'sluice', root, limit: rate })
  try {
    const got = new Float64Array(downloads)
    for (let i = 0; i < downloads; i++) {
      const session = await RawSession.open(server.target)
      const transfer = session.get('crowd.bin', (bytes) => {
        got[i] = Number(got[i]) + bytes
      })
      transfer.catch(() => {}) // it is cut at the end
    }
    for (let i = 0; got.some((bytes) => bytes === 0); i++) {
      if (i > 1000) throw new Error(`${got.filter((bytes) => bytes === 0).length} downloads do not begin`)
      await sleep(10)
    }
    await sleep(SETTLE)
    const before = got.slice()
    const began = performance.now()
    await sleep(seconds * 1000)
    const shares = got.map((bytes, i) => bytes - Number(before[i]))
    const due = (rate * (performance.now() - began)) / 1000
    const fair = due / downloads
    return {
      error: shares.reduce((a, b) => a + b, 0) / due - 1,
      jain: jain(shares),
      least: Math.min(...shares) / fair,
      most: Math.max(...shares) / fair,
    }
  } finally {
    await server.stop()
  }
}

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  if (results.length === 0) return []
  const target = `server, ${DOWNLOADS} downloads under ${size(RATE)}/s`
  return [
    absolute(results, {
      target: `${target}: mean error`,
      reach: '<= 0.5 %',
      bound: 0.5,
      unit: '%',
      digits: 3,
      of: ({ error }) => Math.abs(error) * 100,
    }),
    absolute(results, {
      target: `${target}: Jain`,
      reach: '>= 0.999',
      bound: 0.999,
      higher: true,
      digits: 4,
      of: (value) => value.jain,
    }),
  ]
}

/** @param {Results} results @returns {Table[]} */
export function tables(results) {
  if (results.length === 0) return []
  return [
    {
      title: `${title}: ${DOWNLOADS} downloads, ${size(RATE)}/s for all`,
      note: `Error of the sum over ${results[0]?.params.seconds} s; Jain's index; the least and the most that one got, as a part of what is fair. \`limits: { serverGlobal }\`; none of the others has such a limit.`,
      ...crossTable(
        results,
        () => 'all',
        (values) =>
          `${spread(
            values.map(({ error }) => error * 100),
            3,
          )} %; ${spread(
            values.map((value) => value.jain),
            4,
          )}; ${spread(values.map(({ least }) => least))} to ${spread(values.map(({ most }) => most))}`,
        'downloads',
        (name) => name,
      ),
    },
  ]
}
