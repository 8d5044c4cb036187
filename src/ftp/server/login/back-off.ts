import type { Clock } from '../../../clock.ts'

export interface BackOffSettings {
  /** How long the first refusal takes, in ms; each further one from the same address takes twice as long. */
  readonly delay: number
  /** The longest, in ms. */
  readonly maxDelay: number
  readonly clock: Clock
}

interface Failures {
  count: number
  /** When the next login from there is looked at. */
  readyAt: number
  /** When it is forgotten. */
  forgottenAt: number
}

/** How many addresses are remembered; the oldest are forgotten for new ones. */
const MOST = 10_000

/** A failure counts for so long, in ms, as long as the delay is not longer. */
const MEMORY = 10 * 60_000

/**
 * Makes guessing slow: the more logins from an address have failed, the longer the next one takes, on however many connections.
 */
export class LoginBackOff {
  readonly #settings: BackOffSettings
  readonly #failures = new Map<string, Failures>()

  constructor(settings: BackOffSettings) {
    this.#settings = settings
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#failures.size
  }

  /** Until when a login from `address` has to wait, in ms on the clock, before it is looked at. */
  readyAt(address: string): number {
    return this.#failures.get(address)?.readyAt ?? -Infinity
  }

  /**
   * A login has failed.
   *
   * @returns When to say so, in ms on the clock.
   */
  failed(address: string): number {
    const { delay, maxDelay, clock } = this.#settings
    const now = clock.now()
    const before = this.#failures.get(address)
    const count = (before && before.forgottenAt > now ? before.count : 0) + 1
    const wait = Math.min(maxDelay, delay * 2 ** Math.min(count - 1, 30))
    const readyAt = Math.max(now, before?.readyAt ?? now) + wait
    // The youngest stand last.
    this.#failures.delete(address)
    this.#failures.set(address, { count, readyAt, forgottenAt: readyAt + MEMORY })
    this.#forget(now)
    return readyAt
  }

  /** A login has succeeded: whoever is there knows a password. */
  succeeded(address: string): void {
    this.#failures.delete(address)
  }

  #forget(now: number): void {
    for (const [address, { forgottenAt }] of this.#failures) {
      if (forgottenAt > now && this.#failures.size <= MOST) return
      this.#failures.delete(address)
    }
  }
}
