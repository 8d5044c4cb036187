/** Lets calls through one after the other, in the order in which they came. */
export class Turns {
  #taken = false
  readonly #waiting: { readonly start: () => void; readonly fail: (reason: unknown) => void }[] = []

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
      const next = this.#waiting.shift()
      if (next) next.start()
      else this.#taken = false
    }
  }

  /** Rejects all that still wait. */
  reject(reason: unknown): void {
    for (const { fail } of this.#waiting.splice(0)) fail(reason)
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1)
        reject(signal?.reason)
      }
      const settle = (end: () => void) => {
        signal?.removeEventListener('abort', abort)
        end()
      }
      const entry = { start: () => settle(resolve), fail: (reason: unknown) => settle(() => reject(reason)) }
      this.#waiting.push(entry)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }
}
