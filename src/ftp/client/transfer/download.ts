import { ReplyError } from '../../errors.ts'
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
export async function download(
  connection: Carrier,
  remote: string,
  destination: Destination,
  options: FileTransferOptions,
): Promise<FileResult> {
  const report = options.progress?.begin(remote, options.known?.size)
  try {
    const result = await new Download(connection, remote, destination, report, options).run()
    report?.end()
    return result
  } catch (error) {
    report?.fail()
    await destination.abandon(error).catch((failure: unknown) => {
      connection.session.log.note(`can't clear up: ${String(failure)}`)
    })
    throw error
  }
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

  constructor(
    connection: Carrier,
    remote: string,
    destination: Destination,
    report: FileProgress | undefined,
    options: FileTransferOptions,
  ) {
    this.#connection = connection
    this.#remote = remote
    this.#destination = destination
    this.#report = report
    this.#options = options
  }

  async run(): Promise<FileResult> {
    const { settings, signal } = this.#options
    const destination = this.#destination
    const isFinal = (error: unknown) => destination.isOwn(error)
    await attempts(this.#connection, { retry: settings.retry, signal, isFinal }, (session, end, failed) =>
      this.#attempt(session, end, failed),
    )
    const expected = this.#expected
    await destination.flush(signal)
    if (expected) {
      await this.#connection.abortable(signal, (end) => destination.compare(this.#remote, expected, end))
    }
    await destination.finish(settings.preserveTimes ? this.#modified : undefined, signal)
    return {
      bytes: this.#bytes,
      resumed: this.#wasResumed,
      size: destination.position,
      checked: expected !== undefined,
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
      if (offset === 0 || !isRestRefused(error) || !destination.canRestart) throw error
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
