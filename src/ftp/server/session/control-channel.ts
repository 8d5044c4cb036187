import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../../clock.ts'
import type { TextCodec } from '../../protocol/codec.ts'
import { type Command, CommandParser } from '../../protocol/command.ts'
import { formatReply } from '../../protocol/reply.ts'
import { linger } from '../data/end-socket.ts'

/** What a control connection tells of. */
export interface ControlListener {
  /** Commands have come, in their order. */
  received(commands: readonly (Command | { readonly tooLong: true })[]): void
  /** The client sends no more. */
  ended(): void
  /** The connection is gone. Nothing else is told after this. */
  closed(error: Error | undefined): void
}

/** Replies that a client has not taken, in bytes, after which no more of its commands are looked at. */
const CONGESTED = 16 * 1024

/** How long a client may take to close its end, in ms, once ours is closed. */
const LINGER = 5_000

/**
 * Bytes that are read at a time, before others have their turn. What a client sends at once can be 64 KiB, which are 32,000 commands: these
 * would take a hundred times the memory, and nobody else would get through for as long as they take.
 */
const TURN = 128

const NOTHING = Buffer.alloc(0)

/** The control connection: bytes in, commands out; replies in, bytes out. */
export class ControlChannel {
  readonly #codec: TextCodec
  readonly #clock: Clock
  readonly #listener: ControlListener
  #socket: Socket
  #parser: CommandParser
  /** What has come and was not read yet. */
  #unread: Uint8Array = NOTHING
  /** The socket stands still, since there is something unread. */
  #isBehind = false
  #cancelTurn: (() => void) | undefined
  #isPaused = false
  #isClosed = false
  #isEnding = false
  /** TLS is being put upon the socket: there must be nothing in the clear any more. */
  #isReleased = false

  constructor(socket: Socket, codec: TextCodec, clock: Clock, listener: ControlListener) {
    this.#codec = codec
    this.#clock = clock
    this.#listener = listener
    this.#parser = new CommandParser({ codec })
    this.#socket = socket
    this.#attach()
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress
  }

  /** The socket: that of TLS, once that is there. */
  get socket(): Socket {
    return this.#socket
  }

  get closed(): boolean {
    return this.#isClosed || this.#isEnding
  }

  /** Whether the client does not take the replies that there are for it. */
  get congested(): boolean {
    return this.#socket.writableLength > CONGESTED
  }

  send(code: number, text: string | readonly string[]): void {
    this.sendBytes(formatReply(code, text, this.#codec))
  }

  sendBytes(bytes: Uint8Array): void {
    if (!this.closed && !this.#isReleased && this.#socket.writable) this.#socket.write(bytes)
  }

  /** Settles once the client has taken its replies, or is gone. */
  async drained(): Promise<void> {
    const socket = this.#socket
    if (!this.congested || this.closed) return
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done)
        socket.off('close', done)
        resolve()
      }
      socket.on('drain', done)
      socket.on('close', done)
    })
  }

  /** Reads no more for now. */
  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (this.#unread.length > 0) this.#readLater()
    else this.#socket.resume()
  }

  /**
   * Lets go of the socket, for TLS to be put upon it. What has come and was not read is forgotten: who sits between could have
   * sent it in the clear, for it to be taken for what the client says under TLS (CVE-2011-0411).
   */
  release(): Socket {
    this.#socket.off('data', this.#data)
    this.#socket.off('end', this.#end)
    this.#socket.off('close', this.#close)
    this.#isPaused = false
    this.#forgetUnread()
    this.#isReleased = true
    this.#parser = new CommandParser({ codec: this.#codec })
    return this.#socket
  }

  /** Goes on with TLS. */
  adopt(socket: TLSSocket): void {
    this.#socket = socket
    this.#isReleased = false
    this.#attach()
  }

  /** The handshake has failed. */
  lost(error: Error | undefined): void {
    this.#closed(error)
  }

  /** Closes, after what was sent; commands that still come are not looked at. */
  end(): void {
    if (this.closed) return
    this.#isEnding = true
    if (this.#isReleased) {
      this.#socket.destroy()
      return
    }
    this.#socket.off('data', this.#data)
    this.#forgetUnread()
    this.#socket.end()
    linger(this.#socket, LINGER, this.#clock)
  }

  /** Closes at once. What was said has gone out, unless the client does not take it. */
  destroy(): void {
    this.#socket.destroy()
  }

  #attach(): void {
    const socket = this.#socket
    socket.on('error', ignore) // it is told by 'close'
    socket.on('data', this.#data)
    socket.on('end', this.#end)
    socket.on('close', this.#close)
    if (socket.destroyed) this.#close()
  }

  readonly #data = (bytes: Buffer) => {
    this.#unread = this.#unread.length > 0 ? Buffer.concat([this.#unread, bytes]) : bytes
    if (!this.#isPaused && !this.#cancelTurn) this.#read()
  }

  /** One turn. What is left waits for the next one, and the socket for all of it. */
  #read(): void {
    const part = this.#unread.subarray(0, TURN)
    this.#unread = this.#unread.length > TURN ? this.#unread.subarray(TURN) : NOTHING
    const wasBehind = this.#isBehind
    this.#isBehind = this.#unread.length > 0
    if (this.#isBehind) {
      this.#socket.pause()
      this.#readLater()
    } else if (wasBehind) this.#socket.resume()
    this.#listener.received(this.#parser.push(part))
  }

  #readLater(): void {
    this.#cancelTurn ??= this.#clock.sleepUntil(this.#clock.now(), () => {
      this.#cancelTurn = undefined
      if (!this.#isPaused) this.#read()
    })
  }

  #forgetUnread(): void {
    this.#unread = NOTHING
    this.#isBehind = false
    this.#cancelTurn?.()
    this.#cancelTurn = undefined
  }

  readonly #end = () => this.#listener.ended()
  readonly #close = () => this.#closed(this.#socket.errored ?? undefined)

  #closed(error: Error | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#forgetUnread()
    this.#listener.closed(error)
  }
}

const ignore = () => {}
