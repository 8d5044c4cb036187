import type { FileStat } from '../../files/file-system.ts'
import { FACT_NAMES, type FactsOf, formatFacts } from '../../protocol/listing/format-facts.ts'
import type { Session } from '../session/session.ts'
import type { Action } from '../users/permissions.ts'

/** The facts that can be told here: nothing is known of which names are of the same file. */
const FACTS = FACT_NAMES.filter((name) => name !== 'unique')

/** The text of FEAT for MLST: all facts, with a star at those that are told. */
export function factsFeature(session: Session): string {
  const chosen = session.facts ?? FACTS
  return FACTS.map((name) => `${name}${chosen.includes(name) ? '*' : ''};`).join('')
}

/** Chooses facts by OPTS MLST; those that there are not are passed over (RFC 3659 section 7.9). @returns The reply. */
export function selectFacts(session: Session, text: string): string {
  const wanted = new Set(text.trim().toLowerCase().split(';'))
  const chosen = FACTS.filter((name) => wanted.has(name.toLowerCase()))
  session.facts = chosen
  return chosen.length === 0 ? 'MLST OPTS' : `MLST OPTS ${chosen.map((name) => `${name};`).join('')}`
}

/**
 * A line of MLSD, without its end: the facts that are told, a space, and the name.
 *
 * @param path Where it is, which decides what is allowed with it.
 * @param name What stands behind the facts.
 * @param type In place of what the file is: `cdir` and `pdir`.
 */
export function factsLine(
  session: Session,
  stat: FileStat,
  path: string,
  name: string,
  type: FactsOf['type'] = stat.type,
): string {
  const perm = permOf(stat.type === 'directory', (action) => session.allows(action, path))
  return formatFacts({ ...stat, name: sendableName(name), type, perm }, session.facts ?? FACTS)
}

/** A line end in a name would begin a line of its own. With something else there it can be seen, and is not found. */
export function sendableName(name: string): string {
  return name.replace(/[\r\n\0]/g, '?')
}

/** RFC 3659 section 7.5.5. */
function permOf(isDirectory: boolean, allows: (action: Action) => boolean): string {
  const letters: readonly (readonly [letter: string, action: Action])[] = isDirectory ? OF_DIRECTORIES : OF_FILES
  return letters.map(([letter, action]) => (allows(action) ? letter : '')).join('')
}

const OF_DIRECTORIES = [
  ['c', 'write'],
  ['d', 'delete'],
  ['e', 'list'],
  ['f', 'rename'],
  ['l', 'list'],
  ['m', 'make'],
  ['p', 'delete'],
] as const

const OF_FILES = [
  ['a', 'append'],
  ['d', 'delete'],
  ['f', 'rename'],
  ['r', 'read'],
  ['w', 'write'],
] as const
