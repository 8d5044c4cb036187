import { constants } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { BusyError } from '../../../../errors.ts'
import { ChecksumError } from '../../../errors.ts'
import { FileError } from '../../../files/file-error.ts'
import type { Checksum } from '../../operations/checksum.ts'
import { compareFile } from '../checksums.ts'
import { LocalFile, renameLocal, statLocal } from '../local-file.ts'
import { localPath } from '../local-path.ts'
import { isSameFile, readMark, writeMark } from '../partial-mark.ts'
import { markName, partialName, uniquePartialName } from '../partial-names.ts'
import type { KnownFile } from '../transfer-types.ts'
import type { Destination } from './destination.ts'

/** A piece up to this size is copied, so that it can be written while more comes. */
const COPIED = 64 * 1024

/** How far a smaller file is, is not worth remembering. */
const WORTH_RESUMING = 256 * 1024

/** Partial files that can be resumed and are being written by this process. */
const inUse = new Set<string>()

/** Makes it, or opens it and keeps what is in it. A link of its name, which may lead anywhere, is an error; Windows does not know that flag. */
const KEEP = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)

/**
 * A local file. Its bytes go to a temporary name beside it, and only a whole file takes its place.
 *
 * To be resumed later, a partial file has a fixed name, and a mark beside it that says of which file on the server it is a part.
 */
export class FileDestination implements Destination {
  readonly canRestart = true
  readonly #path: string
  readonly #temporary: string
  readonly #mark: string | undefined
  readonly #isNew: boolean
  #opening: Promise<LocalFile> | undefined
  #writing: Promise<void> | undefined
  #source: KnownFile | undefined
  #position = 0
  #failure: { readonly error: unknown } | undefined

  /**
   * @param resume Whether a partial file of an earlier download is gone on with, and is kept if this one fails.
   * @param isNew Whether nothing is there under the name. @default that is looked at
   */
  constructor(path: string, resume: boolean, isNew = false) {
    const name = basename(path)
    const folder = path.endsWith(name) ? path.slice(0, path.length - name.length) : dirname(path) + sep
    this.#path = path
    // Of one that is known by its name there is only one, however it is named.
    this.#temporary = resume ? resolve(folder, partialName(name)) : folder + uniquePartialName(name)
    this.#mark = resume ? join(folder, markName(name)) : undefined
    this.#isNew = isNew
  }

  get position(): number {
    return this.#position
  }

  isOwn(error: unknown): boolean {
    return this.#failure !== undefined && this.#failure.error === error
  }

  prepare(): void {
    if (this.#mark === undefined) this.#handle().catch(() => {})
  }

  whereToBegin(source: KnownFile): Promise<number> {
    return this.#own(this.#begin(source))
  }

  restart(): Promise<void> {
    return this.#own(this.#restart())
  }

  /** The file is read again for it. */
  expect(): void {}

  /** A small piece is written while more comes. */
  take(bytes: Buffer): Promise<void> | void {
    if (this.#writing || bytes.length > COPIED) return this.#takeSlowly(bytes)
    this.#write(Buffer.from(bytes))
  }

  flush(): Promise<void> | undefined {
    const writing = this.#writing
    this.#writing = undefined
    return writing && this.#own(writing)
  }

  async compare(remote: string, expected: Checksum, signal: AbortSignal): Promise<void> {
    await compareFile(remote, this.#temporary, expected, signal)
  }

  /** Puts the file where it belongs. */
  finish(modified: Date | undefined): Promise<void> {
    return this.#own(this.#finish(modified))
  }

  /** What can be resumed stays; nothing else does. */
  async abandon(error: unknown): Promise<void> {
    const handle = await this.#opening?.catch(() => undefined)
    if (!handle) return // then nothing was made
    try {
      await this.#writing?.catch(() => {})
      await handle.close()
    } finally {
      const isWorth = this.#mark !== undefined && (this.#source?.size ?? 0) >= WORTH_RESUMING
      const isWrong = error instanceof ChecksumError
      if (isWrong || !isWorth || this.#position === 0) {
        await rm(localPath(this.#temporary), { force: true })
        await this.#removeMark()
      }
      inUse.delete(this.#temporary)
    }
  }

  async #takeSlowly(bytes: Buffer): Promise<void> {
    await this.flush()
    if (bytes.length <= COPIED) return this.#write(Buffer.from(bytes))
    this.#write(bytes)
    await this.flush()
  }

  #write(bytes: Buffer): void {
    this.#writing = this.#writeAll(bytes)
    this.#writing.catch(() => {}) // `flush` tells it
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    const handle = await this.#handle()
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, this.#position)
      written += bytesWritten
      this.#position += bytesWritten
    }
  }

  #handle(): Promise<LocalFile> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  async #open(): Promise<LocalFile> {
    const existing = this.#isNew ? undefined : await statLocal(this.#path)
    if (existing?.isDirectory()) throw new FileError('download to', this.#path, 'EISDIR')
    // A device or a pipe would be replaced by a file.
    if (existing && !existing.isFile()) throw new FileError('download to', this.#path, 'EINVAL')
    // Whoever may not read the old content is not to read the new one.
    const mode = (existing?.mode ?? 0o666) & 0o777
    const isKept = this.#mark !== undefined
    const file = isKept ? await this.#keep(mode) : await LocalFile.open(this.#temporary, 'wx', mode)
    // Also what the umask has left out; but some file systems have no permissions.
    if (existing) await file.setMode(existing.mode & 0o777).catch(() => {})
    return file
  }

  /** Makes one that can be gone on with, or opens it. */
  async #keep(mode: number): Promise<LocalFile> {
    if (inUse.has(this.#temporary)) throw new BusyError(`resume the download of ${JSON.stringify(this.#path)}`)
    inUse.add(this.#temporary)
    try {
      return await LocalFile.open(this.#temporary, KEEP, mode)
    } catch (error) {
      inUse.delete(this.#temporary)
      throw error
    }
  }

  /** Returns where. */
  async #begin(source: KnownFile): Promise<number> {
    const handle = await this.#handle()
    if (this.#writing) await this.flush()
    const before = this.#source
    this.#source = source
    if (before === undefined) {
      if (this.#mark === undefined) return 0
      await this.#resume(handle, this.#mark, source)
    } else if (!isSameFile(before, source) || this.#position > (source.size ?? Infinity)) {
      await this.#restart()
    }
    const isWorth = this.#position === 0 && (source.size ?? 0) >= WORTH_RESUMING
    if (this.#mark !== undefined && isWorth) await writeMark(this.#mark, source)
    return this.#position
  }

  async #restart(): Promise<void> {
    await this.flush()
    this.#position = 0
    await (await this.#handle()).truncate(0)
  }

  /** Looks for what an earlier download has left. */
  async #resume(handle: LocalFile, mark: string, source: KnownFile): Promise<void> {
    const { size } = await handle.stat()
    if (size === 0) return
    const marked = await readMark(mark)
    if (marked && isSameFile(marked, source) && size <= (source.size ?? 0)) this.#position = size
    else await handle.truncate(0)
  }

  async #finish(modified: Date | undefined): Promise<void> {
    const handle = await this.#handle()
    if (this.#writing) await this.flush()
    if (modified) await handle.setModified(modified)
    await handle.close()
    await renameLocal(this.#temporary, this.#path)
    if (this.#mark !== undefined) await this.#removeMark()
    inUse.delete(this.#temporary)
  }

  async #removeMark(): Promise<void> {
    if (this.#mark !== undefined) await rm(localPath(this.#mark), { force: true })
  }

  #own<T>(work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      this.#failure ??= { error }
      throw error
    })
  }
}
