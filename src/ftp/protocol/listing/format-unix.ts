import type { EntryType } from './entry.ts'
import { formatPermissions } from './permissions.ts'
import { checkName, isSendable } from './sendable.ts'

/** What a line tells of: a `FileStat` will do, and so will an `Entry`. */
export interface UnixLineOf {
  readonly name: string
  readonly type: EntryType
  /** @default 0 */
  readonly size?: number | bigint | undefined
  /** @default the beginning of 1970 */
  readonly modified?: Date | undefined
  /** @default 0o755 for a directory, 0o644 for all else */
  readonly mode?: number | undefined
  /** @default 'ftp' */
  readonly owner?: string | undefined
  /** @default 'ftp' */
  readonly group?: string | undefined
  readonly target?: string | undefined
}

const HALF_A_YEAR = 182 * 24 * 60 * 60 * 1000
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * Writes a line as of `ls -l`, in UTC: `-rw-r--r--   1 owner    group         123 Nov 22 10:00 name`, with the year in
 * place of the time if it is more than half a year ago, or to come. A space in the owner or the group, which would
 * shift the columns, is told as `_`.
 *
 * @throws {RangeError} If the name is empty or has CR, LF or NUL in it: it can't be sent.
 */
export function formatUnixLine(entry: UnixLineOf, now: Date): string {
  checkName(entry.name)
  const { type, mode = type === 'directory' ? 0o755 : 0o644, size = 0, target } = entry
  const owner = column(entry.owner)
  const group = column(entry.group)
  const date = formatDate(entry.modified, now)
  const link = type === 'symlink' && target && isSendable(target) ? ` -> ${target}` : ''
  const columns = `${formatPermissions({ type, mode })}   1 ${owner} ${group} ${String(size).padStart(12)} ${date}`
  return `${columns} ${entry.name}${link}`
}

function column(text: string | undefined): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would shift the columns, or end the line
  return (text || 'ftp').replace(/[\s\u0000-\u001f]/g, '_').padEnd(8)
}

function formatDate(modified: Date | undefined, now: Date): string {
  // A disk may have dates that Date has not.
  const time = modified && Number.isFinite(modified.getTime()) ? modified : new Date(0)
  const day = String(time.getUTCDate()).padStart(2)
  const monthAndDay = `${MONTHS[time.getUTCMonth()]} ${day}`
  const age = now.getTime() - time.getTime()
  if (age >= 0 && age < HALF_A_YEAR) return `${monthAndDay} ${time.toISOString().slice(11, 16)}`
  // Four digits are all that clients know.
  const year = Math.min(9999, Math.max(1000, time.getUTCFullYear()))
  return `${monthAndDay}  ${year}`
}
