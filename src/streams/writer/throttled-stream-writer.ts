import type { Writable } from 'node:stream'
import type { WritableStream } from 'node:stream/web'
import { checkOptions, optionNames, WAIT } from '../../check-options.ts'
import { type Clock, systemClock } from '../../clock.ts'
import { ClosedError } from '../../errors.ts'
import { IntervalPacer, type Pacing } from '../../rate/interval-pacer.ts'
import { parseSize, type Size } from '../../units.ts'
import { type ByteSink, byteSink } from '../adapters/byte-sink.ts'
import { Waits } from '../adapters/waits.ts'
import type { WaitOptions } from '../io/stream-io.ts'
import { type Endpoint, type ExtraInfo, extraInfo } from './extra-info.ts'
import { Message, type WriteMode } from './send-queue.ts'
import { Sender } from './sender.ts'
import { nodeView, webView } from './writer-views.ts'

export type { Endpoint, ExtraInfo, Pacing, WriteMode }

/** Options of {@link ThrottledStreamWriter}. */
export interface ThrottledStreamWriterOptions {
  /**
   * Milliseconds between two throttled sends; fractions count, what is negative becomes 0.
   *
   * @default 1
   */
  readonly minSendIntervalMs?: number | undefined
  /**
   * What the interval is counted from.
   *
   * - `gap`: from the last send. No gap is ever shorter, hardly any is more than a fraction of a millisecond longer.
   * - `steady`: from the moment for which the last send was planned. The mean interval is exact; a send that goes late is
   *   followed by sends that catch up, in shorter gaps. Idle time (more than 100 ms and more than one interval behind the
   *   plan) is not made up for.
   *
   * @default 'gap'
   */
  readonly pacing?: Pacing | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
  /**
   * Bytes that `toNodeWritable` and `toWebWritable` accept ahead of what they have sent, as a number or as text such as `'64KiB'`.
   *
   * @default that of Node (16 KiB, or 64 KiB from Node 22 on) for `toNodeWritable`; one chunk for `toWebWritable`
   */
  readonly highWaterMark?: Size | undefined
}

/** How bytes are to be sent. */
export interface SendOptions {
  /**
   * - `whole`: each message is one send.
   * - `bytewise`: each byte is one send.
   * - `no_throttle`: each message is one send, which waits for its place in the queue but for no interval, and starts none.
   *
   * @default 'whole'
   */
  readonly mode?: WriteMode | undefined
  /**
   * After each send, wait until the stream has taken everything, so that it can't merge two sends.
   *
   * @default false
   */
  readonly drain?: boolean | undefined
}

/** Options of {@link ThrottledStreamWriter.write} and {@link ThrottledStreamWriter.writeLines}. */
export interface ThrottledWriteOptions extends SendOptions, WaitOptions {}

const SEND_NAMES = { mode: true, drain: true }
const SEND_OPTIONS = optionNames<SendOptions>(SEND_NAMES)
const WRITE_OPTIONS = optionNames<ThrottledWriteOptions>({ ...SEND_NAMES, signal: true })
const OPTIONS = optionNames<ThrottledStreamWriterOptions>({
  minSendIntervalMs: true,
  pacing: true,
  clock: true,
  highWaterMark: true,
})

/**
 * Keeps a minimum interval between the writes to a stream.
 *
 * Calls queue: each is carried out when all before it are, and the bytes of two calls never mix, whatever their modes. The
 * first send waits for no interval.
 *
 * Memory is bounded by whoever awaits: `write` settles when the stream has room again (below its high-water mark), and no
 * send starts while there is none. Calls that are not awaited queue up, with the bytes that they were given.
 *
 * Bytes are not copied. Leave a buffer as it is until its write has settled; if the write did not ask to `drain`, the
 * stream may use it for longer, as Node's own streams do.
 *
 * An error of the stream rejects all that is queued, and then every further call.
 *
 * ```ts
 * const writer = new ThrottledStreamWriter(socket, { minSendIntervalMs: 100 })
 * await writer.write('Hello, ')
 * await writer.write('World!') // 100 ms later
 * writer.close()
 * await writer.waitClosed()
 * ```
 */
export class ThrottledStreamWriter {
  readonly #sink: ByteSink
  readonly #pacer: IntervalPacer
  readonly #sender: Sender
  readonly #highWaterMark: number | undefined
  /** Ends that are queued or done: after one, nothing can be written. */
  #ends = 0
  #isClosing = false
  #isEnded = false
  #isClosed = false
  /** Somebody has asked for the stream to be closed fully. */
  #awaitsClose = false
  readonly #close = new Waits()

  /**
   * @param writer A socket, file, HTTP request or response, or any other Node `Writable`; or a `WritableStream`, which stays
   * locked. A TCP socket has its `setNoDelay` turned on: the system would merge small sends otherwise.
   * @throws {TypeError} If `writer` is no such stream or is locked, or if `minSendIntervalMs` is not a number.
   * @throws {RangeError} If an option is out of its range.
   */
  constructor(writer: Writable | WritableStream<Uint8Array>, options: ThrottledStreamWriterOptions = {}) {
    checkOptions('make a writer', options, OPTIONS)
    const { minSendIntervalMs = 1, pacing = 'gap', clock = systemClock, highWaterMark } = options
    this.#highWaterMark = highWaterMark === undefined ? undefined : parseSize(highWaterMark)
    this.#pacer = new IntervalPacer(minSendIntervalMs, pacing)
    this.#sink = byteSink(writer)
    this.#sender = new Sender(this.#sink, this.#pacer, clock)
    this.#sink.waitClosed().then(
      () => {
        this.#isClosed = true
        this.#close.settle()
      },
      (error) => {
        this.#isClosed = true
        this.#close.fail(error)
      },
    )
    if ('setNoDelay' in writer && typeof writer.setNoDelay === 'function') writer.setNoDelay(true)
  }

  /** The wrapped stream. */
  get transport(): Writable | WritableStream<Uint8Array> {
    return this.#sink.stream
  }

  /** True once `close` or `destroy` was called, or the stream is closed. */
  get isClosing(): boolean {
    return this.#isClosing || this.#sink.closed
  }

  /** Bytes handed to the stream so far: tells what an aborted call has moved. */
  get bytesWritten(): number {
    return this.#sender.bytesWritten
  }

  /** Milliseconds between two throttled sends. */
  get minSendIntervalMs(): number {
    return this.#pacer.interval
  }

  /**
   * Sets the interval between two throttled sends, also for the one that waits at the moment.
   *
   * @param ms Milliseconds; fractions count, what is negative becomes 0.
   * @throws {TypeError} If `ms` is not a number.
   * @throws {RangeError} If `ms` is NaN.
   */
  setMinSendIntervalMs(ms: number): void {
    this.#pacer.interval = ms
    this.#sender.retime()
  }

  /**
   * Writes bytes, when all queued before is written and the interval has passed. Settles when they have been handed to the
   * stream and the stream has room for more.
   *
   * Empty data is a send of its own, except bytewise. What went before an abort stays sent: for `bytewise` that is any number of
   * bytes, else all or nothing; {@link ThrottledStreamWriter.bytesWritten} tells. The queue goes on with the next call.
   *
   * @param bytes Text is sent as UTF-8.
   * @throws {TypeError} If `bytes` is neither bytes nor text.
   * @throws {RangeError} If `mode` is unknown.
   * @throws {ClosedError} If the writer is closed, or is destroyed meanwhile without an error.
   * @throws The error of the stream, or `signal.reason`.
   */
  async write(bytes: Uint8Array | string, options: ThrottledWriteOptions = {}): Promise<void> {
    await this.#queue([toBytes(bytes)], options)
  }

  /**
   * Writes several messages, each as `write` does, with nothing of others between them. Adds no line ends. Settles when all are out.
   *
   * @param data Messages; text is sent as UTF-8. All are taken before the first is sent.
   * @throws What `write` throws, and what `data` throws.
   */
  async writeLines(data: Iterable<Uint8Array | string>, options: ThrottledWriteOptions = {}): Promise<void> {
    if (typeof data === 'string' || data instanceof Uint8Array || typeof data?.[Symbol.iterator] !== 'function') {
      throw new TypeError('Cannot write lines: they must be an iterable of bytes or text, such as an array')
    }
    await this.#queue(Array.from(data, toBytes), options)
  }

  async #queue(parts: readonly Uint8Array[], options: ThrottledWriteOptions): Promise<void> {
    checkOptions('write', options, WRITE_OPTIONS)
    const { mode = 'whole', drain = false, signal } = options
    checkMode(mode)
    this.#checkOpen('write', signal)
    await this.#sender.send(new Message(parts, mode, drain), signal)
  }

  /**
   * Settles when everything queued before is written and the stream has taken all of it (its buffer is empty).
   *
   * @throws {ClosedError} If the writer is closed.
   * @throws The error of the stream, or `signal.reason`.
   */
  async drain(options: WaitOptions = {}): Promise<void> {
    checkOptions('drain', options, WAIT)
    this.#checkOpen('drain', options.signal)
    await this.#sender.send(new Message([], 'no_throttle', false, 'drain'), options.signal)
  }

  /** True while `writeEof` can still end the stream. */
  canWriteEof(): boolean {
    return this.#ends === 0 && !this.isClosing
  }

  /**
   * Ends the stream when everything queued before is written; settles when that has finished. On a socket this is a
   * half-close: the other side can still answer. From now on nothing can be written; calling it again joins the first call.
   *
   * @throws {ClosedError} If the stream was closed without being ended.
   * @throws The error of the stream, or `signal.reason`. An abort before the end has begun takes it back.
   */
  async writeEof(options: WaitOptions = {}): Promise<void> {
    checkOptions('end the stream', options, WAIT)
    const { signal } = options
    signal?.throwIfAborted()
    const end = new Message([], 'no_throttle', false, 'end')
    this.#ends++
    try {
      await this.#sender.send(end, signal)
    } catch (error) {
      if (!end.ending) this.#ends--
      throw error
    }
  }

  /**
   * Lets everything queued be written, then ends the stream; `waitClosed` tells when that is done. From now on nothing can be
   * written. Calling it again does nothing.
   */
  close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.writeEof().then(
      () => {
        this.#isEnded = true
        this.#discardUnread()
      },
      () => {}, // waitClosed tells the error
    )
  }

  /**
   * Closes the stream at once, discarding what it has buffered, and rejects all that is queued.
   *
   * @param error What queued calls and `waitClosed` reject with. Without one that is `ClosedError` and nothing.
   */
  destroy(error?: Error): void {
    this.#isClosing = true
    this.#sink.destroy(error)
    this.#sender.fail(error ?? new ClosedError('write'))
  }

  /**
   * Settles when the stream is fully closed, whoever closes it. A socket is when the other side has closed, too; should
   * nobody read from it, then what still arrives after `close` is discarded, since it could not close otherwise. To not wait
   * for the other side, `destroy` it.
   *
   * @throws The error that closed the stream, or `signal.reason`.
   */
  async waitClosed(options: WaitOptions = {}): Promise<void> {
    checkOptions('wait for the end', options, WAIT)
    const { signal } = options
    signal?.throwIfAborted()
    this.#awaitsClose = true
    this.#discardUnread()
    if (this.#isClosed) await this.#sink.waitClosed()
    else await this.#close.next(signal)
  }

  /** Of a duplex that has been ended. What a transform gives is ours alone, and not discarded. */
  #discardUnread(): void {
    const { stream } = this.#sink
    if (!this.#isEnded || !this.#awaitsClose || !('readableFlowing' in stream) || '_transform' in stream) return
    if (stream.readableFlowing === null && 'resume' in stream && typeof stream.resume === 'function') stream.resume()
  }

  /**
   * What is known about the connection; see {@link ExtraInfo} for the names.
   *
   * @param fallback Returned if the name or the thing is unknown.
   */
  getExtraInfo<Name extends keyof ExtraInfo>(name: Name): ExtraInfo[Name] | undefined
  getExtraInfo<Name extends keyof ExtraInfo, Fallback>(name: Name, fallback: Fallback): ExtraInfo[Name] | Fallback
  getExtraInfo(name: string, fallback?: unknown): unknown
  getExtraInfo(name: string, fallback?: unknown): unknown {
    return extraInfo(this.#sink.stream, name) ?? fallback
  }

  /**
   * This writer as a Node stream, for `pipeline`. Each chunk is one `write`. Ending it closes the writer; destroying it, as
   * `pipeline` does after an error, destroys the writer; and it fails when the writer's stream does.
   *
   * @throws {RangeError} If `mode` is unknown.
   */
  toNodeWritable(options: SendOptions = {}): Writable {
    checkOptions('make a stream', options, SEND_OPTIONS)
    const { mode = 'whole', drain = false } = options
    checkMode(mode)
    return nodeView(this, this.#sink, { mode, drain }, this.#highWaterMark)
  }

  /**
   * This writer as a web stream, for `pipeTo`. Each chunk is one `write`. Closing it closes the writer; aborting it destroys the
   * writer; and it fails when the writer's stream does. An aborted `pipeTo` first lets the chunks go that were accepted
   * already; an abort of the stream itself does not.
   *
   * @throws {RangeError} If `mode` is unknown.
   */
  toWebWritable(options: SendOptions = {}): WritableStream<Uint8Array | string> {
    checkOptions('make a stream', options, SEND_OPTIONS)
    const { mode = 'whole', drain = false } = options
    checkMode(mode)
    return webView(this, this.#sink, { mode, drain }, this.#highWaterMark)
  }

  /** Closes, and waits until that is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.waitClosed()
  }

  #checkOpen(action: string, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#ends > 0 || this.#isClosing || this.#sink.closed) throw this.#sink.error ?? new ClosedError(action)
  }
}

function checkMode(mode: unknown): void {
  if (mode === 'whole' || mode === 'bytewise' || mode === 'no_throttle') return
  throw new RangeError(`Cannot write: 'mode' must be 'whole', 'bytewise' or 'no_throttle', not ${String(mode)}`)
}

function toBytes(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data
  if (typeof data === 'string') return Buffer.from(data)
  throw new TypeError(`Cannot write: the data must be bytes or text, not ${data === null ? 'null' : typeof data}`)
}
