import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { crossTable } from '../../lib/scores.js'
import { groupBy, spread } from '../../lib/stats.js'
import { KiB, MiB, size } from '../../lib/units.js'
import { absolute, ratio } from '../../lib/verdict.js'
import { RawSession } from '../lib/raw-session.js'
import { openServer } from '../servers/index.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { FtpContext, ServerName } from '../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @typedef {'down' | 'up' | '20 down'} Bulk */
/** @typedef {{ case: Bulk | 'small', root: string, bytes: number, small: number }} Params */
/** @typedef {{ rate: number, down: number, up: number }} Value MiB/s, or ms for each small file. */
/** @typedef {Outcome<Value, Params>[]} Results */

export const title = 'Servers'

const CHUNK = Buffer.alloc(256 * KiB, 'sluice')
const SMALL = 4 * KiB

/** @param {FtpContext} context @returns {Promise<Results>} */
export async function run({ quick, large, servers, place, alternate }) {
  place.file('large.bin', large)
  place.file('part.bin', large / 16)
  place.file('small.bin', SMALL)
  const small = quick ? 20 : 200
  const jobsFor = (/** @type {Params['case'][]} */ cases) =>
    cases.flatMap((which) => {
      /** @type {Params} */
      const params = { case: which, root: place.root, bytes: which === '20 down' ? large / 16 : large, small }
      return servers.map((adapter) => ({ adapter, params }))
    })
  /** @type {Results} */
  const bulk = await alternate('server', jobsFor(['down', 'up', '20 down']), quick ? 1 : 3)
  // Many transfers in each, which take ftp-srv 20 s.
  return [...bulk, ...(await alternate('server', jobsFor(['small']), 1))]
}

/** @param {string} name @param {Params} params @returns {Promise<Value>} */
export async function measure(name, { case: which, root, bytes, small }) {
  const server = await openServer({ name: /** @type {ServerName} */ (name), root })
  const { target } = server
  const uploads = `incoming/${name}`
  try {
    /** @type {RawSession[]} */
    const sessions = []
    for (let i = 0; i < (which === '20 down' ? 20 : 1); i++) sessions.push(await RawSession.open(target))
    const [session] = sessions
    if (!session) throw new Error('no session')
    const none = { rate: Number.NaN, down: Number.NaN, up: Number.NaN }
    if (which === 'small') {
      return {
        ...none,
        down: await milliseconds(small, () => session.get('small.bin')),
        up: await milliseconds(small, () => session.put(uploads, SMALL, CHUNK)),
      }
    }
    const total = bytes * sessions.length
    const taken = await milliseconds(1, async () => {
      if (which === 'up') return await session.put(uploads, bytes, CHUNK)
      const file = which === 'down' ? 'large.bin' : 'part.bin'
      const came = await Promise.all(sessions.map((each) => each.get(file)))
      const sum = came.reduce((a, b) => a + b, 0)
      if (sum !== total) throw new Error(`${sum} bytes instead of ${total}`)
    })
    for (const each of sessions) each.close()
    return { ...none, rate: total / MiB / (taken / 1000) }
  } finally {
    await server.stop()
    rmSync(join(root, uploads), { force: true })
  }
}

/** @param {number} times @param {() => Promise<unknown>} body @returns {Promise<number>} For each. */
async function milliseconds(times, body) {
  const began = performance.now()
  for (let i = 0; i < times; i++) await body()
  return (performance.now() - began) / times
}

/** @param {Results} results @returns {Verdict[]} */
export function verdicts(results) {
  const cases = groupBy(results, ({ params }) => params.case)
  const bulk = (/** @type {Bulk} */ which, /** @type {string} */ target) =>
    ratio(cases.get(which) ?? [], {
      target,
      rival: 'ftp-srv',
      bound: 1.5,
      higher: true,
      unit: 'MiB/s',
      of: ({ rate }) => rate,
    })
  const latency = (/** @type {'down' | 'up'} */ direction) =>
    absolute(cases.get('small') ?? [], {
      target: `server, 4 KiB ${direction}`,
      reach: '<= 2 ms',
      bound: 2,
      unit: 'ms',
      of: (value) => value[direction],
    })
  return [
    bulk('down', 'server, large file down'),
    bulk('up', 'server, large file up'),
    bulk('20 down', 'server, 20 downloads at once'),
    latency('down'),
    latency('up'),
  ]
}

/** @param {Results} results @returns {Table[]} */
export function tables(results) {
  const bytes = Math.max(...results.map(({ params }) => params.bytes))
  const lines = {
    down: `${size(bytes)} down`,
    up: `${size(bytes)} up`,
    '20 down': `20 x ${size(bytes / 16)} down at once`,
    small: '4 KiB, one after the other',
  }
  return [
    {
      title,
      note: 'All with one and the same client, which does as little as possible: it reads into a buffer that it does not look at, and writes the same chunk again and again. Small files: milliseconds for each, down and up, with EPSV, the data connection and both replies.',
      ...crossTable(
        results,
        ({ params }) => lines[params.case],
        (values) =>
          values.some(({ rate }) => Number.isNaN(rate))
            ? `${spread(values.map(({ down }) => down))} ms; ${spread(values.map(({ up }) => up))} ms`
            : `${spread(
                values.map(({ rate }) => rate),
                0,
              )} MiB/s`,
        'transfer',
        (name) => name,
      ),
    },
  ]
}
