/** Years after 1999 came out as 19100, 19101, ... from servers that put "19" before the years since 1900. */
const TIME_VAL = /^(?:19(1\d\d)|([1-9]\d{3}))(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d+))?$/

/**
 * Reads a time as MDTM, MFMT and MLSx have it: `YYYYMMDDHHMMSS`, and digits of a second behind a point. UTC, to the millisecond.
 * The year is from 1000 to 9999, or 19100 for 2000, and a second may be 60.
 *
 * Source: RFC 3659 section 2.3.
 *
 * @returns Undefined if it is no such time, or there is no such day.
 */
export function parseTimeVal(text: string): Date | undefined {
  // Nearly all are of this form, and listings are full of them.
  if (text.length === 14 && !text.startsWith('191')) return fromDigits(text)
  const match = TIME_VAL.exec(text.trim())
  if (!match) return undefined
  const [, since1900, ...fields] = match
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.slice(0, 6).map(Number)
  const milliseconds = Number((fields[6] ?? '').slice(0, 3).padEnd(3, '0'))
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const time = new Date(Date.UTC(since1900 ? 1900 + Number(since1900) : year, month - 1, day))
  // A day or month that does not exist runs over into another month.
  if (time.getUTCMonth() !== month - 1) return undefined
  time.setUTCHours(hour, minute, second, milliseconds)
  return time
}

/**
 * Writes a time: `20240229123456`, in UTC. RFC 3659 section 2.3 allows a fraction behind it, but many programs, Python's and lftp among them,
 * expect 14 digits.
 *
 * @throws {RangeError} If the year is not from 1000 to 9999, or the date is invalid.
 */
export function formatTimeVal(time: Date): string {
  const year = time.getUTCFullYear()
  if (!(year >= 1000 && year <= 9999)) {
    throw new RangeError(`Cannot write a time: its year must be from 1000 to 9999, is ${year}`)
  }
  return time.toISOString().slice(0, 19).replace(/[-:T]/g, '')
}

/** A time of 14 digits, without a regular expression. */
function fromDigits(text: string): Date | undefined {
  const year = digits(text, 0, 4)
  const [month, day] = [digits(text, 4, 6), digits(text, 6, 8)]
  const [hour, minute, second] = [digits(text, 8, 10), digits(text, 10, 12), digits(text, 12, 14)]
  // A comparison with NaN, for what is no digit, is false.
  if (!(year >= 1000 && month <= 12 && day <= 31 && hour <= 23 && minute <= 59 && second <= 60)) return undefined
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  if (second === 60 || day > 28 || day === 0 || month === 0) {
    const date = new Date(Date.UTC(year, month - 1, day))
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  }
  return time
}

function digits(text: string, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return Number.NaN
    number = number * 10 + digit
  }
  return number
}
