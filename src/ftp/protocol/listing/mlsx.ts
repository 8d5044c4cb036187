import { baseName } from '../path.ts'
import { parseTimeVal } from '../time-val.ts'
import { type Draft, draftOf, type Entry, type EntryType, setModified, setSize } from './entry.ts'

const LINK_FACT = /^type=os\.unix=slink:/i
const LINK_FACT_LENGTH = 'type=OS.unix=slink:'.length

/**
 * Reads a line of MLSD: facts, each with a `;` behind, one space, and the name with all that it has. Source: RFC 3659
 * section 7.2.
 *
 * @returns Undefined if it is no such line.
 */
export function parseMlsdLine(line: string): Entry | undefined {
  const facts = new Map<string, string>()
  let at = 0
  let space = line.indexOf(' ')
  while (at !== space) {
    // Looked for again only when it is passed, so that a line of many facts takes linear time.
    if (space < at) space = line.indexOf(' ', at)
    if (space < 0) return undefined
    const semicolon = line.indexOf(';', at)
    // The last fact may have none behind, against the rule. A space before a semicolon is in the target of a link.
    const isCut = semicolon < 0 || (space < semicolon && !LINK_FACT.test(line.slice(at, at + LINK_FACT_LENGTH)))
    const end = isCut ? space : semicolon
    const equals = line.indexOf('=', at)
    if (equals < 0 || equals >= end) return undefined
    facts.set(line.slice(at, equals).toLowerCase(), line.slice(equals + 1, end))
    at = isCut ? end : end + 1
  }
  const name = line.slice(at + 1)
  if (name === '') return undefined
  const draft = draftOf(line, name, 'other')
  readFacts(facts, draft)
  return draft
}

/**
 * Reads the line of an MLST reply that tells of the file. It may be there with the space before it that RFC 3659
 * section 7.2 puts there. Of a path, the name is its last part.
 *
 * @returns Undefined if it is no such line.
 */
export function parseMlstLine(line: string): Entry | undefined {
  const entry = (line.startsWith(' ') ? parseMlsdLine(line.slice(1)) : undefined) ?? parseMlsdLine(line)
  return entry && { ...entry, name: baseName(entry.name) || entry.name, line }
}

function readFacts(facts: ReadonlyMap<string, string>, draft: Draft): void {
  draft.facts = facts
  readType(facts.get('type') ?? '', draft)
  setSize(draft, facts.get('size') ?? facts.get('sizd') ?? '')
  const time = facts.get('modify')
  if (time !== undefined) setModified(draft, parseTimeVal(time), time.includes('.') ? 'ms' : 's')
  const mode = facts.get('unix.mode')
  if (mode !== undefined && /^[0-7]{1,7}$/.test(mode)) draft.mode = Number.parseInt(mode, 8) & 0o7777
  draft.owner = facts.get('unix.ownername') ?? facts.get('unix.owner') ?? facts.get('unix.uid')
  draft.group = facts.get('unix.groupname') ?? facts.get('unix.group') ?? facts.get('unix.gid')
}

const TYPES: ReadonlyMap<string, EntryType> = new Map([
  ['file', 'file'],
  ['dir', 'directory'],
  ['cdir', 'directory'],
  ['pdir', 'directory'],
])

function readType(type: string, draft: Draft): void {
  const lower = type.toLowerCase()
  const known = TYPES.get(lower)
  if (known) draft.type = known
  else if (/^os\.unix=s(?:ym)?link(?:$|:)/.test(lower)) {
    draft.type = 'symlink'
    const colon = type.indexOf(':')
    if (colon >= 0 && colon < type.length - 1) draft.target = type.slice(colon + 1)
  }
}
