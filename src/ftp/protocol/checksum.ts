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

const HASH = /^(\S+) (\d{1,15})-(\d{1,15}) ([\da-f]+)(?: |$)/i
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
 * Reads the checksum from the reply to XCRC, XMD5, XSHA1, XSHA256 or MD5. There is no standard for these: servers give it alone
 * on a line, or with the name of the file and other words. It is the longest word that is a number in hexadecimal of as many
 * digits as a checksum has; alone on its line it may lack zeros before it.
 *
 * @param digits How many it must have: 8 for XCRC, 32, 40, 64. By default any number that checksums have.
 * @returns Hexadecimal, in lower case.
 * @throws {ProtocolError} If there is none.
 */
export function parseCrcReply(lines: readonly string[], digits?: number): string {
  const lengths = digits === undefined ? HEX_DIGITS : [digits]
  let best = ''
  for (const line of lines) {
    const words = line.trim().split(/\s+/)
    for (const word of words) {
      const value = words.length === 1 && word ? word.padStart(8, '0') : word
      if (value.length > best.length && lengths.includes(value.length) && HEX.test(value)) best = value
    }
  }
  if (best) return best.toLowerCase()
  throw new ProtocolError('read the checksum', 'there is none', lines.join('\n'))
}
