import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { checkOptions, WAIT } from '../../check-options.ts'
import { ClosedError, IncompleteReadError, UnexpectedDataError } from '../../errors.ts'
import { onAbort } from '../../on-abort.ts'
import { byteSink } from '../adapters/byte-sink.ts'
import { byteSource } from '../adapters/byte-source.ts'
import { type Reader, type ReaderWriter, streamPair, type Writer } from '../adapters/stream-pair.ts'
import { AsyncStreamIterator } from './async-stream-iterator.ts'
import type { Lane } from './lane.ts'
import { opened } from './opened.ts'
import { ReadSide } from './read-side.ts'
import { secureSocket } from './secure-socket.ts'
import { newline, Separator } from './separator.ts'
import type { Patience } from './silence.ts'
import {
  checkTimeout,
  STREAM_OPTIONS,
  type StreamIOOptions,
  type StreamSettings,
  streamSettings,
} from './stream-options.ts'
import { unlessAborted, WriteSide } from './write-side.ts'

/** What every call that can wait takes. */
export interface WaitOptions {
  /** Ends the wait; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** How to go over to TLS: the options of `tls.connect`, but for where to. */
export interface StartTlsOptions
  extends Omit<ConnectionOptions, 'host' | 'port' | 'path' | 'socket' | 'timeout'>,
    WaitOptions {
  /**
   * How long the handshake may take, in ms, > 0; null is forever.
   *
   * @default the stream's `readTimeout`
   */
  readonly handshakeTimeout?: number | null | undefined
}

const EMPTY = Buffer.alloc(0)

/**
 * A stream of bytes in both directions, with timeouts, over a socket or any other pair of Node or web streams.
 *
 * What goes wrong loses no bytes: a read that times out, is aborted, or fails, puts back what it had; the next one goes on from
 * there. Bytes that came before an error or an early end are read before it is told.
 *
 * ```ts
 * await using stream = new StreamIO(socket, { timeout: 30_000 })
 * await stream.write('HELO example.com\r\n')
 * const line = await stream.readline()
 * ```
 */
export class StreamIO implements AsyncDisposable {
  readonly #settings: StreamSettings
  readonly #reads: ReadSide
  readonly #writes: WriteSide
  #closing: Promise<void> | undefined

  /**
   * Takes the streams over: nobody else may read from or write to them from here on.
   *
   * @throws {TypeError | RangeError} If an option is wrong, or a stream is neither a Node nor an unlocked web stream.
   */
  constructor(reader: Reader, writer: Writer, options?: StreamIOOptions)
  constructor(duplex: ReaderWriter, options?: StreamIOOptions)
  constructor(first: Reader | ReaderWriter, second?: Writer | StreamIOOptions, third?: StreamIOOptions) {
    const { reader, writer, options = {} } = streamPair(first, second, third)
    checkOptions('make a stream', options, STREAM_OPTIONS)
    this.#settings = streamSettings(options)
    const { clock, maxLineLength } = this.#settings
    const source = byteSource(reader)
    try {
      const sink = byteSink(writer)
      const reads = { patience: () => this.patience('read'), maxLineLength, clock }
      this.#reads = new ReadSide(source, reads, (wanted, signal) => this.take(wanted, signal))
      const writes = { patience: () => this.patience('write'), clock }
      this.#writes = new WriteSide(sink, writes, (bytes, signal) => this.send(bytes, signal))
    } catch (error) {
      source.release()
      throw error
    }
  }

  /** The stream that is read from. Going over to TLS replaces it. */
  get reader(): Reader {
    return this.#reads.source.stream
  }

  /** The stream that is written to. Going over to TLS replaces it. */
  get writer(): Writer {
    return this.#writes.sink.stream
  }

  /** True once {@link StreamIO.close} or {@link StreamIO.destroy} was called. */
  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  /**
   * Reads what has come, or waits for some.
   *
   * @param count How many bytes at most, an integer >= 0; -1 reads to the end of the stream.
   * @returns From 1 to `count` bytes; none at the end, or if `count` is 0. With -1, everything up to the end.
   * @throws {TimeoutError} If the other side is silent. With -1 too, nothing is lost: what came is there for the next read.
   * @throws {BusyError} If another read waits; before anything happens.
   * @throws {ClosedError} If the stream was closed, here or before its end by the other side.
   * @throws {TypeError | RangeError} If `count` is wrong.
   */
  async read(count = -1, options: WaitOptions = {}): Promise<Buffer> {
    checkCount(count, -1)
    checkOptions('read', options, WAIT)
    if (count === 0) return EMPTY
    if (count < 0) return await this.#reads.readFull(Infinity, options.signal)
    return await this.#reads.readSome(count, options.signal)
  }

  /**
   * Reads a line, up to and including `\n`.
   *
   * @returns The line; at the end of the stream what is left without an end of line, and then nothing.
   * @throws {LineTooLongError} If the line is longer than `maxLineLength`. Its bytes stay in the stream: to go on, take them with
   * `read(count)`.
   * @throws As {@link StreamIO.read}; the part of the line that has come stays in the stream.
   */
  async readline(options: WaitOptions = {}): Promise<Buffer> {
    checkOptions('read a line', options, WAIT)
    return (await this.#reads.readUntil(newline, options.signal)).bytes
  }

  /**
   * Reads up to and including `separator`.
   *
   * @param separator Text (as UTF-8) or bytes, not empty.
   * @throws {IncompleteReadError} If the stream ends before; `partial` is what was left.
   * @throws {LineTooLongError} If there are more than `maxLineLength` bytes up to its end. They stay in the stream.
   * @throws As {@link StreamIO.read}; the bytes that have come stay in the stream.
   */
  async readUntil(separator: string | Uint8Array, options: WaitOptions = {}): Promise<Buffer> {
    checkOptions('read', options, WAIT)
    const { bytes, found } = await this.#reads.readUntil(new Separator(separator), options.signal)
    if (!found) throw new IncompleteReadError(bytes, undefined)
    return bytes
  }

  /**
   * Reads `count` bytes, no fewer.
   *
   * @param count An integer >= 0. So many bytes are held in memory.
   * @throws {IncompleteReadError} If the stream ends before; `partial` is what was left.
   * @throws As {@link StreamIO.read}; the bytes that have come stay in the stream.
   */
  async readExactly(count: number, options: WaitOptions = {}): Promise<Buffer> {
    checkCount(count, 0)
    checkOptions('read', options, WAIT)
    if (count === 0) return EMPTY
    const bytes = await this.#reads.readFull(count, options.signal)
    if (bytes.length < count) throw new IncompleteReadError(bytes, count)
    return bytes
  }

  /** The lines of the stream, each with its end of line, as {@link StreamIO.readline} reads them. */
  iterByLine(options: WaitOptions = {}): AsyncStreamIterator {
    checkOptions('read lines', options, WAIT)
    return new AsyncStreamIterator(() => this.readline(options))
  }

  /**
   * The bytes of the stream in blocks, as {@link StreamIO.read} reads them.
   *
   * @param count How many bytes a block has at most, an integer > 0.
   * @throws {TypeError | RangeError} If `count` is wrong.
   */
  iterByBlock(count = 8192, options: WaitOptions = {}): AsyncStreamIterator {
    checkCount(count, 1)
    checkOptions('read blocks', options, WAIT)
    return new AsyncStreamIterator(() => this.read(count, options))
  }

  /**
   * Writes bytes, or text as UTF-8. Writes take turns: their bytes never mix. Bytes are not copied, so leave them as they are,
   * also after the write has settled.
   *
   * @returns Settles when all bytes are handed over and the stream's buffer has room for more.
   * @throws {TimeoutError} If the other side takes nothing for too long, or the signal's reason: a part of the bytes may be on its
   * way then, the rest is not sent. A write that was still waiting for its turn has sent nothing.
   * @throws {ClosedError} If the stream was closed; else the error of the stream.
   */
  async write(data: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      throw new TypeError(`Cannot write: the data must be a string or a Uint8Array, is ${String(data)}`)
    }
    checkOptions('write', options, WAIT)
    await this.#writes.write(typeof data === 'string' ? Buffer.from(data) : data, options.signal)
  }

  /**
   * Ends the writing half when the writes that were begun have ended and everything has gone out: a socket sends FIN. Reading
   * goes on, and the stream still has to be closed. Later calls join the first one.
   *
   * @param options An abort ends the wait alone; the stream ends all the same.
   * @throws {TimeoutError} If the other side takes nothing for too long; else the error of the stream.
   */
  end(options: WaitOptions = {}): Promise<void> {
    checkOptions('end the stream', options, WAIT)
    return handled(unlessAborted(handled(this.#writes.end()), options.signal))
  }

  /**
   * Closes the stream: a read that waits rejects with {@link ClosedError}, writes that were begun end, what lies in the buffer goes
   * out, then the writer ends and the reader is destroyed. What was not read is lost. Later calls join the first one.
   *
   * @param options An abort stops sending: the stream is closed at once, and the call rejects with the signal's reason.
   * @throws {TimeoutError} If the other side takes nothing for too long; the stream is closed then, too.
   * @throws The error of the stream, unless a call has told of it before.
   */
  close(options: WaitOptions = {}): Promise<void> {
    checkOptions('close the stream', options, WAIT)
    const { signal } = options
    this.#closing ??= handled(this.#close())
    if (signal === undefined) return this.#closing
    return handled(abortable(this.#closing, signal, () => this.#interrupt(signal.reason)))
  }

  /** Closes the stream at once. What was not sent is lost, and calls that wait reject with `error` or {@link ClosedError}. */
  destroy(error?: Error): void {
    this.#interrupt(error ?? new ClosedError('go on'))
    this.#closing ??= handled(this.#discard(error, false))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Goes over to TLS, as its client, on the same connection. Writes that were begun before go out in the clear, later ones under
   * TLS. {@link StreamIO.reader} and {@link StreamIO.writer} are a `TLSSocket` from here on.
   *
   * @param options As for `tls.connect`. `servername` is whom the certificate must be for; by default the `host` of the stream.
   * @throws {UnexpectedDataError} If bytes have come that nobody read. Whoever put them there could make them count as sent under
   * TLS (CVE-2011-0411). Nothing has happened then.
   * @throws {TypeError} If the stream is no `net.Socket`. Nothing has happened then.
   * @throws {BusyError} If a read waits. Nothing has happened then.
   * @throws {TimeoutError} If the handshake takes too long; its error, or the signal's reason. The stream is closed then.
   */
  async startTls(options: StartTlsOptions = {}): Promise<void> {
    const { signal, handshakeTimeout, ...tlsOptions } = options
    const timeout =
      handshakeTimeout === undefined ? this.#settings.readTimeout : checkTimeout('handshakeTimeout', handshakeTimeout)
    const socket = this.reader
    if (!(socket instanceof Socket) || socket !== this.writer) {
      throw new TypeError('Cannot start TLS: the stream is not a net.Socket')
    }
    const upgrade = async (lane: Lane) => {
      await this.#writes.drained()
      if (this.#reads.buffered > 0) throw new UnexpectedDataError('start TLS', this.#reads.buffered)
      const secured = secureSocket(socket, tlsOptions, this.#settings.host)
      this.#reads.source.release()
      this.#writes.sink.release()
      this.#reads.source = byteSource(secured)
      this.#writes.sink = byteSink(secured)
      try {
        await lane.patiently({ phase: 'tls', timeout }, (end) => opened(secured, 'secureConnect', 'start TLS', end))
      } catch (error) {
        this.destroy(error instanceof Error ? error : undefined)
        throw error
      }
    }
    await this.#reads.exclusively('start TLS', () => this.#writes.exclusively('start TLS', signal, upgrade))
  }

  /**
   * Takes bytes that have come. Every read goes through here; whoever overrides it decides when and how many bytes move, and must
   * take them by `super.take`. Bytes that a failing read puts back do not come here again.
   *
   * @param wanted How many are asked for; so many lie in the buffer, at least 1.
   * @param signal Ends the wait: the call was aborted, or the stream closed.
   * @returns From 1 to `wanted` bytes.
   */
  protected take(wanted: number, _signal: AbortSignal): Buffer | Promise<Buffer> {
    return this.#reads.take(wanted)
  }

  /** Puts bytes back that `take` gave, when the read fails after all: the next read finds them. */
  protected putBack(bytes: Buffer): void {
    this.#reads.putBack([bytes])
  }

  /**
   * Hands bytes to the writer. Every write goes through here, in pieces of up to 64 KiB, when there is room; whoever overrides it
   * decides when and how many bytes move, and must send them by `super.send`.
   *
   * @param bytes At least 1.
   * @param signal Ends the wait: the call was aborted, or the stream closed.
   * @returns How many of them, from the first, were sent: from 1 to all.
   */
  protected send(bytes: Uint8Array, _signal: AbortSignal): number | Promise<number> {
    return this.#writes.send(bytes)
  }

  /** How long the other side may be silent at this moment, and what that is told as. Asked at each wait. */
  protected patience(direction: 'read' | 'write'): Patience {
    const { readTimeout, writeTimeout } = this.#settings
    return { phase: direction, timeout: direction === 'read' ? readTimeout : writeTimeout }
  }

  /** Called once, when no byte will move any more. */
  protected discarded(): void {}

  async #close(): Promise<void> {
    this.#reads.close(new ClosedError('read'))
    try {
      await this.#writes.end()
      await this.#discard(undefined, true)
    } catch (error) {
      await this.#discard(undefined, false)
      const isTold = error === this.#reads.lastError || error === this.#writes.lastError
      if (!isTold || error !== this.#writes.sink.error) throw error
    }
  }

  #interrupt(reason: unknown): void {
    this.#reads.close(reason)
    this.#writes.close(reason)
  }

  async #discard(error: Error | undefined, isOrderly: boolean): Promise<void> {
    const sides = [this.#reads.source, this.#writes.sink]
    for (const side of sides) side.destroy(error)
    this.discarded()
    // A web stream is closed only when what it does has ended, which may be never. A Node stream is closed when it is destroyed.
    const closing = sides.filter(({ stream }) => isOrderly || stream instanceof EventEmitter)
    // What closed them is told by `close`, or by the call that met it.
    await Promise.allSettled(closing.map((side) => side.waitClosed()))
    for (const side of sides) side.release()
  }
}

function checkCount(count: number, least: number): void {
  if (typeof count !== 'number') throw new TypeError(`Cannot read: 'count' must be a number, is ${String(count)}`)
  if (Number.isSafeInteger(count) && count >= least) return
  throw new RangeError(`Cannot read: 'count' must be an integer >= ${least}, is ${count}`)
}

async function abortable(work: Promise<void>, signal: AbortSignal, abort: () => void): Promise<void> {
  const forget = onAbort(signal, abort)
  try {
    await work
  } finally {
    forget()
  }
}

/** A promise whose rejection may also be left alone: `stream.close()` need not be awaited. */
function handled(promise: Promise<void>): Promise<void> {
  promise.catch(() => {})
  return promise
}
