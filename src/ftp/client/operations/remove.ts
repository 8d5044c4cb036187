import { Flow } from '../../../throttle/flow.ts'
import { ProtocolError, ReplyError } from '../../errors.ts'
import type { Entry } from '../../protocol/listing/entry.ts'
import { joinPath } from '../../protocol/path.ts'
import { listDirectory, MOST_LEVELS, tooDeep, tooMany } from '../listing/listing-source.ts'
import type { Session } from '../session/session.ts'
import { statPath } from './stat.ts'

/** How many entries of a directory are held in memory at most. */
const MOST = 500_000

/** Removes a file, or a directory with all that is in it. Symbolic links are removed, never followed. */
export async function removeTree(session: Session, path: string, signal: AbortSignal | undefined): Promise<void> {
  const reply = await session.command('DELE', path, { expectedCodes: ['2xx', '5xx'], signal })
  if (reply.code < 300) return
  const found = await statPath(session, path, signal)
  if (found?.type !== 'directory') throw new ReplyError(`DELE ${path}`, reply)
  await removeDirectory(session, path, 0, signal)
}

/** One directory after the other on the way down, and off on the way up: no more is held than what one listing has. */
async function removeDirectory(
  session: Session,
  path: string,
  level: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (level > MOST_LEVELS) tooDeep('remove', path)
  const request = {
    path,
    command: undefined,
    flow: new Flow(),
    onUnreadable: undefined,
    signal: signal ?? new AbortController().signal,
  }
  const entries: Entry[] = []
  for await (const part of listDirectory(session, request)) {
    for (const entry of part) entries.push(entry)
    if (entries.length > MOST) tooMany(MOST)
  }
  for (const { name, type } of entries) {
    // A name that some other user has chosen, or a server makes up, must not lead elsewhere.
    if (name.includes('/')) throw new ProtocolError('remove a directory', 'a name in it leads out of it', name)
    const child = joinPath(path, name)
    if (type === 'directory') await removeDirectory(session, child, level + 1, signal)
    else await session.command('DELE', child, { signal })
  }
  await session.command('RMD', path, { signal })
}
