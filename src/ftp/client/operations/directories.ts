import { ReplyError } from '../../errors.ts'
import { joinPath, normalizePath, parseQuotedPath } from '../../protocol/path.ts'
import type { Session } from '../session/session.ts'
import { statPath } from './stat.ts'

/** PWD (RFC 959 section 4.1.3). */
export async function currentDirectory(session: Session, signal: AbortSignal | undefined): Promise<string> {
  const reply = await session.command('PWD', undefined, { expectedCodes: '257', signal })
  session.directory = parseQuotedPath(reply.lines.join('\n'))
  return session.directory
}

/** CWD; CDUP for '..'. */
export async function changeDirectory(session: Session, path: string, signal: AbortSignal | undefined): Promise<void> {
  const from = session.directory
  session.directory = undefined
  try {
    if (path === '..') await session.command('CDUP', undefined, { signal })
    else await session.command('CWD', path, { signal })
  } catch (error) {
    // Where it still is.
    if (error instanceof ReplyError || error instanceof RangeError) session.directory = from
    throw error
  }
  // Behind a link `..` leads elsewhere than its text says.
  const isPlain = !path.split('/').includes('..')
  if (path.startsWith('/')) session.directory = path
  else if (from !== undefined && isPlain) session.directory = normalizePath(joinPath(from, path))
  else await directoryIfTold(session)
}

/** Where the connection is now: another one is to go there, if this one is lost. */
async function directoryIfTold(session: Session): Promise<void> {
  const reply = await session.command('PWD', undefined, { expectedCodes: ['2xx', '4xx', '5xx'] })
  const text = reply.lines.join('\n')
  if (reply.code === 257 && text.includes('"')) session.directory = parseQuotedPath(text)
}

/** MKD. @returns The path as the server tells it, or else as it was asked for. */
export async function makeDirectory(session: Session, path: string, signal: AbortSignal | undefined): Promise<string> {
  const reply = await session.command('MKD', path, { signal })
  const text = reply.lines.join('\n')
  return reply.code === 257 && text.includes('"') ? parseQuotedPath(text) : path
}

/** MKD of a directory and of those above it that are missing. One that is there already is fine. */
export async function makeDirectories(session: Session, path: string, signal: AbortSignal | undefined): Promise<void> {
  const missing: string[] = []
  for (let next = path; next !== ''; next = above(next)) {
    try {
      await makeDirectory(session, next, signal)
      break
    } catch (error) {
      if (!(error instanceof ReplyError) || error.replyCode < 500) throw error
      // It is there already, or the one above it is missing.
      const found = await statPath(session, next, signal)
      if (found?.type === 'directory' || found?.type === 'symlink') break
      if (found || above(next) === '') throw error
      missing.push(next)
    }
  }
  for (const next of missing.reverse()) await makeDirectory(session, next, signal)
}

/** The path without its last name; empty if nothing is above. */
function above(path: string): string {
  const end = path.replace(/\/+$/, '').lastIndexOf('/')
  return end <= 0 ? '' : path.slice(0, end)
}
