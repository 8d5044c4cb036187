import { ChangedError, ChecksumError, ReplyError, TruncatedError } from '../../errors.ts'
import { OverlookedError } from '../control/exchange.ts'
import { askAhead } from '../data/port-ahead.ts'
import { type ChecksumAlgorithm, checksumOf, checksumsOf } from '../operations/checksum.ts'
import { setModified } from '../operations/files.ts'
import type { Session } from '../session/session.ts'
import { attempts } from './attempts.ts'
import type { Carrier } from './carrier.ts'
import type { FileTransferOptions } from './file-transfer.ts'
import type { Origin, OriginFile } from './origins/origin.ts'
import type { FileProgress } from './progress.ts'
import { RemoteTarget } from './remote-target.ts'
import { checkStored, store } from './store.ts'
import type { FileResult } from './transfer-types.ts'
import { UploadPosition } from './upload-position.ts'

/**
 * Uploads a file, in as many attempts as it may take.
 *
 * @throws As `Client.upload`.
 */
export async function upload(
  connection: Carrier,
  origin: Origin,
  remote: string,
  options: FileTransferOptions,
): Promise<FileResult> {
  const report = options.progress?.begin(remote)
  const target = new RemoteTarget(remote, options.settings)
  try {
    const result = await new Upload(connection, origin, target, report, options).run()
    await origin.close()
    report?.end()
    return result
  } catch (error) {
    report?.fail()
    await origin.close({ error }).catch((failure: unknown) => {
      connection.session.log.note(`can't clear up: ${String(failure)}`)
    })
    await target.abandon(connection)
    throw error
  }
}

/** How bytes get behind those that the server has: a command, and whether REST has to come before it. */
interface Way {
  readonly verb: 'STOR' | 'APPE'
  readonly restart: boolean
}

class Upload {
  readonly #connection: Carrier
  readonly #origin: Origin
  readonly #target: RemoteTarget
  readonly #position: UploadPosition
  readonly #report: FileProgress | undefined
  readonly #options: FileTransferOptions
  #bytes = 0
  #size = 0
  #wasResumed = false
  #isChecked = false

  constructor(
    connection: Carrier,
    origin: Origin,
    target: RemoteTarget,
    report: FileProgress | undefined,
    options: FileTransferOptions,
  ) {
    this.#connection = connection
    this.#origin = origin
    this.#target = target
    this.#position = new UploadPosition(connection, origin, target, options)
    this.#report = report
    this.#options = options
  }

  async run(): Promise<FileResult> {
    const { settings, signal } = this.#options
    const origin = this.#origin
    if (this.#options.ahead) void origin.prepare?.()
    const isFinal = (error: unknown) => origin.isOwn(error) || !origin.canBeginAt(0)
    const send = () =>
      attempts(this.#connection, { retry: settings.retry, signal, isFinal }, (session, end, failed) =>
        this.#attempt(session, end, failed),
      )
    try {
      await send()
    } catch (error) {
      if (!this.#position.isMixed || this.#position.begunAt === 0) throw error
      // What was there was no part of this file, or the server has not put the rest behind it.
      this.#connection.session.log.note(`${JSON.stringify(this.#target.path)} begins anew: ${String(error)}`)
      await send()
    }
    return { bytes: this.#bytes, resumed: this.#wasResumed, size: this.#size, checked: this.#isChecked }
  }

  async #attempt(session: Session, end: AbortSignal, failed: number): Promise<void> {
    const { settings } = this.#options
    const algorithm = settings.checksum ? checksumsOf(session)[0] : undefined
    if (algorithm && failed === 0) this.#origin.expect(algorithm)
    const looking = this.#origin.look()
    looking.catch(() => {}) // it is told below
    const offset = await this.#position.whereToBegin(session, algorithm !== undefined, end)
    if (failed === 0 || !this.#position.hasMoved) this.#wasResumed = offset > 0
    await this.#send(session, offset, looking, end)
    const { modified } = await looking
    const time = settings.preserveTimes ? modified : undefined
    // A file that is found to be wrong must not look like the right one.
    if (algorithm || !(await this.#checkTogether(session, time, end))) {
      await this.#checkSize(session, end)
      if (time && !algorithm) await this.#setTime(session, time, end)
    }
    if (algorithm) {
      await this.#checkContent(session, algorithm, end)
      this.#isChecked = true
      if (time) await this.#setTime(session, time, end)
    }
    await this.#target.finish(session, end)
  }

  /**
   * Where many files go, what is asked after each goes out in one go: each of them alone would take as long as the way there and back.
   *
   * @returns Whether the server has answered all that.
   */
  async #checkTogether(session: Session, time: Date | undefined, signal: AbortSignal): Promise<boolean> {
    if (!session.isTransferNext() || !session.settings.habits.takesTogether) return false
    const results = await Promise.allSettled(
      session.control.together(() => {
        const size = this.#checkSize(session, signal)
        const asked = time ? [size, this.#setTime(session, time, signal)] : [size]
        if (!this.#target.isTemporary) askAhead(session)
        return asked
      }),
    )
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    if (failures.some((reason) => reason instanceof OverlookedError)) {
      await session.goOneByOne()
      signal.throwIfAborted()
      return false
    }
    if (failures.length > 0) throw failures[0]
    return true
  }

  /** @throws As {@link checkStored}. */
  async #checkSize(session: Session, signal: AbortSignal): Promise<void> {
    try {
      await checkStored(session, this.#target.path, this.#size, signal)
    } catch (error) {
      if (error instanceof TruncatedError || error instanceof ChangedError) this.#position.mix()
      throw error
    }
  }

  /** @throws {ChecksumError} If the server has other bytes. */
  async #checkContent(session: Session, algorithm: ChecksumAlgorithm, signal: AbortSignal): Promise<void> {
    const { path } = this.#target
    try {
      await this.#origin.compare(path, await checksumOf(session, path, algorithm, signal), signal)
    } catch (error) {
      if (error instanceof ChecksumError) this.#position.mix()
      throw error
    }
  }

  async #send(session: Session, offset: number, looking: Promise<OriginFile>, signal: AbortSignal): Promise<void> {
    if (offset > 0) {
      const { size } = await looking
      this.#begin(offset, size)
      if (offset === size) return
      for (const way of waysToGoOn(session)) {
        const before = this.#bytes
        try {
          return await this.#store(session, offset, way, looking, signal)
        } catch (error) {
          if (!isWayRefused(error) || this.#bytes > before) throw error
        }
      }
      this.#wasResumed = false
    }
    this.#begin(0)
    await this.#store(session, 0, { verb: 'STOR', restart: false }, looking, signal)
  }

  #begin(offset: number, size?: number): void {
    this.#position.begin(offset)
    this.#size = offset
    this.#report?.sized(size)
    this.#report?.start(offset)
  }

  async #store(
    session: Session,
    position: number,
    { verb, restart }: Way,
    prepared: Promise<OriginFile>,
    signal: AbortSignal,
  ): Promise<void> {
    const { throttles, weight } = this.#options.settings
    const { flow, close } = this.#connection.throttles.flow('write', throttles, weight)
    const onBytes = (count: number) => {
      this.#bytes += count
      this.#position.moved(count)
      this.#report?.moved(count)
    }
    const { path } = this.#target
    const offset = restart ? position : 0
    this.#target.begin()
    const chunks = (end: AbortSignal) => this.#origin.chunks(position, end)
    const report = this.#report
    const known = report && prepared.then((file) => report.sized(file.size))
    try {
      await store(session, { verb, path, offset, chunks, flow, onBytes, prepared: known ?? prepared, signal })
      this.#size = this.#position.sentTo
    } finally {
      close()
    }
  }

  /** The file is there: that its time can't be set is no failure. */
  async #setTime(session: Session, modified: Date, signal: AbortSignal): Promise<void> {
    try {
      await setModified(session, this.#target.path, modified, signal)
    } catch (error) {
      if (!(error instanceof ReplyError) || error.replyCode === 421) throw error
      session.log.note(`can't set the time of ${JSON.stringify(this.#target.path)}: ${String(error)}`)
    }
  }
}

/**
 * REST and STOR write where this side says, even if the server has got more meanwhile of an attempt that was given up; APPE does not. RFC 3659 section 5.2
 * asks servers that know REST to say so.
 */
function waysToGoOn(session: Session): readonly Way[] {
  const append: Way = { verb: 'APPE', restart: false }
  return session.features.has('REST') ? [{ verb: 'STOR', restart: true }, append] : [append]
}

/** Whether the server does not begin in the middle of a file in this way. ProFTPD says 451 if it is told not to. */
const isWayRefused = (error: unknown) =>
  error instanceof ReplyError &&
  ((error.command.startsWith('REST ') && error.replyCode >= 500) ||
    [451, 500, 501, 502, 503, 504].includes(error.replyCode))
