import { Transform } from 'node:stream'
import { TokenBucket } from 'limiter'
import { KiB } from './units.js'

/**
 * limiter has no streams: this is the Transform that its README leads to, in the best setting found. Pieces are 10 ms of
 * the rate, 1 to 64 KiB; the bucket is 50 ms of the rate, and two pieces at least. A smaller bucket loses rate, larger
 * pieces and a larger bucket are burstier.
 *
 * @param {number} rate Bytes per second.
 * @param {boolean} tryFirst Whether to ask synchronously before waiting. That is cheaper, but passes over those who wait.
 */
export function openLimiter(rate, tryFirst) {
  const most = Math.round(Math.min(64 * KiB, Math.max(KiB, rate / 100)))
  const bucket = new TokenBucket({
    bucketSize: Math.max(2 * most, rate / 20),
    tokensPerInterval: rate,
    interval: 'second',
  })

  /** @param {Buffer} chunk @param {Transform} stream */
  const pass = async (chunk, stream) => {
    for (let at = 0; at < chunk.length; at += most) {
      const piece = chunk.length <= most ? chunk : chunk.subarray(at, at + most)
      if (!(tryFirst && bucket.tryRemoveTokens(piece.length))) await bucket.removeTokens(piece.length)
      stream.push(piece)
    }
  }
  return {
    stream: () =>
      new Transform({
        transform(chunk, _encoding, callback) {
          if (tryFirst && chunk.length <= most && bucket.tryRemoveTokens(chunk.length)) callback(null, chunk)
          else pass(chunk, this).then(() => callback(), callback)
        },
      }),
  }
}
