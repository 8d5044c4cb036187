import type { Socket } from 'node:net'
import type { Flow } from '../throttle/flow.ts'

/**
 * Stands between a socket's handle and its readable side: what the handle delivers is passed on as it is granted, and the handle
 * is stopped meanwhile, so that the other side of the connection is held up rather than memory filled.
 */
export class PacedReads {
  readonly #socket: Socket
  readonly #flow: Flow
  readonly #push: Socket['push']
  readonly #read: Socket['_read']
  #pending: Buffer | undefined
  #ended = false
  #waiting = false
  #readerHoldsBack = false

  constructor(socket: Socket, flow: Flow) {
    this.#socket = socket
    this.#flow = flow
    this.#push = socket.push
    this.#read = socket._read
  }

  install(): void {
    const socket = this.#socket
    socket.push = (chunk: Buffer | null) => this.#deliver(chunk)
    socket._read = (size) => this.#want(size)
    if (socket.listenerCount('data') > 0) this.#takeFromParser()
    else socket.on('newListener', this.#onListener)
  }

  /** Whether bytes have come that the throttles hold back. */
  get waiting(): boolean {
    return this.#waiting
  }

  /** An HTTP server that is given the socket later has its parser take over in the same call in which it begins to listen. */
  readonly #onListener = (event: string | symbol): void => {
    if (event !== 'data') return
    this.#socket.off('newListener', this.#onListener)
    process.nextTick(() => this.#takeFromParser())
  }

  /**
   * An HTTP server lets its parser take bytes from the handle directly, until somebody else listens to the stream, too. Somebody
   * listens already, so that one more listener does not set the stream flowing.
   */
  #takeFromParser(): void {
    if (this.#socket.listenerCount('data') === 0) return
    const listener = () => {}
    this.#socket.on('data', listener)
    this.#socket.off('data', listener)
  }

  /** The handle has bytes, or its end (null). Returns whether it should go on reading. */
  #deliver(chunk: Buffer | null): boolean {
    if (chunk === null) {
      this.#ended = true
      return this.#pending ? false : this.#push.call(this.#socket, null)
    }
    this.#pending = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk
    return !this.#waiting && !this.#readerHoldsBack && this.#advance(0)
  }

  /** The stream wants more. */
  #want(size: number): void {
    if (!this.#pending) {
      this.#read.call(this.#socket, size)
      return
    }
    this.#readerHoldsBack = false
    if (!this.#waiting) this.#resume(0)
  }

  /** Goes on after a wait, and has the handle read again once everything has been passed on. */
  #resume(granted: number): void {
    const more = this.#advance(granted)
    if (this.#pending) return
    if (this.#ended) {
      this.#push.call(this.#socket, null)
      this.#socket.read(0)
    } else if (more) this.#read.call(this.#socket, 0)
  }

  /** Passes on what is granted, as far as the reader takes it. Returns whether the reader wants more. */
  #advance(granted: number): boolean {
    for (let bytes = granted; this.#pending; bytes = 0) {
      const pending: Buffer = this.#pending
      if (bytes === 0) bytes = this.#flow.tryAcquire(pending.length)
      if (bytes === 0) {
        this.#wait(pending.length)
        return false
      }
      const piece = bytes === pending.length ? pending : pending.subarray(0, bytes)
      this.#pending = bytes === pending.length ? undefined : pending.subarray(bytes)
      try {
        this.#flow.append(piece)
      } catch (error) {
        this.#flow.refund(bytes)
        this.#pending = undefined
        this.#socket.destroy(error as Error)
        return false
      }
      const more = this.#push.call(this.#socket, piece)
      if (this.#socket.destroyed) {
        this.#pending = undefined
        return false
      }
      if (!more) {
        this.#readerHoldsBack = this.#pending !== undefined
        return false
      }
    }
    return true
  }

  #wait(bytes: number): void {
    this.#waiting = true
    this.#flow.request({
      bytes,
      granted: (granted) => {
        this.#waiting = false
        if (this.#socket.destroyed) this.#flow.refund(granted)
        else this.#resume(granted)
      },
      // The flow closes with the socket; what was pending goes with it, as what the kernel holds does.
      failed: () => {
        this.#pending = undefined
      },
    })
  }
}
