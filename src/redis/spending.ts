import type { Basin } from './basin.ts'
import type { Portion } from './portion.ts'

/** Bytes to be spent from `start` on. */
interface Lease {
  readonly start: number
  bytes: number
}

/** What is left of a lease at its end goes into the next one, up to this many ms of it: what timers are late. */
const GRACE = 40

/** What was missed is made up for at so many times the fair pace, at most. */
const FASTEST = 1.5

/** How leases are spent: each evenly until the next begins, never before it begins; and a rate where there is none. */
export class Spending {
  readonly #basin: Basin
  readonly #portion: Portion
  /** Bought and not begun, in their order. */
  readonly #leases: Lease[] = []
  #bridging = false
  #bridgedFrom = 0
  /** Bytes that passed without a lease while a reply was late, and may have been sold to others. */
  #debt = 0
  /** When the present lease is to be spent, in ms. */
  endsAt = -Infinity
  /** Bytes that were bought and will not be used. */
  back = 0

  constructor(basin: Basin, portion: Portion, now: number) {
    this.#basin = basin
    this.#portion = portion
    this.#rest(now)
  }

  /** How many leases have not begun. */
  get ahead(): number {
    return this.#leases.length
  }

  /** When the next lease begins, in ms. */
  get nextAt(): number {
    return this.#leases[0]?.start ?? Infinity
  }

  /** Whether it goes on without leases. */
  get bridging(): boolean {
    return this.#bridging
  }

  /** Bytes at hand: in the bucket, in the present lease and in those to come. */
  get held(): number {
    return this.#leases.reduce((sum, { bytes }) => sum + bytes, this.#basin.level + this.#supply)
  }

  /**
   * Adds a lease that was bought for `start`; what passed without one since the last is taken off.
   *
   * @param lead How far the budget was sold already, in ms. If it was not, what passed without a lease was nobody else's.
   */
  add(start: number, bytes: number, lead: number, now: number): void {
    const { interval } = this.#portion
    this.#count()
    const missed = this.#bridging ? bytes * Math.min(1, Math.max(0, now - start) / interval) : 0
    const owed = Math.max(0, this.#debt - missed) * Math.min(1, Math.max(0, (2 * lead) / interval - 1))
    const paid = Math.min(bytes - missed, owed)
    this.#debt = owed - paid
    const from = Math.max(start, this.#leases.at(-1)?.start ?? -Infinity, now - interval)
    this.#leases.push({ start: from, bytes: bytes - missed - paid })
  }

  /** Begins the leases that are due. @returns Whether there were any. */
  begin(now: number): boolean {
    const basin = this.#basin
    let begun = false
    for (let lease = this.#leases[0]; lease && lease.start <= now; lease = this.#leases[0]) {
      this.#leases.shift()
      // A process that stood still for so long has missed it.
      if (now - lease.start > this.#portion.interval + GRACE) {
        this.back += lease.bytes
        continue
      }
      const left = this.#supply
      const keep = Math.min(left, basin.isBinding(now) ? this.#portion.pace * GRACE : this.#portion.stock + lease.bytes)
      this.back += left - keep
      this.#bridging = false
      this.endsAt = lease.start + this.#portion.interval
      this.#feed(keep + lease.bytes, now)
      begun = true
    }
    return begun
  }

  /** Spends the present lease up to the next, now that this is known. */
  pace(now: number): void {
    if (this.#bridging || this.#portion.limit === null) return
    if (this.#leases.length > 0) this.endsAt = this.nextAt
    this.#feed(this.#supply, now)
  }

  /** Puts aside what is more than `enough` bytes. */
  spare(enough: number, now: number): void {
    const spare = Math.min(this.#supply, this.held - enough)
    if (spare < 1) return
    this.back += spare
    this.#feed(this.#supply - spare, now)
  }

  /**
   * Goes on without leases.
   *
   * @param rate Bytes per second; 0 for none.
   * @param owes Whether it is to be paid back, if it was sold to others: while a reply is only late.
   */
  bridge(rate: number, owes: boolean, now: number): void {
    if (!this.#bridging) {
      this.back += this.#supply
      this.#bridgedFrom = this.#basin.drawn
    }
    if (!owes) {
      this.#bridgedFrom = Infinity
      this.#debt = 0
    }
    this.#bridging = true
    this.#basin.feed(rate || 1, rate === 0 ? 0 : Infinity, 0, now)
  }

  /** Until the next lease there is nothing: that time is sold to others. */
  endBridge(now: number): void {
    if (!this.#bridging) return
    this.#count()
    this.#bridging = false
    this.#feed(0, now)
  }

  /** Another limit holds: leases are worth so much more or less. */
  rescale(before: number | null, now: number): void {
    const { limit } = this.#portion
    const supply = this.#supply
    this.#basin.reset(limit ?? Infinity, now)
    if (before === null || limit === null) {
      this.#leases.length = 0
      this.endsAt = -Infinity
      this.#rest(now)
      return
    }
    const factor = limit / before
    for (const lease of this.#leases) lease.bytes *= factor
    if (!this.#bridging) this.#feed(supply * factor, now)
  }

  /** Puts aside everything. */
  giveUp(now: number): void {
    this.back += this.#supply
    for (const { bytes } of this.#leases) this.back += bytes
    this.#leases.length = 0
    this.#rest(now)
  }

  /** What is put aside, to be given back; from here on it counts as given. */
  takeBack(): number {
    const { back } = this
    this.back = 0
    return back
  }

  /** Counts what has passed without a lease. */
  #count(): void {
    if (this.#bridging) this.#debt += Math.max(0, this.#basin.drawn - this.#bridgedFrom)
    this.#bridgedFrom = this.#basin.drawn
  }

  get #supply(): number {
    return this.#basin.supply === Infinity ? 0 : this.#basin.supply
  }

  /** Evenly up to the next lease, but as fast as its part allows while nobody waits. */
  #feed(supply: number, now: number): void {
    const { pace, burst } = this.#portion
    const even = Math.min(supply / Math.max(1, this.endsAt - now), FASTEST * pace)
    const rate = this.#basin.isBinding(now) ? even : Math.max(even, pace)
    this.#basin.feed(Math.max(rate * 1000, 1e-3), supply, burst, now)
  }

  /** Nothing to spend; or no limit. */
  #rest(now: number): void {
    const { limit, burst } = this.#portion
    this.#bridging = false
    this.#basin.feed(limit ?? Infinity, limit === null ? Infinity : 0, burst, now)
  }
}
