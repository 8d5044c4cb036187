/** Lets calls through one after the other, in the order in which they came. */
export class Turns {
  #taken = false
  /** In the order in which they came; a Set, since any of them may leave at any time. */
  readonly #waiting = new Set<{ readonly start: () => void; readonly fail: (reason: unknown) => void }>()

  /** True if nobody has the turn or waits for it. */
  get idle(): boolean {
    return !this.#taken
  }

  /** Runs `work` when all that came before have ended, well or not. An abort while waiting leaves the queue, and runs nothing. */
  async run<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (this.#taken) await this.#wait(signal)
    this.#taken = true
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      if (next) {
        this.#waiting.delete(next)
        next.start()
      } else this.#taken = false
    }
  }

  /** Rejects all that still wait. */
  reject(reason: unknown): void {
    const rejected = [...this.#waiting]
    this.#waiting.clear()
    for (const { fail } of rejected) fail(reason)
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const abort = () => {
        this.#waiting.delete(entry)
        reject(signal?.reason)
      }
      const settle = (end: () => void) => {
        signal?.removeEventListener('abort', abort)
        end()
      }
      const entry = { start: () => settle(resolve), fail: (reason: unknown) => settle(() => reject(reason)) }
      this.#waiting.add(entry)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }
}
