/** Somebody who waits for a moment. */
export interface Sleeper {
  /** Milliseconds. */
  readonly time: number
  /** Rises with each registration: the earlier of two at the same time goes first. */
  readonly order: number
  readonly wake: () => void
  /** Where the heap keeps it; -1 outside of the heap. */
  index: number
}

const isBefore = (a: Sleeper, b: Sleeper): boolean => a.time < b.time || (a.time === b.time && a.order < b.order)

/**
 * A binary heap of sleepers, the earliest on top. Each knows its place, so that a cancelled one leaves at once, in
 * logarithmic time: timeouts that are set and taken back a million times leave nothing behind.
 */
export class SleeperHeap {
  readonly #heap: Sleeper[] = []

  get size(): number {
    return this.#heap.length
  }

  /** The earliest, or undefined. */
  peek(): Sleeper | undefined {
    return this.#heap[0]
  }

  add(sleeper: Sleeper): void {
    this.#heap.push(sleeper)
    this.#rise(sleeper, this.#heap.length - 1)
  }

  /** Takes a sleeper out. Does nothing if it is not in the heap. */
  remove(sleeper: Sleeper): void {
    const { index } = sleeper
    if (index < 0) return
    sleeper.index = -1
    const last = this.#heap.pop()
    if (last === undefined || last === sleeper) return
    // The last one takes the place; it may belong above or below.
    this.#rise(last, index)
    this.#sink(last, last.index)
  }

  #rise(sleeper: Sleeper, from: number): void {
    let index = from
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = this.#heap[above]
      if (parent === undefined || isBefore(parent, sleeper)) break
      this.#put(parent, index)
      index = above
    }
    this.#put(sleeper, index)
  }

  #sink(sleeper: Sleeper, from: number): void {
    let index = from
    for (;;) {
      const left = this.#heap[2 * index + 1]
      const right = this.#heap[2 * index + 2]
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left
      if (child === undefined || isBefore(sleeper, child)) break
      const below = child.index
      this.#put(child, index)
      index = below
    }
    this.#put(sleeper, index)
  }

  #put(sleeper: Sleeper, index: number): void {
    this.#heap[index] = sleeper
    sleeper.index = index
  }
}
