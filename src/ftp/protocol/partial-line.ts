const NOTHING = Buffer.alloc(0)

/**
 * The beginning of a line whose end has not come yet. Bytes are copied, so that a few of them don't keep a large chunk alive,
 * into room that doubles, so that a line which comes byte by byte costs linear time. Who appends sees to the bound.
 */
export class PartialLine {
  #bytes = NOTHING
  #length = 0

  /** Bytes. */
  get length(): number {
    return this.#length
  }

  /** The byte at `index`; undefined behind the end. */
  at(index: number): number | undefined {
    return index < this.#length ? this.#bytes[index] : undefined
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#bytes.length) {
      const room = Buffer.allocUnsafe(Math.max(length, this.#bytes.length * 2, 64))
      this.#bytes.copy(room, 0, 0, this.#length)
      this.#bytes = room
    }
    this.#bytes.set(bytes, this.#length)
    this.#length = length
  }

  /** The line with `end` as its last part. Nothing is kept; if nothing was, `end` itself is the line. */
  take(end: Uint8Array): Uint8Array {
    if (this.#length === 0) return end
    this.append(end)
    const line = this.#bytes.subarray(0, this.#length)
    this.clear()
    return line
  }

  clear(): void {
    this.#bytes = NOTHING
    this.#length = 0
  }
}
