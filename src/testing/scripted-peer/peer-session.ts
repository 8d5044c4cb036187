import { connect, type Socket } from 'node:net'
import { DataPort } from './data-port.ts'
import { PeerStream } from './peer-stream.ts'
import { ScriptError } from './script-error.ts'

/** How many lines {@link PeerSession.received} keeps: the latest. */
const LINES_KEPT = 10_000

/** One connection of a client to a {@link ScriptedPeer}: a stream of lines, with data connections beside it. */
export class PeerSession extends PeerStream {
  /** The number of the connection, from 0. */
  readonly number: number
  readonly #received: string[] = []
  readonly #attached: { destroy(): void }[] = []

  constructor(socket: Socket, number: number) {
    super(socket)
    this.number = number
  }

  /** All lines that the script has taken, without their ends, the latest 10,000. */
  get received(): readonly string[] {
    return this.#received
  }

  /** The next line, as UTF-8 and without its end; undefined if none can come any more. */
  async readLine(): Promise<string | undefined> {
    const bytes = await this.readUpToLineFeed()
    if (!bytes) return undefined
    const line = bytes.toString().replace(/\r?\n$/, '')
    this.#received.push(line)
    if (this.#received.length > LINES_KEPT) this.#received.shift()
    return line
  }

  /**
   * Takes the next line, which must be this one, or match.
   *
   * @returns The line.
   * @throws {ScriptError} If another line comes, or none can come.
   */
  async expect(expected: string | RegExp): Promise<string> {
    const line = await this.readLine()
    const isMet = typeof expected === 'string' ? line === expected : line !== undefined && line.search(expected) >= 0
    if (line === undefined || !isMet) {
      const shown = typeof expected === 'string' ? JSON.stringify(expected) : String(expected)
      throw new ScriptError(shown, line, { cause: this.error })
    }
    return line
  }

  /** Sends nothing, takes all lines that come, and waits until the other side ends or resets the connection. */
  override async silence(): Promise<void> {
    while ((await this.readLine()) !== undefined);
  }

  /** Opens a port for a data connection, on the address at which the client has called. */
  async openData(): Promise<DataPort> {
    const data = await DataPort.listen(this.socket.localAddress ?? '127.0.0.1')
    this.#attached.push(data)
    return data
  }

  /**
   * Calls the client for a data connection, as a server in active mode.
   *
   * @throws The system's error, if nobody answers.
   */
  async connectData(port: number, host = this.socket.remoteAddress ?? '127.0.0.1'): Promise<PeerStream> {
    const socket = connect({ port, host, allowHalfOpen: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', resolve)
    })
    const stream = new PeerStream(socket)
    this.#attached.push(stream)
    return stream
  }

  /** Closes the connection at once, and its data connections with it. */
  override destroy(): void {
    super.destroy()
    for (const one of this.#attached) one.destroy()
  }
}
