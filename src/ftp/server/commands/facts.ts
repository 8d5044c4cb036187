import type { FileStat } from '../../files/file-system.ts'
import { formatTimeVal } from '../../protocol/time-val.ts'
import type { Session } from '../session/session.ts'
import type { Action } from '../users/permissions.ts'

type Fact = (stat: FileStat, type: string, allows: (action: Action) => boolean) => string | undefined

/** What MLST and MLSD can tell (RFC 3659 section 7.5), by the names that it has there. */
const FACTS: Readonly<Record<string, Fact>> = {
  Type: (_, type) => type,
  Size: ({ type, size }) => (type === 'file' ? `${size}` : undefined),
  Modify: ({ modified }) => timeOf(modified),
  Perm: ({ type }, _, allows) => permOf(type === 'directory', allows),
  'UNIX.mode': ({ mode }) => `0${mode.toString(8)}`,
  'UNIX.owner': ({ owner }) => wordOf(owner),
  'UNIX.group': ({ group }) => wordOf(group),
}

const NAMES = Object.keys(FACTS)

/** The text of FEAT for MLST: all facts, with a star at those that are told. */
export function factsFeature(session: Session): string {
  return NAMES.map((name) => `${name}${isChosen(session, name) ? '*' : ''};`).join('')
}

/** Chooses facts by OPTS MLST; those that there are not are passed over (RFC 3659 section 7.9). @returns The reply. */
export function selectFacts(session: Session, text: string): string {
  const wanted = new Set(text.toLowerCase().split(';'))
  const chosen = NAMES.filter((name) => wanted.has(name.toLowerCase()))
  session.facts = new Set(chosen)
  return chosen.length === 0 ? 'MLST OPTS' : `MLST OPTS ${chosen.map((name) => `${name};`).join('')}`
}

/**
 * A line of MLSD, without its end: the facts that are told, a space, and the name.
 *
 * @param path Where it is, which decides what is allowed with it.
 * @param name What stands behind the facts.
 * @param type In place of what the file is: `cdir` and `pdir`.
 */
export function factsLine(session: Session, stat: FileStat, path: string, name: string, type = typeOf(stat)): string {
  const allows = (action: Action) => session.allows(action, path)
  let facts = ''
  for (const [fact, tell] of Object.entries(FACTS)) {
    const value = isChosen(session, fact) ? tell(stat, type, allows) : undefined
    if (value !== undefined) facts += `${fact}=${value};`
  }
  return `${facts} ${name}`
}

function isChosen(session: Session, name: string): boolean {
  return session.facts?.has(name) ?? true
}

function typeOf({ type, target }: FileStat): string {
  if (type === 'file') return 'file'
  if (type === 'directory') return 'dir'
  if (type !== 'symlink') return 'OS.unix=other'
  // A semicolon would end the fact.
  return target === undefined || /[;\r\n]/.test(target) ? 'OS.unix=symlink' : `OS.unix=slink:${target}`
}

/** A file system may have times that the format has no room for. */
function timeOf(time: Date): string | undefined {
  const year = time.getUTCFullYear()
  return year >= 0 && year <= 9999 ? formatTimeVal(time) : undefined
}

function wordOf(text: string | undefined): string | undefined {
  return text === undefined || /[;\r\n]/.test(text) ? undefined : text
}

/** RFC 3659 section 7.5.5. */
function permOf(isDirectory: boolean, allows: (action: Action) => boolean): string {
  let perm = ''
  if (allows('append') && !isDirectory) perm += 'a'
  if (isDirectory && allows('write')) perm += 'c'
  if (allows('delete')) perm += 'd'
  if (isDirectory && allows('list')) perm += 'e'
  if (allows('rename')) perm += 'f'
  if (isDirectory && allows('list')) perm += 'l'
  if (isDirectory && allows('make')) perm += 'm'
  if (isDirectory && allows('delete')) perm += 'p'
  if (!isDirectory && allows('read')) perm += 'r'
  if (!isDirectory && allows('write')) perm += 'w'
  return perm
}
