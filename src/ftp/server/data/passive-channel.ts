import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { ClosedError } from '../../../errors.ts'
import { plainAddress } from '../login/address-key.ts'
import { type WaitLimits, waitFor } from '../wait-for.ts'
import { type DataChannel, ignore } from './data-channel.ts'
import type { PortPool } from './port-pool.ts'

export interface PassiveOptions {
  /** The address to listen at. */
  readonly host: string
  /** The only address that may connect; undefined is any. */
  readonly peer: string | undefined
  /** Where ports come from; undefined lets the system choose. */
  readonly pool: PortPool | undefined
}

/** Waits at a port for the client, from the moment of the PASV on: it may connect before or after it sends its command. */
export class PassiveChannel implements DataChannel {
  readonly port: number
  readonly #server: Server
  readonly #options: PassiveOptions
  #isListening = true
  #socket: Socket | undefined
  #taken: ((socket: Socket) => void) | undefined
  #failed: ((error: Error) => void) | undefined

  /** Use {@link PassiveChannel.listen}. */
  private constructor(server: Server, options: PassiveOptions) {
    this.#server = server
    this.#options = options
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket) => this.#accept(socket))
    server.on('error', (error) => this.#failed?.(error)) // such as EMFILE
  }

  /**
   * Begins to listen.
   *
   * @returns Undefined if no port is free.
   * @throws What else the system says.
   */
  static async listen(options: PassiveOptions): Promise<PassiveChannel | undefined> {
    const { host, pool } = options
    if (!pool) return new PassiveChannel(await listenAt(host, 0), options)
    const busy: number[] = []
    try {
      // Each port once: those that other programs have are skipped.
      for (let i = 0; i < pool.size; i++) {
        const port = pool.take()
        if (port === undefined) return undefined
        try {
          return new PassiveChannel(await listenAt(host, port), options)
        } catch (error) {
          busy.push(port)
          if (!isTaken(error)) throw error
        }
      }
      return undefined
    } finally {
      for (const port of busy) pool.release(port)
    }
  }

  async open(limits: Omit<WaitLimits, 'phase'>): Promise<Socket> {
    const socket =
      this.#socket ??
      (await waitFor<Socket>({ ...limits, phase: 'data connect' }, (resolve, reject) => {
        this.#taken = resolve
        this.#failed = reject
        return () => {
          this.#taken = undefined
          this.#failed = undefined
        }
      }))
    this.#socket = undefined
    if (socket.destroyed) throw socket.errored ?? new ClosedError('open the data connection')
    return socket
  }

  close(): void {
    this.#stopListening()
    this.#failed?.(new ClosedError('open the data connection'))
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #accept(socket: Socket): void {
    socket.on('error', ignore)
    const { peer } = this.#options
    const isForeign = peer !== undefined && plainAddress(socket.remoteAddress ?? '') !== peer
    if (isForeign || !this.#isListening) {
      socket.destroy()
      return
    }
    this.#stopListening()
    this.#socket = socket
    this.#taken?.(socket)
  }

  /** The system gives the port free at once, whatever connections there still are from it. */
  #stopListening(): void {
    if (!this.#isListening) return
    this.#isListening = false
    this.#server.close()
    this.#options.pool?.release(this.port)
  }
}

function listenAt(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

function isTaken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EADDRINUSE' || code === 'EACCES'
}
