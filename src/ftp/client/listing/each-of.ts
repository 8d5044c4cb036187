/**
 * The items of parts, one by one: what an async generator with a loop in a loop would be, in half of the time. That counts where
 * there are many items, and little is done with each.
 */
export class EachOf<T> implements AsyncGenerator<T, void, undefined> {
  readonly #parts: AsyncGenerator<readonly T[]>
  #part: readonly T[] = []
  #at = 0
  /** Settles when all calls so far have had their turns. */
  #turns: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(parts: AsyncGenerator<readonly T[]>) {
    this.#parts = parts
  }

  next(): Promise<IteratorResult<T, void>> {
    if (this.#waiting === 0 && this.#at < this.#part.length) return Promise.resolve(this.#take())
    return this.#inTurn(async () => {
      while (this.#at >= this.#part.length) {
        const { done, value } = await this.#parts.next()
        if (done) return { done: true, value: undefined }
        this.#part = value
        this.#at = 0
      }
      return this.#take()
    })
  }

  return(): Promise<IteratorResult<T, void>> {
    return this.#inTurn(async () => {
      this.#part = []
      await this.#parts.return(undefined)
      return { done: true, value: undefined }
    })
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    await this.return()
    throw error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #take(): IteratorResult<T, void> {
    return { done: false, value: this.#part[this.#at++] as T }
  }

  /** Calls that do not wait for each other come one after the other, as those of a generator do. */
  #inTurn<R>(work: () => Promise<R>): Promise<R> {
    this.#waiting++
    const turn = this.#turns.then(work)
    const done = () => {
      this.#waiting--
    }
    this.#turns = turn.then(done, done)
    return turn
  }
}
