import { formatTimeVal } from '../time-val.ts'
import type { EntryType } from './entry.ts'
import { checkName } from './sendable.ts'

/** The facts that can be told; `OPTS MLST` of RFC 3659 section 7.9 chooses among them. */
export type FactName = 'type' | 'size' | 'modify' | 'perm' | 'unique' | 'UNIX.mode' | 'UNIX.owner' | 'UNIX.group'

/** All of them, in the usual order. */
export const FACT_NAMES: readonly FactName[] = [
  'type',
  'size',
  'modify',
  'perm',
  'unique',
  'UNIX.mode',
  'UNIX.owner',
  'UNIX.group',
]

/** What facts tell of: a `FileStat` will do, and so will an `Entry`. */
export interface FactsOf {
  readonly name: string
  /** `cdir` and `pdir` are the listed directory and its parent. */
  readonly type: EntryType | 'cdir' | 'pdir'
  readonly size?: number | bigint | undefined
  readonly modified?: Date | undefined
  readonly mode?: number | undefined
  readonly owner?: string | undefined
  readonly group?: string | undefined
  readonly target?: string | undefined
  /** What may be done with it, one letter each (RFC 3659 section 7.5.5). */
  readonly perm?: string | undefined
  /** The same for two names of the same thing (RFC 3659 section 7.5.2). */
  readonly unique?: string | undefined
}

/**
 * Writes a line of MLSD, or of MLST without the space before it: `type=file;size=123;modify=20241122100000; name`.
 *
 * Left out are the size of what is no file, what is not known, and what can't be told: a date before the year 1000
 * or after 9999, and text with a space, `;` or a control character, which clients would take for the end of the fact.
 *
 * @param facts Which to tell, in this order.
 * @throws {RangeError} If the name is empty or has CR, LF or NUL in it: it can't be sent.
 */
export function formatFacts(entry: FactsOf, facts: readonly FactName[] = FACT_NAMES): string {
  checkName(entry.name)
  let line = ''
  for (const fact of facts) {
    const value = VALUES[fact](entry)
    if (value !== undefined && value !== '' && !UNTELLABLE.test(value)) line += `${fact}=${value};`
  }
  return `${line} ${entry.name}`
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNTELLABLE = /[\u0000-\u0020;\u007f]/

const VALUES: Readonly<Record<FactName, (entry: FactsOf) => string | undefined>> = {
  type: typeFact,
  size: ({ type, size }) => (type === 'file' || type === 'symlink' ? size?.toString() : undefined),
  modify: ({ modified }) => (modified && isTellable(modified) ? formatTimeVal(modified) : undefined),
  perm: ({ perm }) => perm,
  unique: ({ unique }) => unique,
  'UNIX.mode': ({ mode }) => mode?.toString(8).padStart(4, '0'),
  'UNIX.owner': ({ owner }) => owner,
  'UNIX.group': ({ group }) => group,
}

function typeFact({ type, target }: FactsOf): string {
  if (type === 'directory') return 'dir'
  if (type === 'other') return 'OS.unix=other'
  if (type !== 'symlink') return type
  return target && !UNTELLABLE.test(target) ? `OS.unix=slink:${target}` : 'OS.unix=symlink'
}

function isTellable(time: Date): boolean {
  const year = time.getUTCFullYear()
  return year >= 1000 && year <= 9999
}
