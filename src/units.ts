/**
 * The one grammar for rates, sizes and durations as text.
 *
 * ```text
 * rate     = number [" "] [prefix] [unit] ["/" ("s" | "sec" | "min" | "h")]     1.5MiB/s  100 Mbit/s  10MB/min  512KiB
 *          | number [" "] [prefix] ("B" | "b") "ps"                             100Mbps  8 kbps
 * size     = number [" "] [prefix] [unit]                                       64KiB  2M  1000
 * duration = number [" "] ["ms" | "s" | "sec" | "min" | "h"]                    250ms  1.5 min  1000
 * number   = digits ["." digits]            neither sign nor exponent, digits on both sides of the point
 * prefix   = "k" | "K" | "M" | "G" | "T" | "P"       powers of 1000
 *          | "Ki" | "Mi" | "Gi" | "Ti" | "Pi"        powers of 1024
 * unit     = "B"                            bytes, also when there is no unit
 *          | "b" | "bit"                    bits, eighths of a byte: `Mb` is a megabit, `MB` a megabyte
 * ```
 *
 * Case matters, since `b` is not `B` and `m` would be milli. A space may stand between the number and the letters, one and
 * nowhere else. A rate without a period is per second, a duration without a unit is in ms. The time to parse is linear.
 *
 * Source: prefixes of SI and of IEC 80000-13; `b` for bit as in IEEE 1541.
 */

import { checkOptions, optionNames } from './check-options.ts'

/** A rate: bytes per second, > 0, or text such as `"1.5MiB/s"`, `"100Mbit/s"`, `"10MB/min"`, `"2M"`. */
export type Rate = number | string

/** A size: whole bytes, from 0 to 2^53 - 1, or text such as `"64KiB"`, `"2M"`. */
export type Size = number | string

/** A duration: milliseconds, >= 0, or text such as `"250ms"`, `"1.5min"`. */
export type Duration = number | string

/** How to write a number as text. */
export interface FormatOptions {
  /**
   * True writes the shortest text that parses back to the very same number; false writes three significant digits.
   *
   * @default false
   */
  readonly exact?: boolean
}

const FORMAT_OPTIONS = optionNames<FormatOptions>({ exact: true })

interface Prefix {
  readonly name: string
  /** Decimal exponent: kept apart from `factor`, as `Number('1.1e6')` is exact where `1.1 * 1e6` is not. */
  readonly exponent: number
  /** A power of two, so that multiplying by it rounds nothing. */
  readonly factor: number
}

const NO_PREFIX: Prefix = { name: '', exponent: 0, factor: 1 }
const IEC_PREFIXES = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi'].map((name, i) => ({ name, exponent: 0, factor: 1024 ** (i + 1) }))
const SI_PREFIXES = ['k', 'M', 'G', 'T', 'P'].map((name, i) => ({ name, exponent: 3 * (i + 1), factor: 1 }))
const PREFIXES: readonly Prefix[] = [NO_PREFIX, ...IEC_PREFIXES, ...SI_PREFIXES]
const BYTE_UNITS = PREFIXES.map(({ name, exponent, factor }) => [name, factor * 10 ** exponent] as const)
const PREFIX_BY_NAME = new Map(PREFIXES.map((prefix) => [prefix.name, prefix]))
PREFIX_BY_NAME.set('K', { name: 'K', exponent: 3, factor: 1 })

/** Seconds in a period. */
const PERIODS = new Map([
  ['s', 1],
  ['sec', 1],
  ['min', 60],
  ['h', 3600],
])

/** Milliseconds in each unit of time that is written; "sec" is read besides. */
const TIME_UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
]
const TIME_UNIT_BY_NAME = new Map([...TIME_UNITS, ['sec', 1000]])

// No two parts of these can match the same character, so backtracking stays linear.
const RATE = /^(\d+(?:\.\d+)?)(?: (?=[a-zA-Z]))?([KMGTP]i|[kKMGTP])?(B|bit|b)?(?:\/(s|sec|min|h)|(?<=[Bb])ps)?$/
const SIZE = /^(\d+(?:\.\d+)?)(?: (?=[a-zA-Z]))?([KMGTP]i|[kKMGTP])?(B|bit|b)?$/
const DURATION = /^(\d+(?:\.\d+)?)(?: (?=[a-z]))?(ms|s|sec|min|h)?$/

const RATE_HINT = 'it must be a number > 0 with or without a unit, such as 512KiB, 1.5MiB/s, 100Mbit/s or 10MB/min'
const SIZE_HINT = 'it must be from 0 to 2^53 - 1 whole bytes, with or without a unit, such as 1000, 64KiB or 2MB'
const DURATION_HINT = 'it must be a number >= 0 with or without a unit, such as 250ms, 2s, 1.5min or 1h'

/**
 * Reads a rate.
 *
 * @param value Bytes per second, or text. Without a unit text counts in bytes, without a period per second.
 * @returns Bytes per second, > 0 and finite. Fractions count.
 * @throws {TypeError} If `value` is neither a number nor text.
 * @throws {RangeError} If it is not > 0 and finite, or outside of the grammar.
 */
export function parseRate(value: Rate): number {
  if (typeof value === 'number') {
    if (value > 0 && value < Infinity) return value
    throw rangeError(value, 'a rate', RATE_HINT)
  }
  const [, digits, prefix, unit, period = 's'] = matchText(value, RATE, 'a rate', RATE_HINT)
  const rate = toBytes(digits, prefix, unit) / (PERIODS.get(period) ?? Number.NaN)
  if (rate > 0 && rate < Infinity) return rate
  throw rangeError(value, 'a rate', RATE_HINT)
}

/**
 * Reads a size. A number must be whole; text that comes to a fraction of a byte (`"0.1KiB"`, `"4bit"`) is rounded to the
 * nearest byte, a half upwards.
 *
 * @param value Bytes, or text. Without a unit text counts in bytes.
 * @returns Whole bytes, from 0 to 2^53 - 1.
 * @throws {TypeError} If `value` is neither a number nor text.
 * @throws {RangeError} If it is out of range, or outside of the grammar.
 */
export function parseSize(value: Size): number {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && value >= 0) return value + 0 // no -0
    throw rangeError(value, 'a size', SIZE_HINT)
  }
  const [, digits, prefix, unit] = matchText(value, SIZE, 'a size', SIZE_HINT)
  const bytes = Math.round(toBytes(digits, prefix, unit))
  if (Number.isSafeInteger(bytes)) return bytes
  throw rangeError(value, 'a size', SIZE_HINT)
}

/**
 * Reads a duration.
 *
 * @param value Milliseconds, or text.
 * @returns Milliseconds, >= 0 and finite. Fractions count.
 * @throws {TypeError} If `value` is neither a number nor text.
 * @throws {RangeError} If it is negative or not finite, or outside of the grammar.
 */
export function parseDuration(value: Duration): number {
  if (typeof value === 'number') {
    if (value >= 0 && value < Infinity) return value + 0 // no -0
    throw rangeError(value, 'a duration', DURATION_HINT)
  }
  const [, digits, unit = 'ms'] = matchText(value, DURATION, 'a duration', DURATION_HINT)
  const duration = Number(digits) * (TIME_UNIT_BY_NAME.get(unit) ?? Number.NaN)
  if (duration < Infinity) return duration
  throw rangeError(value, 'a duration', DURATION_HINT)
}

/**
 * Writes a rate: `"1.50 MiB/s"`, or with `exact` the shortest of all prefixes: `"1.5 MiB/s"`, `"2 MB/s"`.
 *
 * @param rate Bytes per second, >= 0 and finite. (0 is a rate that can be measured, though not one that can be set.)
 * @throws {TypeError} If `rate` is not a number.
 * @throws {RangeError} If it is negative or not finite.
 */
export function formatRate(rate: number, options: FormatOptions = {}): string {
  checkOptions('write a rate as text', options, FORMAT_OPTIONS)
  checkNumber(rate, 'a rate', rate >= 0 && rate < Infinity, 'it must be >= 0 and finite')
  return options.exact ? `${exactBytes(rate)}B/s` : `${inIec(rate)}B/s`
}

/**
 * Writes a size: `"1.50 MiB"`, `"512 B"`, or with `exact` the shortest of all prefixes: `"1.5 MiB"`, `"2 MB"`.
 *
 * @param bytes Whole bytes, from 0 to 2^53 - 1.
 * @throws {TypeError} If `bytes` is not a number.
 * @throws {RangeError} If it is out of range.
 */
export function formatSize(bytes: number, options: FormatOptions = {}): string {
  checkOptions('write a size as text', options, FORMAT_OPTIONS)
  checkNumber(bytes, 'a size', Number.isSafeInteger(bytes) && bytes >= 0, 'it must be an integer from 0 to 2^53 - 1')
  if (options.exact) return `${exactBytes(bytes)}B`
  return bytes < 1024 ? `${bytes} B` : `${inIec(bytes)}B`
}

/**
 * Writes a duration: `"1.50 s"`, `"250 ms"`, or with `exact` the shortest of all units: `"1.5 s"`, `"250 ms"`.
 *
 * @param duration Milliseconds, >= 0 and finite.
 * @throws {TypeError} If `duration` is not a number.
 * @throws {RangeError} If it is negative or not finite.
 */
export function formatDuration(duration: number, options: FormatOptions = {}): string {
  checkOptions('write a duration as text', options, FORMAT_OPTIONS)
  checkNumber(duration, 'a duration', duration >= 0 && duration < Infinity, 'it must be >= 0 and finite')
  if (options.exact) return shortest(duration, TIME_UNITS, (digits, ms) => Number(digits) * ms)
  // A unit of time begins where the one below would show as many: 59.96 s is "1.00 min".
  const [unit, ms] = TIME_UNITS.findLast(([, ms]) => duration >= ms * 0.9995) ?? ['ms', 1]
  return `${threeDigits(duration / ms)} ${unit}`
}

function toBytes(digits: string | undefined, prefixName = '', unit = 'B'): number {
  const prefix = PREFIX_BY_NAME.get(prefixName) ?? NO_PREFIX
  return (Number(`${digits}e${prefix.exponent}`) * prefix.factor) / (unit === 'B' ? 1 : 8)
}

function matchText(value: unknown, grammar: RegExp, what: string, hint: string): RegExpExecArray {
  if (typeof value !== 'string') {
    throw new TypeError(`Cannot read ${what}: it must be a number or text: current type is ${typeName(value)}`)
  }
  const match = grammar.exec(value)
  if (match) return match
  throw rangeError(value, what, hint)
}

function checkNumber(value: unknown, what: string, isInRange: boolean, hint: string): void {
  if (typeof value !== 'number') {
    throw new TypeError(`Cannot write ${what} as text: it must be a number: current type is ${typeName(value)}`)
  }
  if (!isInRange) throw new RangeError(`Cannot write ${value} as ${what}: ${hint}`)
}

const typeName = (value: unknown): string => (value === null ? 'null' : typeof value)

/** A hostile text can be long; the error need not be. */
function rangeError(value: number | string, what: string, hint: string): RangeError {
  const shown =
    typeof value === 'number' ? `${value}` : JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  return new RangeError(`Cannot read ${shown} as ${what}: ${hint}`)
}

/** With the largest prefix that leaves at least 1, as it will show: 1023.7 KiB is "1.00 MiB". */
function inIec(bytes: number): string {
  const { name, factor } = IEC_PREFIXES.findLast(({ factor }) => bytes >= factor * (1 - 0.5 / 1024)) ?? NO_PREFIX
  return `${threeDigits(bytes / factor)} ${name}`
}

function threeDigits(value: number): string {
  if (value < 0.9995) return plainDecimal(Number(value.toPrecision(3)))
  if (value < 999.5) return value.toPrecision(3)
  return plainDecimal(Math.round(value))
}

const exactBytes = (bytes: number): string =>
  shortest(bytes, BYTE_UNITS, (digits, _, prefix) => toBytes(digits, prefix))

/**
 * Tries every unit, and takes the shortest text that `read` turns back into the very same value. The first unit is 1: it
 * always does.
 */
function shortest(
  value: number,
  units: readonly (readonly [name: string, factor: number])[],
  read: (digits: string, factor: number, name: string) => number,
): string {
  let best = ''
  for (const [name, factor] of units) {
    const digits = plainDecimal(value / factor)
    const text = `${digits} ${name}`
    if (!best || (text.length < best.length && read(digits, factor, name) === value)) best = text
  }
  return best
}

/** The shortest decimal that reads back as `value`, without an exponent. */
function plainDecimal(value: number): string {
  const [mantissa = '', exponent] = `${value}`.split('e')
  if (exponent === undefined) return mantissa
  const [whole = '', fraction = ''] = mantissa.split('.')
  const shift = Number(exponent)
  if (shift < 0) return `0.${'0'.repeat(-shift - 1)}${whole}${fraction}`
  return `${whole}${fraction.padEnd(shift, '0')}`
}
