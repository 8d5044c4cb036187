/** How fast bytes are drawn, seen from one call to the next. */
export class Demand {
  #drawn = 0
  #notedAt: number | undefined
  #changedAt = 0
  /** Bytes per ms. */
  rate = 0

  /** @param drawn Bytes drawn so far. */
  note(drawn: number, now: number): void {
    this.idleFor(drawn, now)
    const before = this.#notedAt ?? now
    if (now > before) {
      const rate = Math.max(0, drawn - this.#drawn) / (now - before)
      // It goes up at once and down slowly: too little would hold streams up.
      this.rate = Math.max(rate, (rate + this.rate) / 2)
      if (this.rate < 1e-3) this.rate = 0
    }
    this.#drawn = drawn
    this.#notedAt = now
  }

  /** For how many ms nothing was drawn. */
  idleFor(drawn: number, now: number): number {
    if (this.#notedAt === undefined || drawn !== this.#drawn) this.#changedAt = now
    return now - this.#changedAt
  }
}
