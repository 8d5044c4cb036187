import { type Linked, LinkedQueue } from '../../rate/linked-queue.ts'

interface Call extends Linked<Call> {
  readonly start: () => void
  readonly fail: (reason: unknown) => void
}

/** Lets calls through one after the other, in the order in which they came. */
export class Turns {
  #taken = false
  readonly #waiting = new LinkedQueue<Call>()

  /** True if nobody has the turn or waits for it. */
  get idle(): boolean {
    return !this.#taken
  }

  /** Runs `work` when all that came before have ended, well or not. An abort while waiting leaves the queue, and runs nothing. */
  async run<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const waiting = this.enter(signal)
    if (waiting) await waiting
    try {
      return await work()
    } finally {
      this.leave()
    }
  }

  /** {@link Turns.run} in two halves. Settles when all that came before have left; undefined if nobody is there. Whoever has entered must {@link leave}. */
  enter(signal: AbortSignal | undefined): Promise<void> | undefined {
    if (this.#taken) return this.#wait(signal)
    this.#taken = true
    return undefined
  }

  leave(): void {
    const next = this.#waiting.head
    if (next) {
      this.#waiting.remove(next)
      next.start()
    } else this.#taken = false
  }

  /** Rejects all that still wait. */
  reject(reason: unknown): void {
    for (const call of this.#waiting) {
      this.#waiting.remove(call)
      call.fail(reason)
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const abort = () => {
        this.#waiting.remove(entry)
        reject(signal?.reason)
      }
      const settle = (end: () => void) => {
        signal?.removeEventListener('abort', abort)
        end()
      }
      const entry: Call = { start: () => settle(resolve), fail: (reason: unknown) => settle(() => reject(reason)) }
      this.#waiting.pushTail(entry)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }
}
