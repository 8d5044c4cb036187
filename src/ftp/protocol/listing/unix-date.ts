import type { Fields } from './fields.ts'
import { dateOf, type ListDate, latestDateOf, monthOf } from './list-date.ts'

/** A date, and its last column. */
export interface UnixDate extends ListDate {
  readonly last: number
  /** Whether one more space than usual may follow, which is no part of the name. */
  readonly isPadded?: boolean
}

const CALENDAR_DATE = /^(\d{4})[-/.](\d\d?)[-/.](\d\d?)$/
const DAY_IN_YEAR = /^(\d\d)-(\d\d)$/
const TIME = /^(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?$/
const YEAR = /^\d{4}$/
const DAY = /^(\d\d?)[.日일]?$/
const ZONE = /^([+-])(\d\d)(\d\d)$/
const WORD = /^[^\d\s]{2,12}$/

type Time = readonly [hour: number, minute: number, second: number, milliseconds: number]

/**
 * Reads the date that begins at column `first`, in one of the forms of `ls`: `Nov 22 10:00`, `Nov 22 2024`, `22 Nov
 * 10:00`, `Nov 22 10:00:59 2024`, `2024-11-22 10:00`, `2024-11-22 10:00:59.123456789 +0100`, `2024-11-22`, `11-22
 * 10:00`.
 *
 * @param isForeign Whether any word may be a month. The name can be found then, but there is no date.
 */
export function readUnixDate(fields: Fields, first: number, now: Date, isForeign = false): UnixDate | undefined {
  const text = fields.text(first)
  const code = text.charCodeAt(0)
  if (code >= 0x30 && code <= 0x39) {
    return (
      readCalendarDate(fields, first) ?? readDayInYear(fields, first, now) ?? readNamed(fields, first, now, isForeign)
    )
  }
  return readNamed(fields, first, now, isForeign)
}

function readCalendarDate(fields: Fields, first: number): UnixDate | undefined {
  const match = CALENDAR_DATE.exec(fields.text(first))
  if (!match) return undefined
  const [, year, month, day] = match.map(Number)
  if (year === undefined || month === undefined || day === undefined) return undefined
  const time = readTime(fields.text(first + 1))
  if (!time) return { modified: dateOf(year, month, day), modifiedTo: 'day', last: first, isPadded: true }
  const modified = dateOf(year, month, day, ...time)
  const { unit, hasFraction } = exactness(fields.text(first + 1))
  // Only the long form has a zone; behind any other such a text is the name.
  const zone = hasFraction ? ZONE.exec(fields.text(first + 2)) : null
  if (!zone) return { modified, modifiedTo: unit, last: first + 1 }
  const offset = (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3])) * 60_000
  return { modified: modified && new Date(modified.getTime() - offset), modifiedTo: unit, last: first + 2 }
}

function readDayInYear(fields: Fields, first: number, now: Date): UnixDate | undefined {
  const match = DAY_IN_YEAR.exec(fields.text(first))
  const time = match && readTime(fields.text(first + 1))
  if (!match || !time) return undefined
  const modified = latestDateOf(now, Number(match[1]), Number(match[2]), time[0], time[1], time[2])
  return { modified, modifiedTo: exactness(fields.text(first + 1)).unit, last: first + 1 }
}

function readNamed(fields: Fields, first: number, now: Date, isForeign: boolean): UnixDate | undefined {
  const [one, two] = [fields.text(first), fields.text(first + 1)]
  const isDayFirst = DAY.test(one)
  const day = DAY.exec(isDayFirst ? one : two)
  const name = isDayFirst ? two : one
  const month = monthOf(name)
  if (!day || (month === undefined && !(isForeign && WORD.test(name)))) return undefined
  return readYearOrTime(fields, first + 2, now, month, Number(day[1]))
}

function readYearOrTime(
  fields: Fields,
  at: number,
  now: Date,
  month: number | undefined,
  day: number,
): UnixDate | undefined {
  const text = fields.text(at)
  if (YEAR.test(text)) {
    const modified = month === undefined ? undefined : dateOf(Number(text), month, day)
    return { modified, modifiedTo: 'day', last: at }
  }
  const time = readTime(text)
  if (!time) return undefined
  const { unit } = exactness(text)
  // Seconds are told together with the year (ls -T of BSD); a year behind minutes begins a name.
  const year = unit !== 'min' && YEAR.test(fields.text(at + 1)) ? Number(fields.text(at + 1)) : undefined
  const last = year === undefined ? at : at + 1
  if (month === undefined) return { modified: undefined, modifiedTo: undefined, last }
  const modified =
    year === undefined ? latestDateOf(now, month, day, time[0], time[1], time[2]) : dateOf(year, month, day, ...time)
  return { modified, modifiedTo: unit, last }
}

function readTime(text: string): Time | undefined {
  const match = TIME.exec(text)
  if (!match) return undefined
  const milliseconds = Number((match[4] ?? '').slice(0, 3).padEnd(3, '0'))
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0), milliseconds]
}

function exactness(time: string): { unit: 'ms' | 's' | 'min'; hasFraction: boolean } {
  if (/[.,]/.test(time)) return { unit: 'ms', hasFraction: true }
  return { unit: time.length > 5 ? 's' : 'min', hasFraction: false }
}
