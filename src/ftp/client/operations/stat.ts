import { Flow } from '../../../throttle/flow.ts'
import { ReplyError } from '../../errors.ts'
import { draftOf, type Entry } from '../../protocol/listing/entry.ts'
import { parseMlstLine } from '../../protocol/listing/mlsx.ts'
import { baseName, parentPath, parseQuotedPath } from '../../protocol/path.ts'
import { listDirectory } from '../listing/listing-source.ts'
import type { Session } from '../session/session.ts'

/** What is there under a path, by MLST (RFC 3659 section 7), or from the listing of the directory above it; undefined for nothing. */
export async function statPath(
  session: Session,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Entry | undefined> {
  if (session.features.has('MLST') && session.settings.listFormat === 'auto') {
    const reply = await session.command('MLST', path, { expectedCodes: ['2xx', '5xx'], signal })
    const entry = reply.code < 300 ? entryOf(reply.lines) : undefined
    if (entry) return { ...entry, name: baseName(entry.name) || entry.name }
    if (reply.code === 550) return undefined
    // 501 and 504 are said of the name by some; else the server has refused MLST after all.
    if (reply.code >= 500 && reply.code !== 500 && reply.code !== 502) return undefined
  }
  return await fromListing(session, path, signal)
}

function entryOf(lines: readonly string[]): Entry | undefined {
  const line = lines.slice(1, -1).find((text) => text.includes('='))
  return line === undefined ? undefined : parseMlstLine(line.trimStart())
}

async function fromListing(
  session: Session,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Entry | undefined> {
  const name = baseName(path)
  // The root, the working directory and the one above have no name in any listing.
  if (name === '' || name === '.' || name === '..') return await ifDirectory(session, path, signal)
  const parent = parentPath(path)
  const request = {
    path: parent === '.' ? '' : parent,
    command: undefined,
    flow: new Flow(),
    onUnreadable: undefined,
    signal: signal ?? new AbortController().signal,
  }
  let found: Entry | undefined
  try {
    for await (const entries of listDirectory(session, request)) found ??= entries.find((entry) => entry.name === name)
  } catch (error) {
    if (!(error instanceof ReplyError) || (error.replyCode !== 550 && error.replyCode !== 450)) throw error
  }
  return found
}

/** By going there and back. */
async function ifDirectory(
  session: Session,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Entry | undefined> {
  const back = await session.command('PWD', undefined, { expectedCodes: '257', signal })
  const directory = parseQuotedPath(back.lines.join('\n'))
  let isThere = true
  try {
    const reply = await session.command('CWD', path || '.', { expectedCodes: ['2xx', '5xx'], signal })
    isThere = reply.code < 500
  } finally {
    // Also after an abort: the directory may have been changed all the same.
    if (isThere) await session.command('CWD', directory)
  }
  return isThere ? draftOf('', baseName(path) || '/', 'directory') : undefined
}
