/** What stands behind a name: `other` are devices, pipes and sockets, and what a server doesn't tell. */
export type EntryType = 'file' | 'directory' | 'symlink' | 'other'

/** One name in a directory of a server, with what the server tells of it. What it does not tell is `undefined`. */
export interface Entry {
  /**
   * The name alone, without folders, with all of its spaces. It comes from outside: see `checkLocalName` before it
   * names a local file.
   */
  readonly name: string
  /**
   * `other` for what is neither, and for an answer to NLST, which has names only: a few servers put a `/` behind those
   * of directories.
   */
  readonly type: EntryType
  /**
   * Bytes, the nearest number: above 2^53 {@link Entry.bigSize} is the exact one. Directories may have one too; it says
   * nothing.
   */
  readonly size: number | undefined
  /** Bytes, exact. */
  readonly bigSize: bigint | undefined
  /**
   * When the content was last changed. MLSx tells it in UTC (RFC 3659 section 2.3). LIST tells it in a zone that nobody
   * knows: it is taken as UTC, and may be off by up to 14 hours.
   */
  readonly modified: Date | undefined
  /**
   * How exact {@link Entry.modified} is: LIST tells minutes for half a year, and then days. `undefined` when there is
   * no date.
   */
  readonly modifiedTo: 'ms' | 's' | 'min' | 'day' | undefined
  /** Permission bits, 0 to 0o7777, as of `chmod(2)`. */
  readonly mode: number | undefined
  /** Name or number of the user it belongs to. */
  readonly owner: string | undefined
  /** Name or number of its group. */
  readonly group: string | undefined
  /** Where a symbolic link leads, as the server says it: absolute, or relative to the folder of the link. */
  readonly target: string | undefined
  /**
   * The facts of MLSx (RFC 3659 section 7.5), names in lower case, such as `perm`, `unique` and `unix.mode`; else
   * `undefined`.
   */
  readonly facts: ReadonlyMap<string, string> | undefined
  /** The line as the server sent it, without its end. */
  readonly line: string
}

/** An entry in the making. */
export type Draft = { -readonly [Field in keyof Entry]: Entry[Field] }

/**
 * An entry of which no more is known yet. All have the same fields in the same order, which makes listings of many
 * fast.
 */
export function draftOf(line: string, name: string, type: EntryType): Draft {
  return {
    name,
    type,
    size: undefined,
    bigSize: undefined,
    modified: undefined,
    modifiedTo: undefined,
    mode: undefined,
    owner: undefined,
    group: undefined,
    target: undefined,
    facts: undefined,
    line,
  }
}

/** No file has more digits in its size; endless ones would take long to read. */
const MOST_DIGITS = 40

/** Notes a size, if `text` is one. */
export function setSize(draft: Draft, text: string): void {
  if (text === '' || text.length > MOST_DIGITS || /\D/.test(text)) return
  const size = Number(text)
  draft.size = size
  draft.bigSize = exactSize(size, text)
}

/** The number that `digits` are, `size` being the nearest one: what is exact as a number makes a bigint faster than text does. */
export function exactSize(size: number, digits: string): bigint {
  return BigInt(size <= Number.MAX_SAFE_INTEGER ? size : digits)
}

/** Notes a date, if there is one. */
export function setModified(draft: Draft, modified: Entry['modified'], modifiedTo: Entry['modifiedTo']): void {
  draft.modified = modified
  draft.modifiedTo = modified && modifiedTo
}
