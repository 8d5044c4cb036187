/**
 * The parts of a stream, one after the other, up to the first that is empty. Nothing is read ahead: leaving the loop early loses
 * nothing, and the stream stays usable. After an error the iterator can be asked again, and goes on where the stream is.
 */
export class AsyncStreamIterator implements AsyncIterableIterator<Buffer> {
  readonly #read: () => Promise<Buffer>
  #done = false

  /** @param read Reads the next part; an empty one is the end. */
  constructor(read: () => Promise<Buffer>) {
    this.#read = read
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** @throws What reading throws. */
  async next(): Promise<IteratorResult<Buffer, undefined>> {
    if (!this.#done) {
      const value = await this.#read()
      if (value.length > 0) return { done: false, value }
      this.#done = true
    }
    return { done: true, value: undefined }
  }

  /** Ends the iteration, not the stream. `for await` calls it when the loop is left early. */
  async return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#done = true
    return { done: true, value: undefined }
  }
}
