/** What the interval between two sends is measured from; see {@link IntervalPacer}. */
export type Pacing = 'gap' | 'steady'

/**
 * How far, in ms, a plan may lie behind the time before it is given up. Timers, garbage collection and a busy process make
 * sends late by some milliseconds, which catching up makes good; a longer pause is idleness, and a burst that makes good
 * for idleness is what pacing is there to prevent.
 */
export const LONGEST_CATCH_UP = 100

/**
 * Says when a send is due, given the interval that lies between two sends.
 *
 * - `gap`: the interval is counted from the moment at which the last send went. No gap is ever shorter; each is longer by
 *   the lateness of its send, and so the mean drifts.
 * - `steady`: the interval is counted from the moment for which the last send was planned. The mean never drifts, as a
 *   send that goes late is followed by sends that catch up, and so by shorter gaps. Idle time is not banked: if the plan
 *   lies more than {@link LONGEST_CATCH_UP} ms and more than one interval behind when the next send is asked for, then that
 *   send is due at once, and the plan goes on from there.
 *
 * In both, the first send is due at once. One send is: `ask`, wait until `due`, `sent`. Sends that the interval does not
 * concern (`no_throttle`) simply don't mention themselves here. All times are ms on one monotonic clock.
 */
export class IntervalPacer {
  readonly pacing: Pacing
  #interval: number
  /** When the last send went (`gap`), or was planned to go (`steady`). */
  #last: number | undefined

  /**
   * @param interval Milliseconds between two sends, see {@link IntervalPacer.interval}.
   * @param pacing What the interval is counted from.
   * @throws {RangeError} If `pacing` is unknown or `interval` is NaN.
   */
  constructor(interval: number, pacing: Pacing) {
    if (pacing !== 'gap' && pacing !== 'steady') {
      throw new RangeError(`Cannot pace sends: 'pacing' must be 'gap' or 'steady', not ${String(pacing)}`)
    }
    this.pacing = pacing
    this.#interval = checkInterval(interval)
  }

  /**
   * Milliseconds between two sends, >= 0; fractions count. What is negative becomes 0. A change concerns the send that
   * already waits: `due()` answers by the new interval at once.
   *
   * @throws {TypeError} If set to what is not a number.
   * @throws {RangeError} If set to NaN.
   */
  get interval(): number {
    return this.#interval
  }
  set interval(interval: number) {
    this.#interval = checkInterval(interval)
  }

  /** Notes that the next send is wanted from `now` on. To be called once for each send, as soon as it could go. */
  ask(now: number): void {
    if (this.pacing === 'gap') return
    if (now - this.due() > Math.max(LONGEST_CATCH_UP, this.#interval)) this.#last = undefined
  }

  /** When the next send may go; -Infinity if at once whatever the time is. */
  due(): number {
    return this.#last === undefined ? -Infinity : this.#last + this.#interval
  }

  /** Notes that the send went at `now`, which is not before it was due. */
  sent(now: number): void {
    this.#last = this.#last === undefined || this.pacing === 'gap' ? now : this.#last + this.#interval
  }
}

function checkInterval(interval: number): number {
  if (typeof interval !== 'number') {
    throw new TypeError(`Cannot set the interval between sends: ${String(interval)} is not a number`)
  }
  if (Number.isNaN(interval)) {
    throw new RangeError('Cannot set the interval between sends: it must be a number of milliseconds, not NaN')
  }
  return Math.max(0, interval)
}
