/** The fastest of so many replies tells what the clocks of both sides differ by. */
const MOST_OFFSETS = 32

/** So many calls tell how long they take; three of four are answered within that. */
const MOST_TIMES = 16
const USUAL = 3 / 4

/**
 * When the server did what it says, on the clock of this side, and how long calls take. Clocks may differ, drift and jump: a time
 * is never taken to be before the call was sent, nor after its reply came.
 */
export class ServerTime {
  readonly #offsets: number[] = []
  #nextOffset = 0
  readonly #times: number[] = []
  #previous = 0
  #calls = 0
  /** In how many ms most calls are answered. One that waited for the end of an outage says nothing of the next. */
  usual = 0

  /**
   * Notes a call that was answered.
   *
   * @param serverNow What the server's clock said meanwhile, in ms.
   * @param sentAt When it was sent, in ms.
   * @param receivedAt When its reply came, in ms.
   * @returns When the server's clock said so, in ms on the clock of this side.
   */
  note(serverNow: number, sentAt: number, receivedAt: number): number {
    // The first may have waited for a connection.
    const took = receivedAt - sentAt
    if (this.#calls++ > 0) {
      this.#times.push(took)
      if (this.#times.length > MOST_TIMES) this.#times.shift()
      const times = this.#times.toSorted((a, b) => a - b)
      // Two slow ones in a row may be how it is from now on.
      this.usual = Math.max(times[Math.ceil(times.length * USUAL) - 1] ?? 0, Math.min(took, this.#previous))
      this.#previous = took
    }
    this.#offsets[this.#nextOffset++ % MOST_OFFSETS] = receivedAt - serverNow
    // Whoever waits a little too long for its slice does no harm, so the way back is not taken off: it is about the same for all.
    const time = serverNow + Math.min(...this.#offsets)
    if (time >= sentAt && time <= receivedAt) return time
    // The clock of the server has jumped.
    this.#offsets.length = 0
    this.#nextOffset = 0
    return receivedAt
  }
}
