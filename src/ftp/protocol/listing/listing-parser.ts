import { decodesByLine, type TextCodec, textCodec } from '../codec.ts'
import { baseName } from '../path.ts'
import { show } from '../show.ts'
import { parseDosLine } from './dos.ts'
import { draftOf, type Entry } from './entry.ts'
import { parseEplfLine } from './eplf.ts'
import { LineReader } from './line-reader.ts'
import { parseMlsdLine } from './mlsx.ts'
import { parseAs400Line, parseOs2Line } from './rare-dialects.ts'
import { parseUnixLine, readCommonLines } from './unix.ts'

/** What was asked for: MLSD has facts, LIST whatever the server likes, NLST names only. */
export type ListingFormat = 'mlsd' | 'list' | 'nlst'

export interface ListingParserOptions {
  readonly format: ListingFormat
  /** @default UTF-8, in which bytes that are none survive */
  readonly codec?: TextCodec
  /**
   * What time it is: a date without a year is the last one before that, or up to a day later.
   * @default the time at which the parser is made
   */
  readonly now?: Date
  /**
   * Bytes that a line may have, > 0. One that has more is told to `onUnreadable` and skipped.
   * @default 65_536
   */
  readonly maxLineLength?: number
  /** Gets each line that can't be read; of one that is too long its first 200 characters and `…`. */
  readonly onUnreadable?: (line: string) => void
}

const FORMATS: readonly ListingFormat[] = ['mlsd', 'list', 'nlst']
const DEFAULT_LENGTH = 64 * 1024
const EXCERPT = 200

const LF = 0x0a
const CR = 0x0d

/**
 * Makes entries of the bytes of a listing, while they come. It holds no more than one line.
 *
 * The dialect of LIST is found for each line: that of `ls -l`, in many forms, of IIS, EPLF, OS/2 and OS/400. The
 * entries `.` and `..`, however they are told, lines such as `total 12`, and empty ones are left out. A line that can't
 * be read is told, and the others come all the same.
 */
export class ListingParser {
  readonly #codec: TextCodec
  readonly #format: ListingFormat
  readonly #now: Date
  readonly #onUnreadable: (line: string) => void
  readonly #lines: LineReader
  #entries: Entry[] = []
  #isFirst = true

  /**
   * @throws {TypeError} If there is no such format.
   * @throws {RangeError} If `maxLineLength` is no integer > 0.
   */
  constructor(options: ListingParserOptions) {
    const { format, codec = textCodec('utf8'), now = new Date(), maxLineLength = DEFAULT_LENGTH } = options
    if (!FORMATS.includes(format)) {
      throw new TypeError(`Cannot read a listing: the format must be ${FORMATS.join(', ')}, is ${show(String(format))}`)
    }
    if (!Number.isSafeInteger(maxLineLength) || maxLineLength < 1) {
      throw new RangeError(`Cannot read a listing: 'maxLineLength' must be an integer > 0, is ${maxLineLength}`)
    }
    this.#codec = codec
    this.#onUnreadable = options.onUnreadable ?? (() => {})
    this.#format = format
    this.#now = now
    this.#lines = new LineReader(maxLineLength, {
      onLines: decodesByLine(codec) ? (bytes) => this.#readText(codec.decode(bytes)) : (bytes) => this.#readEach(bytes),
      onLine: (bytes) => this.#read(codec.decode(bytes)),
      onTooLong: (beginning) => this.#refuse(beginning),
    })
  }

  /** The entries of the lines that are complete with these bytes. The bytes may be overwritten afterwards. */
  push(bytes: Uint8Array): Entry[] {
    this.#lines.push(bytes)
    return this.#take()
  }

  /** The entry of a last line without an end, if there is one. */
  end(): Entry[] {
    this.#lines.end()
    return this.#take()
  }

  /** @param text Lines with their ends. */
  #readText(text: string): void {
    for (let start = 0; start < text.length; ) {
      const next = this.#format === 'list' ? readCommonLines(text, start, this.#now, this.#entries) : start
      if (next > start) {
        this.#isFirst = false
        start = next
        continue
      }
      const end = text.indexOf('\n', start)
      const hasCr = end > start && text.charCodeAt(end - 1) === CR
      this.#read(text.slice(start, hasCr ? end - 1 : end))
      start = end + 1
    }
  }

  /** The same for a codec that may know only one line at a time. */
  #readEach(bytes: Uint8Array): void {
    let start = 0
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      const hasCr = end > start && bytes[end - 1] === CR
      this.#read(this.#codec.decode(bytes.subarray(start, hasCr ? end - 1 : end)))
      start = end + 1
    }
  }

  #take(): Entry[] {
    const entries = this.#entries
    this.#entries = []
    return entries
  }

  #read(line: string): void {
    const entry = this.#parse(line)
    if (!entry) {
      if (!isHeading(line, this.#isFirst)) this.#onUnreadable(line)
    } else if (!isSelfOrParent(entry)) this.#entries.push(entry)
    this.#isFirst = false
  }

  #parse(line: string): Entry | undefined {
    if (this.#format === 'list') return parseListLine(line, this.#now)
    return this.#format === 'mlsd' ? parseMlsdLine(line) : parseNlstLine(line)
  }

  #refuse(beginning: Uint8Array): void {
    const text = this.#codec.decode(beginning.subarray(0, 4 * EXCERPT))
    this.#onUnreadable(`${text.slice(0, EXCERPT)}…`)
    this.#isFirst = false
  }
}

function parseListLine(line: string, now: Date): Entry | undefined {
  const code = line.charCodeAt(0)
  if (code === 0x2b) return parseEplfLine(line)
  if (code === 0x20) return parseOs2Line(line) ?? parseUnixLine(line, now)
  if (code >= 0x30 && code <= 0x39) return parseDosLine(line) ?? parseOs2Line(line) ?? parseAs400Line(line)
  return parseUnixLine(line, now) ?? parseAs400Line(line)
}

/** What some servers put a folder before, and some a `/` behind if it is one. */
function parseNlstLine(line: string): Entry | undefined {
  const name = baseName(line)
  return name === '' ? undefined : draftOf(line, name, line.endsWith('/') ? 'directory' : 'other')
}

function isSelfOrParent({ name, facts }: Entry): boolean {
  const type = facts?.get('type')?.toLowerCase()
  return name === '.' || name === '..' || type === 'cdir' || type === 'pdir'
}

/** `total 12`, which comes first and in the language of the server; of a recursive listing, it comes again. */
function isHeading(line: string, isFirst: boolean): boolean {
  if (line.trim() === '' || /^total \d/i.test(line)) return true
  return isFirst && /^\p{L}{2,20}:? +\d[\d.,]*[KMGT]?$/u.test(line)
}
