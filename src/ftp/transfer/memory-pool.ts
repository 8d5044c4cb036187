/** How much is kept for later, in bytes. */
const MOST_KEPT = 16 * 1024 * 1024

/**
 * Blocks of memory that are used by one transfer after the other: to make a new one for each small file costs more than the file, and
 * most of it later, in the garbage collector.
 */
export class MemoryPool {
  readonly #free = new Map<number, Buffer[]>()
  #kept = 0

  /** @returns A block that holds anything. Nobody else has it. */
  borrow(size: number): Buffer {
    const block = this.#free.get(size)?.pop()
    if (!block) return Buffer.allocUnsafeSlow(size)
    this.#kept -= size
    return block
  }

  /** Takes a block back. Nobody may read from or write to it any more, a socket neither. */
  giveBack(block: Buffer): void {
    const size = block.length
    if (this.#kept + size > MOST_KEPT) return
    this.#kept += size
    const blocks = this.#free.get(size)
    if (blocks) blocks.push(block)
    else this.#free.set(size, [block])
  }
}

/** The one of this process. */
export const memory = new MemoryPool()
