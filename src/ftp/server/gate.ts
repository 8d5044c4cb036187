import { onAbort } from '../../on-abort.ts'

/** Lets so many work at a time; the others wait, in their order. */
export class Gate {
  readonly #most: number
  readonly #waiting = new Set<() => void>()
  #running = 0

  /** @param most How many, >= 1. */
  constructor(most: number) {
    this.#most = most
  }

  /** Whether nobody works or waits. */
  get isIdle(): boolean {
    return this.#running === 0
  }

  /**
   * Does some work when it is its turn. The turn ends with the work, whatever becomes of the signal.
   *
   * @throws The signal's reason, if it aborts before the turn has come; what `work` throws.
   */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    if (this.#running >= this.#most) await this.#turn(signal)
    else this.#running++
    try {
      return await work()
    } finally {
      // The turn goes on to who has waited longest, so that nobody comes in between.
      const [next] = this.#waiting
      if (next) next()
      else this.#running--
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = () => {
        this.#waiting.delete(start)
        forget()
        resolve()
      }
      this.#waiting.add(start)
      const forget = onAbort(signal, (reason) => {
        this.#waiting.delete(start)
        reject(reason)
      })
    })
  }
}
