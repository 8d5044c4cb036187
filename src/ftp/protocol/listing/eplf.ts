import { type Draft, draftOf, type Entry, setModified, setSize } from './entry.ts'

/** The last time that a Date can hold, in seconds. */
const LAST_SECOND = 8.64e12

/**
 * Reads a line of EPLF: `+facts,`, a tab, and the name. Source: D. J. Bernstein, "Easily Parsed LIST Format".
 *
 * @returns Undefined if it is no such line.
 */
export function parseEplfLine(line: string): Entry | undefined {
  const tab = line.indexOf('\t')
  if (!line.startsWith('+') || tab < 0 || tab === line.length - 1) return undefined
  const draft = draftOf(line, line.slice(tab + 1), 'other')
  for (const fact of line.slice(1, tab).split(',')) readFact(fact, draft)
  return draft
}

function readFact(fact: string, draft: Draft): void {
  const value = fact.slice(1)
  switch (fact.charAt(0)) {
    case '/':
      draft.type = 'directory'
      break
    case 'r':
      // What can be both is a directory that can be fetched in some form.
      if (draft.type === 'other') draft.type = 'file'
      break
    case 's':
      setSize(draft, value)
      break
    case 'm':
      if (!/^\d{1,15}$/.test(value) || Number(value) > LAST_SECOND) break
      setModified(draft, new Date(Number(value) * 1000), 's')
      break
    case 'u':
      if (/^p[0-7]{3,4}$/.test(value)) draft.mode = Number.parseInt(value.slice(1), 8)
  }
}
