import { parseDuration } from '../units.ts'
import { UsageError } from './failure.ts'

/**
 * Reads the text of an option.
 *
 * @param value As commander gives it: undefined where the option was not given.
 * @throws {UsageError} That names the option, if `parse` throws a RangeError.
 */
export function readOption<T>(name: string, value: unknown, parse: (text: string) => T): T | undefined {
  if (typeof value !== 'string') return undefined
  try {
    return parse(value)
  } catch (cause) {
    if (cause instanceof RangeError) throw new UsageError(`${name}: ${cause.message}`, { cause })
    throw cause
  }
}

/** A duration in ms, > 0. @throws {UsageError} */
export function readTimeout(name: string, value: unknown): number | undefined {
  const timeout = readOption(name, value, parseDuration)
  if (timeout === 0) throw new UsageError(`${name}: Cannot use ${JSON.stringify(value)}: it must be > 0`)
  return timeout
}

/** A whole number between two others, both included. @throws {UsageError} */
export function readCount(name: string, value: unknown, least: number, most: number): number | undefined {
  if (typeof value !== 'string') return undefined
  const count = Number(value)
  if (/^\d+$/.test(value) && count >= least && count <= most) return count
  throw new UsageError(
    `${name}: Cannot use ${JSON.stringify(value)}: it must be a whole number from ${least} to ${most}`,
  )
}

/** What an option that may be repeated was given. */
export function readList(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : []
}

/** For commander: gathers what a repeatable option is given. */
export const gather = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
]
