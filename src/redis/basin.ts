import type { Gate } from '../throttle/gate.ts'

/** What leases fill: the bucket of a gate, or a stand-in for it in simulations. Bytes, ms, and bytes per second. */
export interface Basin {
  /** Bytes drawn so far and not given back. */
  readonly drawn: number
  /** What can be drawn now; negative in debt. */
  readonly level: number
  /** What refilling may still bring; Infinity if only time fills it. */
  readonly supply: number
  /** How many wait. */
  readonly waiting: number
  readonly paused: boolean
  /** Brings `level` and `supply` up to date. */
  settle(now: number): void
  /** Whether somebody waits, or has done so a moment ago. */
  isBinding(now: number): boolean
  /** Fills it from `supply` from here on. @param burst What it holds at most while idle, beyond one quantum. */
  feed(rate: number, supply: number, burst: number, now: number): void
  /** Takes back what was granted and not drawn, since another limit holds from here on. */
  reset(rate: number, now: number): void
}

export class GateBasin implements Basin {
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
    this.#drain()
    // Nor does time bring anything before the first lease.
    if (gate.bucket.rate < Infinity) gate.bucket.supply = 0
  }

  get drawn(): number {
    return this.#gate.granted
  }

  get level(): number {
    return this.#gate.bucket.available
  }

  get supply(): number {
    return this.#gate.bucket.supply
  }

  get waiting(): number {
    return this.#gate.queue.size
  }

  get paused(): boolean {
    return this.#gate.paused
  }

  settle(now: number): void {
    this.#gate.refill(now)
  }

  isBinding(now: number): boolean {
    return !this.#gate.paused && this.#gate.isBinding(now)
  }

  feed(rate: number, supply: number, burst: number, now: number): void {
    this.#gate.feed(rate, supply, burst, now)
  }

  reset(rate: number, now: number): void {
    const { unlimited } = this.#gate
    this.#gate.setRate(rate, now)
    if (unlimited) this.#drain()
  }

  /** A bucket of its own begins full. Here nothing is paid for yet. */
  #drain(): void {
    const { bucket } = this.#gate
    if (bucket.rate < Infinity) bucket.take(bucket.available)
  }
}
