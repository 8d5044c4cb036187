import { KiB, MiB, round, size } from '../../lib/units.js'
import { withFleet, workOver } from '../lib/fleet.js'
import { meanPart } from '../lib/windows.js'

/** @import { Outcome, Table } from '../../types.d.ts' */
/** @import { Verdict } from '../../types.d.ts' */
/** @import { FleetContext } from '../types.d.ts' */
/** @typedef {{ members: number, processes: number, settle: number, ms: number }} Params */
/**
 * @typedef {object} Value
 * @property {number} calls For each member and second.
 * @property {number} cpu Of Redis, ms a second.
 * @property {number} keys Bytes that the keys take.
 * @property {number} memory Bytes more that Redis takes in all, connections included.
 * @property {number} part Of the limit.
 */
/** @typedef {Outcome<Value, Params>[]} Results */

const LIMIT = 20 * MiB

/** @param {FleetContext} context @returns {Promise<Results>} */
export async function run({ quick, contenders, alternate }) {
  if (!contenders.has('sluice')) return []
  const all = [
    { members: 10, processes: 2, settle: 2000, ms: 4000 },
    { members: 100, processes: 2, settle: 2000, ms: 4000 },
    { members: 1000, processes: 4, settle: 5000, ms: 6000 },
  ]
  const jobs = all.slice(0, quick ? 2 : 3).map((params) => ({ adapter: 'sluice', params }))
  return /** @type {Results} */ (await alternate('sizing', jobs, 1))
}

/** @param {string} contender @param {Params} params @returns {Promise<Value>} */
export async function measure(contender, { members, processes, settle, ms }) {
  let before = 0
  /** @param {import('../lib/redis.js').RedisServer} redis */
  const specs = async (redis) => {
    before = (await redis.memory()).all
    return Array.from({ length: processes }, () => ({ seats: members / processes }))
  }
  return await withFleet({ contender, limit: LIMIT, specs, settle }, async ({ redis, crew }) => {
    const from = crew.now
    const work = await workOver(redis, members, ms)
    const to = crew.now
    const trace = crew.trace()
    const memory = await redis.memory()
    return {
      ...work,
      keys: memory.keys,
      memory: memory.all - before,
      part: meanPart(trace, LIMIT, from, to),
    }
  })
}

/** @returns {Verdict[]} */
export const verdicts = () => []

/** @param {Results} results @returns {Table[]} */
export function tables(results) {
  return [
    {
      title: 'What it takes of Redis',
      note: `Members under ${size(LIMIT)}/s that want all they can get, several to a process, each with the two connections that it would have in a process of its own. Calls of the script; processor time of Redis; what its keys take, and what it takes in all, connections included; the total as a part of R.`,
      head: ['members', 'calls of each', 'calls of all', 'Redis CPU', 'of a core', 'keys', 'memory in all', 'total'],
      body: results.map(({ params: { members }, value, error }) =>
        value
          ? [
              String(members),
              `${round(value.calls, 1)} /s`,
              `${round(value.calls * members, 0)} /s`,
              `${round(value.cpu, 0)} ms/s`,
              `${round(value.cpu / 10, 1)} %`,
              `${round(value.keys / KiB, 0)} KiB`,
              size(Math.round(value.memory / KiB) * KiB),
              `${round(value.part, 4)} R`,
            ]
          : [String(members), `failed: ${error}`],
      ),
    },
  ]
}
