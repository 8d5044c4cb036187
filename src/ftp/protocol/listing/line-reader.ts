import { PartialLine } from '../partial-line.ts'

const LF = 0x0a
const CR = 0x0d

/**
 * Bytes of lines that are told of together. To turn each line into text by itself would take twice as long; but V8 keeps such a text
 * as long as any piece of it, such as one name, so it must not be long. Four times as much would save 7 % of the time.
 */
const BLOCK = 1024

/** Who is told of lines. The bytes may be overwritten afterwards. */
export interface LineTaker {
  /** Lines with their ends, LF or CRLF. */
  readonly onLines: (bytes: Uint8Array) => void
  /** One line without its end, which it may not have had. */
  readonly onLine: (bytes: Uint8Array) => void
  /** The beginning of a line that is too long. */
  readonly onTooLong: (beginning: Uint8Array) => void
}

/**
 * Cuts bytes into lines, which end with LF or CRLF, however the bytes come. A line that is too long is told of once, by
 * its beginning, and its rest skipped.
 */
export class LineReader {
  readonly #maxLength: number
  /** A line in a block with its end is never too long. */
  readonly #blockLength: number
  readonly #taker: LineTaker
  readonly #partial = new PartialLine()
  #isSkipping = false

  /** @param maxLength Bytes, without the end of the line. */
  constructor(maxLength: number, taker: LineTaker) {
    this.#maxLength = maxLength
    this.#blockLength = Math.min(BLOCK, maxLength)
    this.#taker = taker
  }

  /** The bytes are not kept: they may be overwritten afterwards. */
  push(bytes: Uint8Array): void {
    let start = 0
    while (start < bytes.length) {
      const isWithin = this.#isSkipping || this.#partial.length > 0
      // If the block has no end of a line, the one before the block is found.
      const last = isWithin ? -1 : bytes.lastIndexOf(LF, start + this.#blockLength - 1)
      if (last >= start) {
        this.#taker.onLines(bytes.subarray(start, last + 1))
        start = last + 1
        continue
      }
      const end = bytes.indexOf(LF, start) + 1
      if (end === 0) {
        this.#keep(bytes.subarray(start))
        return
      }
      this.#endLine(bytes.subarray(start, end))
      start = end
    }
  }

  /** The last line may have no end. */
  end(): void {
    if (this.#partial.length > 0) this.#endLine(new Uint8Array())
    this.#isSkipping = false
  }

  #keep(bytes: Uint8Array): void {
    if (this.#isSkipping) return
    // One byte more may be the CR.
    if (this.#partial.length + bytes.length > this.#maxLength + 1) {
      this.#refuse(bytes)
      this.#isSkipping = true
    } else this.#partial.append(bytes)
  }

  /** @param bytes The rest of a line, with its LF if it has one. */
  #endLine(bytes: Uint8Array): void {
    const length = this.#partial.length + bytes.length
    if (this.#isSkipping) this.#isSkipping = false
    else if (length > this.#maxLength + 2) this.#refuse(bytes)
    else this.#tell(this.#partial.take(bytes))
  }

  #tell(line: Uint8Array): void {
    const isWhole = line.at(-1) === LF
    if (isWhole && line.length <= this.#blockLength) {
      this.#taker.onLines(line)
      return
    }
    const end = isWhole ? line.length - 1 : line.length
    const text = line.subarray(0, line[end - 1] === CR ? end - 1 : end)
    if (text.length > this.#maxLength) this.#taker.onTooLong(text)
    else this.#taker.onLine(text)
  }

  #refuse(bytes: Uint8Array): void {
    const room = Math.max(0, this.#maxLength - this.#partial.length)
    this.#taker.onTooLong(this.#partial.take(bytes.subarray(0, room)))
  }
}
