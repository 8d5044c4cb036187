import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web'
import { ClosedError } from '../../errors.ts'
import { toBytes } from './to-bytes.ts'
import { Waits } from './waits.ts'

/**
 * Bytes from a WHATWG `ReadableStream`. At most one of its chunks is held here: a read that was begun for a wait which was given
 * up goes on, and what it brings is there for the next one.
 */
export class WebByteSource {
  readonly stream: ReadableStream<Uint8Array>
  readonly #reader: ReadableStreamDefaultReader<unknown>
  #chunk: Buffer | undefined
  #reading = false
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #cancelled: Promise<void> | undefined
  readonly #waits = new Waits()

  /** @param stream Not locked. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.stream = stream
    this.#reader = stream.getReader()
    this.#reader.closed.catch((error: unknown) => this.#fail(error))
  }

  get ended(): boolean {
    return this.#ended
  }

  pull(): Buffer | undefined {
    const chunk = this.#chunk
    this.#chunk = undefined
    return chunk
  }

  async ready(signal?: AbortSignal): Promise<void> {
    if (this.#chunk || this.#ended) return
    if (this.#failure) throw this.#failure.error
    if (!this.#reading) void this.#read()
    await this.#waits.next(signal)
  }

  destroy(error?: Error): void {
    if (this.#ended || this.#cancelled) return
    this.#fail(error ?? new ClosedError('read'))
    // Cancelling rejects if the stream has failed before, which is told by `ready`.
    this.#cancelled = this.#reader.cancel(error).catch((reason: unknown) => this.#fail(reason))
  }

  async waitClosed(): Promise<void> {
    await this.#cancelled
  }

  release(): void {
    this.#reader.releaseLock()
  }

  async #read(): Promise<void> {
    this.#reading = true
    try {
      let bytes: Buffer | undefined
      while (bytes === undefined || bytes.length === 0) {
        const { done, value } = await this.#reader.read()
        if (done) {
          this.#ended = this.#failure === undefined
          return
        }
        bytes = this.#toBytes(value)
      }
      this.#chunk = bytes
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#reading = false
      this.#waits.settle()
    }
  }

  /** What follows a chunk that can't be read would have a gap before it. */
  #toBytes(chunk: unknown): Buffer {
    try {
      return toBytes(chunk)
    } catch (error) {
      this.destroy(error instanceof Error ? error : undefined)
      throw error
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#waits.settle()
  }
}
