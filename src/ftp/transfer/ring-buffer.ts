/**
 * Bytes between one who fills and one who empties, in one block of memory that is used again and again.
 *
 * A socket is given its next place before it is told to stop, and TLS delivers what it has decrypted even then: a quarter of the
 * block is left for that.
 */
export class RingBuffer {
  readonly #block: Buffer
  #head = 0
  #length = 0

  /** @param block The memory, at least 1024 bytes, which nobody else uses. */
  constructor(block: Buffer) {
    this.#block = block
  }

  /** Bytes that lie here. */
  get length(): number {
    return this.#length
  }

  /** False when whoever fills should stop. */
  get hasRoom(): boolean {
    return this.#block.length - this.#length > this.#block.length / 4
  }

  /** Where the next bytes can go. Something is left for those that come after them all the same. */
  get place(): Buffer {
    const capacity = this.#block.length
    const tail = (this.#head + this.#length) % capacity
    const room = capacity - this.#length
    const most = Math.max(room - capacity / 4, Math.ceil(room / 2))
    return this.#block.subarray(tail, Math.min(capacity, tail + most))
  }

  /** The first `count` bytes of {@link RingBuffer.place} were filled. */
  filled(count: number): void {
    this.#length += count
  }

  /** What lies here, as far as it lies in one piece. */
  get front(): Buffer {
    return this.#block.subarray(this.#head, Math.min(this.#block.length, this.#head + this.#length))
  }

  /** The first `count` bytes are done with. */
  consume(count: number): void {
    this.#length -= count
    this.#head = (this.#head + count) % this.#block.length
  }
}
