import { constants } from 'node:fs'
import { ChangedError } from '../../../errors.ts'
import { FileError } from '../../../files/file-error.ts'
import { blocksOf } from '../../../transfer/send-file.ts'
import type { Checksum } from '../../operations/checksum.ts'
import { compareFile } from '../checksums.ts'
import { LocalFile } from '../local-file.ts'
import type { Origin, OriginFile } from './origin.ts'

/** A file up to this size is read in one go. */
const SMALL = 64 * 1024

/** A pipe without a writer, which is refused once it is known to be one, would hold the opening up for ever. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

interface FileFacts extends OriginFile {
  readonly size: number
  readonly modified: Date
  /** The same with fractions of milliseconds. */
  readonly mtimeMs: number
}

/** A local file, which must be the same in the end as in the beginning. */
export class FileOrigin implements Origin {
  readonly #path: string
  #opening: Promise<LocalFile> | undefined
  #looking: Promise<FileFacts> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(path: string) {
    this.#path = path
  }

  canBeginAt(): boolean {
    return true
  }

  isOwn(error: unknown): boolean {
    return this.#failure !== undefined && this.#failure.error === error
  }

  /** @throws The error of the file system; EISDIR for a directory, EINVAL for what is no file either. */
  look(): Promise<FileFacts> {
    this.#looking ??= this.#own(this.#look())
    return this.#looking
  }

  async *chunks(position: number): AsyncGenerator<Uint8Array> {
    try {
      const { size } = await this.look()
      const handle = await this.#handle()
      const blocks =
        size <= SMALL ? [await readAll(handle, position, size)] : blocksOf(handle, position, size - position)
      let count = position
      for await (const block of blocks) {
        count += block.length
        if (count > size) throw new ChangedError(this.#path, `it has grown from ${size} bytes meanwhile`)
        if (block.length > 0) yield block
      }
      if (count < size) throw new ChangedError(this.#path, `it has shrunk from ${size} bytes to ${count} meanwhile`)
      await this.#checkUnchanged(handle)
    } catch (error) {
      this.#failure ??= { error }
      throw error
    }
  }

  /** The file is read again for it. */
  expect(): void {}

  async compare(remote: string, expected: Checksum, signal: AbortSignal): Promise<void> {
    await compareFile(remote, this.#path, expected, signal)
  }

  async close(): Promise<void> {
    const handle = await this.#opening?.catch(() => undefined)
    await handle?.close()
  }

  async #look(): Promise<FileFacts> {
    const stats = await (await this.#handle()).stat()
    if (stats.isDirectory()) throw new FileError('upload', this.#path, 'EISDIR')
    if (!stats.isFile()) throw new FileError('upload', this.#path, 'EINVAL')
    return { size: stats.size, modified: stats.mtime, mtimeMs: stats.mtimeMs }
  }

  async #checkUnchanged(handle: LocalFile): Promise<void> {
    const { size, mtimeMs } = await this.look()
    const now = await handle.stat()
    if (now.size !== size || now.mtimeMs !== mtimeMs) {
      throw new ChangedError(this.#path, 'it was written to meanwhile')
    }
  }

  #handle(): Promise<LocalFile> {
    this.#opening ??= LocalFile.open(this.#path, READ)
    return this.#opening
  }

  async #own<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      this.#failure ??= { error }
      throw error
    }
  }
}

/** What a small file has from `position` on, and up to one byte more than it should. */
async function readAll(handle: LocalFile, position: number, size: number): Promise<Uint8Array> {
  const expected = size - position
  const bytes = Buffer.allocUnsafe(expected + 1)
  let count = 0
  do {
    const { bytesRead } = await handle.read(bytes, count, bytes.length - count, position + count)
    if (bytesRead === 0) break
    count += bytesRead
  } while (count < expected)
  return bytes.subarray(0, count)
}
