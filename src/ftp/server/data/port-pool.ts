import { randomInt } from 'node:crypto'

/** The ports for passive connections. Any of them can be the next, so that it is not easily guessed by who wants to be there first. */
export class PortPool {
  readonly #from: number
  readonly #size: number
  readonly #taken = new Set<number>()

  /** @throws {RangeError} If these are no ports, or `from` is above `to`. */
  constructor({ from, to }: { readonly from: number; readonly to: number }) {
    const isPort = (port: number) => Number.isInteger(port) && port >= 1 && port <= 65535
    if (!isPort(from) || !isPort(to) || from > to) {
      throw new RangeError(`Cannot use passive ports: must be from 1 to 65535 in order, are ${from} to ${to}`)
    }
    this.#from = from
    this.#size = to - from + 1
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
    for (let i = randomInt(this.#size); ; i = (i + 1) % this.#size) {
      const port = this.#from + i
      if (this.#taken.has(port)) continue
      this.#taken.add(port)
      return port
    }
  }

  release(port: number): void {
    this.#taken.delete(port)
  }
}
