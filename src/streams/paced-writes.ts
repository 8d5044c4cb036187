import type { Socket } from 'node:net'
import { ClosedError } from '../errors.ts'
import type { Flow } from '../throttle/flow.ts'
import { toBytes } from './adapters/to-bytes.ts'

type Done = (error?: Error | null) => void

/** Stands between a socket's writable side and its handle: bytes are handed to the handle as they are granted. */
export class PacedWrites {
  readonly #socket: Socket
  readonly #flow: Flow
  readonly #write: Socket['_write']
  #waiting = false

  constructor(socket: Socket, flow: Flow) {
    this.#socket = socket
    this.#flow = flow
    this.#write = socket._write
  }

  install(): void {
    const socket = this.#socket
    socket._write = (chunk, encoding, done) => this.#send(bytesOf(chunk, encoding), 0, done)
    socket._writev = (chunks, done) => {
      const buffers = chunks.map(({ chunk, encoding }) => bytesOf(chunk, encoding))
      this.#send(buffers.length === 1 && buffers[0] ? buffers[0] : Buffer.concat(buffers), 0, done)
    }
  }

  /** Whether bytes are to be sent that the throttles hold back. */
  get waiting(): boolean {
    return this.#waiting
  }

  #send(chunk: Buffer, granted: number, done: Done): void {
    const bytes = granted || this.#flow.tryAcquire(chunk.length)
    if (bytes === 0 && chunk.length > 0) {
      this.#waiting = true
      this.#flow.request({
        bytes: chunk.length,
        granted: (granted) => {
          this.#waiting = false
          if (!this.#socket.destroyed) this.#send(chunk, granted, done)
          else {
            this.#flow.refund(granted)
            done(this.#socket.errored ?? new ClosedError('write'))
          }
        },
        failed: (reason) => done(reason as Error),
      })
      return
    }
    const piece = bytes === chunk.length ? chunk : chunk.subarray(0, bytes)
    try {
      this.#flow.append(piece)
    } catch (error) {
      this.#flow.refund(bytes)
      done(error as Error)
      return
    }
    const rest = bytes === chunk.length ? undefined : chunk.subarray(bytes)
    // A handle that is gone answers through the callback, like one that fails.
    this.#write.call(this.#socket, piece, 'buffer' as BufferEncoding, (error) => {
      if (error || !rest) done(error)
      else this.#send(rest, 0, done)
    })
  }
}

function bytesOf(chunk: unknown, encoding: BufferEncoding): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : toBytes(chunk)
}
