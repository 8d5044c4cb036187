import { inspect } from 'node:util'
import type { Clock } from '../../../clock.ts'
import { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import type { Rate } from '../../../units.ts'

/**
 * A limit on data connections. `read` is what the server reads, uploads; `write` is downloads and listings. A rate holds for each of the
 * two. A `StreamThrottle` can be shared with others where the limit is shared, and is copied where each connection has its own.
 */
export type ServerLimit =
  | Rate
  | null
  | StreamThrottle
  | { readonly read?: Rate | null | undefined; readonly write?: Rate | null | undefined }

/** @throws {TypeError | RangeError} If `limit` is none, or a throttle with another clock. */
export function throttleOf(what: string, limit: ServerLimit | undefined, clock: Clock): StreamThrottle {
  if (limit instanceof StreamThrottle) {
    if (limit.read.clock === clock && limit.write.clock === clock) return limit
    throw new TypeError(`${what} must have the clock of the server`)
  }
  if (limit === undefined || limit === null) return StreamThrottle.fromLimits({ clock })
  if (typeof limit === 'object') {
    const { read = null, write = null, ...rest } = limit
    if (Object.keys(rest).length === 0) {
      return StreamThrottle.fromLimits({ readSpeedLimit: read, writeSpeedLimit: write, clock })
    }
  } else if (typeof limit === 'number' || typeof limit === 'string') {
    return StreamThrottle.fromLimits({ readSpeedLimit: limit, writeSpeedLimit: limit, clock })
  }
  throw new TypeError(`${what} must be a rate, null, { read, write } or a StreamThrottle, is ${inspect(limit)}`)
}

/** Throws what {@link throttleOf} would. */
export function checkLimit(what: string, limit: ServerLimit | undefined): void {
  throttleOf(what, limit, limit instanceof StreamThrottle ? limit.read.clock : CHECK_ONLY)
}

const CHECK_ONLY: Clock = { now: () => 0, sleepUntil: () => () => {} }
