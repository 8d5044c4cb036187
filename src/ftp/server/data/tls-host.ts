import type { Socket } from 'node:net'
import { createServer, type SecureContextOptions, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { ClosedError } from '../../../errors.ts'
import { type WaitLimits, waitFor } from '../wait-for.ts'

interface Waiting {
  resolve(socket: TLSSocket): void
  reject(error: Error): void
}

/** A session lives as long as a control connection may: data connections are to resume it. In seconds. */
const SESSION_TIMEOUT = 24 * 60 * 60

/** Each takes about 2 KiB. */
const MOST_SESSIONS = 2_000

/** Takes what goes wrong while nobody else listens. The socket keeps it in `errored`. */
const ignore = () => {}

/**
 * The server's side of TLS, for control and data connections alike, so that sessions of one can be resumed on the other. It is a
 * `tls.Server` that never listens and is handed its connections, so that all its options mean what they mean there.
 */
export class TlsHost {
  readonly #server: Server
  readonly #waiting = new Map<string, Waiting>()
  /** Sessions of TLS 1.2 by their number in hexadecimal, the oldest first: some clients, curl among them, use no tickets. */
  readonly #sessions = new Map<string, Buffer>()

  /** @throws What `tls.createServer` throws for a wrong key or option. */
  constructor(options: TlsOptions) {
    this.#server = createServer({ sessionTimeout: SESSION_TIMEOUT, ...options })
    this.#server.on('secureConnection', (socket) => {
      socket.on('error', ignore)
      this.#waiting.get(keyOf(socket))?.resolve(socket)
    })
    this.#server.on('tlsClientError', (error, socket) => {
      socket.on('error', ignore)
      this.#waiting.get(keyOf(socket))?.reject(error)
    })
    this.#server.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
      this.#remember(id.toString('hex'), data)
      done()
    })
    this.#server.on('resumeSession', (id: Buffer, done: (error: Error | null, data: Buffer | null) => void) => {
      done(null, this.#sessions.get(id.toString('hex')) ?? null)
    })
  }

  /** Takes another certificate from here on. */
  setSecureContext(options: SecureContextOptions): void {
    this.#server.setSecureContext(options)
  }

  /**
   * Puts TLS on a connection, as its server. On failure the connection is destroyed.
   *
   * @returns A socket that has somebody listening to its errors.
   * @throws {TimeoutError} With phase 'tls'; what was wrong with the handshake; {@link ClosedError}; the signal's reason.
   */
  async secure(socket: Socket, limits: Omit<WaitLimits, 'phase'>): Promise<TLSSocket> {
    const key = keyOf(socket)
    // Node does not notice the end of a half-open socket in mid-handshake.
    socket.allowHalfOpen = false
    try {
      const secured = await waitFor<TLSSocket>({ ...limits, phase: 'tls' }, (resolve, reject) => {
        const close = () => reject(socket.errored ?? new ClosedError('finish the TLS handshake'))
        this.#waiting.set(key, { resolve, reject })
        socket.on('close', close)
        if (socket.destroyed) close()
        else this.#server.emit('connection', socket)
        return () => {
          this.#waiting.delete(key)
          socket.off('close', close)
        }
      })
      secured.allowHalfOpen = true
      return secured
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  #remember(id: string, data: Buffer): void {
    this.#sessions.set(id, data)
    if (this.#sessions.size <= MOST_SESSIONS) return
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest)
      return
    }
  }
}

/** The same for a connection and for the TLS that stands upon it, and for no other connection meanwhile. */
function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}
