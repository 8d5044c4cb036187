import { once } from 'node:events'
import { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterQueue, RateLimiterRedis } from 'rate-limiter-flexible'

/** @import { Contender, Place, Seat } from '../types.d.ts' */

/** @type {Contender} */
export default {
  name: 'rate-limiter-flexible',
  package: 'rate-limiter-flexible',
  settings:
    '`RateLimiterQueue` over `RateLimiterRedis`: as many points as bytes in a window of 1 s, the shortest it has; `inMemoryBlockOnConsumed`, and without Redis an `insuranceLimiter` with its part of the points, as its documentation advises',
  open: (place) => openQueue(place, place.limit, {}),
}

/**
 * @param {Place} place
 * @param {number} points Of a window.
 * @param {object} options More for the limiter.
 * @returns {Promise<Seat>}
 */
export async function openQueue({ url, members }, points, options) {
  const client = new Redis(url, { enableOfflineQueue: false, retryStrategy: () => 100 })
  client.on('error', () => {}) // that is what the insurance is for
  await once(client, 'ready')
  const insuranceLimiter = new RateLimiterMemory({ points: Math.floor(points / members), duration: 1 })
  const limiter = new RateLimiterRedis({
    storeClient: client,
    keyPrefix: 'fleet',
    points,
    duration: 1,
    inMemoryBlockOnConsumed: points,
    rejectIfRedisNotReady: true,
    insuranceLimiter,
    ...options,
  })
  const queue = new RateLimiterQueue(limiter)
  const take = async (/** @type {number} */ bytes) => {
    await queue.removeTokens(bytes)
    return bytes
  }
  return { stream: () => ({ take }) }
}
