import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket, type TlsOptions } from 'node:tls'
import { checkOptions, optionNames } from '../../check-options.ts'
import { systemClock } from '../../clock.ts'
import { Waits } from '../../streams/adapters/waits.ts'
import { type Cut, cutBytes } from './cut.ts'

/** What a script can send. Text is UTF-8. */
export type Sendable = string | Uint8Array

export interface SendOptions {
  /**
   * Cuts what is sent into packets, with turns of the event loop after each, so that a client in the same process gets them one by one.
   *
   * @default none: all at once
   */
  readonly cut?: Cut | undefined
}

const SEND_OPTIONS = optionNames<SendOptions>({ cut: true })
const END_OPTIONS = optionNames<{ readonly closeNotify?: boolean }>({ closeNotify: true })

/** The same options give the same keys, so that TLS sessions of one connection can be resumed in another. */
const ticketKeys = new WeakMap<TlsOptions, Buffer>()

/** Two: a client that has just connected needs one to begin to read. */
async function turnsOfTheLoop(): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await new Promise<void>((resolve) => void systemClock.sleepUntil(systemClock.now(), resolve))
  }
}

/**
 * A connection as scripts see it: raw bytes. That the other side goes away fails nothing but reading, since that is often what is
 * tested; what the script does wrong itself does.
 */
export class PeerStream {
  readonly #raw: Socket
  #socket: Socket
  #unread: Buffer = Buffer.alloc(0)
  #isEnded = false
  #error: Error | undefined
  readonly #changes = new Waits()
  readonly #wake = () => this.#changes.settle()

  constructor(socket: Socket) {
    this.#raw = socket
    this.#socket = socket
    socket.setNoDelay(true)
    this.#listen(socket)
  }

  /** The socket: after {@link startTls} a `TLSSocket`, of which one can ask `isSessionReused()` or `getProtocol()`. */
  get socket(): Socket | TLSSocket {
    return this.#socket
  }

  /** What went wrong with the connection, such as a reset by the other side. */
  get error(): Error | undefined {
    return this.#error
  }

  /**
   * Sends bytes, and waits until the system has taken them.
   *
   * @returns False if the other side has gone, and takes no more.
   * @throws {RangeError} If a size of `cut` is no integer >= 1.
   * @throws {Error} If the script itself has called {@link end} or {@link reset} before.
   */
  async send(data: Sendable, options: SendOptions = {}): Promise<boolean> {
    checkOptions('send', options, SEND_OPTIONS)
    const bytes =
      typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    const pieces = cutBytes(bytes, options.cut)
    if (this.#isEnded) throw new Error('Cannot send: the script has ended the stream')
    for (const piece of pieces) {
      if (!(await this.#write(piece))) return false
      if (options.cut !== undefined) await turnsOfTheLoop()
    }
    return true
  }

  /**
   * Sends one chunk after the other, each when the system has taken the one before, until they are at their end, or the other side
   * takes no more.
   *
   * @returns How many bytes were sent.
   */
  async sendForever(chunks: Iterable<Sendable> | AsyncIterable<Sendable>): Promise<number> {
    let sent = 0
    for await (const chunk of chunks) {
      if (!(await this.send(chunk))) break
      sent += typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength
      // A write that the system takes at once never lets the event loop turn, and the other side may be in this process.
      await turnsOfTheLoop()
    }
    return sent
  }

  /** Whatever bytes have come, at least one; undefined if none can come any more. */
  async read(): Promise<Buffer | undefined> {
    if (this.#unread.length === 0 && !(await this.#fill())) return undefined
    return this.#take(this.#unread.length)
  }

  /**
   * All bytes up to the end, at which the other side must arrive without a failure.
   *
   * @throws The connection's failure.
   */
  async readAll(): Promise<Buffer> {
    const chunks: Buffer[] = []
    for (let chunk = await this.read(); chunk; chunk = await this.read()) chunks.push(chunk)
    if (this.#error) throw this.#error
    return Buffer.concat(chunks)
  }

  /**
   * Bytes up to and with the next line feed, or what remains at the end; undefined if nothing can come any more.
   *
   * @throws {RangeError} If there are more than `maxLength` bytes without a line feed.
   */
  protected async readUpToLineFeed(maxLength = 65_536): Promise<Buffer | undefined> {
    for (;;) {
      const end = this.#unread.indexOf(10)
      if (end >= 0) return this.#take(end + 1)
      if (this.#unread.length > maxLength) {
        throw new RangeError(`Cannot read a line: ${this.#unread.length} bytes have come without a line feed`)
      }
      if (!(await this.#fill())) return this.#unread.length > 0 ? this.#take(this.#unread.length) : undefined
    }
  }

  /** Sends nothing, takes whatever comes, and waits until the other side ends or resets the connection, or the peer is disposed of. */
  async silence(): Promise<void> {
    while (await this.read());
  }

  /** Sends nothing and takes nothing, so that the other side can't send for ever; until the connection breaks or the peer is disposed of. */
  async deafness(): Promise<void> {
    while (!this.#socket.destroyed) await this.#changes.next()
  }

  /**
   * Goes on in TLS, as its server. The same options object lets sessions be resumed.
   *
   * @returns False if the handshake fails; `error` says why.
   */
  async startTls(options: TlsOptions): Promise<boolean> {
    const plain = this.#socket
    this.#forget(plain)
    if (this.#unread.length > 0) plain.unshift(this.#take(this.#unread.length))
    const secure = await handshake(plain, options)
    if (secure instanceof Error) {
      this.#error = secure
      plain.destroy()
      this.#wake() // nobody listens to the socket any more
      return false
    }
    this.#socket = secure
    this.#listen(secure)
    return true
  }

  /**
   * Ends this direction (FIN); the other stays open.
   *
   * @param options With `closeNotify: false`, TLS is not told: the end could be an attacker's.
   */
  end(options: { readonly closeNotify?: boolean } = {}): void {
    checkOptions('end the stream', options, END_OPTIONS)
    this.#isEnded = true
    if (options.closeNotify === false) this.#raw.end()
    else this.#socket.end()
  }

  /** Breaks the connection off (RST): what the other side has not read yet is lost. */
  reset(): void {
    this.#isEnded = true
    // Those who have not sent their last bytes yet would send a FIN before.
    this.#raw.resetAndDestroy()
    this.#socket.destroy()
  }

  /** Closes the connection at once. */
  destroy(): void {
    this.#socket.destroy()
    this.#raw.destroy()
  }

  #write(bytes: Buffer): Promise<boolean> {
    const socket = this.#socket
    if (!socket.writable) return Promise.resolve(false)
    return new Promise((resolve) => void socket.write(bytes, (error) => resolve(!error)))
  }

  async #fill(): Promise<boolean> {
    for (;;) {
      const chunk = this.#socket.read() as Buffer | null
      if (chunk) {
        this.#unread = this.#unread.length > 0 ? Buffer.concat([this.#unread, chunk]) : chunk
        return true
      }
      if (this.#socket.readableEnded || this.#socket.destroyed) return false
      await this.#changes.next()
    }
  }

  #take(length: number): Buffer {
    const taken = this.#unread.subarray(0, length)
    this.#unread = this.#unread.subarray(length)
    return taken
  }

  readonly #fail = (error: Error) => {
    this.#error ??= error
  }

  #listen(socket: Socket): void {
    socket.on('error', this.#fail)
    for (const event of ['readable', 'end', 'close']) socket.on(event, this.#wake)
  }

  #forget(socket: Socket): void {
    for (const event of ['readable', 'end', 'close']) socket.off(event, this.#wake)
  }
}

/** In a server of Node's, a client that breaks off a handshake of half-open sockets would not be noticed. */
function handshake(plain: Socket, options: TlsOptions): Promise<TLSSocket | Error> {
  const keys = ticketKeys.get(options) ?? randomBytes(48)
  ticketKeys.set(options, keys)
  const context = createSecureContext({ ticketKeys: keys, sessionIdContext: 'scripted-peer', ...options })
  const secure = new TLSSocket(plain, { ...options, isServer: true, secureContext: context })
  return new Promise((resolve) => {
    const closed = () => resolve(new Error('Cannot start TLS: the client has gone'))
    secure.on('secure', () => resolve(secure))
    secure.on('error', resolve)
    secure.on('end', closed)
    secure.on('close', closed)
  })
}
