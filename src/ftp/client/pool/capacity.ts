import type { Clock } from '../../../clock.ts'

/** How long after a refusal one more connection is tried, in ms, and the longest that this becomes when refusals go on. */
const FIRST_DELAY = 2_000
const LONGEST_DELAY = 60_000

/**
 * How many connections there may be. A server that refuses one has told how many it allows now; later it may allow more, so one more is tried
 * after a while, and after twice that while if it is refused again.
 */
export class Capacity {
  readonly #most: number
  readonly #clock: Clock
  readonly #grown: () => void
  #limit: number
  #delay = FIRST_DELAY
  /** When one more may be tried; undefined while nothing was refused. */
  #growsAt: number | undefined
  /** Whether the limit was raised and nobody knows yet whether the server agrees. */
  #isTrial = false
  #cancel: (() => void) | undefined

  /**
   * @param most The limit that was asked for.
   * @param grown Called when the limit has risen while somebody waits.
   */
  constructor(most: number, clock: Clock, grown: () => void) {
    this.#most = most
    this.#limit = most
    this.#clock = clock
    this.#grown = grown
  }

  /** How many there may be now, >= 1. One more than the server has taken counts once it is time to try it. */
  get limit(): number {
    return this.#isDue ? this.#limit + 1 : this.#limit
  }

  get #isDue(): boolean {
    return this.#growsAt !== undefined && this.#clock.now() >= this.#growsAt
  }

  /**
   * Asks for room for so many connections. If that is more than there may be, and it is time to try one more, this begins the trial.
   *
   * @returns How many there may be, >= 1.
   */
  claim(wanted: number): number {
    if (wanted > this.#limit && this.#isDue) {
      this.#limit++
      this.#isTrial = true
      this.#growsAt = this.#nextTrial
    }
    return this.#limit
  }

  /**
   * The server has refused or ended a connection.
   *
   * @param open How many it has left.
   * @param mayGrow Whether one more may be tried before another one was opened.
   */
  refused(open: number, mayGrow: boolean): void {
    this.#limit = Math.max(1, Math.min(this.#limit, open))
    if (this.#isTrial) this.#delay = Math.min(LONGEST_DELAY, this.#delay * 2)
    this.#isTrial = false
    this.#growsAt = mayGrow ? this.#nextTrial : undefined
  }

  get #nextTrial(): number | undefined {
    return this.#limit < this.#most ? this.#clock.now() + this.#delay : undefined
  }

  /** The server has taken a connection. */
  opened(): void {
    if (this.#isTrial) this.#delay = FIRST_DELAY
    this.#isTrial = false
    this.#growsAt ??= this.#nextTrial
  }

  /** Tells whether somebody waits for the limit to rise. There is a timer only then. */
  watch(isWanted: boolean): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (!isWanted || this.#growsAt === undefined) return
    this.#cancel = this.#clock.sleepUntil(this.#growsAt, this.#grown, FIRST_DELAY / 100)
  }
}
