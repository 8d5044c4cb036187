import { ProtocolError } from '../errors.ts'

/** The checksum of a file, or of a part of it. */
export interface HashReply {
  /** As the server names it, such as `SHA-256`. */
  readonly algorithm: string
  /** The first byte that counts. */
  readonly start: number
  /** Where it ends, as the server tells it: most give the size of the file here, some the last byte. */
  readonly end: number
  /** Hexadecimal, in lower case. */
  readonly value: string
}

const HASH = /^(\S+) (\d{1,16})-(\d{1,16}) ([\da-f]+)(?: |$)/i
const HEX = /^[\da-f]{1,128}$/i
/** CRC32, MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512. */
const HEX_DIGITS = [8, 32, 40, 56, 64, 96, 128]

/**
 * Reads the lines of a 213 that answers HASH: `SHA-256 0-49 6169bd... name`.
 *
 * Source: draft-bryan-ftpext-hash-02 section 3.
 *
 * @throws {ProtocolError} If there is no such line.
 */
export function parseHashReply(lines: readonly string[]): HashReply {
  for (const line of lines) {
    const [, algorithm, start, end, value] = HASH.exec(line.trim()) ?? []
    if (algorithm && value) return { algorithm, start: Number(start), end: Number(end), value: value.toLowerCase() }
  }
  throw new ProtocolError(
    'read the checksum',
    "it is not written as 'algorithm start-end value name'",
    lines.join('\n'),
  )
}

/** Writes the text of a 213 that answers HASH. */
export function formatHashReply(hash: HashReply, path: string): string {
  return `${hash.algorithm} ${hash.start}-${hash.end} ${hash.value} ${path}`
}

/**
 * Reads the checksum from the reply to XCRC, XMD5, XSHA1, XSHA256 or MD5. There is no standard: it is the only word, or the longest
 * that is a number in hexadecimal of as many digits as checksums have.
 *
 * @param digits How many it must have: 8 for XCRC (which may leave out zeros before it), 32, 40, 64. By default any that a
 * checksum can have.
 * @returns Hexadecimal, in lower case, at least 8 digits.
 * @throws {ProtocolError} If there is none.
 */
export function parseCrcReply(lines: readonly string[], digits?: number): string {
  const lengths = digits === undefined ? HEX_DIGITS : [digits]
  const words = lines.join(' ').trim().split(/\s+/)
  const [only = ''] = words.length === 1 ? words : []
  const candidates = [only.length < 8 && lengths.includes(8) ? only.padStart(8, '0') : only, ...words]
  let best = ''
  for (const word of candidates) {
    if (word.length > best.length && lengths.includes(word.length) && HEX.test(word)) best = word
  }
  if (best) return best.toLowerCase()
  throw new ProtocolError('read the checksum', 'there is none', lines.join('\n'))
}
