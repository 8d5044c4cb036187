import type { Dirent } from 'node:fs'
import { lstat, mkdir, opendir, realpath, rmdir, stat, unlink } from 'node:fs/promises'
import { parse, sep } from 'node:path'
import { UnsafeNameError } from '../../errors.ts'
import { FileError } from '../../files/file-error.ts'
import { textCodec } from '../../protocol/codec.ts'
import { baseName } from '../../protocol/path.ts'
import { localPath } from '../transfer/local-path.ts'
import { type Item, itemOfStats } from './item.ts'
import type { Side, TakeItems } from './side.ts'

/** How many entries are looked at together: enough to keep the threads of the disk busy, few enough to hold. */
const BATCH = 64

/** @types/node has no names of bytes here, although Node does. */
const IN_BYTES = { encoding: 'buffer' as BufferEncoding, bufferSize: BATCH }

/** Names on disk are bytes. Those that are no UTF-8 become lone surrogates and back. */
const NAMES = textCodec('utf8')

/** A folder here. */
export class LocalSide implements Side {
  readonly #root: string
  #real: Promise<Buffer> | undefined
  /** Folders in which nothing was before. */
  readonly #empty = new Set<string>()

  constructor(root: string) {
    // Else the root of the file system would get a second separator.
    this.#root = root.endsWith(sep) && root !== parse(root).root ? root.slice(0, -1) : root
  }

  pathOf(path: string): string {
    if (path === '') return this.#root
    const below = sep === '/' ? path : path.replaceAll('/', sep)
    return this.#root.endsWith(sep) ? this.#root + below : this.#root + sep + below
  }

  /** Whether the folder is there; false if nothing is. @throws {FileError} `ENOTDIR` if it is something else. */
  async isThere(): Promise<boolean> {
    try {
      if ((await stat(localPath(this.#root))).isDirectory()) return true
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    }
    throw new FileError('use as a directory', this.#root, 'ENOTDIR')
  }

  async list(path: string, take: TakeItems, signal: AbortSignal): Promise<void> {
    const folder = this.pathOf(path)
    let batch: Dirent[] = []
    const flush = async () => {
      const items = await Promise.all(batch.map((entry) => lookAt(folder, entry)))
      signal.throwIfAborted()
      take(items.filter((item) => item !== undefined))
      batch = []
    }
    // Leaving the loop, in whatever way, closes the directory.
    for await (const entry of await opendir(localPath(folder) as string, IN_BYTES)) {
      if (batch.push(entry) === BATCH) await flush()
    }
    await flush()
  }

  async makeFolder(path: string): Promise<boolean> {
    const isMade = await this.#make(path)
    // The last few suffice: folders are gone through one after the other.
    if (this.#empty.size >= 16) this.#empty.clear()
    if (isMade || (await isEmpty(this.pathOf(path)))) this.#empty.add(path)
    return isMade
  }

  /** Whether nothing was in the folder of a file before; false if that is not known. */
  isNew(path: string): boolean {
    return this.#empty.has(path.slice(0, Math.max(0, path.lastIndexOf('/'))))
  }

  async #make(path: string): Promise<boolean> {
    const folder = this.pathOf(path)
    if (path === '') return (await mkdir(localPath(folder), { recursive: true })) !== undefined
    try {
      await mkdir(localPath(folder))
      return true
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const found = await lstat(localPath(folder))
    if (found.isSymbolicLink()) await this.#checkInside(folder)
    else if (!found.isDirectory()) throw new FileError('make the directory', folder, 'EEXIST')
    return false
  }

  async removeFile(path: string): Promise<void> {
    await unlink(localPath(this.pathOf(path)))
  }

  async removeFolder(path: string): Promise<void> {
    await rmdir(localPath(this.pathOf(path)))
  }

  /** What a server sends must not go where a link leads that was here before. */
  async #checkInside(folder: string): Promise<void> {
    this.#real ??= realpath(localPath(this.#root), 'buffer')
    const root = await this.#real
    const real = await realpath(localPath(folder), 'buffer')
    const isInside = real.subarray(0, root.length).equals(root) && isSeparator(real[root.length])
    if (!isInside) {
      throw new UnsafeNameError(
        baseName(folder),
        'a symbolic link of that name leads out of the directory that is written to',
      )
    }
    if (!(await stat(real)).isDirectory()) throw new FileError('make the directory', folder, 'EEXIST')
  }
}

/** Whether nothing is in a folder; false if that can't be told: one may be written to and not read. */
async function isEmpty(folder: string): Promise<boolean> {
  try {
    for await (const _ of await opendir(localPath(folder) as string)) return false
    return true
  } catch {
    return false
  }
}

/** One that has gone meanwhile is left out. */
async function lookAt(folder: string, entry: Dirent): Promise<Item | undefined> {
  const name = NAMES.decode(entry.name as unknown as Buffer)
  try {
    return itemOfStats(name, await lstat(localPath(folder + sep + name)))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const isSeparator = (byte: number | undefined) => byte === sep.charCodeAt(0)

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code
