/** Finds the 100 ms in which most bytes passed, looking in steps of 1 ms. */
export class WorstWindow {
  /** Milliseconds. */
  static readonly span = 100
  /** Bytes of the last 100 ms, each at its millisecond. */
  readonly #slots = new Float64Array(WorstWindow.span)
  #newest: number
  #sum = 0
  #most = 0

  /** @param now Milliseconds on a monotonic clock. */
  constructor(now: number) {
    this.#newest = Math.floor(now)
  }

  record(bytes: number, now: number): void {
    const slot = Math.floor(now)
    for (let stale = Math.min(slot - this.#newest, WorstWindow.span); stale > 0; stale--) {
      const emptied = (slot - stale + 1) % WorstWindow.span
      this.#sum -= this.#slots[emptied] ?? 0
      this.#slots[emptied] = 0
    }
    this.#newest = Math.max(slot, this.#newest)
    const newest = this.#newest % WorstWindow.span
    this.#slots[newest] = (this.#slots[newest] ?? 0) + bytes
    this.#sum += bytes
    this.#most = Math.max(this.#most, this.#sum)
  }

  /** Bytes per second over the fullest window so far. */
  get rate(): number {
    return (this.#most * 1000) / WorstWindow.span
  }
}
