import { Waits } from '../../../streams/adapters/waits.ts'

/**
 * As long as it is not known that the server takes the user and the password, one connection logs in at a time: a wrong password is sent once, however many
 * connections there are, since accounts are locked after a few.
 */
export class LoginTurns {
  readonly #isLetIn: () => boolean
  readonly #ended = new Waits()
  #holder: object | undefined

  /** @param isLetIn Whether a connection was let in: all may log in then. */
  constructor(isLetIn: () => boolean) {
    this.#isLetIn = isLetIn
  }

  /** Settles when `who` may log in. Its turn goes on until {@link LoginTurns.end}. */
  async begin(who: object, signal: AbortSignal): Promise<void> {
    while (this.#holder !== undefined && !this.#isLetIn()) await this.#ended.next(signal)
    if (!this.#isLetIn()) this.#holder = who
  }

  /** `who` was let in, or never will be. */
  end(who: object): void {
    if (this.#holder === who) this.#holder = undefined
    this.#ended.settle()
  }
}
