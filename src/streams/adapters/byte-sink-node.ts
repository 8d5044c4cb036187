import { finished, type Writable } from 'node:stream'
import { ClosedError } from '../../errors.ts'
import type { ByteSink } from './byte-sink-interface.ts'
import { Waits } from './waits.ts'

/**
 * A {@link ByteSink} over Node's `Writable`, or what acts like one (`http.ServerResponse` and `ClientRequest` do).
 *
 * Four listeners stay on the stream for as long as the adapter does. That costs less than putting them on for each wait,
 * and the one for 'error' keeps an error that comes while nobody waits from ending the process.
 */
export class NodeSink implements ByteSink {
  readonly stream: Writable
  readonly #room = new Waits()
  readonly #taken = new Waits()
  readonly #finish = new Waits()
  /** Writes whose bytes the stream has not yet taken. */
  #pending = 0
  #failed = false
  #released = false
  #error: unknown
  #ending: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #stopWaitingClosed: (() => void) | undefined

  constructor(stream: Writable) {
    this.stream = stream
    stream.on('error', this.#onError)
    stream.on('close', this.#onClose)
    stream.on('drain', this.#onDrain)
    stream.on('finish', this.#onFinish)
  }

  get error(): unknown {
    // The stream knows of its error a tick before it says so.
    return this.#failed ? this.#error : (this.stream.errored ?? undefined)
  }

  get closed(): boolean {
    const { stream } = this
    // `errored` is for streams that don't destroy themselves (`autoDestroy: false`).
    return this.#failed || this.#released || stream.destroyed || stream.writableEnded || stream.errored != null
  }

  write(bytes: Uint8Array): boolean {
    const { stream } = this
    if (this.#failed || this.#released || stream.destroyed || stream.writableEnded) throw this.#refusal('write')
    this.#pending++
    // One function for all writes: Node then calls it for many at once, and it costs next to nothing.
    return stream.write(bytes, this.#onTaken)
  }

  async ready(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.closed) throw this.#refusal('write')
    if (this.stream.writableNeedDrain) await this.#room.next(signal)
  }

  async drained(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.error !== undefined) throw this.error
    if (this.#pending === 0) {
      if (this.closed) throw this.#refusal('drain')
      return
    }
    if (this.stream.destroyed || this.#released) throw this.#refusal('drain')
    await this.#taken.next(signal)
  }

  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    const { stream } = this
    if (this.error !== undefined) throw this.error
    if (stream.writableFinished) return
    if (stream.destroyed || this.#released) throw this.#refusal('end')
    const finish = this.#finish.next()
    if (!stream.writableEnded) stream.end()
    await finish
  }

  destroy(error?: Error): void {
    this.stream.destroy(error)
  }

  waitClosed(): Promise<void> {
    this.#closing ??= new Promise((resolve, reject) => {
      if (this.error !== undefined) return reject(this.error)
      if (this.#released) return reject(new ClosedError('wait for the end'))
      // `finished` also knows the streams that never say 'close' (`autoDestroy: false`).
      const forget = finished(this.stream, (error) => {
        const cut = (error as NodeJS.ErrnoException | null | undefined)?.code === 'ERR_STREAM_PREMATURE_CLOSE'
        if (this.error !== undefined) reject(this.error)
        else if (error && !cut) reject(error)
        else resolve() // destroyed without an error: closed, as somebody wished
      })
      this.#stopWaitingClosed = () => {
        forget()
        reject(new ClosedError('wait for the end'))
      }
    })
    return this.#closing
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    const { stream } = this
    stream.off('error', this.#onError)
    stream.off('close', this.#onClose)
    stream.off('drain', this.#onDrain)
    stream.off('finish', this.#onFinish)
    this.#stopWaitingClosed?.()
    this.#failAll()
  }

  readonly #onError = (error: unknown): void => {
    if (!this.#failed) {
      this.#failed = true
      this.#error = error
    }
    this.#failAll()
  }

  readonly #onClose = (): void => this.#failAll()

  readonly #onDrain = (): void => this.#room.settle()

  readonly #onFinish = (): void => {
    this.#finish.settle()
    this.#room.fail(new ClosedError('write'))
  }

  /** Also called for each write that an error has cut off; the 'error' event tells of that. */
  readonly #onTaken = (error?: Error | null): void => {
    this.#pending--
    if (this.#pending === 0 && !error) this.#taken.settle()
  }

  #failAll(): void {
    this.#room.fail(this.#refusal('write'))
    this.#taken.fail(this.#refusal('drain'))
    this.#finish.fail(this.#refusal('end'))
  }

  #refusal(action: string): unknown {
    return this.error ?? new ClosedError(action)
  }
}
