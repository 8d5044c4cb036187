import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { fileStat } from './disk-stat.ts'
import { FileError } from './file-error.ts'
import type { FileStat, OpenFile, OpenMode } from './file-system.ts'
import { checkLength, checkRange, nameOf } from './virtual-path.ts'

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_TRUNC } = constants
// Windows has neither. Opening a pipe would wait for its other end, in a thread that all of the process shares.
const NEVER_WAIT = constants.O_NONBLOCK ?? 0
const NO_LINK = constants.O_NOFOLLOW ?? 0

// Windows refuses to replace a hidden file in this way, and takes what is done in two steps.
const TRUNCATES = process.platform === 'win32' ? 0 : O_TRUNC

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY,
  write: O_WRONLY | O_CREAT,
  replace: O_WRONLY | O_CREAT | TRUNCATES,
  append: O_WRONLY | O_CREAT | O_APPEND,
  'create-new': O_WRONLY | O_CREAT,
}

/** Where a file is, or would be. */
export interface DiskPlace {
  readonly real: Buffer
  /** Whether nothing may be there. */
  readonly mayBeNew: boolean
}

/**
 * Opens what is there.
 *
 * @param followsLink Whether that may be a link that is to be followed.
 */
export async function openDiskFile(
  { real, mayBeNew }: DiskPlace,
  path: string,
  mode: OpenMode,
  followsLink: boolean,
): Promise<DiskFile> {
  const flags = FLAGS[mode] | NEVER_WAIT | (followsLink ? 0 : NO_LINK)
  let handle: FileHandle | undefined
  try {
    const created = mayBeNew ? await create(real, flags, mode) : undefined
    if (created) return new DiskFile(created, path, mode, true, 0)
    handle = await open(real, flags)
    const stats = await handle.stat()
    if (stats.isFile() && mode === 'replace' && TRUNCATES === 0) await handle.truncate(0)
    if (stats.isFile()) return new DiskFile(handle, path, mode, false, mode === 'replace' ? 0 : stats.size)
    throw new FileError('open', path, stats.isDirectory() ? 'EISDIR' : 'ENOTSUP')
  } catch (error) {
    await handle?.close()
    const { code } = error as NodeJS.ErrnoException
    // What a socket answers, and a pipe that nobody reads.
    if (code === 'ENXIO') throw new FileError('open', path, 'ENOTSUP', { cause: error })
    // A link where none was, or one that leads to what is not there.
    if (code === 'ELOOP' && !followsLink) throw new FileError('open', path, 'EACCES', { cause: error })
    throw FileError.from(error, 'open', path)
  }
}

/** Only who creates a file knows that it was not there. Undefined if it is, and may be. */
async function create(real: Buffer, flags: number, mode: OpenMode): Promise<FileHandle | undefined> {
  try {
    return await open(real, flags | O_EXCL)
  } catch (error) {
    if (mode !== 'create-new' && (error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}

/** A file of a `DiskFileSystem`, open. */
export class DiskFile implements OpenFile {
  readonly isNew: boolean
  readonly initialSize: number
  readonly #handle: FileHandle
  readonly #path: string
  readonly #mode: OpenMode
  constructor(handle: FileHandle, path: string, mode: OpenMode, isNew: boolean, initialSize: number) {
    this.#handle = handle
    this.#path = path
    this.#mode = mode
    this.isNew = isNew
    this.initialSize = initialSize
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    checkRange('read', buffer, offset, length, position)
    try {
      return await this.#handle.read(buffer, offset, length, position)
    } catch (error) {
      throw FileError.from(error, 'read', this.#path)
    }
  }

  async write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }> {
    checkRange('write', buffer, offset, length, position)
    try {
      // Only Linux ignores the position of what is appended.
      return await this.#handle.write(buffer, offset, length, this.#mode === 'append' ? null : position)
    } catch (error) {
      throw FileError.from(error, 'write', this.#path)
    }
  }

  async stat(): Promise<FileStat> {
    try {
      return fileStat(nameOf(this.#path), await this.#handle.stat())
    } catch (error) {
      throw FileError.from(error, 'stat', this.#path)
    }
  }

  async truncate(length: number): Promise<void> {
    checkLength('truncate', 'length', length)
    // The system says EINVAL here.
    if (this.#mode === 'read') throw new FileError('truncate', this.#path, 'EBADF')
    try {
      await this.#handle.truncate(length)
    } catch (error) {
      throw FileError.from(error, 'truncate', this.#path)
    }
  }

  async close(): Promise<void> {
    try {
      await this.#handle.close()
    } catch (error) {
      throw FileError.from(error, 'close', this.#path)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
