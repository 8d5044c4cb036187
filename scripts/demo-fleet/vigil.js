/** How often it looks, and how long a gap is one, in ms. */
const LOOK = 2
const GAP = 4

/**
 * Knows when this process was held up: what it reads right after that has come some time meanwhile, and not all at once. Without it each
 * time that the demo gets no processor would look as if all had exceeded the limit.
 */
export class Vigil {
  #seen = performance.now()
  /** @type {number | undefined} */
  #heldUpSince
  /** @type {NodeJS.Timeout | undefined} */
  #timer

  start() {
    this.#timer = setInterval(() => this.#look(performance.now()), LOOK)
  }

  stop() {
    clearInterval(this.#timer)
  }

  /** When bytes that are read now can have come at the earliest. @param {number} now As a `performance.now()`. */
  since(now) {
    this.#look(now)
    return this.#heldUpSince ?? now
  }

  /** @param {number} now */
  #look(now) {
    if (now - this.#seen > GAP && this.#heldUpSince === undefined) {
      this.#heldUpSince = this.#seen
      // Until all that is there has been read.
      setImmediate(() => {
        this.#heldUpSince = undefined
      })
    }
    this.#seen = now
  }
}
