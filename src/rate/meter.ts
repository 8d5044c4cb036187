/** How finely the meter looks, in ms; coarser when it must remember more than 10 s. */
const FINEST_SLOT = 100
const MOST_SLOTS = 101

/**
 * Counts bytes over sliding windows, in slots of equal width. The newest slot is partly filled, so a rate is taken over
 * slightly more than the window asked for, never less.
 */
export class Meter {
  /** The longest window, in ms. */
  readonly span: number
  readonly #slots: Float64Array
  readonly #width: number
  readonly #startedAt: number
  /** Slots are numbered from 0 at the beginning. */
  #newest = 0

  /**
   * @param span Milliseconds, > 0: the longest time that is remembered.
   * @param now Milliseconds on a monotonic clock.
   */
  constructor(span: number, now: number) {
    this.span = span
    this.#width = Math.max(Math.min(FINEST_SLOT, span / 10), span / (MOST_SLOTS - 1))
    this.#slots = new Float64Array(Math.ceil(span / this.#width) + 1)
    this.#startedAt = now
  }

  /** Counts `bytes` at `now`; negative to take back what did not move after all. */
  record(bytes: number, now: number): void {
    this.#advance(now)
    this.#slots[this.#newest % this.#slots.length] = this.#at(this.#newest) + bytes
  }

  /** Mean bytes per second over the last `window` ms, or since the beginning where that is less. 0 before any time passed. */
  rate(window: number, now: number): number {
    this.#advance(now)
    const full = Math.min(Math.ceil(Math.min(window, this.span) / this.#width), this.#slots.length - 1)
    const oldest = Math.max(0, this.#newest - full)
    let bytes = 0
    for (let slot = oldest; slot <= this.#newest; slot++) bytes += this.#at(slot)
    const elapsed = now - this.#startedAt - oldest * this.#width
    return elapsed > 0 ? Math.max(0, (bytes * 1000) / elapsed) : 0
  }

  #at(slot: number): number {
    return this.#slots[slot % this.#slots.length] ?? 0
  }

  #advance(now: number): void {
    const slot = Math.floor((now - this.#startedAt) / this.#width)
    if (slot <= this.#newest) return
    const stale = Math.min(slot - this.#newest, this.#slots.length)
    for (let i = 1; i <= stale; i++) this.#slots[(this.#newest + i) % this.#slots.length] = 0
    this.#newest = slot
  }
}
