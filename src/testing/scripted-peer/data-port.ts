import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Waits } from '../../streams/adapters/waits.ts'
import { PeerStream } from './peer-stream.ts'
import { ScriptError } from './script-error.ts'

/** A port that takes one connection, as the data connection of FTP. Others that come are reset. */
export class DataPort {
  readonly #server: Server
  readonly #address: AddressInfo
  readonly #changes = new Waits()
  #come: PeerStream | undefined
  #isClosed = false

  private constructor(server: Server) {
    this.#server = server
    this.#address = server.address() as AddressInfo
    server.on('connection', (socket: Socket) => {
      if (this.#come) {
        socket.on('error', () => {}) // it is to be reset
        socket.resetAndDestroy()
      } else {
        this.#come = new PeerStream(socket)
        this.#changes.settle()
      }
    })
  }

  /** Listens on a port that the system picks. */
  static async listen(host: string): Promise<DataPort> {
    const server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, host, resolve)
    })
    return new DataPort(server)
  }

  get port(): number {
    return this.#address.port
  }

  /** Address and port as the 227 reply has them: `127,0,0,1,4,1`. */
  get passive(): string {
    const { address, port } = this.#address
    return [...address.split('.'), port >> 8, port & 255].join(',')
  }

  /**
   * The connection that has come, or comes.
   *
   * @throws {ScriptError} If the port is closed before.
   */
  async accept(): Promise<PeerStream> {
    while (!this.#come) {
      if (this.#isClosed) throw new ScriptError('a data connection', undefined)
      await this.#changes.next()
    }
    return this.#come
  }

  /** Takes no connection any more. The one that has come stays. */
  close(): void {
    this.#isClosed = true
    this.#server.close()
    this.#changes.settle()
  }

  /** Closes the port and its connection at once. */
  destroy(): void {
    this.close()
    this.#come?.destroy()
  }
}
