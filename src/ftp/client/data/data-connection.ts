import type { Readable, Writable } from 'node:stream'
import { checkOptions, optionNames, WAIT } from '../../../check-options.ts'
import type { Clock } from '../../../clock.ts'
import { ClosedError, SluiceError } from '../../../errors.ts'
import { errorOf } from '../../../on-abort.ts'
import type { Patience } from '../../../streams/io/silence.ts'
import type { WaitOptions } from '../../../streams/io/stream-io.ts'
import { ThrottleStreamIO } from '../../../streams/io/throttle-stream-io.ts'
import type { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import { ReplyError } from '../../errors.ts'
import type { CodeMask } from '../../protocol/code-mask.ts'
import { checkMasks } from '../../protocol/code-mask.ts'
import type { DataTransfer } from './data-transfer.ts'
import { NodeDownload, NodeUpload, webDownload, webUpload } from './stream-views.ts'

/** Which replies are to end a transfer. */
export interface FinishOptions extends WaitOptions {
  /** Codes that end it well, as masks. @default "2xx" */
  readonly expectedCodes?: CodeMask | undefined
  /** Codes to wait through. @default "1xx" */
  readonly waitCodes?: CodeMask | undefined
}

const FINISH_OPTIONS = optionNames<FinishOptions>({ expectedCodes: true, waitCodes: true, signal: true })

/** What a stream is made of. @internal */
export interface DataConnectionParts {
  readonly transfer: DataTransfer
  readonly direction: 'download' | 'upload'
  readonly throttles: Readonly<Record<string, StreamThrottle>>
  readonly weight: number | undefined
  /** Called before the control connection is given to the next command, when the transfer has ended well: throws if bytes are missing. */
  readonly check: (bytes: number, signal: AbortSignal | undefined) => Promise<void>
  /** Called, once or more, when the control connection is free for the next command. */
  readonly released: () => void
}

/**
 * A data connection of FTP: a throttled stream that ends with a reply of the server. Until it has ended, its client's other commands wait.
 *
 * A download is read to its end, and {@link DataConnectionThrottleStreamIO.finish} makes sure that it is whole. An upload counts only when `finish` has settled:
 * one that is closed without is aborted (ABOR, and the connection is reset), never left looking whole.
 */
export class DataConnectionThrottleStreamIO extends ThrottleStreamIO {
  readonly #parts: DataConnectionParts
  #finishing: Promise<void> | undefined
  #failure: { readonly reason: unknown } | undefined
  /** Whether somebody has been told that the transfer has failed. */
  #isTold = false
  readonly #clock: Clock
  /** How many of its calls wait. */
  #calls = 0
  #lastUsed: number

  /** @internal */
  constructor(parts: DataConnectionParts) {
    const { transfer, throttles, weight } = parts
    const { clock, host } = transfer.session.settings
    super(transfer.socket, { throttles, weight, clock, host })
    this.#parts = parts
    this.#clock = clock
    this.#lastUsed = clock.now()
    // The server's word must reach whoever is sending, not the error of a socket that it has closed.
    transfer.watch((error) => this.fail(error))
  }

  /**
   * As {@link ThrottleStreamIO.write}.
   *
   * @throws {ReplyError} If the server has closed the data connection and says why.
   */
  override async write(data: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    await this.#telling(super.write(data, options), options.signal)
  }

  /** As {@link ThrottleStreamIO.read}. @throws {ReplyError} If the server says that the transfer has failed. */
  override async read(count = -1, options: WaitOptions = {}): Promise<Buffer> {
    return await this.#telling(super.read(count, options), options.signal)
  }

  /** As {@link ThrottleStreamIO.readline}. @throws {ReplyError} If the server says that the transfer has failed. */
  override async readline(options: WaitOptions = {}): Promise<Buffer> {
    return await this.#telling(super.readline(options), options.signal)
  }

  /** As {@link ThrottleStreamIO.readUntil}. @throws {ReplyError} If the server says that the transfer has failed. */
  override async readUntil(separator: string | Uint8Array, options: WaitOptions = {}): Promise<Buffer> {
    return await this.#telling(super.readUntil(separator, options), options.signal)
  }

  /** As {@link ThrottleStreamIO.readExactly}. @throws {ReplyError} If the server says that the transfer has failed. */
  override async readExactly(count: number, options: WaitOptions = {}): Promise<Buffer> {
    return await this.#telling(super.readExactly(count, options), options.signal)
  }

  /** Whether the transfer has failed, not just been closed: {@link DataConnectionThrottleStreamIO.finish} tells why. */
  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** The command it belongs to, such as "RETR name". */
  get command(): string {
    return this.#parts.transfer.command
  }

  /** For how many ms nobody has called it; 0 while a call waits. @internal */
  get idle(): number {
    const busy = this.#calls > 0 || this.#finishing !== undefined
    return busy ? 0 : this.#clock.now() - this.#lastUsed
  }

  /** How many bytes the server says will come; undefined if it does not say. */
  get expectedBytes(): number | undefined {
    return this.#parts.transfer.announced
  }

  /**
   * Ends the transfer, and waits until the server has confirmed it. An upload ends here. Of a download everything should have been read; what is left is not
   * transferred any more (ABOR).
   *
   * Later calls join the first one.
   *
   * @throws {ReplyError} If the server says that the transfer has failed. {@link TruncatedError} if fewer bytes came through than the file has. {@link TimeoutError}
   * with phase 'final reply'. The signal's reason: the transfer is aborted then.
   */
  finish(options: FinishOptions = {}): Promise<void> {
    checkOptions('finish the transfer', options, FINISH_OPTIONS)
    if (this.#finishing === undefined) {
      const { expectedCodes = '2xx', waitCodes = '1xx', signal } = options
      checkMasks(expectedCodes)
      checkMasks(waitCodes)
      this.#finishing = this.#finish(expectedCodes, waitCodes, signal)
      this.#finishing.catch(() => {}) // it need not be awaited by each who calls
    }
    return this.#finishing
  }

  /** Gives the transfer up, if it has not been finished (ABOR). Settles when the client's next command can go out. */
  override async close(options: WaitOptions = {}): Promise<void> {
    checkOptions('close the stream', options, WAIT)
    if (this.#finishing) await this.#finishing.catch(() => {})
    await this.#stop()
  }

  /** As {@link DataConnectionThrottleStreamIO.close}, without waiting. Calls that wait reject with `error`. */
  override destroy(error?: Error): void {
    if (error === undefined) this.#giveUp(new ClosedError('go on'))
    else this.fail(error)
  }

  /** As `destroy`, with any reason. @internal */
  fail(reason: unknown): void {
    this.#failure ??= { reason }
    this.#giveUp(errorOf(reason))
  }

  /** Finishes a download; gives up an upload that was not finished. */
  override async [Symbol.asyncDispose](): Promise<void> {
    const isUntold = this.hasFailed && !this.#isTold && this.#finishing === undefined
    if (this.#parts.direction === 'download' && (isUntold || !this.isClosing)) await this.finish()
    else await this.close()
  }

  /** The download as a Node stream. It ends when the transfer is confirmed; to destroy it gives the transfer up. */
  toNodeReadable(): Readable {
    return new NodeDownload(this)
  }

  /** The upload as a Node stream. It finishes when the transfer is confirmed; to destroy it gives the transfer up. */
  toNodeWritable(): Writable {
    return new NodeUpload(this)
  }

  /** The download as a web stream. It closes when the transfer is confirmed; to cancel it gives the transfer up. */
  toWebReadable(): ReadableStream<Uint8Array> {
    return webDownload(this)
  }

  /** The upload as a web stream. It closes when the transfer is confirmed; to abort it gives the transfer up. */
  toWebWritable(): WritableStream<Uint8Array> {
    return webUpload(this)
  }

  protected override patience(direction: 'read' | 'write'): Patience {
    const { timeouts } = this.#parts.transfer.session.settings
    const isFirst = this.stats[direction].bytes === 0
    return isFirst ? { phase: 'first byte', timeout: timeouts.firstByte } : { phase: 'stall', timeout: timeouts.stall }
  }

  async #finish(expectedCodes: CodeMask, waitCodes: CodeMask, signal: AbortSignal | undefined): Promise<void> {
    const { transfer, direction, check } = this.#parts
    if (this.#failure && transfer.isOver) throw this.#failure.reason
    if (transfer.isOver) throw new ClosedError(transfer.command, { reason: 'it was given up' })
    try {
      if (direction === 'download') {
        const rest = this.#failure ? 0 : await this.#rest(signal)
        if (rest > 0) return
      } else {
        const ended = this.end({ signal })
        // If the server has closed it, its reply says why.
        await ended.catch((error: unknown) => this.#keep(error, signal))
      }
      await this.#confirmed(expectedCodes, waitCodes, signal)
      await check(this.stats[direction === 'download' ? 'read' : 'write'].bytes, signal)
    } finally {
      await this.#stop()
    }
  }

  /** How many bytes are left of a download, 0 or more; a server ends its connection right after the last one. */
  async #rest(signal: AbortSignal | undefined): Promise<number> {
    try {
      return (await super.read(1, { signal })).length
    } catch (error) {
      this.#keep(error, signal)
      return 0
    }
  }

  /** Keeps the error of the socket: what the server says of it, which is about to come, is worth more. */
  #keep(error: unknown, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#failure) return // and the stream is closed since then
    if (!this.#isOfSocket(error)) throw this.#parts.transfer.named(error)
    this.#failure = { reason: error }
  }

  #isOfSocket(error: unknown): boolean {
    return error instanceof Error && (error === this.#parts.transfer.socket.errored || !(error instanceof SluiceError))
  }

  async #confirmed(expectedCodes: CodeMask, waitCodes: CodeMask, signal: AbortSignal | undefined): Promise<void> {
    const before = this.#failure
    try {
      await this.#parts.transfer.finish({ expectedCodes, waitCodes, signal })
    } catch (error) {
      signal?.throwIfAborted()
      // Meanwhile it can only have been given up.
      const failure = before ?? (error instanceof ClosedError ? this.#failure : undefined)
      throw failure && !(error instanceof ReplyError) ? failure.reason : error
    }
    if (this.#failure) throw this.#failure.reason
  }

  /** Waits for a call of the stream. If the transfer has failed, that is what it fails with. */
  async #telling<T>(call: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    this.#calls++
    try {
      return await call
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof TypeError || error instanceof RangeError) throw error
      this.#isTold = true
      if (this.#isOfSocket(error)) {
        this.#failure ??= { reason: error }
        await this.finish({ signal })
      }
      throw this.#failure ? this.#failure.reason : this.#parts.transfer.named(error)
    } finally {
      this.#calls--
      this.#lastUsed = this.#clock.now()
    }
  }

  #giveUp(error: Error): void {
    // The reset comes first: a socket that is destroyed would end as if all had been sent.
    const stopped = this.#stop()
    super.destroy(error)
    void stopped
  }

  async #stop(): Promise<void> {
    const { transfer, released } = this.#parts
    try {
      await transfer.stop()
      super.destroy()
    } finally {
      released()
    }
  }
}
