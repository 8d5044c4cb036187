import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { checkOptions, optionNames } from '../../check-options.ts'
import { Waits } from '../../streams/adapters/waits.ts'
import { PeerSession } from './peer-session.ts'

/** What is done on a connection. When it returns, the connection is ended; when it throws, the connection is closed. */
export type PeerScript = (session: PeerSession) => unknown

export interface ScriptedPeerOptions {
  /**
   * Where to listen.
   *
   * @default '127.0.0.1'
   */
  readonly host?: string
  /**
   * The port; 0 lets the system pick one.
   *
   * @default 0
   */
  readonly port?: number
  /** Key and certificate: connections are TLS from their beginning. A client that breaks off the handshake sees no script. */
  readonly tls?: TlsOptions
}

const OPTIONS = optionNames<ScriptedPeerOptions>({ host: true, port: true, tls: true })

/**
 * A server that plays a script on each connection, to test clients against a peer that behaves, and misbehaves, exactly as told.
 *
 * What a script throws is kept, and thrown at `await peer.done` or at the disposal, so that no test passes whose script failed.
 * A script that still waits for something at the disposal has failed, unless that is {@link PeerSession.silence}.
 *
 * @example
 * await using peer = await ScriptedPeer.listen(async (session) => {
 *   await session.send('220 hi\r\n', { cut: 1 })
 *   await session.expect('USER anonymous')
 *   session.reset()
 * })
 * await expect(Client.connect(peer.host, { port: peer.port })).rejects.toThrow()
 */
export class ScriptedPeer {
  readonly #server: Server
  readonly #script: PeerScript
  readonly #tls: TlsOptions | undefined
  readonly #sessions: PeerSession[] = []
  readonly #running = new Set<Promise<void>>()
  readonly #failures: unknown[] = []
  readonly #changes = new Waits()
  readonly #address: AddressInfo
  #closing: Promise<void> | undefined

  private constructor(server: Server, script: PeerScript, tls: TlsOptions | undefined) {
    this.#server = server
    this.#address = server.address() as AddressInfo
    this.#script = script
    this.#tls = tls
    server.on('connection', (socket: Socket) => this.#accept(socket))
  }

  /**
   * Opens the server.
   *
   * @throws The system's error, if it can't listen there.
   */
  static async listen(script: PeerScript, options: ScriptedPeerOptions = {}): Promise<ScriptedPeer> {
    checkOptions('listen', options, OPTIONS)
    const server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
    })
    return new ScriptedPeer(server, script, options.tls)
  }

  /** The address on which it listens. */
  get host(): string {
    return this.#address.address
  }

  get port(): number {
    return this.#address.port
  }

  /** The connections so far, in the order in which they came. */
  get sessions(): readonly PeerSession[] {
    return this.#sessions
  }

  /** Waits for a first connection, and until all scripts have come to their end; rejects with what the first that failed has thrown. */
  get done(): Promise<void> {
    return this.#finish()
  }

  async #finish(): Promise<void> {
    while (this.#sessions.length === 0 && !this.#closing) await this.#changes.next()
    while (this.#running.size > 0) await Promise.all(this.#running)
    const [first, ...others] = this.#failures.splice(0)
    if (others.length > 0)
      throw new AggregateError([first, ...others], `Cannot play ${others.length + 1} scripts: ${first}`)
    if (first !== undefined) throw first
  }

  #accept(socket: Socket): void {
    const session = new PeerSession(socket, this.#sessions.length)
    this.#sessions.push(session)
    const run = this.#play(session).finally(() => this.#running.delete(run))
    this.#running.add(run)
    this.#changes.settle()
  }

  async #play(session: PeerSession): Promise<void> {
    try {
      if (this.#tls && !(await session.startTls(this.#tls))) return
      await this.#script(session)
      session.end()
      // Takes what still comes, so that the end arrives as an end: closing with unread bytes would be a reset.
      void session.silence().catch(() => session.destroy())
    } catch (error) {
      this.#failures.push(error ?? new Error(`Cannot play the script: it threw ${error}`))
      session.destroy()
    }
  }

  /** Closes all connections at once, waits for the scripts, and throws what failed, unless `done` has done so. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const session of this.#sessions) session.destroy()
    this.#changes.settle()
    await closed
    await this.#finish()
  }
}
