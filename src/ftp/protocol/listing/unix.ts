import { type Draft, draftOf, type Entry, exactSize, setModified, setSize } from './entry.ts'
import { Fields } from './fields.ts'
import { dateOf, latestDateOf, monthOf } from './list-date.ts'
import { parsePermissions } from './permissions.ts'
import { readUnixDate, type UnixDate } from './unix-date.ts'

/** Rights as NetWare tells them, behind a type that stands alone: `d [RWCEAFMS] owner ...`. */
const NETWARE_RIGHTS = /^\[[-A-Z]{1,10}\]$/
const SIZE = /^-?\d+$/
/** Devices have two numbers instead: `8, 1` or `8,1`. */
const DEVICE = /^\d+,\d+$/
const MAJOR = /^\d+,$/

/**
 * What nearly all lines look like, besides those of links, which have targets. Columns are parted by spaces and have none, so this
 * is linear.
 */
const COMMON =
  /(([-d][-rwxsStTlL]{9}[+.@]?) +\d+ (\S+) +(\S+) +(\d{1,40}) ([A-Za-z]{3} +\d{1,2} +(?:\d{1,2}:\d\d|\d{4})) ([^\r\n]+))\r?\n/y

/** The date of a common line. In milliseconds, since each entry has a `Date` of its own. */
interface CommonDate extends Pick<Entry, 'modifiedTo'> {
  readonly text: string
  readonly now: Date | undefined
  readonly time: number | undefined
}

/** The one that was read last: in most listings many files have the same. */
let lastDate: CommonDate = { text: '', now: undefined, time: undefined, modifiedTo: undefined }

/**
 * Reads lines of `ls -l`, as many of the most common form as follow one another: the same as {@link parseUnixLine} in a fraction of
 * the time. Most listings are over before code is compiled and fast, so what counts is how little there is of it: hence one
 * function, which makes the entries in the order of fields of `draftOf` by itself.
 *
 * @param text Lines with their ends.
 * @param start Where the first line begins.
 * @returns Where the first line begins that was not read.
 */
export function readCommonLines(text: string, start: number, now: Date, entries: Entry[]): number {
  for (let at = start; ; at = COMMON.lastIndex) {
    COMMON.lastIndex = at
    const match = COMMON.exec(text)
    if (!match) return at
    // Not as an array: to iterate takes longer before it is compiled.
    const { 1: line = '', 2: letters = '', 3: owner, 4: group, 5: digits = '', 6: dateText = '', 7: name = '' } = match
    const permissions = parsePermissions(letters)
    const date = lastDate.text === dateText && lastDate.now === now ? lastDate : readCommonDate(dateText, now)
    if (!permissions || !date || name === '.' || name === '..') return at
    const size = Number(digits)
    entries.push({
      name,
      type: permissions.type,
      size,
      bigSize: exactSize(size, digits),
      modified: date.time === undefined ? undefined : new Date(date.time),
      modifiedTo: date.modifiedTo,
      mode: permissions.mode,
      owner,
      group,
      target: undefined,
      facts: undefined,
      line,
    })
  }
}

/** `Nov 22 10:00` or `Nov 22  2024`. What is no English month may be another column: undefined. */
function readCommonDate(text: string, now: Date): CommonDate | undefined {
  const month = monthOf(text.slice(0, 3))
  if (month === undefined) return undefined
  const colon = text.indexOf(':')
  const hasTime = colon > 0
  const day = Number(text.slice(3, hasTime ? colon - 2 : -4))
  const date = hasTime
    ? latestDateOf(now, month, day, Number(text.slice(colon - 2, colon)), Number(text.slice(colon + 1)))
    : dateOf(Number(text.slice(-4)), month, day)
  lastDate = { text, now, time: date?.getTime(), modifiedTo: date && (hasTime ? 'min' : 'day') }
  return lastDate
}

/**
 * Reads a line of `ls -l`, as most servers answer LIST. The date is what there is to hold on to: before it stands the
 * size, before that what may be there of links, owner and group, and behind it, after one space, the name.
 *
 * @returns Undefined if it is no such line.
 */
export function parseUnixLine(line: string, now: Date): Entry | undefined {
  const fields = new Fields(line)
  const start = readStart(fields)
  if (!start) return undefined
  const found = findDate(fields, start.columns, now)
  if (!found) return undefined
  const { date, sizeAt } = found
  const name = nameBehind(fields, date)
  if (name === '') return undefined
  const draft = draftOf(line, name, start.type)
  draft.mode = start.mode
  setModified(draft, date.modified, date.modifiedTo)
  const isPair = start.type === 'other' && MAJOR.test(fields.text(sizeAt - 1))
  if (!isPair) setSize(draft, fields.text(sizeAt))
  readOwners(fields, start.columns, isPair ? sizeAt - 1 : sizeAt, draft)
  if (start.type === 'symlink') splitTarget(draft)
  return draft
}

interface Start {
  readonly type: Entry['type']
  readonly mode: Entry['mode']
  /** How many columns they take. */
  readonly columns: number
}

function readStart(fields: Fields): Start | undefined {
  const first = fields.text(0)
  const permissions = parsePermissions(first)
  if (permissions) return { type: permissions.type, mode: permissions.mode, columns: 1 }
  if ((first === '-' || first === 'd') && NETWARE_RIGHTS.test(fields.text(1))) {
    return { type: first === 'd' ? 'directory' : 'file', mode: undefined, columns: 2 }
  }
  return undefined
}

/**
 * Where the date is. A name may look like a date, and an owner like a month, so the usual places come first: behind
 * links, owner, group and size, then one less, and then, for groups of several words, more.
 */
function findDate(fields: Fields, start: number, now: Date): { date: UnixDate; sizeAt: number } | undefined {
  for (const isForeign of [false, true]) {
    const tryAt = (sizeAt: number) => {
      const text = fields.text(sizeAt)
      if (!SIZE.test(text) && !DEVICE.test(text)) return undefined
      const date = readUnixDate(fields, sizeAt + 1, now, isForeign)
      return date && { date, sizeAt }
    }
    const usual = tryAt(start + 3) ?? tryAt(start + 2)
    if (usual) return usual
    for (let sizeAt = start + 4; fields.has(sizeAt); sizeAt++) {
      const found = tryAt(sizeAt)
      if (found) return found
    }
    const short = tryAt(start + 1) ?? tryAt(start)
    if (short) return short
  }
  return undefined
}

function nameBehind(fields: Fields, { last, isPadded }: UnixDate): string {
  const name = fields.restBehind(last)
  return isPadded && name.startsWith(' ') ? name.slice(1) : name
}

/** Links, owner, group; owner, group; links, owner; or owner. A group may be of several words. */
function readOwners(fields: Fields, start: number, end: number, draft: Draft): void {
  const hasLinks = end - start > 1 && /^\d+$/.test(fields.text(start))
  const ownerAt = hasLinks ? start + 1 : start
  if (ownerAt < end) draft.owner = fields.text(ownerAt)
  if (ownerAt + 1 < end) draft.group = fields.textBetween(ownerAt + 1, end)
}

const ARROW = ' -> '

/**
 * Parts `name -> target`. Both may have an arrow in them; the size of a link is the length of its target, which tells
 * where, at least as long as the target is ASCII.
 */
function splitTarget(draft: Draft): void {
  const { name } = draft
  const bySize = name.length - Number(draft.bigSize ?? 0) - ARROW.length
  const at = bySize > 0 && name.startsWith(ARROW, bySize) ? bySize : name.indexOf(ARROW)
  if (at <= 0) return
  draft.name = name.slice(0, at)
  // Of a link that it can't look at, a server tells an empty target.
  draft.target = name.slice(at + ARROW.length) || undefined
}
