import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { fileStat } from './disk-stat.ts'
import { FileError } from './file-error.ts'
import type { FileStat, OpenFile, OpenMode } from './file-system.ts'
import { checkLength, checkRange, nameOf } from './virtual-path.ts'

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_APPEND } = constants
// Windows has neither. Opening a pipe would wait for its other end, in a thread that all of the process shares.
const NEVER_WAIT = constants.O_NONBLOCK ?? 0
const NO_LINK = constants.O_NOFOLLOW ?? 0

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY,
  write: O_WRONLY | O_CREAT,
  append: O_WRONLY | O_CREAT | O_APPEND,
  'create-new': O_WRONLY | O_CREAT | O_EXCL,
}

/**
 * Opens what is at `real`.
 *
 * @param followsLink Whether `real` may be a link that is to be followed.
 */
export async function openDiskFile(
  real: Buffer,
  path: string,
  mode: OpenMode,
  followsLink: boolean,
): Promise<DiskFile> {
  let handle: FileHandle | undefined
  try {
    handle = await open(real, FLAGS[mode] | NEVER_WAIT | (followsLink ? 0 : NO_LINK))
    const stats = await handle.stat()
    if (stats.isFile()) return new DiskFile(handle, path, mode)
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

/** A file of a `DiskFileSystem`, open. */
export class DiskFile implements OpenFile {
  readonly #handle: FileHandle
  readonly #path: string
  readonly #mode: OpenMode
  constructor(handle: FileHandle, path: string, mode: OpenMode) {
    this.#handle = handle
    this.#path = path
    this.#mode = mode
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
