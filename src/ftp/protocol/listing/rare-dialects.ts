import { draftOf, type Entry, type EntryType, setModified, setSize } from './entry.ts'
import { dateOf, fullYear } from './list-date.ts'

const OS2 = /^ *(\d+) +(?:(?!DIR )[A-Z]{1,5} +)?(?:(DIR) +)?(\d\d)-(\d\d)-(\d{2,4}) +(\d\d?):(\d\d) {1,2}/

/**
 * Reads a line of OS/2: `     612      A     07-28-95   16:45  name`.
 *
 * @returns Undefined if it is no such line.
 */
export function parseOs2Line(line: string): Entry | undefined {
  const match = OS2.exec(line)
  const name = match && line.slice(match[0].length)
  if (!name) return undefined
  const [, size = '', directory, ...numbers] = match
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0] = numbers.map(Number)
  const draft = draftOf(line, name, directory ? 'directory' : 'file')
  setSize(draft, size)
  setModified(draft, dateOf(fullYear(year), month, day, hour, minute), 'min')
  return draft
}

const AS400 = /^(\S{1,40}) +(\d+) +(\d\d)[/.](\d\d)[/.](\d\d) +(\d\d):(\d\d):(\d\d) +\*(\S{1,20}) +/

const AS400_TYPES: ReadonlyMap<string, EntryType> = new Map([
  ['STMF', 'file'],
  ['DSTMF', 'file'],
  ['MEM', 'file'],
  ['DIR', 'directory'],
  ['DDIR', 'directory'],
  ['LIB', 'directory'],
  // Its members are the files.
  ['FILE', 'directory'],
  ['SYMLNK', 'symlink'],
])

/**
 * Reads a line of OS/400: `QSYS   77824 02/09/00 15:54:10 *DIR   name/`.
 *
 * @returns Undefined if it is no such line.
 */
export function parseAs400Line(line: string): Entry | undefined {
  const match = AS400.exec(line)
  if (!match) return undefined
  const name = line.slice(match[0].length).replace(/\/$/, '')
  if (name === '') return undefined
  const [, owner, size = '', ...rest] = match
  const [first = 0, second = 0, third = 0, hour = 0, minute = 0, seconds = 0] = rest.slice(0, 6).map(Number)
  // Which comes first is a setting of the job.
  const modified =
    dateOf(fullYear(third), first, second, hour, minute, seconds) ??
    dateOf(fullYear(third), second, first, hour, minute, seconds) ??
    dateOf(fullYear(first), second, third, hour, minute, seconds)
  const draft = draftOf(line, name, AS400_TYPES.get(match[9] ?? '') ?? 'other')
  draft.owner = owner
  setSize(draft, size)
  setModified(draft, modified, 's')
  return draft
}
