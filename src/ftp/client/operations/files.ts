import { ProtocolError, ReplyError } from '../../errors.ts'
import { formatCommand } from '../../protocol/command.ts'
import { formatTimeVal, parseTimeVal } from '../../protocol/time-val.ts'
import type { Session } from '../session/session.ts'

/** Codes of a command that the server does not know, or not with this argument. */
const UNKNOWN = [500, 501, 502, 504]

/** RNFR and RNTO (RFC 959 section 4.1.3). */
export async function rename(
  session: Session,
  from: string,
  to: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted()
  formatCommand('RNTO', to, session.settings.codec) // what can't be said is told before RNFR is sent
  try {
    await session.command('RNFR', from, { expectedCodes: '3xx', signal })
    await session.command('RNTO', to, { signal })
  } catch (error) {
    // After RNFR ProFTPD refuses whatever is not RNTO, for ever. To rename it to what it is called changes nothing.
    if (signal?.aborted && !session.control.failure) session.send('RNTO', from).abandon()
    throw error
  }
}

/** SIZE (RFC 3659 section 4), in the type of all transfers here, binary. */
export async function sizeOf(session: Session, path: string, signal: AbortSignal | undefined): Promise<bigint> {
  const reply = await session.command('SIZE', path, { expectedCodes: '213', signal })
  const text = reply.lines.join(' ').trim()
  if (/^\d{1,20}$/.test(text)) return BigInt(text)
  throw new ProtocolError('read the size', 'it is no number', text)
}

/** {@link sizeOf} as a number; undefined if the server doesn't tell. */
export async function sizeIfTold(
  session: Session,
  path: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  if (session.refusesSize) return undefined
  const reply = await session.command('SIZE', path, { expectedCodes: ['2xx', '4xx', '5xx'], signal })
  session.refusesSize = reply.code === 500 || reply.code === 502
  const text = reply.lines.join(' ').trim()
  return reply.code === 213 && /^\d{1,16}$/.test(text) ? Number(text) : undefined
}

/** MDTM (RFC 3659 section 3). */
export async function lastModified(session: Session, path: string, signal: AbortSignal | undefined): Promise<Date> {
  const reply = await session.command('MDTM', path, { expectedCodes: '213', signal })
  const text = reply.lines.join(' ').trim()
  const time = parseTimeVal(text)
  if (time) return time
  throw new ProtocolError('read the time of a file', 'it is no YYYYMMDDHHMMSS', text)
}

/**
 * MFMT (draft-somers-ftp-mfxx), or MDTM with a time before the name, which many servers took before.
 *
 * @returns Whether the server knows one of them.
 */
export async function setModified(
  session: Session,
  path: string,
  time: Date,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  // Some refuse fractions of a second.
  const argument = `${formatTimeVal(new Date(Math.floor(time.getTime() / 1000) * 1000))} ${path}`
  const verbs = session.features.has('MFMT') ? ['MFMT', 'MDTM'] : ['MDTM', 'MFMT']
  for (const verb of verbs) {
    if (session.refusesTimes.has(verb)) continue
    const reply = await session.command(verb, argument, { expectedCodes: ['2xx', '4xx', '5xx'], signal })
    if (reply.code < 300) return true
    // A server that does not know the form takes the time for a part of the name.
    const isUnknown = UNKNOWN.includes(reply.code) || (verb === 'MDTM' && reply.code === 550)
    if (!isUnknown) throw new ReplyError(`${verb} ${argument}`, reply)
    session.refusesTimes.add(verb)
  }
  return false
}
