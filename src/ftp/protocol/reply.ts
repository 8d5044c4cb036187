import { ProtocolError } from '../errors.ts'
import { decodesByLine, type TextCodec, textCodec } from './codec.ts'
import { PartialLine } from './partial-line.ts'
import { escapeTelnet, unescapeTelnet } from './telnet.ts'

/** What a server answers to a command. Source: RFC 959 section 4.2. */
export interface Reply {
  /** Three digits, from 100 to 659. */
  readonly code: number
  /**
   * The text, at least one line, without line ends. The code and the `-` or space behind it are left out; lines of a multi-line
   * reply that don't begin with its code are as they came.
   */
  readonly lines: readonly string[]
}

/** How a {@link ReplyParser} reads. */
export interface ReplyParserOptions {
  /** @default UTF-8 */
  readonly codec?: TextCodec
  /**
   * Bytes that a reply may have with its line ends, > 0. It bounds the memory that a server can make a client use.
   *
   * @default 65_536
   */
  readonly maxLength?: number
}

const LF = 0x0a
const CR = 0x0d
const DIGIT_0 = 0x30
const HYPHEN = 0x2d
const SPACE = 0x20

/**
 * Reads replies from the bytes of a control connection, however they are cut. Lines end in LF or CRLF.
 *
 * A multi-line reply begins with `123-` and ends with the first line that begins with `123 ` or is `123`; other codes and `123-`
 * within it are text. Source: RFC 959 section 4.2. Empty lines before a reply are left out, as some servers send them, but count
 * towards its length.
 */
export class ReplyParser {
  readonly #codec: TextCodec
  readonly #maxLength: number
  /** Whether lines can be decoded together. */
  readonly #decodesByLine: boolean
  readonly #partial = new PartialLine()
  /** The code of the multi-line reply that has begun; 0 if none has. */
  #code = 0
  #lines: string[] = []
  /** Bytes of the whole lines of the reply that has begun. */
  #length = 0
  #failure: { readonly error: unknown } | undefined

  /** @throws {RangeError} If `maxLength` is not a whole number > 0. */
  constructor(options: ReplyParserOptions = {}) {
    const { codec = textCodec('utf8'), maxLength = 65_536 } = options
    if (!Number.isSafeInteger(maxLength) || maxLength <= 0) {
      throw new RangeError(`Cannot create a reply parser: 'maxLength' must be an integer > 0, is ${maxLength}`)
    }
    this.#codec = codec
    this.#decodesByLine = decodesByLine(codec)
    this.#maxLength = maxLength
  }

  /** Bytes of a reply whose end has not come yet. */
  get pending(): number {
    return this.#length + this.#partial.length
  }

  /**
   * Takes the next bytes. They are not used after the call.
   *
   * @returns The replies that are whole now.
   * @throws {ProtocolError} If the bytes are no reply, or one that is too long; then, and in each call after that. If there are
   * whole replies before it, these are returned first, and only the next call throws.
   */
  push(bytes: Uint8Array): Reply[] {
    if (this.#failure) throw this.#failure.error
    const replies: Reply[] = []
    try {
      const text = this.#readUsual(bytes)
      if (text === undefined) this.#takeBytes(bytes, replies)
      else this.#takeText(text, replies)
    } catch (error) {
      this.#failure = { error }
      if (replies.length === 0) throw error
    }
    return replies
  }

  /** The text of whole lines of ASCII, which nearly all are: they can be read in one go. */
  #readUsual(bytes: Uint8Array): string | undefined {
    if (!this.#decodesByLine || this.#partial.length > 0 || bytes[bytes.length - 1] !== LF) return undefined
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const text = buffer.toString('latin1')
    return NO_ASCII.test(text) ? undefined : text
  }

  #takeText(text: string, replies: Reply[]): void {
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf('\n', start)
      const length = end + 1 - start
      this.#checkLength(length)
      const reply = this.#addLine(
        text.slice(start, text.charCodeAt(end - 1) === CR && end > start ? end - 1 : end),
        length,
      )
      if (reply) replies.push(reply)
      start = end + 1
    }
  }

  #takeBytes(bytes: Uint8Array, replies: Reply[]): void {
    let start = 0
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      this.#checkLength(end + 1 - start)
      const line = this.#partial.take(bytes.subarray(start, end))
      const text = this.#codec.decode(unescapeTelnet(line.at(-1) === CR ? line.subarray(0, -1) : line))
      const reply = this.#addLine(text, line.length + 1)
      if (reply) replies.push(reply)
      start = end + 1
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start))
  }

  #keep(bytes: Uint8Array): void {
    this.#checkLength(bytes.length)
    this.#partial.append(bytes)
    // TLS where text was expected, or another protocol, may never send a line end: it is better not to wait for one.
    const first = this.#partial.at(0) ?? CR
    if (this.#code === 0 && first !== CR && (first <= DIGIT_0 || first > DIGIT_0 + 6))
      throw noReply(this.#codec.decode(bytes))
  }

  #checkLength(added: number): void {
    if (this.pending + added <= this.#maxLength) return
    throw new ProtocolError(
      'read the reply of the server',
      `it is longer than ${this.#maxLength} bytes`,
      this.#lines[0],
    )
  }

  /**
   * Takes a line without its end, and gives the reply that it ends.
   *
   * @param length How many bytes it had with its end.
   */
  #addLine(line: string, length: number): Reply | undefined {
    this.#length += length
    if (this.#code === 0 && line === '') return undefined
    const code = readCode(line)
    const mark = line.charCodeAt(3)
    if (this.#code === 0) {
      // The space before the text may be missing, as with some servers.
      if (code === 0 || isDigit(mark)) throw noReply(line)
      if (mark !== HYPHEN) return this.#finish(code, line)
      this.#code = code
    }
    const isOwn = code === this.#code
    if (isOwn && (mark === SPACE || line.length === 3)) return this.#finish(code, line)
    this.#lines.push(isOwn && mark === HYPHEN ? line.slice(4) : line)
    return undefined
  }

  #finish(code: number, line: string): Reply {
    const lines = this.#lines
    lines.push(line.slice(line.charCodeAt(3) === SPACE ? 4 : 3))
    this.#code = 0
    this.#lines = []
    this.#length = 0
    return { code, lines }
  }
}

function noReply(text: string): ProtocolError {
  const received = text.slice(0, 200)
  return new ProtocolError('read the reply of the server', 'it does not begin with a code from 100 to 659', received)
}

const NO_ASCII = /[\x80-\xff]/

const isDigit = (charCode: number): boolean => charCode >= DIGIT_0 && charCode <= DIGIT_0 + 9

/** The code that a line begins with, 0 if it does not. */
function readCode(line: string): number {
  let code = 0
  for (let i = 0; i < 3; i++) {
    const charCode = line.charCodeAt(i)
    if (!isDigit(charCode)) return 0
    code = code * 10 + charCode - DIGIT_0
  }
  return code >= 100 && code <= 659 ? code : 0
}

/**
 * Writes a reply: `123 text`, or several lines of which all but the last begin with `123-`. Lines in between that begin with a
 * space stay as they are, as FEAT (RFC 2389 section 3.2) and MLST (RFC 3659 section 7.2) ask. So none can be taken for the end,
 * and {@link ReplyParser} gives the same lines. A byte 255 is doubled, as Telnet asks. CR, LF and NUL in the text, which may be a file's name, become `?`.
 *
 * @param code From 100 to 659.
 * @throws {RangeError} If `code` is out of range, or the text can't be encoded.
 */
export function formatReply(code: number, text: string | readonly string[], codec = textCodec('utf8')): Buffer {
  if (!Number.isInteger(code) || code < 100 || code > 659) {
    throw new RangeError(`Cannot write a reply: its code must be an integer from 100 to 659, is ${code}`)
  }
  const lines = (typeof text === 'string' ? [text] : text).map((line) => line.replace(/[\r\n\0]/g, '?'))
  const last = lines.pop() ?? ''
  const before = lines.map((line, i) => (i > 0 && line.startsWith(' ') ? `${line}\r\n` : `${code}-${line}\r\n`))
  return escapeTelnet(codec.encode(`${before.join('')}${code} ${last}\r\n`))
}
