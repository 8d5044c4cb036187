import { checkOptions, classOf, optionNames, show } from '../../check-options.ts'
import type { Clock } from '../../clock.ts'
import { parseSize, type Size } from '../../units.ts'
import { FileError } from './file-error.ts'
import type { FileStat, FileSystem, FileSystemOptions, OpenFile, OpenMode, StatOptions } from './file-system.ts'
import { MemoryFile } from './memory-file.ts'
import { MemoryDirectoryNode, MemoryFileNode, type MemoryNode, MemorySpace, memoryStat } from './memory-node.ts'
import { checkMode, checkOpenMode, checkTime, nameOf, partsOf } from './virtual-path.ts'

/** What a file holds: text is UTF-8. */
export type FileContent = string | Uint8Array

export interface MemoryFileSystemOptions {
  /**
   * What is there from the start, by path: the content of a file, or null for an empty directory. Directories on the way come with them.
   *
   * @example { '/readme.txt': 'Hello', '/logs/today.bin': bytes, '/incoming': null }
   */
  readonly files?: Readonly<Record<string, FileContent | null>>
  /**
   * Bytes that all files may take together, as a number or as text such as `'64MiB'`; more fails with `ENOSPC`. A file that is open may
   * take twice its size, as long as there is room.
   * @default 268_435_456 (256 MiB)
   */
  readonly maxBytes?: Size
  /**
   * How many files and directories there may be; more fails with `ENOSPC`.
   * @default 100_000
   */
  readonly maxEntries?: number
  /**
   * Where times of change come from, counted on from the time of day at creation. Without one they are the time of day.
   */
  readonly clock?: Clock
}

const OPTIONS = optionNames<MemoryFileSystemOptions>({ files: true, maxBytes: true, maxEntries: true, clock: true })

const DEFAULT_BYTES = 256 * 1024 * 1024
const DEFAULT_ENTRIES = 100_000
/** As most disks have it. */
const LONGEST_NAME = 255

/**
 * Files in memory, for tests and for a server that is to leave nothing behind. It knows no links and no users, and
 * modes forbid nothing.
 *
 * ```ts
 * const files = new MemoryFileSystem({ files: { '/readme.txt': 'Hello', '/incoming': null } })
 * await using server = new Server({ fileSystem: files })
 * await files.readFile('/incoming/report.csv') // what a client has put there, as a Buffer
 * ```
 */
export class MemoryFileSystem implements FileSystem {
  readonly #space: MemorySpace
  readonly #now: () => number
  readonly #root: MemoryDirectoryNode

  /**
   * @throws {RangeError} If a maximum is no whole number >= 0. {@link TypeError} for `files` that can't be, and {@link FileError} for those that
   * have no room, or can't be together.
   */
  constructor(options: MemoryFileSystemOptions = {}) {
    checkOptions('create a file system', options, OPTIONS)
    const { maxBytes = DEFAULT_BYTES, maxEntries = DEFAULT_ENTRIES, clock, files = {} } = options
    if (!Number.isSafeInteger(maxEntries) || maxEntries < 0) {
      throw new RangeError(`Cannot create a file system: 'maxEntries' must be an integer >= 0, is ${show(maxEntries)}`)
    }
    // A Map has entries, but none that Object.entries knows.
    if (classOf(files) !== '[object Object]') {
      const wanted = "'files' must be an object of contents by path"
      throw new TypeError(`Cannot create a file system: ${wanted}, is ${classOf(files)}`)
    }
    this.#space = new MemorySpace(parseSize(maxBytes), maxEntries)
    const offset = clock ? Date.now() - clock.now() : 0
    this.#now = clock ? () => offset + clock.now() : Date.now
    this.#root = new MemoryDirectoryNode(this.#now())
    for (const [path, content] of Object.entries(files)) {
      if (!path.startsWith('/')) {
        throw new TypeError(`Cannot create a file system: paths must begin with "/", is ${JSON.stringify(path)}`)
      }
      if (content === null) this.#makeDirectories(path, partsOf('make the directory', path))
      else this.#put(path, content)
    }
  }

  /** Bytes that are taken now. */
  get usedBytes(): number {
    return this.#space.usedBytes
  }

  /**
   * Puts a whole file there, in place of what was, and makes the directories on the way. What was stays if there is no room.
   *
   * @throws {FileError} `EISDIR` if a directory is there, `ENOTDIR` if a part on the way is none, `ENOSPC`.
   */
  async writeFile(path: string, content: FileContent, { signal }: FileSystemOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    this.#put(path, content)
  }

  /** A copy of a whole file. @throws {FileError} `ENOENT`; `EISDIR` for a directory. */
  async readFile(path: string, { signal }: FileSystemOptions = {}): Promise<Buffer> {
    signal?.throwIfAborted()
    const node = this.#find('read', path)
    if (node.type === 'directory') throw new FileError('read', path, 'EISDIR')
    return Buffer.from(node.bytes.subarray(0, node.size))
  }

  async stat(path: string, { signal }: StatOptions = {}): Promise<FileStat> {
    signal?.throwIfAborted()
    return memoryStat(nameOf(path), this.#find('stat', path))
  }

  async *list(path: string, { signal }: FileSystemOptions = {}): AsyncGenerator<FileStat, void, void> {
    signal?.throwIfAborted()
    const node = this.#find('list', path)
    if (node.type !== 'directory') throw new FileError('list', path, 'ENOTDIR')
    for (const [name, child] of node.children) {
      yield memoryStat(name, child)
      signal?.throwIfAborted()
    }
  }

  async open(path: string, mode: OpenMode, { signal }: FileSystemOptions = {}): Promise<OpenFile> {
    checkOpenMode(mode)
    signal?.throwIfAborted()
    const found = mode === 'read' ? this.#find('open', path) : this.#findToWrite(path, mode)
    const node = found ?? this.#create(path)
    if (node.type === 'directory') throw new FileError('open', path, 'EISDIR')
    if (mode === 'replace') {
      node.cut(0)
      node.modified = this.#now()
    }
    return new MemoryFile(node, path, mode, found === undefined, this.#now)
  }

  async makeDirectory(path: string, { signal }: FileSystemOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    if (path === '/') throw new FileError('make the directory', path, 'EEXIST')
    const { parent, name } = this.#place('make the directory', path)
    if (parent.children.has(name)) throw new FileError('make the directory', path, 'EEXIST')
    this.#add('make the directory', path, parent, name, new MemoryDirectoryNode(this.#now()))
  }

  async removeDirectory(path: string, { signal }: FileSystemOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    const { parent, name } = this.#place('remove', path)
    const node = this.#find('remove', path)
    if (node.type !== 'directory') throw new FileError('remove', path, 'ENOTDIR')
    if (node.children.size > 0) throw new FileError('remove', path, 'ENOTEMPTY')
    this.#take(parent, name, node)
  }

  async removeFile(path: string, { signal }: FileSystemOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    const { parent, name } = this.#place('remove', path)
    const node = this.#find('remove', path)
    if (node.type === 'directory') throw new FileError('remove', path, 'EISDIR')
    this.#take(parent, name, node)
  }

  async rename(from: string, to: string, { signal }: FileSystemOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    const source = this.#place('rename', from)
    const node = this.#find('rename', from)
    const target = this.#place('rename', to)
    if (to.startsWith(`${from}/`)) throw new FileError('rename', from, 'EINVAL')
    const replaced = target.parent.children.get(target.name)
    if (replaced === node) return
    if (replaced) this.#replace(to, target.parent, target.name, node, replaced)
    source.parent.children.delete(source.name)
    target.parent.children.set(target.name, node)
    source.parent.modified = target.parent.modified = this.#now()
  }

  async setModified(path: string, time: Date, { signal }: FileSystemOptions = {}): Promise<void> {
    checkTime(time)
    signal?.throwIfAborted()
    this.#find('set the time of', path).modified = time.getTime()
  }

  async setMode(path: string, mode: number, { signal }: FileSystemOptions = {}): Promise<void> {
    checkMode(mode)
    signal?.throwIfAborted()
    this.#find('set the mode of', path).mode = mode
  }

  #put(path: string, content: FileContent): void {
    if (typeof content !== 'string' && !(content instanceof Uint8Array)) {
      throw new TypeError(
        `Cannot write ${JSON.stringify(path)}: the content must be text or bytes, is ${show(content)}`,
      )
    }
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    this.#makeDirectories(path, partsOf('write', path).slice(0, -1))
    const found = this.#findToWrite(path, 'replace')
    if (found?.type === 'directory') throw new FileError('write', path, 'EISDIR')
    const node = found ?? new MemoryFileNode(this.#space, this.#now())
    const code = node.lack(bytes.length)
    if (code) throw new FileError('write', path, code)
    if (!found) this.#create(path, node)
    node.cut(0)
    node.grow(bytes.length)
    node.bytes.set(bytes)
    node.size = bytes.length
    node.modified = this.#now()
  }

  /** Those that are missing. */
  #makeDirectories(path: string, parts: readonly string[]): void {
    let parent = this.#root
    for (const part of parts) {
      if (part.length > LONGEST_NAME) throw new FileError('make the directory', path, 'ENAMETOOLONG')
      const node = parent.children.get(part) ?? new MemoryDirectoryNode(this.#now())
      if (node.type !== 'directory') throw new FileError('make the directory', path, 'ENOTDIR')
      if (!parent.children.has(part)) this.#add('make the directory', path, parent, part, node)
      parent = node
    }
  }

  #find(action: string, path: string): MemoryNode {
    let node: MemoryNode = this.#root
    for (const part of partsOf(action, path)) {
      if (node.type !== 'directory') throw new FileError(action, path, 'ENOTDIR')
      const child = node.children.get(part)
      if (!child) throw new FileError(action, path, 'ENOENT')
      node = child
    }
    return node
  }

  /** The directory that `path` is in, or would be. */
  #place(action: string, path: string): { parent: MemoryDirectoryNode; name: string } {
    const parts = partsOf(action, path)
    const name = parts.pop()
    if (name === undefined) throw new FileError(action, path, 'EBUSY')
    if (name.length > LONGEST_NAME) throw new FileError(action, path, 'ENAMETOOLONG')
    let parent: MemoryNode | undefined = this.#root
    for (const part of parts) {
      parent = parent.children.get(part)
      if (!parent) throw new FileError(action, path, 'ENOENT')
      if (parent.type !== 'directory') throw new FileError(action, path, 'ENOTDIR')
    }
    return { parent, name }
  }

  /** Undefined if nothing is there. */
  #findToWrite(path: string, mode: OpenMode): MemoryNode | undefined {
    if (path === '/') throw new FileError('open', path, mode === 'create-new' ? 'EEXIST' : 'EISDIR')
    const { parent, name } = this.#place('open', path)
    const node = parent.children.get(name)
    if (node && mode === 'create-new') throw new FileError('open', path, 'EEXIST')
    return node
  }

  #create(path: string, node = new MemoryFileNode(this.#space, this.#now())): MemoryFileNode {
    const { parent, name } = this.#place('open', path)
    this.#add('open', path, parent, name, node)
    return node
  }

  #add(action: string, path: string, parent: MemoryDirectoryNode, name: string, node: MemoryNode): void {
    if (this.#space.usedEntries >= this.#space.maxEntries) throw new FileError(action, path, 'ENOSPC')
    this.#space.usedEntries++
    parent.children.set(name, node)
    parent.modified = this.#now()
  }

  #take(parent: MemoryDirectoryNode, name: string, node: MemoryNode): void {
    parent.children.delete(name)
    parent.modified = this.#now()
    this.#space.usedEntries--
    if (node.type === 'file') node.unlisted()
  }

  #replace(path: string, parent: MemoryDirectoryNode, name: string, node: MemoryNode, replaced: MemoryNode): void {
    if (replaced.type === 'directory') {
      if (node.type !== 'directory') throw new FileError('rename to', path, 'EISDIR')
      if (replaced.children.size > 0) throw new FileError('rename to', path, 'ENOTEMPTY')
    } else if (node.type === 'directory') throw new FileError('rename to', path, 'ENOTDIR')
    this.#take(parent, name, replaced)
  }
}
