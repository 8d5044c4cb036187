import { checkMilliseconds, checkNested, optionNames } from '../../../check-options.ts'
import type { Clock } from '../../../clock.ts'
import { ClosedError, TimeoutError } from '../../../errors.ts'
import { Waits } from '../../../streams/adapters/waits.ts'
import { ReplyError, TruncatedError } from '../../errors.ts'
import type { RetryOptions } from './transfer-types.ts'

/** The options, checked and complete. */
export type RetrySettings = { readonly [name in keyof RetryOptions]-?: number }

/** The bounds of each option, both included, and its default. */
const BOUNDS: { readonly [name in keyof RetryOptions]-?: readonly [least: number, most: number, usual: number] } = {
  attempts: [0, Infinity, 3],
  delay: [0, Number.MAX_VALUE, 1000],
  factor: [1, Number.MAX_VALUE, 2],
  maxDelay: [0, Number.MAX_VALUE, 30_000],
  jitter: [0, 1, 0.5],
}

const OPTIONS = optionNames<RetryOptions>({ attempts: true, delay: true, factor: true, maxDelay: true, jitter: true })

/** @throws {TypeError | RangeError} If one can't be. */
export function retrySettings(retry: number | RetryOptions = 0): RetrySettings {
  const options: RetryOptions = typeof retry === 'number' ? { attempts: retry } : retry
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`Cannot transfer: 'retry' must be a number or an object, is ${String(retry)}`)
  }
  checkNested('transfer', 'retry', options, OPTIONS)
  const settings = Object.entries(BOUNDS).map(([name, [least, most, usual]]) => {
    const value = options[name as keyof RetryOptions] ?? usual
    if (name === 'delay' || name === 'maxDelay') checkMilliseconds('transfer', `retry.${name}`, value)
    if (typeof value !== 'number') {
      throw new TypeError(`Cannot transfer: 'retry.${name}' must be a number, is ${String(value)}`)
    }
    const isWhole = name !== 'attempts' || Number.isInteger(value) || value === Infinity
    if (!(value >= least && value <= most && isWhole)) {
      const range = name === 'attempts' ? 'an integer >= 0' : most === 1 ? 'from 0 to 1' : `>= ${least} and finite`
      throw new RangeError(`Cannot transfer: 'retry.${name}' must be ${range}, is ${value}`)
    }
    return [name, value]
  })
  return Object.fromEntries(settings) as RetrySettings
}

/**
 * How long to wait before a further attempt, in ms.
 *
 * @param failed How many attempts have failed, >= 1.
 * @param chance From 0 to 1.
 */
export function backOff({ delay, factor, maxDelay, jitter }: RetrySettings, failed: number, chance: number): number {
  const growth = Math.min(factor ** (failed - 1), Number.MAX_VALUE) // Infinity times no delay would be no number
  return Math.min(maxDelay, delay * growth) * (1 - jitter * chance)
}

/** What a network says when it fails: a while later it may not. */
const TRANSIENT_CODES = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTCONN', 'ESHUTDOWN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ENETRESET', 'EADDRNOTAVAIL', 'EAI_AGAIN'],
])

/** Whether the same may work later. An error of the local file system never is of this kind, whatever its code; the caller knows those. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ReplyError) return error.isTransient
  if (error instanceof ClosedError || error instanceof TimeoutError || error instanceof TruncatedError) return true
  // Several addresses were tried, and none took the connection.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isTransient)
  return error instanceof Error && 'code' in error && TRANSIENT_CODES.has(String(error.code))
}

/** Waits. @throws The signal's reason. */
export async function pause(clock: Clock, duration: number, signal: AbortSignal): Promise<void> {
  const waits = new Waits()
  const cancel = clock.sleepUntil(clock.now() + duration, () => waits.settle(), Math.max(1, duration / 100))
  try {
    await waits.next(signal)
  } finally {
    cancel()
  }
}
