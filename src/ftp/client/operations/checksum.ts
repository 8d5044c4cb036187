import { ReplyError } from '../../errors.ts'
import { parseCrcReply, parseHashReply } from '../../protocol/checksum.ts'
import type { Session } from '../session/session.ts'

/** What a server can compute. */
export type ChecksumAlgorithm = 'SHA-512' | 'SHA-256' | 'SHA-1' | 'MD5' | 'CRC32'

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  /** Hexadecimal, in lower case. */
  readonly value: string
}

/** The strongest first. The verbs are from before HASH (draft-bryan-ftpext-hash-02) and in no document. */
const ALGORITHMS: readonly { readonly name: ChecksumAlgorithm; readonly verb: string; readonly digits: number }[] = [
  { name: 'SHA-512', verb: 'XSHA512', digits: 128 },
  { name: 'SHA-256', verb: 'XSHA256', digits: 64 },
  { name: 'SHA-1', verb: 'XSHA1', digits: 40 },
  { name: 'MD5', verb: 'XMD5', digits: 32 },
  { name: 'CRC32', verb: 'XCRC', digits: 8 },
]

export const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = ALGORITHMS.map(({ name }) => name)

/** Which of them the server says it has, the strongest first. */
export function checksumsOf(session: Session): ChecksumAlgorithm[] {
  const hashes = hashesOf(session)
  return ALGORITHMS.filter(({ name, verb }) => hashes.includes(name) || session.features.has(verb)).map(
    ({ name }) => name,
  )
}

/**
 * The checksum of a file on the server.
 *
 * @throws {ReplyError} If the server does not compute it.
 */
export async function checksumOf(
  session: Session,
  path: string,
  algorithm: ChecksumAlgorithm,
  signal: AbortSignal | undefined,
): Promise<Checksum> {
  const way = ALGORITHMS.find(({ name }) => name === algorithm)
  if (!way) {
    throw new RangeError(
      `Cannot compute a checksum: 'algorithm' must be one of ${CHECKSUM_ALGORITHMS.join(', ')}, is ${String(algorithm)}`,
    )
  }
  if (hashesOf(session).includes(algorithm)) {
    await session.command('OPTS', `HASH ${algorithm}`, { signal })
    const { value } = parseHashReply((await session.command('HASH', path, { signal })).lines)
    return { algorithm, value }
  }
  const reply = await session.command(way.verb, path, { expectedCodes: ['2xx', '5xx'], signal })
  if (reply.code >= 500) throw new ReplyError(`${way.verb} ${path}`, reply)
  return { algorithm, value: parseCrcReply(reply.lines, way.digits) }
}

/** "SHA-512;SHA-256*;SHA-1", where the star is at the one that is set. */
function hashesOf(session: Session): string[] {
  return (session.features.get('HASH') ?? '').split(';').map((name) => name.replace('*', '').trim().toUpperCase())
}
