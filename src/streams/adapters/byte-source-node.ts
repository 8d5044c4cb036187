import type { Readable } from 'node:stream'
import { ClosedError } from '../../errors.ts'
import { confirmEnd } from './confirm-end.ts'
import { toBytes } from './to-bytes.ts'
import { Waits } from './waits.ts'

/** Bytes from a Node `Readable`, in paused mode: what is not pulled stays in the stream, and holds its sender up. */
export class NodeByteSource {
  readonly stream: Readable
  #ended = false
  #failure: { readonly error: unknown } | undefined
  /** True once a chunk could not be read: what follows would have a gap before it. */
  #broken = false
  #closed = false
  readonly #waits = new Waits()
  readonly #listeners = {
    readable: () => this.#waits.settle(),
    end: () =>
      confirmEnd(this.stream, () => {
        this.#ended = true
        this.#waits.settle()
      }),
    error: (error: unknown) => this.#fail(error),
    close: () => {
      this.#closed = true
      if (!this.#ended) this.#fail(new ClosedError('read'))
    },
  }

  constructor(stream: Readable) {
    this.stream = stream
    if (stream.readableEnded) this.#ended = true
    else if (stream.errored) this.#fail(stream.errored)
    else if (stream.destroyed || stream.readable === false) this.#fail(new ClosedError('read'))
    // 'readable' last: it starts the reading.
    for (const name of ['error', 'close', 'end', 'readable'] as const) stream.on(name, this.#listeners[name])
  }

  get ended(): boolean {
    return this.#ended
  }

  pull(): Buffer | undefined {
    while (!this.#broken) {
      const chunk: unknown = this.stream.read()
      if (chunk === null) return undefined
      try {
        // After setEncoding, the same encoding gives the bytes back, but for those that were no text in it.
        const encoding = this.stream.readableEncoding ?? 'utf8'
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : toBytes(chunk)
        if (bytes.length > 0) return bytes
      } catch (error) {
        this.#broken = true
        this.#fail(error)
        this.stream.destroy()
      }
    }
    return undefined
  }

  async ready(signal?: AbortSignal): Promise<void> {
    if (this.#ended || (this.stream.readableLength > 0 && !this.#broken)) return
    if (this.#failure) throw this.#failure.error
    await this.#waits.next(signal)
  }

  destroy(error?: Error): void {
    this.stream.destroy(error)
  }

  waitClosed(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      // A stream that is closed already, or was told not to say so, emits 'close' no later than in the next tick.
      const settings = this.stream as { readonly _readableState?: { readonly emitClose?: boolean } }
      if (this.stream.closed || settings._readableState?.emitClose === false) process.nextTick(resolve)
      else this.stream.once('close', resolve)
    })
  }

  release(): void {
    for (const name of ['readable', 'end', 'close', 'error'] as const) this.stream.off(name, this.#listeners[name])
  }

  /** The first error counts. It is told only when the bytes before it are pulled. */
  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#waits.settle()
  }
}
