import type { Entry } from './entry.ts'

/** A date as a listing tells it. `modified` is undefined if there is no such date. */
export type ListDate = Pick<Entry, 'modified' | 'modifiedTo'>

const DAY = 24 * 60 * 60 * 1000

/**
 * A date in UTC, which is what a listing without a zone is taken for.
 *
 * @param month From 1 to 12.
 * @returns Undefined if there is no such day or time.
 */
export function dateOf(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
  milliseconds = 0,
): Date | undefined {
  // Such as are not, and such as Date takes for years of the last century.
  if (year < 100 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return undefined
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second, milliseconds))
  // 30 February is 1 March for Date.
  return day > 28 && new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day ? undefined : date
}

/**
 * The last time that there was such a date. A day in the future is allowed for zones and clocks that differ.
 *
 * @returns Undefined if there is no such day in any year.
 */
export function latestDateOf(
  now: Date,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
): Date | undefined {
  const latest = now.getTime() + DAY
  const year = new Date(latest).getUTCFullYear()
  // 29 February can be 8 years ago.
  for (let candidate = year; candidate >= year - 8; candidate--) {
    const date = dateOf(candidate, month, day, hour, minute, second)
    if (date && date.getTime() <= latest) return date
  }
  return undefined
}

/** A year of two digits: up to 69 it is in this century, as Windows and POSIX agree for listings of their time. */
export function fullYear(year: number): number {
  if (year >= 100) return year
  return year < 70 ? 2000 + year : 1900 + year
}

/** English, and what German, French, Spanish, Italian, Portuguese, Dutch and Scandinavian servers say. */
const MONTHS: ReadonlyMap<string, number> = new Map(
  [
    'jan januar january janv janvier ene gen',
    'feb februar february févr fév février fev',
    'mar mär mrz march märz mars mrt',
    'apr april avr avril abr',
    'may mai mag maj mei',
    'jun june juni juin giu',
    'jul july juli juil juillet lug',
    'aug august août ago',
    'sep sept september septembre set',
    'oct october okt oktober octobre ott out',
    'nov november novembre',
    'dec december dez dezember déc décembre dic des',
  ].flatMap((names, index) =>
    names.split(' ').flatMap((name): [string, number][] => [
      [name, index + 1],
      [name.charAt(0).toUpperCase() + name.slice(1), index + 1], // as nearly all servers write it: looked up as it is
    ]),
  ),
)

/**
 * The number of a month by its name, from 1, in any case, with or without a point; or of a form as `11月`. Undefined if
 * it is none.
 */
export function monthOf(text: string): number | undefined {
  const number = MONTHS.get(text) ?? MONTHS.get(text.toLowerCase().replace('.', ''))
  if (number !== undefined) return number
  const eastAsian = /^(\d\d?)[月월]$/.exec(text)
  return eastAsian ? Number(eastAsian[1]) : undefined
}
