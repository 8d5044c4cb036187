/**
 * A file system of one's own that can be written: each file is a record of a store, and what a client has sent gets there when the file is
 * closed, whole. The store is a Map here; it could be a database or a bucket.
 *
 *     npx tsx examples/stored-files.ts [port]
 */
import { fileURLToPath } from 'node:url'
import {
  FileError,
  type FileStat,
  type FileSystem,
  type FileSystemOptions,
  type OpenFile,
  type OpenMode,
  Server,
} from 'sluice/ftp-server'

/** A file has bytes, a directory has none. Bytes are never changed, only replaced: who reads them goes on with them. */
interface StoredRecord {
  modified: Date
  bytes?: Buffer
}

const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/'

function statOf(path: string, { bytes, modified }: StoredRecord): FileStat {
  const name = path === '/' ? path : path.slice(path.lastIndexOf('/') + 1)
  if (!bytes) return { name, type: 'directory', size: 0, modified, mode: 0o755 }
  return { name, type: 'file', size: bytes.length, modified, mode: 0o644 }
}

export class StoredFiles implements FileSystem {
  /** By path. */
  readonly #records = new Map<string, StoredRecord>([['/', { modified: new Date() }]])

  async stat(path: string, options?: FileSystemOptions): Promise<FileStat> {
    options?.signal?.throwIfAborted()
    return statOf(path, this.#find('stat', path))
  }

  async *list(path: string, options?: FileSystemOptions): AsyncGenerator<FileStat, void, void> {
    options?.signal?.throwIfAborted()
    if (this.#find('list', path).bytes) throw new FileError('list', path, 'ENOTDIR')
    for (const [child, record] of this.#records) {
      if (child === '/' || parentOf(child) !== path) continue
      yield statOf(child, record)
      options?.signal?.throwIfAborted()
    }
  }

  async open(path: string, mode: OpenMode, options?: FileSystemOptions): Promise<OpenFile> {
    options?.signal?.throwIfAborted()
    const known = this.#records.get(path)
    if (known && mode === 'create-new') throw new FileError('open', path, 'EEXIST')
    const record = known ?? (mode === 'read' ? this.#find('open', path) : this.#add('open', path, Buffer.alloc(0)))
    if (!record.bytes) throw new FileError('open', path, 'EISDIR')
    return new StoredFile(path, mode, record, known === undefined)
  }

  async makeDirectory(path: string, options?: FileSystemOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    if (this.#records.has(path)) throw new FileError('make', path, 'EEXIST')
    this.#add('make', path)
  }

  async removeDirectory(path: string, options?: FileSystemOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    if (path === '/') throw new FileError('remove', path, 'EBUSY')
    if (this.#find('remove', path).bytes) throw new FileError('remove', path, 'ENOTDIR')
    if (this.#isFull(path)) throw new FileError('remove', path, 'ENOTEMPTY')
    this.#records.delete(path)
  }

  async removeFile(path: string, options?: FileSystemOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    if (path === '/') throw new FileError('remove', path, 'EBUSY')
    if (!this.#find('remove', path).bytes) throw new FileError('remove', path, 'EISDIR')
    this.#records.delete(path)
  }

  async rename(from: string, to: string, options?: FileSystemOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    if (from === '/' || to === '/') throw new FileError('rename', '/', 'EBUSY')
    const record = this.#find('rename', from)
    if (from === to) return
    if (to.startsWith(`${from}/`)) throw new FileError('rename', from, 'EINVAL')
    this.#checkParent('rename to', to)
    const replaced = this.#records.get(to)
    if (replaced && !replaced.bytes && record.bytes) throw new FileError('rename to', to, 'EISDIR')
    if (replaced?.bytes && !record.bytes) throw new FileError('rename to', to, 'ENOTDIR')
    if (this.#isFull(to)) throw new FileError('rename to', to, 'ENOTEMPTY')
    for (const [path, moved] of [...this.#records]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      this.#records.delete(path)
      this.#records.set(to + path.slice(from.length), moved)
    }
  }

  async setModified(path: string, time: Date, options?: FileSystemOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    this.#find('set the time of', path).modified = time
  }

  async setMode(path: string): Promise<void> {
    throw new FileError('set the mode of', path, 'ENOTSUP')
  }

  #find(action: string, path: string): StoredRecord {
    const record = this.#records.get(path)
    if (record) return record
    if (path !== '/') this.#checkParent(action, path)
    throw new FileError(action, path, 'ENOENT')
  }

  /** What is to be at a path must be in a directory. */
  #checkParent(action: string, path: string): void {
    if (this.#find(action, parentOf(path)).bytes) throw new FileError(action, path, 'ENOTDIR')
  }

  #add(action: string, path: string, bytes?: Buffer): StoredRecord {
    this.#checkParent(action, path)
    const record: StoredRecord = { modified: new Date(), ...(bytes && { bytes }) }
    this.#records.set(path, record)
    return record
  }

  #isFull(path: string): boolean {
    return [...this.#records.keys()].some((child) => child.startsWith(`${path}/`))
  }
}

class StoredFile implements OpenFile {
  readonly isNew: boolean
  readonly initialSize: number
  readonly #path: string
  readonly #mode: OpenMode
  readonly #record: StoredRecord
  /** What is read, or is to become of the file; behind `#size` is room, all zeros. */
  #room: Buffer
  #size: number
  #isOpen = true

  constructor(path: string, mode: OpenMode, record: StoredRecord, isNew: boolean) {
    const bytes = mode === 'replace' ? undefined : record.bytes
    this.isNew = isNew
    this.#path = path
    this.#mode = mode
    this.#record = record
    this.#room = mode === 'read' && bytes ? bytes : Buffer.from(bytes ?? '')
    this.#size = this.initialSize = this.#room.length
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    this.#check('read', this.#mode === 'read')
    const part = this.#room.subarray(position, position + length) // empty behind the end
    buffer.set(part, offset)
    return { bytesRead: part.length }
  }

  async write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }> {
    this.#check('write', this.#mode !== 'read')
    const start = this.#mode === 'append' ? this.#size : position
    this.#resize(Math.max(this.#size, start + length))
    this.#room.set(buffer.subarray(offset, offset + length), start) // copied: the buffer is used again
    return { bytesWritten: length }
  }

  async truncate(length: number): Promise<void> {
    this.#check('truncate', this.#mode !== 'read')
    this.#resize(length)
  }

  async stat(): Promise<FileStat> {
    this.#check('stat', true)
    return statOf(this.#path, { modified: this.#record.modified, bytes: this.#room.subarray(0, this.#size) })
  }

  /** Here the store gets the file. What it throws becomes the answer to the upload. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    if (this.#mode === 'read') return
    this.#record.bytes = Buffer.from(this.#room.subarray(0, this.#size))
    this.#record.modified = new Date()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The room doubles, so that a file is not copied for each piece of it that comes. */
  #resize(size: number): void {
    if (size < this.#size) this.#room.fill(0, size, this.#size)
    if (size > this.#room.length) {
      const room = Buffer.alloc(Math.max(size, 2 * this.#room.length))
      room.set(this.#room)
      this.#room = room
    }
    this.#size = size
  }

  #check(action: string, mayDoSo: boolean): void {
    if (!this.#isOpen || !mayDoSo) throw new FileError(action, this.#path, 'EBADF')
  }
}

// Started as a program, it serves what others put there.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = new Server({ fileSystem: new StoredFiles() })
  await server.listen({ port: Number(process.argv[2] ?? 2121) })
  console.log(`Serving ${server.url}`)
  process.once('SIGINT', () => void server.close())
}
