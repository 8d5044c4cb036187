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
   * Settles when all that came before have left; undefined if nobody is there. Whoever has entered must {@link leave}. An abort while waiting leaves the queue.
   *
   * @param wanted Called until then, when somebody else waits.
   */
  enter(signal: AbortSignal | undefined, wanted?: () => void): Promise<void> | undefined {
    const entering = this.#turns.enter(signal)
    if (!entering) {
      this.#wanted = wanted
      return undefined
    }
    this.#waiting++
    this.#wanted?.()
    return this.#wait(entering, wanted)
  }

  leave(): void {
    this.#wanted = undefined
    this.#turns.leave()
  }

  async #wait(entering: Promise<void>, wanted: (() => void) | undefined): Promise<void> {
    try {
      await entering
    } finally {
      this.#waiting--
    }
    this.#wanted = wanted
    if (this.#waiting > 0) wanted?.()
  }
}
