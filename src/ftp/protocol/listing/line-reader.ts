import { PartialLine } from '../partial-line.ts'

const LF = 0x0a
const CR = 0x0d

/**
 * Cuts bytes into lines, which end with LF or CRLF, however the bytes come. A line that is too long is told of once, by
 * its beginning, and its rest skipped.
 */
export class LineReader {
  readonly #maxLength: number
  readonly #onLine: (bytes: Uint8Array, start: number, end: number) => void
  readonly #onTooLong: (beginning: Uint8Array) => void
  readonly #partial = new PartialLine()
  #isSkipping = false

  /**
   * @param maxLength Bytes, without the end of the line.
   * @param onLine Told where in `bytes` the line is: a view of its own for each would take as long as to read it.
   */
  constructor(
    maxLength: number,
    onLine: (bytes: Uint8Array, start: number, end: number) => void,
    onTooLong: (beginning: Uint8Array) => void,
  ) {
    this.#maxLength = maxLength
    this.#onLine = onLine
    this.#onTooLong = onTooLong
  }

  /** The bytes are not kept: they may be overwritten afterwards. */
  push(bytes: Uint8Array): void {
    let start = 0
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      this.#endLine(bytes, start, end)
      start = end + 1
    }
    this.#keep(bytes.subarray(start))
  }

  /** The last line may have no end. */
  end(): void {
    if (this.#partial.length > 0) this.#endLine(new Uint8Array(), 0, 0)
    this.#isSkipping = false
  }

  #keep(bytes: Uint8Array): void {
    if (this.#isSkipping || bytes.length === 0) return
    // One byte more may be the CR.
    if (this.#partial.length + bytes.length > this.#maxLength + 1) {
      this.#refuse(bytes)
      this.#isSkipping = true
    } else this.#partial.append(bytes)
  }

  #endLine(bytes: Uint8Array, start: number, end: number): void {
    const kept = this.#partial.length
    if (this.#isSkipping) this.#isSkipping = false
    else if (kept + end - start > this.#maxLength + 1) this.#refuse(bytes.subarray(start, end))
    else if (kept === 0) this.#tell(bytes, start, end)
    else {
      const line = this.#partial.take(bytes.subarray(start, end))
      this.#tell(line, 0, line.length)
    }
  }

  #tell(bytes: Uint8Array, start: number, end: number): void {
    const last = end > start && bytes[end - 1] === CR ? end - 1 : end
    if (last - start > this.#maxLength) this.#onTooLong(bytes.subarray(start, end))
    else this.#onLine(bytes, start, last)
  }

  #refuse(bytes: Uint8Array): void {
    const room = Math.max(0, this.#maxLength - this.#partial.length)
    this.#onTooLong(this.#partial.take(bytes.subarray(0, room)))
  }
}
