import { randomInt } from 'node:crypto'

/** The ports for passive connections. Begins anywhere, so that the next one is not easily guessed. */
export class PortPool {
  readonly #from: number
  readonly #size: number
  readonly #taken = new Set<number>()
  #next: number

  /** @throws {RangeError} If these are no ports, or `from` is above `to`. */
  constructor({ from, to }: { readonly from: number; readonly to: number }) {
    const isPort = (port: number) => Number.isInteger(port) && port >= 1 && port <= 65535
    if (!isPort(from) || !isPort(to) || from > to) {
      throw new RangeError(`Cannot use passive ports: must be from 1 to 65535 in order, are ${from} to ${to}`)
    }
    this.#from = from
    this.#size = to - from + 1
    this.#next = randomInt(this.#size)
  }

  get size(): number {
    return this.#size
  }

  /** How many are taken. */
  get taken(): number {
    return this.#taken.size
  }

  /** Takes a free one; undefined if there is none. Give it back by {@link PortPool.release}. */
  take(): number | undefined {
    if (this.#taken.size >= this.#size) return undefined
    for (;;) {
      const port = this.#from + this.#next
      this.#next = (this.#next + 1) % this.#size
      if (this.#taken.has(port)) continue
      this.#taken.add(port)
      return port
    }
  }

  release(port: number): void {
    this.#taken.delete(port)
  }
}
