import { createServer, type Server, type Socket } from 'node:net'
import { ClosedError } from '../../../errors.ts'
import { Waits } from '../../../streams/adapters/waits.ts'
import { formatExtendedPort, formatPassive } from '../../protocol/address.ts'
import type { Ending } from '../../transfer/ending.ts'
import type { Session } from '../session/session.ts'
import { type Channel, resetSocket, secureData } from './channel.ts'

/** Listens, and tells the server where to connect to: EPRT (RFC 2428), or PORT (RFC 959) once that was refused. */
export async function activeChannel(session: Session, signal: AbortSignal | undefined): Promise<Channel> {
  const channel = new ActiveChannel(session)
  try {
    const port = await channel.listen()
    await announce(session, port, signal)
    return channel
  } catch (error) {
    channel.reset()
    throw error
  }
}

async function announce(session: Session, port: number, signal: AbortSignal | undefined): Promise<void> {
  const host = session.settings.active.address ?? plain(session.control.socket.localAddress ?? '')
  const family = host.includes(':') ? 6 : 4
  if (!session.refusesExtended || family === 6) {
    const argument = formatExtendedPort({ host, port, family })
    const reply = await session.command('EPRT', argument, {
      expectedCodes: family === 6 ? '2xx' : ['2xx', '4xx', '5xx'],
      signal,
    })
    if (reply.code < 300) return
    session.refusesExtended = true
  }
  await session.command('PORT', formatPassive({ host, port }), { signal })
}

/** A data connection that the server opens. */
class ActiveChannel implements Channel {
  readonly usesOnread = false
  readonly #session: Session
  readonly #server: Server
  readonly #waits = new Waits()
  #socket: Socket | undefined
  #failure: Error | undefined

  constructor(session: Session) {
    this.#session = session
    this.#server = createServer({ allowHalfOpen: true, noDelay: true })
    this.#server.on('connection', (socket) => this.#came(socket))
    this.#server.on('error', (error) => this.#fail(error))
  }

  /** @returns The port. @throws The error of the system, if no port is free. */
  async listen(): Promise<number> {
    const { ports } = this.#session.settings.active
    const host = this.#session.control.socket.localAddress
    for (let port = ports?.from ?? 0; ; port++) {
      try {
        return await this.#listen(port, host)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port >= (ports?.to ?? 0)) throw error
        this.#failure = undefined
      }
    }
  }

  async ready(ending: Ending): Promise<Socket> {
    const { dataConnect: timeout } = this.#session.settings.timeouts
    while (!this.#socket) {
      if (this.#failure) throw this.#failure
      await ending.patiently({ phase: 'data connect', timeout }, this.#waits.next(ending.signal))
    }
    return this.#session.isSecure ? await secureData(this.#session, this.#socket, ending) : this.#socket
  }

  reset(): void {
    this.#fail(new ClosedError('open the data connection'))
    this.#server.close()
    if (this.#socket) resetSocket(this.#socket)
  }

  #listen(port: number, host: string | undefined): Promise<number> {
    const server = this.#server
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        server.off('error', fail)
        server.off('listening', listening)
        end()
      }
      const fail = (error: Error) => settle(() => reject(error))
      const listening = () =>
        settle(() => {
          const address = server.address()
          resolve(typeof address === 'object' && address ? address.port : 0)
        })
      server.on('error', fail)
      server.on('listening', listening)
      server.listen({ port, host, exclusive: true })
    })
  }

  /** Only the server may come: else whoever is first could take what is uploaded, or give what is downloaded. */
  #came(socket: Socket): void {
    const { log, remoteAddress, settings } = this.#session
    const peer = socket.remoteAddress ?? ''
    socket.on('error', () => {}) // who takes the socket over looks at `errored`
    if (this.#socket || (plain(peer) !== plain(remoteAddress) && !settings.allowForeignHost)) {
      log.note(`a data connection from ${peer} was refused`)
      socket.destroy()
      return
    }
    this.#socket = socket
    this.#server.close()
    this.#waits.settle()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#waits.settle()
  }
}

/** An address of IPv4 as such, also where it stands in one of IPv6. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '')
