import { RateLimiter, TokenBucket } from 'limiter'
import { openLimiter } from '../lib/limiter-transform.js'
import { NOT_BINDING } from '../lib/units.js'

/** @import { Adapter } from '../types.d.ts' */

/** @type {Adapter} */
export default {
  name: 'limiter',
  package: 'limiter',
  shares: true,
  open: (rate) => openLimiter(rate, false),
  draw(depth) {
    const make = (/** @type {TokenBucket | undefined} */ parent) =>
      new TokenBucket({
        bucketSize: NOT_BINDING,
        tokensPerInterval: NOT_BINDING,
        interval: 'second',
        ...(parent && { parentBucket: parent }),
      })
    const bucket = depth === 1 ? make(undefined) : make(make(make(undefined)))
    return (bytes) => bucket.tryRemoveTokens(bytes)
  },
  sender(sink, interval) {
    const limiter = new RateLimiter({ tokensPerInterval: 1, interval })
    return async (bytes) => {
      await limiter.removeTokens(1)
      sink.write(bytes)
    }
  },
}
