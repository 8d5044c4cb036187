import type { OnReadOpts } from 'node:net'

/** Replies are short; what is longer comes in several pieces. */
const SIZE = 4096

/**
 * What comes through the socket of a control connection that is not read as a stream: Node then takes a new block of 64 KiB for each of the three or
 * four replies of a small file.
 */
export class ControlIntake {
  readonly #memory = Buffer.allocUnsafeSlow(SIZE)
  /** What came before anybody asked. */
  #early: Buffer[] = []
  #take: ((bytes: Buffer) => void) | undefined

  /** To be given to `net.connect`. */
  get onread(): OnReadOpts {
    return {
      buffer: this.#memory,
      callback: (count) => {
        const bytes = this.#memory.subarray(0, count)
        if (this.#take) this.#take(bytes)
        else this.#early.push(Buffer.from(bytes))
        return true
      },
    }
  }

  /** Gives what comes to `take`, which does not use it after the call. */
  listen(take: (bytes: Buffer) => void): void {
    this.#take = take
    const early = this.#early
    this.#early = []
    // As a stream does it: whoever listens may have to get ready first.
    for (const bytes of early) process.nextTick(take, bytes)
  }
}
