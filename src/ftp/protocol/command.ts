import { type TextCodec, textCodec } from './codec.ts'
import { PartialLine } from './partial-line.ts'
import { show } from './show.ts'
import { escapeTelnet, TelnetFilter } from './telnet.ts'

const LF = 0x0a
const CR = 0x0d
const ABOR = Buffer.from('ABOR\r')

/** What a client asks. Source: RFC 959 section 5.3. */
export interface Command {
  /** In upper case; empty for an empty line. */
  readonly verb: string
  /** What follows behind one space, with any more spaces that there are (RFC 3659 section 2.2); empty if nothing does. */
  readonly argument: string
}

/** In place of a {@link Command} whose line was too long and was skipped. */
export interface TooLong {
  readonly tooLong: true
}

/** How a {@link CommandParser} reads. */
export interface CommandParserOptions {
  /** @default UTF-8 */
  readonly codec?: TextCodec
  /**
   * Bytes that a line may have up to its LF, > 0. It bounds the memory that a client can make a server use.
   *
   * @default 4_096
   */
  readonly maxLength?: number
}

/**
 * Writes a command: `VERB argument`, with CRLF. A byte 255 is doubled, as the control connection is Telnet.
 *
 * Source: RFC 959 sections 4.1 and 5.3, RFC 854.
 *
 * @throws {RangeError} If the verb is empty, if there is CR, LF or NUL in either, which would begin another command, or if the
 * text can't be encoded. The error does not show the argument of PASS and ACCT.
 */
export function formatCommand(verb: string, argument = '', codec: TextCodec = textCodec('utf8')): Buffer {
  const line = argument === '' ? verb : `${verb} ${argument}`
  const refused = (reason: string) => new RangeError(`Cannot send the command ${show(maskSecrets(line))}: ${reason}`)
  if (verb === '') throw refused('it has no verb')
  let bytes: Buffer
  try {
    bytes = codec.encode(`${line}\r\n`)
  } catch {
    throw refused('it has a character that the encoding does not have') // the codec's own error may show a password
  }
  // Looked for in the bytes, as an encoding may turn any character into one of these.
  if (bytes.indexOf(LF) < bytes.length - 1 || bytes.indexOf(CR) < bytes.length - 2 || bytes.includes(0)) {
    throw refused('it has CR, LF or NUL in it')
  }
  return escapeTelnet(bytes)
}

/**
 * Reads commands from the bytes that a client sends, however they are cut. Lines end in LF or CRLF; Telnet commands are taken
 * out. No input is an error.
 *
 * The line `ABOR` ends with its CR already: Python's ftplib sends the LF as urgent data, which sockets take out of the stream.
 */
export class CommandParser {
  readonly #codec: TextCodec
  readonly #maxLength: number
  readonly #telnet = new TelnetFilter()
  readonly #partial = new PartialLine()
  /** The line that goes on was too long. */
  #isSkipping = false
  /** A LF that comes next belongs to the ABOR before it. */
  #isAfterAbor = false

  /** @throws {RangeError} If `maxLength` is not a whole number > 0. */
  constructor(options: CommandParserOptions = {}) {
    const { codec = textCodec('utf8'), maxLength = 4_096 } = options
    if (!Number.isSafeInteger(maxLength) || maxLength <= 0) {
      throw new RangeError(`Cannot create a command parser: 'maxLength' must be an integer > 0, is ${maxLength}`)
    }
    this.#codec = codec
    this.#maxLength = maxLength
  }

  /** Takes the next bytes, which are not used after the call, and gives the commands that are whole now, in their order. */
  push(bytes: Uint8Array): (Command | TooLong)[] {
    const commands: (Command | TooLong)[] = []
    const text = this.#telnet.strip(bytes)
    for (let start = 0; start < text.length; ) {
      const isRest = this.#isAfterAbor && text[start] === LF
      this.#isAfterAbor = false
      if (isRest) {
        start++
        continue
      }
      const end = this.#findEnd(text, start)
      const part = text.subarray(start, end < 0 ? text.length : end)
      if (!this.#isSkipping && this.#partial.length + part.length > this.#maxLength) {
        this.#isSkipping = true
        this.#partial.clear()
        commands.push({ tooLong: true })
      }
      if (end < 0) {
        if (!this.#isSkipping) this.#partial.append(part)
        break
      }
      if (!this.#isSkipping) commands.push(this.#read(this.#partial.take(part)))
      this.#isSkipping = false
      this.#isAfterAbor = text[end] === CR
      start = end + 1
    }
    return commands
  }

  /** Where the line ends that goes on at `start`; -1 if its end is not there. */
  #findEnd(text: Uint8Array, start: number): number {
    const begun = this.#partial.length
    if (begun >= ABOR.length || this.#isSkipping) return text.indexOf(LF, start)
    for (let i = 0; i < ABOR.length; i++) {
      const byte = (i < begun ? this.#partial.at(i) : text[start + i - begun]) ?? 0
      if ((byte > 0x60 ? byte - 0x20 : byte) !== ABOR[i]) return text.indexOf(LF, start)
    }
    return start + ABOR.length - 1 - begun
  }

  #read(bytes: Uint8Array): Command {
    const line = this.#codec.decode(bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes)
    const space = line.indexOf(' ')
    if (space < 0) return { verb: line.toUpperCase(), argument: '' }
    return { verb: line.slice(0, space).toUpperCase(), argument: line.slice(space + 1) }
  }
}

/** A command as logs and errors may show it: what follows behind PASS and ACCT becomes `****`. */
export function maskSecrets(line: string): string {
  return line.replace(/((?:^|[\r\n])[ \t]*(?:PASS|ACCT))\s.*/is, '$1 ****')
}
