/** Counts bytes as they arrive, each in its millisecond: what really came through, whatever the processes say of themselves. */
export class Tap {
  #slots = new Float64Array(2 ** 16)
  #origin
  /** When the first byte came, in ms; undefined before. @type {number | undefined} */
  firstAt
  /** Bytes in all. */
  bytes = 0

  /** @param {number} origin What is counted from, as a `performance.now()`. */
  constructor(origin) {
    this.#origin = origin
  }

  /**
   * @param {number} bytes
   * @param {number} now As a `performance.now()`, not before the origin.
   * @param {number} [since] They came some time from then on.
   */
  count(bytes, now, since = now) {
    const last = Math.floor(now - this.#origin)
    const first = Math.max(0, Math.floor(since - this.#origin))
    while (last >= this.#slots.length) {
      const longer = new Float64Array(2 * this.#slots.length)
      longer.set(this.#slots)
      this.#slots = longer
    }
    for (let slot = first; slot <= last; slot++) this.#slots[slot] = this.at(slot) + bytes / (last - first + 1)
    this.bytes += bytes
    this.firstAt ??= now - this.#origin
  }

  /** Bytes in the millisecond that begins at `at`, counted from the origin. @param {number} at An integer. */
  at(at) {
    return this.#slots[at] ?? 0
  }

  /** Bytes from one moment to another, in ms from the origin; fractions are dropped. @param {number} from @param {number} to */
  between(from, to) {
    let sum = 0
    for (let at = Math.max(0, Math.floor(from)); at < Math.floor(to); at++) sum += this.at(at)
    return sum
  }

  /** Bytes per second from one moment to another. @param {number} from @param {number} to */
  rate(from, to) {
    const ms = Math.floor(to) - Math.floor(from)
    return ms > 0 ? (this.between(from, to) * 1000) / ms : 0
  }
}
