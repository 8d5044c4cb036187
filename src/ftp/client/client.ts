import type { Writable } from 'node:stream'
import type { WritableStream } from 'node:stream/web'
import { checkOptions, optionNames, WAIT } from '../../check-options.ts'
import { ClosedError } from '../../errors.ts'
import { checkSignal } from '../../on-abort.ts'
import type { WaitOptions } from '../../streams/io/stream-io.ts'
import { checkStreamThrottle } from '../../throttle/limits.ts'
import type { StreamThrottle } from '../../throttle/stream-throttle.ts'
import { checkWeight } from '../../throttle/throttle.ts'
import { parseSize } from '../../units.ts'
import { checkMasks } from '../protocol/code-mask.ts'
import type { Reply } from '../protocol/reply.ts'
import { type ClientOptions, clientSettings } from './client-options.ts'
import { Connection, checkPath } from './connection.ts'
import type { DataConnectionThrottleStreamIO } from './data/data-connection.ts'
import type { DataStreamOptions } from './data/data-stream-options.ts'
import { openDataStream } from './data/open-data-stream.ts'
import { type DownloadBytesOptions, downloadBytes, downloadTo } from './download-to.ts'
import { FileCommands } from './file-commands.ts'
import type { CommandOptions } from './session/session.ts'
import type { ChunkSource } from './transfer/origins/chunk-reader.ts'
import type { DownloadOptions, TransferSummary, UploadOptions } from './transfer/transfer-types.ts'
import { uploadFrom } from './upload-from.ts'

const COMMAND_OPTIONS = optionNames<CommandOptions>({ expectedCodes: true, waitCodes: true, signal: true })
const STREAM_OPTIONS = optionNames<DataStreamOptions>({ offset: true, throttles: true, weight: true, signal: true })

/** What is done with a stream. */
export type StreamBody<T> = (stream: DataConnectionThrottleStreamIO) => Promise<T> | T

/**
 * A client of FTP (RFC 959) and FTPS (RFC 4217).
 *
 * Calls take turns: each waits until those before it have ended, a stream until it is finished. For transfers at the same time see `ClientPool`.
 * Whatever goes wrong with one of them, the next one finds the connection in order; if that is lost, it says so with a {@link ClosedError}, and
 * {@link Client.reconnect} opens a new one.
 *
 * ```ts
 * await using client = await Client.connect('ftp.example.com', { user, password, tls: 'explicit' })
 * await client.download('report.csv', 'report.csv')
 * ```
 */
export class Client extends FileCommands implements AsyncDisposable {
  /**
   * Connects and logs in.
   *
   * @param host Name or address.
   * @throws {TypeError | RangeError} If an option is wrong, before anything happens.
   * @throws {ReplyError} If the server refuses; {@link TimeoutError} with the phase that it was silent in; the error of the system, such as ECONNREFUSED; the
   * signal's reason. No connection is left behind.
   */
  static async connect(host: string, options: ClientOptions = {}): Promise<Client> {
    const settings = clientSettings(host, options)
    return new Client(await Connection.open(settings, options.signal))
  }

  /**
   * Connects, logs in, runs `body`, and says goodbye, also if `body` throws.
   *
   * @returns What `body` returns.
   */
  static async context<T>(host: string, body: (client: Client) => Promise<T> | T): Promise<T>
  static async context<T>(host: string, options: ClientOptions, body: (client: Client) => Promise<T> | T): Promise<T>
  static async context<T>(
    host: string,
    first: ClientOptions | ((client: Client) => Promise<T> | T),
    second?: (client: Client) => Promise<T> | T,
  ): Promise<T> {
    const [options, body] = typeof first === 'function' ? [{}, first] : [first, second]
    if (typeof body !== 'function') throw new TypeError('Cannot use a client: a function is needed that is given it')
    const client = await Client.connect(host, options)
    try {
      return await body(client)
    } finally {
      await client[Symbol.asyncDispose]()
    }
  }

  /** The server, as it was named. */
  get host(): string {
    return this.connection.settings.host
  }

  get port(): number {
    return this.connection.settings.port
  }

  /** The lines of the server's greeting. */
  get greeting(): readonly string[] {
    return this.connection.session.greeting
  }

  /** Whether commands and data go through TLS. */
  get isSecure(): boolean {
    return this.connection.session.isSecure
  }

  /** Whether the connection was closed, here or by the server, or is lost. */
  get isClosed(): boolean {
    return this.connection.isQuitting || this.connection.isClosed
  }

  /** The throttles by name that all transfers pass. `client.throttles.name = ...` and `delete client.throttles.name` hold at once, also in mid-transfer. */
  get throttles(): Record<string, StreamThrottle> {
    return this.connection.throttles.named
  }

  /**
   * Sends any command, and waits for its reply.
   *
   * @param line The command and its argument, such as "SITE CHMOD 644 name".
   * @throws {ReplyError} If the code of the reply is none of the expected ones.
   * @throws {RangeError} If there is CR, LF or NUL in it.
   */
  async command(line: string, options: CommandOptions = {}): Promise<Reply> {
    if (typeof line !== 'string') throw new TypeError(`Cannot send a command: must be a string, is ${typeof line}`)
    checkOptions('send a command', options, COMMAND_OPTIONS)
    checkMasks(options.expectedCodes ?? '2xx')
    checkMasks(options.waitCodes ?? '1xx')
    const end = line.indexOf(' ')
    const [verb, argument] = end < 0 ? [line, undefined] : [line.slice(0, end), line.slice(end + 1)]
    return await this.connection.run(options, (session) => session.command(verb, argument, options))
  }

  /**
   * Opens a file for reading (RETR). With a body the stream is finished when the body has ended, or given up if it throws.
   *
   * ```ts
   * await using stream = await client.downloadStream('log.txt')
   * for await (const line of stream.iterByLine()) console.log(line.toString())
   * ```
   */
  downloadStream(path: string, options?: DataStreamOptions): Promise<DataConnectionThrottleStreamIO>
  downloadStream<T>(path: string, body: StreamBody<T>): Promise<T>
  downloadStream<T>(path: string, options: DataStreamOptions, body: StreamBody<T>): Promise<T>
  downloadStream<T>(path: string, first?: DataStreamOptions | StreamBody<T>, second?: StreamBody<T>) {
    return this.#stream('download', 'RETR', path, first, second)
  }

  /** Opens a file for writing (STOR). With a body the stream is finished when the body has ended, or aborted if it throws. */
  uploadStream(path: string, options?: DataStreamOptions): Promise<DataConnectionThrottleStreamIO>
  uploadStream<T>(path: string, body: StreamBody<T>): Promise<T>
  uploadStream<T>(path: string, options: DataStreamOptions, body: StreamBody<T>): Promise<T>
  uploadStream<T>(path: string, first?: DataStreamOptions | StreamBody<T>, second?: StreamBody<T>) {
    return this.#stream('upload', 'STOR', path, first, second)
  }

  /** Opens a file for writing at its end (APPE). As {@link Client.uploadStream}. */
  appendStream(path: string, options?: DataStreamOptions): Promise<DataConnectionThrottleStreamIO>
  appendStream<T>(path: string, body: StreamBody<T>): Promise<T>
  appendStream<T>(path: string, options: DataStreamOptions, body: StreamBody<T>): Promise<T>
  appendStream<T>(path: string, first?: DataStreamOptions | StreamBody<T>, second?: StreamBody<T>) {
    return this.#stream('upload', 'APPE', path, first, second)
  }

  /**
   * Downloads a file, or a directory with all that is in it, to a local path; or a file into a stream.
   *
   * A local file is whole or not there: the bytes go to a temporary name beside it, and take its place in the end. A stream is ended when the file is
   * whole, and destroyed if the download fails.
   *
   * @param to A path, whose directory must be there, or a stream. A symbolic link is replaced, not followed.
   * @throws {ReplyError} If the server refuses, or says that the transfer has failed. {@link TruncatedError} if fewer bytes came than the file has, whatever the
   * server says; {@link TimeoutError} with the phase that it was silent in; {@link ChecksumError}; the error of the file system or of the stream; the signal's
   * reason, or that of {@link Client.abort}. The client can be used for the next call in any case, after `reconnect` if the connection is lost.
   */
  async download(
    remote: string,
    to: string | Writable | WritableStream<Uint8Array>,
    options: DownloadOptions = {},
  ): Promise<TransferSummary> {
    const { connection } = this
    return await connection.call(() => downloadTo(connection, remote, to, options))
  }

  /**
   * Downloads a file into memory.
   *
   * @throws As {@link Client.download}; {@link ProtocolError} if the file is longer than `maxLength`.
   */
  async downloadBytes(remote: string, options: DownloadBytesOptions = {}): Promise<Buffer> {
    const { connection } = this
    return await connection.call(() => downloadBytes(connection, remote, options))
  }

  /**
   * Uploads a local file, or a directory with all that is in it; or what a stream, an iterable or bytes hold.
   *
   * An upload that fails is aborted, never left looking as if it had ended well; with `atomic` nothing of it is ever seen. A stream is destroyed then.
   *
   * @param from A local path, bytes, a stream, or an iterable of bytes or texts.
   * @param remote The name that it is to have on the server.
   * @throws {ChangedError} If the file was changed meanwhile, or a stream gives fewer or more bytes than `size` says; else as {@link Client.download}.
   */
  async upload(
    from: string | Uint8Array | ChunkSource,
    remote: string,
    options: UploadOptions = {},
  ): Promise<TransferSummary> {
    const { connection } = this
    return await connection.call(() => uploadFrom(connection, from, remote, options))
  }

  /** Ends the transfer that runs now, if one does (ABOR): its call rejects with `reason`. @default an AbortError */
  abort(reason: unknown = new DOMException('The transfer was aborted', 'AbortError')): void {
    this.connection.abort(reason)
  }

  /** Opens the connection anew, if it was lost, logs in, and goes to the working directory there was. */
  async reconnect(options: WaitOptions = {}): Promise<void> {
    checkOptions('reconnect', options, WAIT)
    await this.connection.reconnect(options.signal)
  }

  /**
   * Says goodbye (QUIT) when the calls before have ended, and closes the connection. Later calls join the first one.
   *
   * @throws {TimeoutError} If the server does not answer for `timeouts.command`, or 3 s if that is shorter; {@link BusyError} in the body of a stream, or if a stream
   * that has the connection is not used for as long as `timeouts.command` says; the signal's reason. The connection is closed in any case but in a body.
   */
  async quit(options: WaitOptions = {}): Promise<void> {
    checkOptions('quit', options, WAIT)
    await this.connection.quit(options.signal)
  }

  /** Closes the connection at once. Calls that run or wait reject with a {@link ClosedError}. */
  close(): void {
    this.connection.close()
  }

  /** As {@link Client.quit}; whether the server still answers does not matter. Streams that were neither finished nor closed are given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of this.connection.streams)
      stream.fail(new ClosedError('go on', { reason: 'the client was closed' }))
    try {
      await this.quit()
    } catch (error) {
      // The goodbye is a courtesy. What went wrong before has been told to those who waited for it.
      this.connection.session.log.note(`the server was not told goodbye: ${String(error)}`)
    }
  }

  async #stream<T>(
    direction: 'download' | 'upload',
    verb: string,
    path: string,
    first: DataStreamOptions | StreamBody<T> | undefined,
    second: StreamBody<T> | undefined,
  ): Promise<DataConnectionThrottleStreamIO | T> {
    checkPath(direction, path)
    const options = (typeof first === 'function' ? undefined : first) ?? {}
    const body = typeof first === 'function' ? first : second
    checkOptions(direction, options, STREAM_OPTIONS)
    const offset = options.offset === undefined ? 0 : parseSize(options.offset)
    checkSignal(options.signal)
    if (options.weight !== undefined) checkWeight(options.weight)
    for (const [name, throttle] of Object.entries(options.throttles ?? {})) checkStreamThrottle(name, throttle)
    const isLoose = body === undefined
    const { connection } = this
    return await connection.call(async () => {
      const stream = await openDataStream(connection, { ...options, offset, direction, verb, path, isLoose })
      return body === undefined ? stream : await used(connection, stream, body)
    })
  }
}

/** Finishes a stream when its body has ended, or gives it up. */
async function used<T>(
  connection: Connection,
  stream: DataConnectionThrottleStreamIO,
  body: StreamBody<T>,
): Promise<T> {
  try {
    const result = await connection.inBody(() => body(stream))
    if (!stream.isClosing || stream.hasFailed) await stream.finish()
    return result
  } finally {
    await stream.close()
  }
}
