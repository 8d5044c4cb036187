/** What the interval between two sends is measured from; see {@link IntervalPacer}. */
export type Pacing = 'gap' | 'steady'

/**
 * How far, in ms, a plan may lie behind the time before it is given up, lateness aside. Who asks for sends a little late, now
 * and then, is meant to keep to the plan; who pauses for longer is idle, and a burst that makes up for idleness is what
 * pacing is there to prevent.
 */
export const LONGEST_CATCH_UP = 100

/**
 * How much lateness, in ms, is made up for beyond that. Sends that were asked for in time but went late, since timers were or the
 * process stood still, are owed to whoever asked: that is no idleness. Busy machines stop a process for some 100 ms; one
 * that slept for longer than this shall not wake to a burst.
 */
export const LONGEST_LATENESS = 1000

/**
 * Says when a send is due, given the interval that lies between two sends.
 *
 * - `gap`: the interval is counted from the moment at which the last send went. No gap is ever shorter; each is longer by
 *   the lateness of its send, and so the mean drifts.
 * - `steady`: the interval is counted from the moment for which the last send was planned. The mean never drifts, as a
 *   send that goes late is followed by sends that catch up, and so by shorter gaps. Idle time is not banked: if the plan
 *   lies more than {@link LONGEST_CATCH_UP} ms and more than one interval behind when the next send is asked for, then that
 *   send is due at once, and the plan goes on from there. What late wake-ups have cost does not count towards that, up to
 *   {@link LONGEST_LATENESS} ms.
 *
 * In both, the first send is due at once. One send is: `ask`, wait until `due`, `sent`. Sends that the interval does not
 * concern (`no_throttle`) simply don't mention themselves here. All times are ms on one monotonic clock.
 */
export class IntervalPacer {
  readonly pacing: Pacing
  #interval: number
  /** When the last send went (`gap`), or was planned to go (`steady`). */
  #last: number | undefined
  /** When the next send was asked for (`steady`). */
  #asked = 0
  /** How much of what the plan lies behind is owed to sends that went late, in ms (`steady`). */
  #lateness = 0

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
    this.#asked = now
    const behind = Math.max(0, now - this.due())
    this.#lateness = Math.min(this.#lateness, behind)
    if (behind - this.#lateness > Math.max(LONGEST_CATCH_UP, this.#interval)) this.#last = undefined
    if (this.#last === undefined) this.#lateness = 0
  }

  /** When the next send may go; -Infinity if at once whatever the time is. */
  due(): number {
    return this.#last === undefined ? -Infinity : this.#last + this.#interval
  }

  /**
   * Notes that the send went.
   *
   * @param started When it began; not before it was due.
   * @param ended When whoever carried it out was done. Whoever watches the sends sees each begin between the two, so that
   * counting from here makes sure that they see no gap shorter than the interval.
   */
  sent(started: number, ended: number): void {
    const due = this.due()
    if (this.pacing === 'gap' || this.#last === undefined) this.#last = ended
    else {
      this.#lateness = Math.min(LONGEST_LATENESS, this.#lateness + started - Math.max(this.#asked, due))
      this.#last = due
    }
  }
}

function checkInterval(interval: number): number {
  if (typeof interval !== 'number') {
    const shown = typeof interval === 'string' ? JSON.stringify(interval) : String(interval)
    throw new TypeError(`Cannot set the interval between sends: it must be a number of milliseconds, is ${shown}`)
  }
  if (Number.isNaN(interval)) {
    throw new RangeError('Cannot set the interval between sends: it must be a number of milliseconds, not NaN')
  }
  return Math.max(0, interval)
}
