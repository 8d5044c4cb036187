import { chmod, lstat, mkdir, rename, rmdir, stat, unlink, utimes } from 'node:fs/promises'
import { checkOptions, optionNames } from '../../check-options.ts'
import { type DiskPlace, openDiskFile } from './disk-file.ts'
import { listDisk } from './disk-listing.ts'
import { DiskRoot } from './disk-root.ts'
import { fileStat, statEntry } from './disk-stat.ts'
import { FileError } from './file-error.ts'
import type { FileStat, FileSystem, FileSystemOptions, OpenFile, OpenMode, StatOptions } from './file-system.ts'
import { checkMode, checkOpenMode, checkTime, nameOf } from './virtual-path.ts'

export interface DiskFileSystemOptions {
  /**
   * Which symbolic links are followed: those that stay `inside` of the root, or links to `everywhere`, for who trusts
   * all links that are there. What is refused fails with `EACCES`, and so does writing through a link to a file that is
   * not there yet; the link itself can be seen, removed and renamed.
   * @default 'inside'
   */
  readonly followSymlinks?: 'inside' | 'everywhere'
}

const OPTIONS = optionNames<DiskFileSystemOptions>({ followSymlinks: true })

/**
 * The files of a folder on disk. Nothing leads out of it: no `..`, and no symbolic link unless `followSymlinks` says
 * so. Names that are no UTF-8 work, each byte of these as a lone surrogate (see `textCodec`).
 *
 * Out of scope: whoever can change the folder by other ways than this one, and swaps a directory for a link at the very
 * moment between its check and its use, can lead out. Node has no `openat2(2)` to prevent that. Hard links and mounts
 * count as inside.
 *
 * New files have the mode 0o666 and new directories 0o777, less the umask of the process.
 */
export class DiskFileSystem implements FileSystem {
  readonly #root: DiskRoot
  readonly #followsAll: boolean

  /**
   * @param root The folder that is `/`. It must exist when it is first used, not yet now.
   * @throws {TypeError} If the root is no path.
   */
  constructor(root: string, options: DiskFileSystemOptions = {}) {
    if (typeof root !== 'string' || root === '' || root.includes('\0')) {
      throw new TypeError(`Cannot use as the root of a file system: must be a path, is ${JSON.stringify(root)}`)
    }
    checkOptions('create a file system', options, OPTIONS)
    const { followSymlinks = 'inside' } = options
    if (followSymlinks !== 'inside' && followSymlinks !== 'everywhere') {
      const shown = JSON.stringify(followSymlinks)
      throw new TypeError(`Cannot create a file system: 'followSymlinks' must be 'inside' or 'everywhere', is ${shown}`)
    }
    this.#followsAll = followSymlinks === 'everywhere'
    this.#root = new DiskRoot(root, !this.#followsAll)
  }

  stat(path: string, { signal, follow = true }: StatOptions = {}): Promise<FileStat> {
    const name = nameOf(path)
    if (!follow && path !== '/')
      return this.#on('entry', 'stat', path, signal, (real) => statEntry(this.#root, real, name))
    return this.#on('target', 'stat', path, signal, async (real) => fileStat(name, await stat(real)))
  }

  async *list(path: string, { signal }: FileSystemOptions = {}): AsyncGenerator<FileStat, void, void> {
    const real = await this.#on('target', 'list', path, signal, async (found) => found)
    for await (const batch of listDisk(this.#root, real, path, signal)) {
      for (const stat of batch) {
        yield stat
        signal?.throwIfAborted()
      }
    }
  }

  async open(path: string, mode: OpenMode, { signal }: FileSystemOptions = {}): Promise<OpenFile> {
    checkOpenMode(mode)
    signal?.throwIfAborted()
    const place = await this.#placeToOpen(path, mode)
    signal?.throwIfAborted()
    return openDiskFile(place, path, mode, this.#followsAll)
  }

  async makeDirectory(path: string, { signal }: FileSystemOptions = {}): Promise<void> {
    if (path === '/') throw new FileError('make the directory', path, 'EEXIST')
    await this.#on('entry', 'make the directory', path, signal, (real) => mkdir(real))
  }

  removeDirectory(path: string, { signal }: FileSystemOptions = {}): Promise<void> {
    return this.#on('entry', 'remove', path, signal, (real) => rmdir(real))
  }

  removeFile(path: string, { signal }: FileSystemOptions = {}): Promise<void> {
    return this.#on('entry', 'remove', path, signal, async (real) => {
      try {
        await unlink(real)
      } catch (error) {
        // Only Linux says EISDIR, the others EPERM.
        const isDirectory = (error as NodeJS.ErrnoException).code === 'EPERM' && (await lstat(real)).isDirectory()
        throw isDirectory ? new FileError('remove', path, 'EISDIR', { cause: error }) : error
      }
    })
  }

  async rename(from: string, to: string, { signal }: FileSystemOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    const target = await this.#root.entry('rename to', to)
    await this.#on('entry', 'rename', from, signal, (source) => rename(source, target))
  }

  async setModified(path: string, time: Date, { signal }: FileSystemOptions = {}): Promise<void> {
    checkTime(time)
    await this.#on('target', 'set the time of', path, signal, (real) => utimes(real, new Date(), time))
  }

  async setMode(path: string, mode: number, { signal }: FileSystemOptions = {}): Promise<void> {
    checkMode(mode)
    await this.#on('target', 'set the mode of', path, signal, (real) => chmod(real, mode))
  }

  /** Does something with what is behind a path, or with the entry that it names. */
  async #on<Result>(
    what: 'target' | 'entry',
    action: string,
    path: string,
    signal: AbortSignal | undefined,
    act: (real: Buffer) => Promise<Result>,
  ): Promise<Result> {
    signal?.throwIfAborted()
    const real = await this.#root[what](action, path)
    signal?.throwIfAborted()
    try {
      return await act(real)
    } catch (error) {
      throw FileError.from(error, action, path)
    }
  }

  async #placeToOpen(path: string, mode: OpenMode): Promise<DiskPlace> {
    const isToCreate = mode === 'create-new'
    if (isToCreate && path !== '/') return { real: await this.#root.entry('open', path), mayBeNew: true }
    try {
      const real = await this.#root.target('open', path)
      // Links that may lead anywhere are not looked at before.
      return { real, mayBeNew: isToCreate || (this.#followsAll && mode !== 'read') }
    } catch (error) {
      if (mode === 'read' || (error as FileError).code !== 'ENOENT') throw error
      return { real: await this.#root.entry('open', path), mayBeNew: true }
    }
  }
}
