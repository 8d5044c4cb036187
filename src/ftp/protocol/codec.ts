import { show } from './show.ts'

/** Turns the bytes of the control connection and of listings into text and back. */
export interface TextCodec {
  /** Never throws: whatever comes from the network must be readable somehow. */
  decode(bytes: Uint8Array): string
  /** @throws {RangeError} If `text` can't be written in this encoding. */
  encode(text: string): Buffer
}

/**
 * How text is written in bytes: RFC 2640 asks for UTF-8, older servers use ISO 8859-1 or something else, for which a codec
 * can be given.
 */
export type Encoding = 'utf8' | 'latin1' | TextCodec

/**
 * The codec of an encoding.
 *
 * - `utf8`: bytes that are no UTF-8 become lone surrogates, U+DC80 to U+DCFF, and these become the same bytes again, so that a
 *   file whose name is written otherwise can be listed and fetched all the same. Any other lone surrogate is encoded as U+FFFD.
 *   Source: PEP 383, RFC 2640 section 2.2.
 * - `latin1`: each byte is the character of that number; characters above U+00FF are a RangeError.
 *
 * @throws {TypeError} If `encoding` is neither a known name nor a codec.
 */
export function textCodec(encoding: Encoding): TextCodec {
  if (encoding === 'utf8') return UTF8
  if (encoding === 'latin1') return LATIN1
  if (isCodec(encoding)) return encoding
  const shown = typeof encoding === 'string' ? show(encoding) : String(encoding)
  throw new TypeError(`Cannot use ${shown} as an encoding: it must be 'utf8', 'latin1' or { decode, encode }`)
}

const isCodec = (value: unknown): value is TextCodec =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<TextCodec>).decode === 'function' &&
  typeof (value as Partial<TextCodec>).encode === 'function'

const REPLACEMENT = '\uFFFD'
const LONE_SURROGATE = /\p{Surrogate}/u
/** Added to a byte that is no UTF-8. */
const ESCAPE = 0xdc00
const ESCAPED_BYTES = /([\uDC80-\uDCFF]+)/u

const UTF8: TextCodec = {
  decode(bytes) {
    const buffer = asBuffer(bytes)
    const text = buffer.toString('utf8')
    // Only where something was replaced, or was a replacement character before, is a second look needed.
    return text.includes(REPLACEMENT) ? decodeEscaping(buffer) : text
  },
  encode(text) {
    return LONE_SURROGATE.test(text) ? encodeEscaped(text) : Buffer.from(text, 'utf8')
  },
}

const LATIN1: TextCodec = {
  decode: (bytes) => asBuffer(bytes).toString('latin1'),
  encode(text) {
    // Buffer would cut off the upper byte and so make a line feed of U+010A.
    if (/[\u0100-\uFFFF]/.test(text)) {
      throw new RangeError(`Cannot encode ${show(text)} as latin1: it has a character above U+00FF`)
    }
    return Buffer.from(text, 'latin1')
  },
}

/** Whether text of several lines is what its lines are by themselves: nobody knows that of a codec from outside. */
export function decodesByLine(codec: TextCodec): boolean {
  return codec === UTF8 || codec === LATIN1
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function decodeEscaping(bytes: Buffer): string {
  const text = Buffer.allocUnsafe(bytes.length * 2) // UTF-16: no character has more units there than bytes here
  let length = 0
  for (let at = 0; at < bytes.length; ) {
    const size = sequenceLength(bytes, at)
    const codePoint = size === 0 ? ESCAPE + (bytes[at] ?? 0) : codePointAt(bytes, at, size)
    if (codePoint > 0xffff) {
      length = text.writeUInt16LE(0xd7c0 + (codePoint >> 10), length)
      length = text.writeUInt16LE(0xdc00 + (codePoint & 0x3ff), length)
    } else {
      length = text.writeUInt16LE(codePoint, length)
    }
    at += size || 1
  }
  return text.toString('utf16le', 0, length)
}

function codePointAt(bytes: Buffer, at: number, size: number): number {
  const first = bytes[at] ?? 0
  let codePoint = size === 1 ? first : first & (0x7f >> size)
  for (let i = 1; i < size; i++) codePoint = (codePoint << 6) | ((bytes[at + i] ?? 0) & 0x3f)
  return codePoint
}

function encodeEscaped(text: string): Buffer {
  // Every second part is a run of escaped bytes: the low byte of each is the byte.
  return Buffer.concat(text.split(ESCAPED_BYTES).map((part, i) => Buffer.from(part, i % 2 ? 'latin1' : 'utf8')))
}

/** How many bytes the character at `at` has, 0 if there is none. Source: RFC 3629 section 4. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  // These keep out what could be written shorter, surrogates, and what is above U+10FFFF.
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? 0
    if (next < (i === 1 ? lowest : 0x80) || next > (i === 1 ? highest : 0xbf)) return 0
  }
  return length
}
