import type { Clock } from '../../../clock.ts'
import { Gate } from '../gate.ts'
import { sleepUntil } from '../wait-for.ts'

export interface BackOffSettings {
  /** How long the first refusal takes, in ms; each further one from the same address takes twice as long. */
  readonly delay: number
  /** The longest, in ms. */
  readonly maxDelay: number
  readonly clock: Clock
}

/** A login that was refused. */
export interface FailedLogin {
  /** The name that was given. */
  readonly name: string
  /** When it was begun to be looked at, in ms on the clock. */
  readonly since: number
}

interface Failures {
  readonly count: number
  /** Whose password was wrong each time; undefined for several, and for names that are longer than names are. */
  readonly name: string | undefined
  /** When the next login from there is looked at. */
  readonly readyAt: number
  /** When it is forgotten. */
  readonly forgottenAt: number
}

/** How many addresses are remembered; the oldest are forgotten for new ones. */
const MOST = 10_000

/** A failure counts for so long, in ms, as long as the delay is not longer. */
const MEMORY = 10 * 60_000

/**
 * How many logins from an address are looked at at a time: they could all be guesses, of which none has failed yet. More than one, since many
 * clients can be behind one address, and a user manager can take its time.
 */
const AT_ONCE = 4

/** Names up to this are remembered. */
const LONGEST_NAME = 64

/**
 * Makes guessing slow: the more logins from an address have failed, the longer the next one takes, on however many connections.
 */
export class LoginBackOff {
  readonly #settings: BackOffSettings
  readonly #failures = new Map<string, Failures>()
  /** Where logins are being looked at. */
  readonly #gates = new Map<string, Gate>()

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
   * Looks at a login from `address` when it is its turn. A failure must be told by {@link LoginBackOff.failed} before `look` settles.
   *
   * @throws The signal's reason, if it aborts while the login waits; what `look` throws.
   */
  async look<T>(address: string, signal: AbortSignal, look: () => Promise<T>): Promise<T> {
    const gate = this.#gates.get(address) ?? new Gate(AT_ONCE)
    this.#gates.set(address, gate)
    try {
      return await gate.pass(signal, async () => {
        const { clock } = this.#settings
        // Those before it may fail meanwhile.
        while (this.readyAt(address) > clock.now()) await sleepUntil(clock, this.readyAt(address), signal)
        return await look()
      })
    } finally {
      if (gate.isIdle) this.#gates.delete(address)
    }
  }

  /**
   * A login has failed.
   *
   * @returns When to say so, in ms on the clock. It does not depend on how long it took to find out, unless that took longer than the delay: who is
   * unknown could be told from who is not.
   */
  failed(address: string, { name, since }: FailedLogin): number {
    const { delay, maxDelay, clock } = this.#settings
    const now = clock.now()
    const found = this.#failures.get(address)
    const before = found && found.forgottenAt > now ? found : undefined
    const count = (before?.count ?? 0) + 1
    const wait = Math.min(maxDelay, delay * 2 ** Math.min(count - 1, 30))
    const readyAt = Math.max(now, Math.max(since, before?.readyAt ?? since) + wait)
    const isSame = name.length <= LONGEST_NAME && (!before || before.name === name)
    // The youngest stand last.
    this.#failures.delete(address)
    this.#failures.set(address, { count, name: isSame ? name : undefined, readyAt, forgottenAt: readyAt + MEMORY })
    this.#forget(now)
    return readyAt
  }

  /**
   * A login has succeeded: who has only mistyped their own password is forgiven. A password of one's own, or being let in as a guest, buys no more
   * guesses at those of others.
   */
  succeeded(address: string, name: string): void {
    if (this.#failures.get(address)?.name === name) this.#failures.delete(address)
  }

  #forget(now: number): void {
    for (const [address, { forgottenAt }] of this.#failures) {
      if (forgottenAt > now && this.#failures.size <= MOST) return
      this.#failures.delete(address)
    }
  }
}
