import { type OnReadOpts, Socket } from 'node:net'
import { ClosedError } from '../../errors.ts'
import { confirmEnd } from '../../streams/adapters/confirm-end.ts'
import { Waits } from '../../streams/adapters/waits.ts'
import { memory } from './memory-pool.ts'
import { RingBuffer } from './ring-buffer.ts'

/** Bytes, measured: with less a file grows slower than a socket delivers. A quarter is for what TLS decrypts after it was told to stop. */
const CAPACITY = 3 * 1024 * 1024

/** The same while many transfers run. What TLS holds at most, 64 KiB, goes into a quarter of it. */
const SMALL_CAPACITY = 256 * 1024

/**
 * What comes through a socket, straight into memory that is used again and again: with a stream's chunk of its own for every 64 KiB, the
 * same takes twice the time. A socket made with {@link SocketIntake.onread} does that; any other one is listened to.
 */
export class SocketIntake {
  readonly #block = memory.borrow(memory.isScarce ? SMALL_CAPACITY : CAPACITY)
  readonly #buffer = new RingBuffer(this.#block)
  readonly #waits = new Waits()
  #socket: Socket | undefined
  /** Whether the socket may write into the memory by itself: up to its 'close', since it can be destroyed with a read under way. */
  #isShared = false
  #ended = false
  #paused = false
  #failure: Error | undefined
  #isReleased = false
  #count = 0
  /** How many bytes there are to be, if that is known: an end behind them needs no proof. */
  expected: number | undefined

  /** To be given to `net.connect` or `tls.connect`. */
  get onread(): OnReadOpts {
    return {
      // Node asks again after each read, also if that stopped the socket.
      buffer: () => this.#buffer.place,
      callback: (count) => {
        this.#count += count
        this.#buffer.filled(count)
        return this.#came()
      },
    }
  }

  /**
   * Takes a socket over.
   *
   * @param usesOnread Whether it was made with {@link SocketIntake.onread}.
   */
  attach(socket: Socket, usesOnread: boolean): void {
    this.#socket = socket
    this.#isShared = usesOnread
    if (socket.readableEnded) this.#ended = true
    else if (socket.errored) this.#fail(socket.errored)
    else if (socket.destroyed) this.#fail(new ClosedError('read'))
    socket.on('end', this.#listeners.end)
    socket.on('error', this.#listeners.error)
    socket.on('close', this.#listeners.close)
    if (!usesOnread) socket.on('data', this.#listeners.data)
    else if (!this.#paused) socket.resume()
  }

  /** Takes the listeners off the socket, and the memory back as soon as the socket can't write into it any more. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    const socket = this.#socket
    if (socket && !socket.destroyed) {
      socket.off('end', this.#listeners.end)
      socket.off('error', this.#listeners.error)
      socket.off('data', this.#listeners.data)
      if (!this.#isShared) socket.off('close', this.#listeners.close)
    }
    if (!this.#isShared) memory.giveBack(this.#block)
  }

  /** What has come, as far as it lies in one piece. It stays as it is until it is consumed. */
  get front(): Buffer {
    return this.#buffer.front
  }

  /** Whether the other side has ended, and everything before was consumed. */
  get ended(): boolean {
    return this.#ended && this.#buffer.length === 0
  }

  /** The first `count` bytes of {@link SocketIntake.front} are done with. */
  consume(count: number): void {
    this.#buffer.consume(count)
    if (!this.#paused || !this.#buffer.hasRoom) return
    this.#paused = false
    this.#socket?.resume()
  }

  /**
   * Settles when bytes lie here, or the end has come; undefined if they do, or it has. There is one wait at a time.
   *
   * @throws The error of the socket, {@link ClosedError} if it closed before its end, or the signal's reason.
   */
  ready(signal: AbortSignal): Promise<void> | undefined {
    if (this.#buffer.length > 0 || this.#ended) return undefined
    if (this.#failure) throw this.#failure
    return this.#waits.next(signal)
  }

  readonly #listeners = {
    data: (chunk: Buffer) => {
      for (let taken = 0; taken < chunk.length; ) {
        const place = this.#buffer.place
        if (place.length === 0) {
          // A socket of somebody else's making can give more in one go than there is room for.
          this.#socket?.pause().unshift(chunk.subarray(taken))
          break
        }
        const count = chunk.copy(place, 0, taken)
        this.#count += count
        this.#buffer.filled(count)
        taken += count
      }
      if (!this.#came()) this.#socket?.pause()
    },
    end: () => {
      const end = () => {
        this.#ended = true
        this.#waits.settle()
      }
      if (this.#socket && this.#count !== this.expected) confirmEnd(this.#socket, end)
      else end()
    },
    error: (error: Error) => this.#fail(error),
    close: () => {
      if (this.#isShared && this.#isReleased) memory.giveBack(this.#block)
      this.#isShared = false
      if (!this.#ended) this.#fail(new ClosedError('read'))
    },
  }

  /** Returns whether the socket should go on. */
  #came(): boolean {
    this.#paused = !this.#buffer.hasRoom
    this.#waits.settle()
    return !this.#paused
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#waits.fail(this.#failure)
  }
}

/**
 * An accepted socket with {@link SocketIntake.onread}, which `net.Server` has no option for: its handle, in a new socket. Nothing may have
 * been read from it. Undefined if this version of Node has no such handle.
 */
export function withOnread(accepted: Socket, intake: SocketIntake): Socket | undefined {
  const given = accepted as Socket & { _handle?: { reading?: boolean } | null }
  const handle = given._handle
  if (!handle || handle.reading) return undefined
  const options = { handle, allowHalfOpen: true, onread: intake.onread }
  const socket = new Socket(options as ConstructorParameters<typeof Socket>[0])
  given._handle = null
  accepted.destroy()
  return socket
}
