/**
 * A file system of one's own: what a program knows, as files that anybody can fetch by FTP and nobody can change.
 *
 *     npx tsx examples/own-file-system.ts [port]
 */
import { FileError, type FileStat, type FileSystem, type OpenFile, type OpenMode, Server } from 'sluice/ftp-server'

/** A file has bytes, a directory has children. */
interface Node {
  modified: Date
  bytes?: Buffer
  readonly children: Map<string, Node>
}

const directory = (): Node => ({ modified: new Date(), children: new Map() })

function statOf(path: string, { bytes, modified }: Node): FileStat {
  const name = path === '/' ? path : path.slice(path.lastIndexOf('/') + 1)
  if (!bytes) return { name, type: 'directory', size: 0, modified, mode: 0o555 }
  return { name, type: 'file', size: bytes.length, modified, mode: 0o444 }
}

/** Files that the program publishes, in directories that come with them. */
class PublishedFiles implements FileSystem {
  readonly #root = directory()

  /** Puts a file there, in place of what was. Who is reading that one goes on with it. */
  publish(path: string, text: string): void {
    let node = this.#root
    for (const name of path.split('/').slice(1)) {
      const child = node.children.get(name) ?? directory()
      node.children.set(name, child)
      node = child
    }
    node.bytes = Buffer.from(text)
    node.modified = new Date()
  }

  async stat(path: string): Promise<FileStat> {
    return statOf(path, this.#find('stat', path))
  }

  async *list(path: string): AsyncGenerator<FileStat, void, void> {
    const { bytes, children } = this.#find('list', path)
    if (bytes) throw new FileError('list', path, 'ENOTDIR')
    for (const [name, child] of children) yield statOf(`/${name}`, child)
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    if (mode !== 'read') return refuse('write', path)
    const node = this.#find('open', path)
    if (!node.bytes) throw new FileError('open', path, 'EISDIR')
    return new PublishedFile(path, statOf(path, node), node.bytes)
  }

  makeDirectory = (path: string) => refuse('make', path)
  removeDirectory = (path: string) => refuse('remove', path)
  removeFile = (path: string) => refuse('remove', path)
  rename = (from: string) => refuse('rename', from)
  setModified = (path: string) => refuse('set the time of', path)
  setMode = (path: string) => refuse('set the mode of', path)

  #find(action: string, path: string): Node {
    let node = this.#root
    for (const name of path.split('/').filter((part) => part !== '')) {
      if (node.bytes) throw new FileError(action, path, 'ENOTDIR')
      const child = node.children.get(name)
      if (!child) throw new FileError(action, path, 'ENOENT')
      node = child
    }
    return node
  }
}

/** What was there when it was opened, so that the size that was told stays true. */
class PublishedFile implements OpenFile {
  readonly isNew = false
  readonly initialSize: number
  readonly #path: string
  readonly #stat: FileStat
  #bytes: Buffer | undefined

  constructor(path: string, stat: FileStat, bytes: Buffer) {
    this.#path = path
    this.#stat = stat
    this.#bytes = bytes
    this.initialSize = bytes.length
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    if (!this.#bytes) throw new FileError('read', this.#path, 'EBADF')
    const part = this.#bytes.subarray(position, position + length) // empty behind the end
    buffer.set(part, offset)
    return { bytesRead: part.length }
  }

  async stat(): Promise<FileStat> {
    if (!this.#bytes) throw new FileError('stat', this.#path, 'EBADF')
    return this.#stat
  }

  async close(): Promise<void> {
    this.#bytes = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  write = () => refuse('write', this.#path, 'EBADF')
  truncate = () => refuse('truncate', this.#path, 'EBADF')
}

async function refuse(action: string, path: string, code = 'EROFS'): Promise<never> {
  throw new FileError(action, path, code)
}

const files = new PublishedFiles()
const publish = () => files.publish('/state/time.txt', `${new Date().toISOString()}\n`)
publish()
files.publish('/readme.txt', 'state/time.txt is a new one each second\n')
const timer = setInterval(publish, 1000)

const server = new Server({ fileSystem: files })
await server.listen({ port: Number(process.argv[2] ?? 2121) })
console.log(`Serving ${server.url}`)
process.once('SIGINT', () => {
  clearInterval(timer)
  void server.close()
})
