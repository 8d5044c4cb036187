/**
 * The aim of one wake-up, in ms: waiters are woken when the bucket holds what the rate gives in this time. It governs how
 * bursty the flow is; less would cost more CPU time.
 */
export const QUANTUM_TIME = 5

/**
 * What comes while a timer is late is given out at once up to this, in ms of the rate; timers are so late on a busy machine.
 */
export const GRACE_TIME = 15

/**
 * What comes while a process stands still for longer is not lost either: it is kept up to this, in ms of the rate, and made up for
 * slowly, by a tenth more than the rate, so that it makes no burst and yet the mean holds.
 */
export const ARREARS_TIME = 40
const CATCH_UP = 0.1

/** Below about 21 kB/s a quantum of 5 ms would be a handful of bytes; it grows up to this size, or up to 12 ms. */
const SMALLEST_QUANTUM = 256
const SMALL_QUANTUM_TIME = 12

/** At most so many turns a second are worth their CPU time when very many flows share a rate. */
const MOST_TURNS_PER_SECOND = 80_000

const LARGEST_EARNINGS = 1e300

/** Less than this many bytes is the rounding error of floating-point time. */
const ROUNDING = 1e-6

/** The shortest wait in ms that is sure to change a timestamp in floating point. */
const SHORTEST_WAIT = 1e-3

/**
 * Tokens for bytes, refilled by the passing of time. Whoever takes pays at once; nobody holds a claim on the future, so a new
 * rate holds for everybody from the moment it is set. Tokens below zero are a debt, paid back by time.
 * Source: token bucket C of RFC 2698 section 3, refilled lazily.
 */
export class ByteBucket {
  #rate: number
  #tokens: number
  #refilledAt: number
  /** What waiters were not given because this process was late. */
  #arrears = 0
  #burst: number
  /** What refilling may still bring, in bytes: Infinity unless the bytes come from elsewhere, see {@link ByteBucket.feed}. */
  supply = Infinity
  /** Bytes that are given out in one wake-up. */
  quantum = 0
  /** The fewest bytes for one turn of one flow. */
  smallestTurn = 0
  /** What the bucket holds at most while nobody waits: idle time and stalls buy no more than this. */
  idleDepth = 0
  /** What it holds at most while somebody waits: what comes beyond becomes arrears. */
  waitingDepth = 0

  /**
   * @param rate Bytes per second, > 0; Infinity does not limit.
   * @param burst Bytes, >= 0.
   * @param now Milliseconds on a monotonic clock. The bucket starts full.
   */
  constructor(rate: number, burst: number, now: number) {
    this.#burst = burst
    this.#rate = rate
    this.#refilledAt = now
    this.#measure()
    this.#tokens = this.idleDepth
  }

  /** Bytes per second. */
  get rate(): number {
    return this.#rate
  }

  /** Bytes that may pass at once after an idle time, beyond one quantum. */
  get burst(): number {
    return this.#burst
  }

  /** Whole bytes that can be taken now; negative while in debt. */
  get available(): number {
    return Math.floor(this.#tokens + ROUNDING)
  }

  /**
   * Sets another rate from `now` on. What the bucket holds is cut to what it can hold when idle at the new rate; a debt costs
   * no more time than before, so that a much lower rate is no standstill.
   */
  setRate(rate: number, now: number): void {
    this.refill(now, this.waitingDepth)
    if (this.#tokens < 0 && rate < this.#rate) this.#tokens *= rate / this.#rate
    this.#rate = rate
    this.#arrears = 0
    this.#measure()
    this.#tokens = Math.min(this.#tokens, this.idleDepth)
  }

  /**
   * Has the bucket filled from a supply, at a rate that goes up and down all the time: nothing that it holds is taken away. What is
   * beyond its depth stays in the supply. Call `refill` first.
   *
   * @param supply Bytes, >= 0; Infinity for a bucket that only time fills.
   */
  feed(rate: number, supply: number, burst: number): void {
    this.#rate = rate
    this.#burst = burst
    this.supply = supply
    this.#arrears = 0
    this.#measure()
    if (this.#tokens === Infinity) this.#tokens = Math.min(this.idleDepth, supply)
  }

  /**
   * Adds what time has brought, up to `depth` bytes in all. What is there already is never taken away.
   *
   * @param late Whether what does not fit is kept, since others have waited for it; else arrears lapse, too.
   */
  refill(now: number, depth: number, late = false): void {
    // A clock that steps back brings nothing; at rates beyond all use the product must not overflow.
    const earned = Math.min(Math.max(0, now - this.#refilledAt) * (this.#rate / 1000), LARGEST_EARNINGS)
    this.#refilledAt = now
    if (this.#rate === Infinity) {
      this.#tokens = Infinity
      return
    }
    if (this.supply < Infinity) {
      const fits = Math.max(0, depth - this.#tokens)
      const brought = Math.min(earned, this.supply, fits)
      this.#tokens += brought
      this.supply -= brought
      return
    }
    if (!late) this.#arrears = 0
    const repaid = Math.min(this.#arrears, CATCH_UP * earned)
    const tokens = this.#tokens + earned + repaid
    const excess = Math.max(0, tokens - Math.max(depth, this.#tokens))
    this.#tokens = tokens - excess
    if (late) this.#arrears = Math.min((this.#rate * ARREARS_TIME) / 1000, this.#arrears - repaid + excess)
  }

  /** Lets time pass without adding anything: what a paused throttle does. */
  skip(now: number): void {
    this.#refilledAt = now
    this.#arrears = 0
  }

  /** Takes `bytes`, into debt if need be. */
  take(bytes: number): void {
    this.#tokens -= bytes
  }

  /** Puts back bytes that were taken and not used, as far as they fit. */
  give(bytes: number): void {
    const before = this.#tokens
    this.#tokens = Math.max(before, Math.min(this.waitingDepth, before + bytes))
    // What came from a supply and does not fit goes back there.
    if (this.supply < Infinity) this.supply += bytes - (this.#tokens - before)
  }

  /** When the bucket will hold `bytes`, in ms; `now` if it does, Infinity if the supply is too little. Call `refill` first. */
  readyAt(bytes: number, now: number): number {
    const missing = bytes - this.#tokens
    if (missing <= ROUNDING) return now
    if (missing > this.supply + ROUNDING) return Infinity
    return Math.max(now + SHORTEST_WAIT, now + (missing / this.#rate) * 1000)
  }

  #measure(): void {
    const rate = this.#rate / 1000
    const quantum = Math.max(rate * QUANTUM_TIME, Math.min(SMALLEST_QUANTUM, rate * SMALL_QUANTUM_TIME))
    this.quantum = Math.max(1, Math.floor(quantum))
    this.smallestTurn = Math.min(
      this.quantum,
      Math.max(SMALLEST_QUANTUM, Math.floor(this.#rate / MOST_TURNS_PER_SECOND)),
    )
    this.idleDepth = this.#burst + this.quantum
    // The byte more counts where a byte takes longer than the grace: what comes meanwhile would be lost.
    this.waitingDepth = Math.max(this.idleDepth, this.quantum + rate * GRACE_TIME + 1)
  }
}
