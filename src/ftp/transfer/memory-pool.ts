/** How much is kept for later, in bytes. */
const MOST_KEPT = 16 * 1024 * 1024

/** From how much lent memory on, in bytes, transfers should make do with small blocks: there are many, and each is slow then. */
const MUCH_LENT = 32 * 1024 * 1024

/** From how much lent memory on, in bytes, several transfers run: each takes the time that the others wait. */
const SOME_LENT = 4 * 1024 * 1024

/**
 * Blocks of memory that are used by one transfer after the other: to make a new one for each small file costs more than the file, and
 * most of it later, in the garbage collector.
 */
export class MemoryPool {
  readonly #free = new Map<number, Buffer[]>()
  #kept = 0
  #lent = 0

  /** Whether so many transfers run that they should make do with small blocks. */
  get isScarce(): boolean {
    return this.#lent >= MUCH_LENT
  }

  /** Whether so many transfers run that none needs to do two things at a time. */
  get isBusy(): boolean {
    return this.#lent >= SOME_LENT
  }

  /** @returns A block that holds anything. Nobody else has it. */
  borrow(size: number): Buffer {
    this.#lent += size
    const block = this.#free.get(size)?.pop()
    if (!block) return Buffer.allocUnsafeSlow(size)
    this.#kept -= size
    return block
  }

  /** Takes a block back. Nobody may read from or write to it any more, a socket neither. */
  giveBack(block: Buffer): void {
    const size = block.length
    this.#lent -= size
    if (this.#kept + size > MOST_KEPT) return
    this.#kept += size
    const blocks = this.#free.get(size)
    if (blocks) blocks.push(block)
    else this.#free.set(size, [block])
  }

  /** Leaves a block to the garbage collector, since somebody may still use it. */
  abandon(block: Buffer): void {
    this.#lent -= block.length
  }
}

/** The one of this process. */
export const memory = new MemoryPool()
