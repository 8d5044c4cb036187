/** The fastest of so many replies tells what the clocks of both sides differ by. */
const MOST_SAMPLES = 32
const SMOOTHING = 1 / 8

/** By so many ms, and by so many times, a call may take longer than those before; what is beyond does not count. */
const LONGEST_STEP = 250
const STEEPEST = 4

/**
 * When the server did what it says, on the clock of this side, and how long calls take. Clocks may differ, drift and jump: a time
 * is never taken to be before the call was sent, nor after its reply came.
 */
export class ServerTime {
  /** Differences between the clocks, each with the time that its reply took to come. */
  readonly #offsets: number[] = []
  #next = 0
  #mean = 0
  #deviation = 0

  /**
   * Notes a call that was answered.
   *
   * @param serverNow What the server's clock said meanwhile, in ms.
   * @param sentAt When it was sent, in ms.
   * @param receivedAt When its reply came, in ms.
   * @returns When the server's clock said so, in ms on the clock of this side.
   */
  note(serverNow: number, sentAt: number, receivedAt: number): number {
    // One call that waited for the end of an outage says nothing of the next.
    const took = Math.min(receivedAt - sentAt, STEEPEST * this.#mean + LONGEST_STEP)
    if (this.#mean === 0) this.#deviation = took / 4
    else this.#deviation += (Math.abs(took - this.#mean) - this.#deviation) * SMOOTHING
    this.#mean += (took - this.#mean) * (this.#mean === 0 ? 1 : SMOOTHING)
    this.#offsets[this.#next++ % MOST_SAMPLES] = receivedAt - serverNow
    // Whoever waits a little too long for its slice does no harm, so the way back is not taken off: it is about the same for all.
    const time = serverNow + Math.min(...this.#offsets)
    if (time >= sentAt && time <= receivedAt) return time
    // The clock of the server has jumped.
    this.#offsets.length = 0
    this.#next = 0
    return receivedAt
  }

  /** How long calls take, in ms. */
  get roundTrip(): number {
    return this.#mean
  }

  /** In how many ms nearly all calls are answered; twice the usual, at least. */
  get patience(): number {
    return Math.max(2 * this.#mean, this.#mean + 4 * this.#deviation)
  }
}
