import type { EntryType } from './entry.ts'

/** What the first letter of `ls -l` means; letters that are not here mean something else. */
const TYPES: ReadonlyMap<string, EntryType> = new Map([
  ['-', 'file'],
  ['f', 'file'],
  ['d', 'directory'],
  ['l', 'symlink'],
  ['e', 'symlink'],
])
// Besides those above: devices, doors, forks of Macs, message queues, named files, pipes, ports, sockets, and what ls
// doesn't know.
const KNOWN_LETTERS = '-fdlebcDmMnpPCsSwW?'

/** Some servers leave the last letters away. */
const FEWEST_LETTERS = 6
/** Nine, and a mark for an ACL (`+`), a security context (`.`) or an extended attribute (`@`). */
const MOST_LETTERS = 10

const LETTERS = /^[-rwxsStTlL]+[+.@*]?$/

export interface Permissions {
  readonly type: EntryType
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number
}

/** The one that was read last: in most listings all files have the same. */
let last: { readonly text: string; readonly permissions: Permissions | undefined } = {
  text: '',
  permissions: undefined,
}

/** Reads the first column of `ls -l`, such as `drwxr-xr-x+`. Undefined if it is none. */
export function parsePermissions(text: string): Permissions | undefined {
  if (text !== last.text) last = { text, permissions: readPermissions(text) }
  return last.permissions
}

function readPermissions(text: string): Permissions | undefined {
  const first = text.charAt(0)
  // A server for Windows has no type before the letters.
  const letters = first === 'r' ? text : text.slice(1)
  if (letters.length < FEWEST_LETTERS || letters.length > MOST_LETTERS || !LETTERS.test(letters)) return undefined
  if (first === 'r') return { type: 'file', mode: modeOf(letters) }
  if (!KNOWN_LETTERS.includes(first)) return undefined
  return { type: TYPES.get(first) ?? 'other', mode: modeOf(letters) }
}

/** What the letter in third place of each of the three groups stands for, besides that of `x`. */
const SPECIAL_BITS = [0o4000, 0o2000, 0o1000]

function modeOf(letters: string): number {
  let mode = 0
  for (let index = 0; index < 9 && index < letters.length; index++) {
    const letter = letters.charAt(index)
    if ('rwxst'.includes(letter)) mode |= 0o400 >> index
    if ('sStTlL'.includes(letter)) mode |= SPECIAL_BITS[Math.floor(index / 3)] ?? 0
  }
  return mode
}

const TYPE_LETTERS: Readonly<Record<EntryType, string>> = { file: '-', directory: 'd', symlink: 'l', other: 'p' }

/**
 * Writes what {@link parsePermissions} reads. What is neither file, directory nor link counts as a pipe: it can't be
 * told from a device.
 */
export function formatPermissions({ type, mode }: Permissions): string {
  let text = TYPE_LETTERS[type]
  for (let index = 0; index < 9; index++) {
    const isSet = (mode & (0o400 >> index)) !== 0
    const special = index % 3 === 2 && (mode & (SPECIAL_BITS[Math.floor(index / 3)] ?? 0)) !== 0
    const letter = special ? (index === 8 ? 't' : 's') : 'rwx'.charAt(index % 3)
    text += isSet ? letter : special ? letter.toUpperCase() : '-'
  }
  return text
}
