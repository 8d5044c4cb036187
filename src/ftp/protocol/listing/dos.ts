import { type Draft, draftOf, type Entry, type EntryType, setModified, setSize } from './entry.ts'
import { dateOf, fullYear } from './list-date.ts'

const DATE = /^(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4}) +(\d\d?):(\d\d)(?::(\d\d))?(?: ?([AP])\.?M\.?)? +/i
/** A size, with or without points between the thousands, or what there is instead, such as `<DIR>`. */
const SIZE_OR_TYPE = /^(?:(\d[\d.,]*)|<([A-Z]+)>)(?= )/i
/** Columns that `<DIR>` and its like take together with the spaces behind; those of a name come after these. */
const TYPE_WIDTH = 15

const TYPES: ReadonlyMap<string, EntryType> = new Map([
  ['DIR', 'directory'],
  ['JUNCTION', 'symlink'],
  ['SYMLINK', 'symlink'],
  ['SYMLINKD', 'symlink'],
])

/**
 * Reads a line of `dir`, as IIS and other servers for Windows answer LIST: `12-05-24  05:03PM       <DIR>
 * name`.
 *
 * @returns Undefined if it is no such line.
 */
export function parseDosLine(line: string): Entry | undefined {
  const dateMatch = DATE.exec(line)
  if (!dateMatch) return undefined
  const start = dateMatch[0].length
  const match = SIZE_OR_TYPE.exec(line.slice(start))
  if (!match) return undefined
  const [text, digits, word] = match
  const type = word === undefined ? 'file' : (TYPES.get(word.toUpperCase()) ?? 'other')
  const name = word === undefined ? line.slice(start + text.length + 1) : nameBehindType(line, start, text.length)
  if (name === '') return undefined
  const draft = draftOf(line, name, type)
  if (digits !== undefined) setSize(draft, digits.replace(/[.,]/g, ''))
  setModified(draft, readDate(dateMatch), dateMatch[7] === undefined ? 'min' : 's')
  if (type === 'symlink') splitTarget(draft)
  return draft
}

function readDate(match: RegExpExecArray): Date | undefined {
  const [first = '', , second = '', third = ''] = match.slice(1)
  const [hour, minute, seconds] = [Number(match[5]), Number(match[6]), Number(match[7] ?? 0)]
  const half = match[8]?.toUpperCase()
  if (half && (hour < 1 || hour > 12)) return undefined
  const hours = half ? (hour % 12) + (half === 'P' ? 12 : 0) : hour
  const at = (year: string, month: string, day: string) =>
    dateOf(fullYear(Number(year)), Number(month), Number(day), hours, minute, seconds)
  if (first.length === 4) return at(first, second, third)
  // Points are European, day first. With others the month comes first, unless it can't be one.
  if (match[2] === '.') return at(third, second, first)
  return at(third, first, second) ?? at(third, second, first)
}

/** Where `<DIR>` is followed by fewer spaces than usual, all of them are between it and the name. */
function nameBehindType(line: string, start: number, length: number): string {
  let at = start + length
  while (at < start + TYPE_WIDTH && line.charCodeAt(at) === 0x20) at++
  return line.slice(at)
}

/** Parts `name [target]`, which links and junctions have. */
function splitTarget(draft: Draft): void {
  const { name } = draft
  const at = name.lastIndexOf(' [')
  if (at <= 0 || !name.endsWith(']')) return
  draft.name = name.slice(0, at)
  draft.target = name.slice(at + 2, -1)
}
