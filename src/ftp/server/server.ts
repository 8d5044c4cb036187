import { EventEmitter, once } from 'node:events'
import { stat } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server as Listener, type Socket } from 'node:net'
import { resolve } from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import { checkHost, checkOptions, optionNames } from '../../check-options.ts'
import { ClosedError } from '../../errors.ts'
import { checkSignal, onAbort } from '../../on-abort.ts'
import { checkTimeout } from '../../streams/io/stream-options.ts'
import type { StreamThrottle } from '../../throttle/stream-throttle.ts'
import { FileError } from '../files/file-error.ts'
import { formatReply } from '../protocol/reply.ts'
import { perform } from './commands/perform.ts'
import { linger } from './data/end-socket.ts'
import type { TlsHost } from './data/tls-host.ts'
import { addressKey } from './login/address-key.ts'
import { Counts } from './login/counts.ts'
import type { EmitEvent, ServerEvents } from './server-events.ts'
import { ServerHost, throwLater } from './server-host.ts'
import type { ServerOptions } from './server-options.ts'
import type { ConnectionInfo } from './session/connection-info.ts'
import { Session } from './session/session.ts'
import type { StreamThrottlePattern } from './throttles/throttle-pattern.ts'
import type { UserManager } from './users/user-manager.ts'
import type { ServerUser } from './users/user-state.ts'

export interface ListenOptions {
  /** The address or name to listen at; `::` is all there are. @default '127.0.0.1' */
  readonly host?: string | undefined
  /** From 0 to 65535; 0 is any that is free. @default 0 */
  readonly port?: number | undefined
  /** Ends the wait; the server does not listen then. */
  readonly signal?: AbortSignal | undefined
}

export interface CloseOptions {
  /** Whether transfers that are running may end. @default true */
  readonly drain?: boolean | undefined
  /** How long they may take, in ms, > 0; what is left then is cut. @default none */
  readonly timeout?: number | null | undefined
  /** Cuts what is left, and rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

const LISTEN_OPTIONS = optionNames<ListenOptions>({ host: true, port: true, signal: true })
const CLOSE_OPTIONS = optionNames<CloseOptions>({ drain: true, timeout: true, signal: true })

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** The throttles of a server, which can be changed at any time. */
export interface ServerThrottles {
  /** What all connections have together. */
  readonly serverGlobal: StreamThrottle
  /** What each connection has: a change holds for all there are, and those to come. */
  readonly serverPerConnection: StreamThrottlePattern
}

/**
 * An FTP and FTPS server.
 *
 * ```ts
 * await using server = new Server({ root: '/srv/files', users: [{ name: 'ann', password: 'secret' }] })
 * await server.listen({ port: 2121 })
 * ```
 */
export class Server extends EventEmitter<ServerEvents> implements AsyncDisposable {
  /** The limits of all, and of each connection. `read` is uploads, `write` is downloads and listings. */
  readonly throttles: ServerThrottles
  readonly #host: ServerHost
  readonly #root: string | undefined
  readonly #sessions = new Map<number, Session>()
  readonly #perAddress = new Counts()
  /** Connections that TLS is being put upon, before they are sessions. */
  readonly #arriving = new Set<Socket>()
  /** Connections that were too many, and are told so. */
  readonly #refused = new Set<Socket>()
  /** Ends the wait for the listener. */
  #giveUp: ((reason: unknown) => void) | undefined
  #listener: Listener | undefined
  #lastId = 0
  #closed: Promise<void> | undefined
  #allLeft: (() => void) | undefined

  /** @throws {TypeError | RangeError} If an option is wrong; what `tls.createServer` throws for a wrong key. */
  constructor(options: ServerOptions = {}) {
    super()
    const emit: EmitEvent = (name, ...args) => tell(this, name, args)
    this.#host = new ServerHost(options, emit, (session) => this.#left(session))
    // As the file system does: the process may be elsewhere when it listens.
    this.#root = options.root === undefined ? undefined : resolve(options.root)
    const { global, perConnection } = this.#host.level
    this.throttles = Object.freeze({ serverGlobal: global, serverPerConnection: perConnection })
  }

  /** Where the server listens; undefined if it does not. */
  get address(): ServerAddress | undefined {
    const address = this.#listener?.address() as AddressInfo | null | undefined
    return address ? { host: address.address, port: address.port } : undefined
  }

  /** Such as `ftp://127.0.0.1:2121`, or `ftps:` where TLS is implicit; empty if the server does not listen. */
  get url(): string {
    const { address } = this
    if (!address) return ''
    const host = address.host.includes(':') ? `[${address.host}]` : address.host
    return `${this.#host.settings.implicitTls ? 'ftps' : 'ftp'}://${host}:${address.port}`
  }

  /** Those who are connected now. */
  get connections(): ConnectionInfo[] {
    return [...this.#sessions.values()]
  }

  /**
   * A user's connections and throttles, whether connected or not; whoever logs in as `anonymous` or `ftp` is `anonymous`. Of any name, if
   * a {@link UserManager} says who may come in: only that knows who there is.
   *
   * @throws {RangeError} If nobody has that name.
   */
  user(name: string): ServerUser {
    return this.#host.user(name)
  }

  /** Takes another certificate for the connections to come. @throws {TypeError} If the server has no TLS. */
  setSecureContext(options: SecureContextOptions): void {
    if (!this.#host.tls) throw new TypeError("Cannot set a certificate: the server was made without 'tls'")
    this.#host.tls.setSecureContext(options)
  }

  /**
   * Begins to listen.
   *
   * @throws What the system says, such as `EADDRINUSE`; {@link FileError} if `root` is no directory (`ENOENT`, `ENOTDIR`); the signal's
   * reason; {@link ClosedError} once the server was closed.
   */
  async listen(options: ListenOptions = {}): Promise<ServerAddress> {
    checkOptions('listen', options, LISTEN_OPTIONS)
    const { host = '127.0.0.1', port = 0, signal } = options
    checkSignal(signal)
    checkHost('listen', host)
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new RangeError(`Cannot listen: 'port' must be an integer from 0 to 65535, is ${port}`)
    }
    if (this.#closed) throw new ClosedError('listen')
    if (this.#listener) throw new TypeError(`Cannot listen: the server does already, at ${this.url}`)
    signal?.throwIfAborted()
    const listener = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true })
    const giveUp = (reason: unknown) => listener.emit('error', reason)
    this.#listener = listener
    this.#giveUp = giveUp
    const unlisten = onAbort(signal, giveUp)
    // Nobody may want it any more when the root has been looked at.
    const begin = () => this.#listener === listener && listener.listen({ host, port })
    const root = this.#root
    try {
      await Promise.all([once(listener, 'listening'), root === undefined ? begin() : checkRoot(root).then(begin)])
    } catch (error) {
      this.#listener = undefined
      // It may still be looking its host up, and would listen after all.
      listener.on('error', ignore)
      listener.on('listening', () => listener.close())
      listener.close()
      throw error
    } finally {
      unlisten()
      this.#giveUp = undefined
    }
    listener.on('error', (error) => this.#host.emit('error', error, undefined))
    listener.on('connection', (socket) => this.#accept(socket))
    const { address } = this
    if (!address) throw new ClosedError('listen')
    return address
  }

  /**
   * Stops listening, sends idle clients away with 421, and waits for all to go: with `drain` those that have a transfer running may end it.
   * Calling it again joins, and can be less patient.
   *
   * @throws The signal's reason.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkOptions('close a server', options, CLOSE_OPTIONS)
    const { drain = true, signal } = options
    const timeout = checkTimeout('timeout', options.timeout)
    checkSignal(signal)
    const { clock } = this.#host.settings
    this.#closed ??= this.#stop()
    if (!drain) this.#cut()
    const cancel =
      timeout === undefined ? undefined : clock.sleepUntil(clock.now() + timeout, () => this.#cut(), timeout / 100)
    const unlisten = onAbort(signal, () => this.#cut())
    try {
      await this.#closed
    } finally {
      cancel?.()
      unlisten()
    }
    signal?.throwIfAborted()
  }

  /** Closes at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close({ drain: false })
  }

  async #stop(): Promise<void> {
    const listener = this.#listener
    this.#host.isDraining = true
    this.#giveUp?.(new ClosedError('listen'))
    // Its own 'close' would wait for sockets that TLS has taken over, too.
    listener?.close()
    for (const socket of [...this.#arriving, ...this.#refused]) socket.destroy()
    for (const session of this.#sessions.values()) if (session.isIdle) session.close(421, 'The server is closing')
    if (this.#sessions.size > 0) {
      await new Promise<void>((resolve) => {
        this.#allLeft = resolve
      })
    }
    for (const socket of this.#host.lingering) socket.destroy()
  }

  #cut(): void {
    for (const session of this.#sessions.values()) session.cut(421, 'The server is closing')
    for (const socket of this.#host.lingering) socket.destroy()
  }

  #accept(socket: Socket): void {
    socket.on('error', ignore)
    const { settings, tls } = this.#host
    const key = addressKey(socket.remoteAddress ?? '')
    const isFull = this.#sessions.size + this.#arriving.size >= settings.maxConnections
    if (isFull || this.#perAddress.of(key) >= settings.maxConnectionsPerAddress) {
      this.#refuse(socket)
      return
    }
    if (!settings.implicitTls || !tls) {
      this.#begin(socket, false)
      return
    }
    this.#perAddress.add(key)
    this.#arriving.add(socket)
    void this.#secure(socket, tls, key)
  }

  #refuse(socket: Socket): void {
    const { implicitTls, codec, clock } = this.#host.settings
    if (implicitTls || this.#refused.size >= MOST_REFUSED) {
      socket.destroy()
      return
    }
    this.#refused.add(socket)
    socket.once('close', () => this.#refused.delete(socket))
    socket.end(formatReply(421, 'Too many connections', codec))
    linger(socket, REFUSED, clock)
  }

  async #secure(socket: Socket, tls: TlsHost, key: string): Promise<void> {
    const { clock, handshakeTimeout } = this.#host.settings
    let secured: Socket | undefined
    try {
      secured = await tls.secure(socket, { clock, timeout: handshakeTimeout, signal: NEVER })
    } catch {
      // Who can't do a handshake is nobody yet; the socket is destroyed.
    }
    this.#arriving.delete(socket)
    this.#perAddress.remove(key)
    if (secured && !this.#host.isDraining) this.#begin(secured, true)
    else secured?.destroy()
  }

  #begin(socket: Socket, isSecure: boolean): void {
    if (socket.destroyed || socket.remoteAddress === undefined) {
      socket.destroy() // it has gone already
      return
    }
    const session = new Session(this.#host, socket, ++this.#lastId, isSecure, perform)
    this.#sessions.set(session.id, session)
    this.#perAddress.add(session.addressKey)
    this.#host.emit('connection', session)
    session.reply(220, this.#host.settings.banner)
  }

  #left(session: ConnectionInfo): void {
    const known = this.#sessions.get(session.id)
    if (!known) return
    this.#sessions.delete(session.id)
    this.#perAddress.remove(known.addressKey)
    if (this.#sessions.size === 0) this.#allLeft?.()
  }
}

/** What clients would be refused for, one by one: the text is for the owner, and names the folder on the disk. */
async function checkRoot(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw FileError.from(error, 'serve', path)
  })
  if (!found.isDirectory()) throw new FileError('serve', path, 'ENOTDIR')
}

const NEVER = new AbortController().signal

const ignore = () => {}

/** How long a client that is refused may take to read why, in ms. */
const REFUSED = 1_000

/** How many may read at a time: they come on top of all that are let in. */
const MOST_REFUSED = 1_000

/** What nobody listens to does no harm; but errors should be seen. */
function tell<Name extends keyof ServerEvents>(server: Server, name: Name, args: ServerEvents[Name]): void {
  const emitter = server as EventEmitter
  if (name === 'error' && emitter.listenerCount('error') === 0) {
    const [error] = args
    process.emitWarning(error instanceof Error ? error : String(error))
    return
  }
  try {
    emitter.emit(name, ...args)
  } catch (error) {
    throwLater(error)
  }
}
