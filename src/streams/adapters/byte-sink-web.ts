import type { WritableStream, WritableStreamDefaultWriter } from 'node:stream/web'
import { ClosedError } from '../../errors.ts'
import type { ByteSink } from './byte-sink-interface.ts'
import { Waits } from './waits.ts'

/** A {@link ByteSink} over the web's `WritableStream`, which it locks until `release`. */
export class WebSink implements ByteSink {
  readonly stream: WritableStream<Uint8Array>
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #closing: Promise<void>
  readonly #room = new Waits()
  readonly #taken = new Waits()
  readonly #finish = new Waits()
  /** Writes that the stream has not yet carried out. */
  #pending = 0
  #failed = false
  #finished = false
  #released = false
  #destroyed = false
  #error: unknown
  #ending: Promise<void> | undefined
  #watchingRoom = false

  constructor(stream: WritableStream<Uint8Array>) {
    this.stream = stream
    this.#writer = stream.getWriter()
    this.#closing = this.#writer.closed.then(this.#onClosed, this.#onCut)
    this.#closing.catch(() => {}) // kept in #error, and thrown by the next call
  }

  get error(): unknown {
    return this.#error
  }

  get closed(): boolean {
    return this.#refuses() || this.#writer.desiredSize === null
  }

  write(bytes: Uint8Array): boolean {
    if (this.#refuses()) throw this.#refusal('write')
    this.#pending++
    // A stream that has failed but has not said so yet takes the bytes and refuses them: no room, and the error comes next.
    this.#writer.write(bytes).then(this.#onTaken, this.#onError)
    return (this.#writer.desiredSize ?? 0) > 0
  }

  async ready(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#refuses()) throw this.#refusal('write')
    if ((this.#writer.desiredSize ?? 0) > 0) return
    const room = this.#room.next(signal)
    this.#watchRoom()
    await room
  }

  /** At most one watch on the writer, however many wait: what they registered would otherwise outlive their aborts. */
  #watchRoom(): void {
    if (this.#watchingRoom) return
    this.#watchingRoom = true
    this.#writer.ready.then(
      () => {
        this.#watchingRoom = false
        // Nobody can write any more, but the writes before may still be on their way.
        if (this.#refuses()) this.#room.fail(this.#refusal('write'))
        else this.#room.settle()
      },
      (error) => {
        this.#watchingRoom = false
        this.#onError(error)
      },
    )
  }

  async drained(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#failed || this.#released || this.#destroyed) throw this.#refusal('drain')
    if (this.#pending > 0) await this.#taken.next(signal)
    else if (this.closed) throw this.#refusal('drain')
  }

  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    if (this.#finished) return
    if (this.#failed || this.#released || this.#destroyed) throw this.#refusal('end')
    const finish = this.#finish.next()
    // Fails only if the stream is closed, closing or failed already, which `closed` tells better.
    this.#writer.close().catch(() => {})
    await finish
  }

  destroy(error?: Error): void {
    if (this.#failed || this.#finished || this.#released || this.#destroyed) return
    this.#destroyed = true
    this.#error = error
    // A sink whose abort() fails is closed all the same: `closed` then tells the reason given here.
    this.#writer.abort(error).catch(() => {})
    this.#failAll()
  }

  waitClosed(): Promise<void> {
    return this.#closing
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.#failAll()
    this.#writer.releaseLock()
  }

  readonly #onClosed = (): void => {
    this.#finished = true
    this.#finish.settle()
    this.#failAll()
  }

  readonly #onCut = (error: unknown): void => {
    if (this.#released) throw new ClosedError('wait for the end')
    this.#onError(error)
    // Destroyed without an error is closed, as somebody wished.
    if (!this.#destroyed || this.#error !== undefined) throw this.#error
  }

  readonly #onError = (error: unknown): void => {
    if (this.#released || this.#finished) return
    if (!this.#failed) {
      this.#failed = true
      if (!this.#destroyed) this.#error = error
    }
    this.#failAll()
  }

  readonly #onTaken = (): void => {
    this.#pending--
    if (this.#pending === 0) this.#taken.settle()
  }

  #refuses(): boolean {
    return this.#failed || this.#released || this.#destroyed || this.#finished || this.#ending !== undefined
  }

  #failAll(): void {
    this.#room.fail(this.#refusal('write'))
    this.#taken.fail(this.#refusal('drain'))
    this.#finish.fail(this.#refusal('end'))
  }

  #refusal(action: string): unknown {
    return this.#error ?? new ClosedError(action)
  }
}
