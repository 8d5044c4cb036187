import { sleep } from '../../lib/sleep.js'
import { Crew } from './crew.js'
import { RedisServer } from './redis.js'

/** @import { MemberSpec } from '../types.d.ts' */

/** How long a fleet runs before it is looked at, in ms: all have heard of each other, and a window of a rival has begun anew. */
export const SETTLE = 1200

/**
 * A Redis and processes that share a limit there, for as long as `body` runs.
 *
 * @template T
 * @param {object} options
 * @param {string} options.contender
 * @param {number} options.limit Bytes per second.
 * @param {readonly MemberSpec[] | ((redis: RedisServer) => Promise<readonly MemberSpec[]>)} options.specs One for each process.
 * @param {number} [options.settle] In ms.
 * @param {(fleet: { redis: RedisServer, crew: Crew }) => Promise<T>} body
 */
export async function withFleet({ contender, limit, specs, settle = SETTLE }, body) {
  const redis = await RedisServer.start()
  const all = typeof specs === 'function' ? await specs(redis) : specs
  const members = all.reduce((sum, { seats = 1 }) => sum + seats, 0)
  const crew = new Crew({ contender, limit, url: redis.url, members })
  try {
    await crew.addAll(all)
    await sleep(settle)
    return await body({ redis, crew })
  } finally {
    await crew.stop()
    await redis.stop()
  }
}

/**
 * What Redis does for each process and second meanwhile.
 *
 * @param {RedisServer} redis
 * @param {number} members
 * @param {number} ms
 * @returns {Promise<{ calls: number, cpu: number }>} Scripts called, for each process and second; ms of processor time a second, of all.
 */
export async function workOver(redis, members, ms) {
  const before = await redis.work()
  const began = performance.now()
  await sleep(ms)
  const after = await redis.work()
  const seconds = (performance.now() - began) / 1000
  return { calls: (after.calls - before.calls) / members / seconds, cpu: (after.cpu - before.cpu) / seconds }
}
