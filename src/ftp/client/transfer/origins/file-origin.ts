import { constants } from 'node:fs'
import type { Clock } from '../../../../clock.ts'
import { ChangedError } from '../../../errors.ts'
import { FileError } from '../../../files/file-error.ts'
import { blocksOf } from '../../../transfer/send-file.ts'
import type { Checksum } from '../../operations/checksum.ts'
import { compareBytes, compareFile } from '../checksums.ts'
import { LocalFile } from '../local-file.ts'
import type { Origin, OriginFile } from './origin.ts'

/** A file up to this size is read in one go. */
const SMALL = 64 * 1024

/** What was got ready may have changed since; milliseconds. */
const READY_HOLDS = 1000

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
  /** All of a small file. */
  #content: Uint8Array | undefined
  readonly #clock: Clock
  #preparedAt: number | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  canBeginAt(): boolean {
    return true
  }

  isOwn(error: unknown): boolean {
    return this.#failure !== undefined && this.#failure.error === error
  }

  /** @throws The error of the file system; EISDIR for a directory, EINVAL for what is no file either. */
  look(): Promise<FileFacts> {
    const isOld = this.#preparedAt !== undefined && this.#clock.now() - this.#preparedAt > READY_HOLDS
    this.#preparedAt = undefined
    if (isOld) this.#looking = this.#own(this.#lookAgain())
    this.#looking ??= this.#own(this.#look())
    return this.#looking
  }

  async prepare(): Promise<void> {
    const looking = this.look()
    this.#preparedAt = this.#clock.now()
    await looking.catch(() => {})
  }

  chunks(position: number): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
    return this.#content ? [this.#content.subarray(position)] : this.#blocks(position)
  }

  /** A large file is read again for it. */
  expect(): void {}

  async compare(remote: string, expected: Checksum, signal: AbortSignal): Promise<void> {
    if (this.#content) compareBytes(remote, this.#content, expected)
    else await compareFile(remote, this.#path, expected, signal)
  }

  async close(): Promise<void> {
    // No call may be under way then; what it fails with is told to who waits for it.
    await this.#looking?.catch(() => {})
    const handle = await this.#opening?.catch(() => undefined)
    await handle?.close()
  }

  async #look(): Promise<FileFacts> {
    const handle = await this.#handle()
    const stats = await handle.stat()
    if (stats.isDirectory()) throw new FileError('upload', this.#path, 'EISDIR')
    if (!stats.isFile()) throw new FileError('upload', this.#path, 'EINVAL')
    if (stats.size <= SMALL) this.#content = await this.#readAll(handle, stats.size)
    const { size, mtime: modified, mtimeMs, ctimeMs } = stats
    return { size, modified, changed: new Date(Math.max(mtimeMs, ctimeMs)), mtimeMs }
  }

  /** There may be another file by now. */
  async #lookAgain(): Promise<FileFacts> {
    await this.close()
    this.#opening = undefined
    this.#content = undefined
    return await this.#look()
  }

  async *#blocks(position: number): AsyncGenerator<Uint8Array> {
    try {
      const { size, mtimeMs } = await this.look()
      const handle = await this.#handle()
      let count = position
      for await (const block of blocksOf(handle, position, size - position)) {
        count += block.length
        this.#checkSize(count, size, true)
        yield block
      }
      this.#checkSize(count, size)
      await this.#checkUnchanged(handle, size, mtimeMs)
    } catch (error) {
      this.#failure ??= { error }
      throw error
    }
  }

  /** All of a small file, in one go. What is written to it after that is not in the upload, and changes nothing. */
  async #readAll(handle: LocalFile, size: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(size + 1)
    let count = 0
    do {
      const { bytesRead } = await handle.read(bytes, count, bytes.length - count, count)
      if (bytesRead === 0) break
      count += bytesRead
    } while (count < size)
    this.#checkSize(count, size)
    return bytes.subarray(0, size)
  }

  #checkSize(count: number, size: number, mayBeLess = false): void {
    if (count > size) throw new ChangedError(this.#path, `it has grown from ${size} bytes meanwhile`)
    if (count < size && !mayBeLess) {
      throw new ChangedError(this.#path, `it has shrunk from ${size} bytes to ${count} meanwhile`)
    }
  }

  async #checkUnchanged(handle: LocalFile, size: number, mtimeMs: number): Promise<void> {
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
