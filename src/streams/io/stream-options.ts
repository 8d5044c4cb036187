import { optionNames } from '../../check-options.ts'
import { type Clock, systemClock } from '../../clock.ts'
import { parseSize, type Size } from '../../units.ts'

/** How a `StreamIO` behaves. */
export interface StreamIOOptions {
  /**
   * How long the other side may be silent, in ms, > 0; null is forever. Counted is only the time in which this stream waits for
   * the other side: to send bytes when none are left here, or to take some. Every byte that moves starts it anew; waiting for
   * the caller or for a throttle never counts.
   *
   * @default null
   */
  readonly timeout?: number | null | undefined
  /**
   * The same for reading alone; null is forever.
   *
   * @default timeout
   */
  readonly readTimeout?: number | null | undefined
  /**
   * The same for writing alone; null is forever.
   *
   * @default timeout
   */
  readonly writeTimeout?: number | null | undefined
  /**
   * The longest line, or part up to a separator, in bytes, the end of line included; > 0. It bounds the memory that a line takes.
   *
   * @default "64KiB"
   */
  readonly maxLineLength?: Size | undefined
  /**
   * The name or address of the other side. A certificate must be for it, unless `startTls` is told otherwise.
   *
   * @default unknown
   */
  readonly host?: string | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
}

/** @internal */
export const STREAM_NAMES = {
  ...{ timeout: true, readTimeout: true, writeTimeout: true },
  ...{ maxLineLength: true, host: true, clock: true },
}
export const STREAM_OPTIONS = optionNames<StreamIOOptions>(STREAM_NAMES)

/** Those of the stream, of options that say more. */
export function streamOptionsOf(options: StreamIOOptions): StreamIOOptions {
  const { timeout, readTimeout, writeTimeout, maxLineLength, host, clock } = options
  return { timeout, readTimeout, writeTimeout, maxLineLength, host, clock }
}

/** The options, checked and complete. */
export interface StreamSettings {
  readonly readTimeout: number | undefined
  readonly writeTimeout: number | undefined
  readonly maxLineLength: number
  readonly host: string | undefined
  readonly clock: Clock
}

const MAX_LINE_LENGTH = 64 * 1024

/** @throws {TypeError | RangeError} If an option is wrong. */
export function streamSettings(options: StreamIOOptions): StreamSettings {
  const timeout = checkTimeout('timeout', options.timeout)
  const { readTimeout, writeTimeout, maxLineLength, host, clock = systemClock } = options
  return {
    readTimeout: readTimeout === undefined ? timeout : checkTimeout('readTimeout', readTimeout),
    writeTimeout: writeTimeout === undefined ? timeout : checkTimeout('writeTimeout', writeTimeout),
    maxLineLength: maxLineLength === undefined ? MAX_LINE_LENGTH : checkLength(parseSize(maxLineLength), maxLineLength),
    host,
    clock,
  }
}

/**
 * @returns Milliseconds, > 0; undefined for no timeout.
 * @throws {TypeError | RangeError} If it is no number, or not > 0. A timeout of 0 would mean "at once" to some and "never" to others.
 */
export function checkTimeout(name: string, timeout: number | null | undefined): number | undefined {
  if (timeout === undefined || timeout === null) return undefined
  if (typeof timeout !== 'number') {
    const shown = typeof timeout === 'string' ? JSON.stringify(timeout) : String(timeout)
    throw new TypeError(`Cannot set a timeout: '${name}' must be a number of milliseconds or null, is ${shown}`)
  }
  if (!(timeout > 0)) {
    throw new RangeError(`Cannot set a timeout: '${name}' must be > 0 ms, or null for none, is ${timeout}`)
  }
  return timeout === Infinity ? undefined : timeout
}

function checkLength(length: number, text: Size): number {
  if (length > 0) return length
  throw new RangeError(`Cannot bound lines: 'maxLineLength' must be > 0 bytes, is ${text}`)
}
