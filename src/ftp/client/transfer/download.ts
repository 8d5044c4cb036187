import { ChangedError, ChecksumError, ReplyError } from '../../errors.ts'
import { type Checksum, checksumOf, checksumsOf } from '../operations/checksum.ts'
import type { Session } from '../session/session.ts'
import { attempts } from './attempts.ts'
import type { Carrier } from './carrier.ts'
import type { Destination } from './destinations/destination.ts'
import { type FileTransferOptions, lookUp } from './file-transfer.ts'
import type { FileProgress } from './progress.ts'
import { retrieve } from './retrieve.ts'
import type { FileResult } from './transfer-types.ts'

/**
 * Downloads a file, in as many attempts as it may take.
 *
 * Its turn on the connection ends before the destination is finished: who calls for the next file without waiting for that loses no time.
 *
 * @throws As `Client.download`. The destination is abandoned then.
 */
export function download(
  connection: Carrier,
  remote: string,
  destination: Destination,
  options: FileTransferOptions,
): Promise<FileResult> {
  return new Download(connection, remote, destination, options).run()
}

class Download {
  readonly #connection: Carrier
  readonly #remote: string
  readonly #destination: Destination
  readonly #report: FileProgress | undefined
  readonly #options: FileTransferOptions
  #bytes = 0
  #wasResumed = false
  #modified: Date | undefined
  #expected: Checksum | undefined

  constructor(connection: Carrier, remote: string, destination: Destination, options: FileTransferOptions) {
    this.#connection = connection
    this.#remote = remote
    this.#destination = destination
    this.#report = options.progress?.begin(remote, options.known?.size)
    this.#options = options
  }

  async run(): Promise<FileResult> {
    const destination = this.#destination
    try {
      await this.#run(destination)
    } catch (error) {
      this.#report?.fail()
      await destination.abandon(error).catch((failure: unknown) => {
        this.#connection.session.log.note(`can't clear up: ${String(failure)}`)
      })
      throw error
    }
    this.#report?.end()
    return {
      bytes: this.#bytes,
      resumed: this.#wasResumed,
      size: destination.position,
      checked: this.#expected !== undefined,
    }
  }

  async #run(destination: Destination): Promise<void> {
    const { settings, signal, ahead } = this.#options
    if (ahead) destination.prepare?.()
    try {
      await this.#fetchAll(destination)
    } catch (error) {
      if (!(error instanceof ChecksumError && this.#wasResumed && destination.canRestart)) throw error
      // What was there was no part of this file.
      this.#connection.session.log.note(`${JSON.stringify(this.#remote)} begins anew: ${String(error)}`)
      await destination.restart()
      await this.#fetchAll(destination)
    }
    await destination.finish(settings.preserveTimes ? this.#modified : undefined, signal)
  }

  /** In as many attempts as it may take; and compares the checksum. */
  async #fetchAll(destination: Destination): Promise<void> {
    const { settings, signal } = this.#options
    const isFinal = (error: unknown) => destination.isOwn(error)
    await attempts(this.#connection, { retry: settings.retry, signal, isFinal }, (session, end, failed) =>
      this.#attempt(session, end, failed),
    )
    const expected = this.#expected
    const flushing = destination.flush(signal)
    if (flushing) await flushing
    if (expected) {
      await this.#connection.abortable(signal, (end) => destination.compare(this.#remote, expected, end))
    }
  }

  async #attempt(session: Session, end: AbortSignal, failed: number): Promise<void> {
    const { settings } = this.#options
    const algorithm = settings.checksum ? checksumsOf(session)[0] : undefined
    if (algorithm && failed === 0) this.#destination.expect(algorithm)
    const source = await lookUp(session, this.#remote, this.#options, failed, end)
    this.#modified = source.modified
    this.#report?.sized(source.size)
    const begun = this.#destination.whereToBegin(source)
    // What is new can be made while the data connection is; what may be gone on with has to be looked at first.
    const offset = settings.resume || failed > 0 ? await begun : 0
    if (failed === 0) this.#wasResumed = offset > 0
    this.#report?.start(offset)
    if (offset === 0 || offset !== source.size) await this.#fetch(session, offset, source.size, begun, end)
    if (algorithm) this.#expected = await checksumOf(session, this.#remote, algorithm, end)
  }

  async #fetch(
    session: Session,
    offset: number,
    size: number | undefined,
    prepared: Promise<unknown>,
    signal: AbortSignal,
  ): Promise<void> {
    const destination = this.#destination
    const { throttles, weight } = this.#options.settings
    const { flow, close } = this.#connection.throttles.flow('read', throttles, weight)
    const take = (bytes: Buffer) => {
      this.#bytes += bytes.length
      this.#report?.moved(bytes.length)
      return destination.take(bytes, signal)
    }
    const onStart = (announced: number | undefined) => {
      if (offset === 0) this.#report?.sized(announced)
    }
    try {
      await retrieve(session, { path: this.#remote, offset, take, flow, size, prepared, onStart, signal })
    } catch (error) {
      const isVain = isRestRefused(error) || error instanceof ChangedError
      if (offset === 0 || !isVain || !destination.canRestart) throw error
      this.#wasResumed = false
      this.#report?.start(0)
      await this.#fetch(session, 0, size, destination.restart(), signal)
    } finally {
      close()
    }
  }
}

/** Whether the server can't begin in the middle of a file. */
const isRestRefused = (error: unknown) =>
  error instanceof ReplyError && error.command.startsWith('REST ') && error.replyCode >= 500
