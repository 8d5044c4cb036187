import type { Clock } from '../../clock.ts'
import { TimeoutError, type TimeoutPhase } from '../../errors.ts'

/** How long the other side may be silent. */
export interface Patience {
  readonly phase: TimeoutPhase
  /** Milliseconds, > 0; undefined waits forever. */
  readonly timeout: number | undefined
  /** What changes whenever the other side does something, for waits that do not end by every sign of life. */
  readonly progress?: () => unknown
}

type Silent = (error: TimeoutError) => void

/**
 * Ends waits for another side that falls silent. A timer is set for the earliest wait only, and stays when that has ended: most waits are short, and many
 * of them, one after the other, need none of their own.
 */
export class Silence {
  readonly #clock: Clock
  readonly #waits = new Set<Wait>()
  /** When the timer fires. */
  #at = Infinity
  #cancel: (() => void) | undefined
  #isEnded = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Calls `silent` if the other side is silent for longer than `patience` has.
   *
   * @returns A function that ends the watch.
   */
  watch(patience: Patience, silent: Silent): () => void {
    const { timeout } = patience
    if (timeout === undefined) return () => {}
    const wait = new Wait(patience, timeout, this.#clock.now(), silent)
    this.#waits.add(wait)
    this.#set(wait.next, wait.slack)
    return () => {
      this.#waits.delete(wait)
      if (this.#isEnded && this.#waits.size === 0) this.end()
    }
  }

  /** Ends all watches, and the timer with them. Later ones take their timers with them. */
  end(): void {
    this.#isEnded = true
    this.#waits.clear()
    this.#cancel?.()
    this.#cancel = undefined
    this.#at = Infinity
  }

  #set(time: number, slack?: number): void {
    if (time >= this.#at) return
    this.#cancel?.()
    this.#at = time
    this.#cancel = this.#clock.sleepUntil(time, this.#look, slack)
  }

  readonly #look = () => {
    const now = this.#clock.now()
    this.#at = Infinity
    for (const wait of this.#waits) if (wait.next <= now && wait.look(now)) this.#waits.delete(wait)
    // Who was told may have ended others.
    let first: Wait | undefined
    for (const wait of this.#waits) if (!first || wait.next < first.next) first = wait
    if (first) this.#set(first.next, first.isLast ? undefined : first.slack)
  }
}

class Wait {
  readonly #patience: Patience
  readonly #timeout: number
  readonly #interval: number
  readonly #silent: Silent
  #quietSince: number
  #last: unknown
  /** If this process was busy, a sign of life may lie unread in the event loop: it has one more turn to come out. */
  isLast = false
  /** When to look again. */
  next: number

  constructor(patience: Patience, timeout: number, now: number, silent: Silent) {
    this.#patience = patience
    this.#timeout = timeout
    this.#interval = patience.progress ? timeout / 4 : timeout
    this.#silent = silent
    this.#quietSince = now
    this.#last = patience.progress?.()
    this.next = now + this.#interval
  }

  /** How late a look may be. */
  get slack(): number {
    return Math.max(1, this.#timeout / 100)
  }

  /** Returns whether it is over. */
  look(now: number): boolean {
    const current = this.#patience.progress?.()
    if (current !== this.#last) this.#quietSince = now
    else if (this.isLast) {
      this.#silent(new TimeoutError(this.#patience.phase, this.#timeout))
      return true
    }
    this.#last = current
    const due = this.#quietSince + this.#timeout
    this.isLast = now >= due
    this.next = this.isLast ? now : Math.min(now + this.#interval, due)
    return false
  }
}
