import { constants } from 'node:buffer'
import type { FileStat } from './file-system.ts'

/** The space that all files of a file system share. */
export class MemorySpace {
  readonly maxBytes: number
  readonly maxEntries: number
  usedBytes = 0
  usedEntries = 0
  constructor(maxBytes: number, maxEntries: number) {
    this.maxBytes = maxBytes
    this.maxEntries = maxEntries
  }

  get freeBytes(): number {
    return this.maxBytes - this.usedBytes
  }
}

const NO_BYTES = Buffer.alloc(0)

/** What is in a file. Its room grows by doubling, so that writing n bytes in small pieces copies fewer than 2 n. */
export class MemoryFileNode {
  readonly type = 'file'
  mode = 0o644
  modified: number
  size = 0
  /** What is behind `size` is zeros. */
  bytes = NO_BYTES
  readonly #space: MemorySpace
  #isListed = true
  #openFiles = 0
  constructor(space: MemorySpace, modified: number) {
    this.#space = space
    this.modified = modified
  }

  /** Why there is no room for `size` bytes in all: the error number's name. Undefined if there is. */
  lack(size: number): 'ENOSPC' | 'EFBIG' | undefined {
    if (size > constants.MAX_LENGTH) return 'EFBIG'
    return size > this.bytes.length + this.#space.freeBytes ? 'ENOSPC' : undefined
  }

  /** Makes room for `size` bytes. @returns What {@link lack} says. */
  grow(size: number): 'ENOSPC' | 'EFBIG' | undefined {
    const capacity = this.bytes.length
    if (size <= capacity) return undefined
    const code = this.lack(size)
    if (code) return code
    const free = this.#space.freeBytes
    const wanted = Math.max(size, Math.min(2 * capacity, constants.MAX_LENGTH))
    const grown = Buffer.alloc(Math.min(wanted, capacity + free))
    this.bytes.copy(grown, 0, 0, this.size)
    this.#space.usedBytes += grown.length - capacity
    this.bytes = grown
    return undefined
  }

  /** Cuts the file to `size`, which must not be more than it has, and gives back all room that it does not use. */
  cut(size: number): void {
    this.size = size
    if (size === this.bytes.length) return
    const kept = size === 0 ? NO_BYTES : Buffer.alloc(size)
    this.bytes.copy(kept, 0, 0, size)
    this.#space.usedBytes -= this.bytes.length - size
    this.bytes = kept
  }

  opened(): void {
    this.#openFiles++
  }

  closed(): void {
    this.#openFiles--
    this.#settle()
  }

  /** It is in no directory any more; its bytes go when nobody has it open. */
  unlisted(): void {
    this.#isListed = false
    this.#settle()
  }

  #settle(): void {
    if (this.#openFiles === 0) this.cut(this.#isListed ? this.size : 0)
  }
}

export class MemoryDirectoryNode {
  readonly type = 'directory'
  readonly size = 0
  mode = 0o755
  modified: number
  readonly children = new Map<string, MemoryNode>()
  constructor(modified: number) {
    this.modified = modified
  }
}

export type MemoryNode = MemoryFileNode | MemoryDirectoryNode

export function memoryStat(name: string, node: MemoryNode): FileStat {
  return { name, type: node.type, size: node.size, modified: new Date(node.modified), mode: node.mode }
}
