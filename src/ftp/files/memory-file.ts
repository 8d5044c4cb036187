import { FileError } from './file-error.ts'
import type { FileStat, OpenFile, OpenMode } from './file-system.ts'
import { type MemoryFileNode, memoryStat } from './memory-node.ts'
import { checkLength, checkRange, nameOf } from './virtual-path.ts'

/** A file of a `MemoryFileSystem`, open. */
export class MemoryFile implements OpenFile {
  readonly isNew: boolean
  readonly initialSize: number
  readonly #node: MemoryFileNode
  readonly #path: string
  readonly #mode: OpenMode
  readonly #now: () => number
  #isOpen = true
  constructor(node: MemoryFileNode, path: string, mode: OpenMode, isNew: boolean, now: () => number) {
    this.#node = node
    this.#path = path
    this.#mode = mode
    this.#now = now
    this.isNew = isNew
    this.initialSize = node.size
    node.opened()
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    checkRange('read', buffer, offset, length, position)
    this.#checkOpen('read', this.#mode === 'read')
    const { bytes, size } = this.#node
    const bytesRead = Math.max(0, Math.min(length, size - position))
    buffer.set(bytes.subarray(position, position + bytesRead), offset)
    return { bytesRead }
  }

  async write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }> {
    checkRange('write', buffer, offset, length, position)
    this.#checkOpen('write', this.#mode !== 'read')
    const node = this.#node
    const start = this.#mode === 'append' ? node.size : position
    if (length === 0) return { bytesWritten: 0 }
    this.#makeRoom('write', start + length)
    node.bytes.set(buffer.subarray(offset, offset + length), start)
    node.size = Math.max(node.size, start + length)
    node.modified = this.#now()
    return { bytesWritten: length }
  }

  async stat(): Promise<FileStat> {
    this.#checkOpen('stat', true)
    return memoryStat(nameOf(this.#path), this.#node)
  }

  async truncate(length: number): Promise<void> {
    checkLength('truncate', 'length', length)
    this.#checkOpen('truncate', this.#mode !== 'read')
    this.#makeRoom('truncate', length)
    if (length < this.#node.size) this.#node.cut(length)
    this.#node.size = length
    this.#node.modified = this.#now()
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#node.closed()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #makeRoom(action: string, size: number): void {
    const code = this.#node.grow(size)
    if (code) throw new FileError(action, this.#path, code)
  }

  #checkOpen(action: string, mayDoSo: boolean): void {
    if (!this.#isOpen || !mayDoSo) throw new FileError(action, this.#path, 'EBADF')
  }
}
