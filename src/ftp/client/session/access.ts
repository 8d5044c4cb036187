import { Turns } from '../../../streams/io/turns.ts'

/**
 * Who may use a control connection: one after the other, in the order in which they came. Who has it can learn that others wait, and
 * hurry up.
 */
export class Access {
  readonly #turns = new Turns()
  #waiting = 0
  #wanted: (() => void) | undefined

  /** Whether somebody waits for it. */
  get isWanted(): boolean {
    return this.#waiting > 0
  }

  /**
   * Runs `work` when all that came before have ended, well or not. An abort while waiting leaves the queue, and runs nothing.
   *
   * @param wanted Called while `work` runs, when somebody else waits for it to end.
   */
  async run<T>(signal: AbortSignal | undefined, work: () => Promise<T>, wanted?: () => void): Promise<T> {
    let isWaiting = true
    const stopWaiting = () => {
      if (isWaiting) this.#waiting--
      isWaiting = false
    }
    this.#waiting++
    this.#wanted?.()
    try {
      return await this.#turns.run(signal, async () => {
        stopWaiting()
        this.#wanted = wanted
        try {
          if (this.#waiting > 0) wanted?.()
          return await work()
        } finally {
          this.#wanted = undefined
        }
      })
    } finally {
      stopWaiting()
    }
  }
}
