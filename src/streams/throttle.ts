import type { Limits } from '../throttle/limits.ts'
import { type ThrottleStreamOptions, ThrottleTransform, type ThrottleTransformOptions } from './throttle-transform.ts'
import { ThrottleTransformStream } from './throttle-web.ts'

/**
 * A Node `Transform` that lets bytes pass no faster than `limits` allow: a rate (a number of bytes per second, text, or null), a
 * throttle, or several by name. Streams that are given the same throttle share it fairly.
 *
 * @throws {TypeError | RangeError} If `limits` or an option is none of what it can be.
 * @example await pipeline(source, throttle('1MiB/s'), sink)
 */
export function throttle(limits: Limits, options?: ThrottleTransformOptions): ThrottleTransform {
  return new ThrottleTransform(limits, options)
}

/**
 * {@link throttle} as a WHATWG `TransformStream`.
 *
 * @example await response.body.pipeThrough(throttleWeb('1MiB/s')).pipeTo(sink)
 */
export function throttleWeb(limits: Limits, options?: ThrottleStreamOptions): ThrottleTransformStream {
  return new ThrottleTransformStream(limits, options)
}
