import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { formatHashReply } from '../../protocol/checksum.ts'
import { blocksOf } from '../../transfer/send-file.ts'
import { type Answer, Refusal } from '../session/refusal.ts'
import type { Session } from '../session/session.ts'
import type { CommandRow } from './command-row.ts'

interface Digest {
  update(bytes: Uint8Array): void
  hex(): string
}

const ALGORITHMS: Readonly<Record<string, () => Digest>> = {
  'SHA-256': () => ofCrypto('sha256'),
  'SHA-512': () => ofCrypto('sha512'),
  'SHA-1': () => ofCrypto('sha1'),
  MD5: () => ofCrypto('md5'),
  CRC32: ofCrc,
}

export const HASH: CommandRow = {
  verb: 'HASH',
  syntax: '<path>',
  source: 'draft-bryan-ftpext-hash-02',
  summary: 'Tells the checksum of a file',
  needsArgument: true,
  path: 'read',
  async run(session, argument, path) {
    const algorithm = session.hashAlgorithm
    const { value, end } = await checksum(session, path, algorithm, 0, Infinity)
    return [213, formatHashReply({ algorithm, start: 0, end, value }, argument)]
  },
}

export const XCRC = other('XCRC', 'CRC32')
export const XMD5 = other('XMD5', 'MD5')
export const XSHA1 = other('XSHA1', 'SHA-1')
export const XSHA256 = other('XSHA256', 'SHA-256')
export const XSHA512 = other('XSHA512', 'SHA-512')

/** The text of FEAT for HASH: all there are, with a star at the one that is chosen. */
export function hashFeature(session: Session): string {
  return Object.keys(ALGORITHMS)
    .map((name) => (name === session.hashAlgorithm ? `${name}*` : name))
    .join(';')
}

/** Chooses an algorithm, if `name` is not empty. @returns The one that is chosen. */
export function selectHash(session: Session, name: string): string {
  const algorithm = name.trim().toUpperCase()
  if (algorithm !== '') {
    if (!Object.hasOwn(ALGORITHMS, algorithm)) throw new Refusal(501, 'There is no such algorithm')
    session.hashAlgorithm = algorithm
  }
  return session.hashAlgorithm
}

/** These came before HASH, without a standard: a path, maybe in quotes, and maybe where to begin and to end. */
function other(verb: string, algorithm: string): CommandRow {
  return {
    verb,
    syntax: '<path> | "<path>" [<start> <end>]',
    source: 'no standard',
    summary: `Tells the ${algorithm} of a file, or of a part of it`,
    needsArgument: true,
    async run(session, argument): Promise<Answer> {
      const [, quoted, start, end] = /^"(.*)"(?: (\d{1,15})(?: (\d{1,15}))?)?$/.exec(argument) ?? []
      const path = session.resolve(quoted ?? argument)
      session.demand('read', path)
      const [from, to] = [Number(start ?? 0), Number(end ?? Infinity)]
      if (from > to) throw new Refusal(501, 'The end is before the start')
      const { value } = await checksum(session, path, algorithm, from, to)
      return [250, value.toUpperCase()]
    },
  }
}

/** Reads the file block by block, and lets others have their turn between. ABOR ends it. */
async function checksum(session: Session, path: string, algorithm: string, start: number, end: number) {
  const create = ALGORITHMS[algorithm]
  if (!create) throw new Refusal(504, 'There is no such algorithm')
  const digest = create()
  let at = start
  const work = async (signal: AbortSignal) => {
    const file = await session.identity.files.open(path, 'read', { signal })
    try {
      for await (const block of blocksOf(file, start, end - start)) {
        signal.throwIfAborted()
        const part = block.subarray(0, end - at)
        digest.update(part)
        at += part.length
        if (at >= end) break
      }
    } finally {
      await file.close()
    }
  }
  await session.operate((signal) => session.host.checksums.pass(signal, () => work(signal)))
  return { value: digest.hex(), end: at }
}

function ofCrypto(name: string): Digest {
  const hash = createHash(name)
  return { update: (bytes) => hash.update(bytes), hex: () => hash.digest('hex') }
}

function ofCrc(): Digest {
  let value = 0
  return {
    update(bytes) {
      value = crc32(bytes, value)
    },
    hex: () => value.toString(16).padStart(8, '0'),
  }
}
