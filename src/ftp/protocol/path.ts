import { ProtocolError } from '../errors.ts'

/**
 * Reads the path from the text of a 257: what stands between the first quote and its partner, with doubled quotes as one.
 *
 * Source: RFC 959 appendix II.
 *
 * @throws {ProtocolError} If there is none.
 */
export function parseQuotedPath(text: string): string {
  const start = text.indexOf('"') + 1
  let end = start > 0 ? text.indexOf('"', start) : -1
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2)
  if (end < 0) throw new ProtocolError('read the path of the reply', 'there is none in quotes', text)
  return text.slice(start, end).replaceAll('""', '"')
}

/** Writes a path for a 257: in quotes, with those in it doubled. Source: RFC 959 appendix II. */
export function formatQuotedPath(path: string): string {
  return `"${path.replaceAll('"', '""')}"`
}

/** Puts paths together with `/` between; one that begins with `/` starts anew, and empty ones are left out. */
export function joinPath(...parts: string[]): string {
  let path = ''
  for (const part of parts) {
    if (part === '') continue
    if (path === '' || part.startsWith('/')) path = part
    else path += path.endsWith('/') ? part : `/${part}`
  }
  return path
}

/**
 * Resolves `.`, `..`, and `/` that are too many. The root has no parent: `/..` is `/`. A relative path keeps those `..` that
 * lead above its beginning, and is `.` if nothing remains.
 */
export function normalizePath(path: string): string {
  const isAbsolute = path.startsWith('/')
  const names: string[] = []
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue
    const isAtTop = names.length === 0 || names.at(-1) === '..'
    if (name !== '..' || (isAtTop && !isAbsolute)) names.push(name)
    else if (!isAtTop) names.pop()
  }
  return isAbsolute ? `/${names.join('/')}` : names.join('/') || '.'
}

/** The last name of a path, without `/` behind it; empty for `/` and for nothing. */
export function baseName(path: string): string {
  const end = endOfNames(path, path.length)
  return path.slice(path.lastIndexOf('/', end - 1) + 1, end)
}

/** The path without its last name: `/a` for `/a/b/`, `/` for `/a` and for `/`, `.` for `a`, as dirname of POSIX. */
export function parentPath(path: string): string {
  const end = endOfNames(path, path.length)
  const slash = end > 0 ? path.lastIndexOf('/', end - 1) : 0
  if (slash < 0 || path === '') return '.'
  return path.slice(0, endOfNames(path, slash)) || '/'
}

/** Where `/` begins that ends at `end`. */
function endOfNames(path: string, end: number): number {
  let at = end
  while (at > 0 && path[at - 1] === '/') at--
  return at
}
