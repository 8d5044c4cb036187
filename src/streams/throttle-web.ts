import { ReadableStream, type ReadableStreamDefaultController, TransformStream, WritableStream } from 'node:stream/web'
import { checkOptions, optionNames } from '../check-options.ts'
import { checkSignal, onAbort } from '../on-abort.ts'
import { Flow } from '../throttle/flow.ts'
import { type Limits, throttlesOf, watchChanges } from '../throttle/limits.ts'
import { gateOf, type Throttle } from '../throttle/throttle.ts'
import { toBytes } from './adapters/to-bytes.ts'
import type { ThrottleStreamOptions } from './throttle-transform.ts'

const OPTIONS = optionNames<ThrottleStreamOptions>({ signal: true, weight: true })

/**
 * {@link ThrottleTransform} for WHATWG streams. Its two sides are streams of its own rather than those of the base class, whose
 * transformers can't hold back in the midst of a chunk: bytes would be drawn while the reader stalls, and burst out after.
 */
export class ThrottleTransformStream extends TransformStream<Uint8Array | string, Uint8Array> {
  /** The throttles by name (`default` if it was given without one). Can be changed at any time. */
  readonly throttles: Record<string, Throttle>
  readonly #flow: Flow
  readonly #readable: ReadableStream<Uint8Array>
  readonly #writable: WritableStream<Uint8Array | string>
  #out: ReadableStreamDefaultController<Uint8Array> | undefined
  #wanted = false
  /** Who waits for the reader. */
  #resume: (() => void) | undefined
  #fail: ((reason: unknown) => void) | undefined
  #ended = false
  /** What it ended with. */
  #reason: unknown
  #failWriter = (_reason: unknown) => {}
  #unlisten = () => {}

  constructor(limits: Limits, options: ThrottleStreamOptions = {}) {
    checkOptions('throttle a stream', options, OPTIONS)
    const { signal, weight } = options
    checkSignal(signal)
    const throttles = throttlesOf(limits)
    const flow = new Flow(throttles, { weight })
    super()
    // The pair of the base class is not used. Locked, it can't be transferred to another thread, which would get a stream that limits
    // nothing.
    super.readable.getReader()
    this.#flow = flow
    this.throttles = watchChanges(
      throttles,
      (_, throttle) => gateOf(throttle as Throttle),
      (throttles) => flow.update(throttles),
    )
    this.#readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#out = controller
        },
        pull: () => {
          this.#wanted = true
          this.#resume?.()
        },
        cancel: (reason) => {
          this.#end(reason)
          this.#failWriter(reason)
        },
      },
      { highWaterMark: 0 },
    )
    this.#writable = new WritableStream<Uint8Array | string>({
      start: (controller) => {
        this.#failWriter = (reason) => controller.error(reason)
        // A sink's `abort` would be called only after a write that waits has ended.
        const { signal } = controller as unknown as { signal: AbortSignal } // in Node since 18, but not in its types for 20
        const aborted = () => {
          this.#end(signal.reason)
          this.#out?.error(signal.reason)
        }
        signal.addEventListener('abort', aborted, { once: true })
      },
      write: (chunk) => this.#write(chunk),
      close: () => {
        this.#end()
        this.#out?.close()
      },
    })
    const unlisten = onAbort(signal, (reason) => this.#fall(reason))
    if (this.#ended) unlisten()
    else this.#unlisten = unlisten
  }

  override get readable(): ReadableStream<Uint8Array> {
    return this.#readable
  }

  override get writable(): WritableStream<Uint8Array | string> {
    return this.#writable
  }

  /** The same as {@link ThrottleTransform.stats}; a piece is ready beforehand only if a reader asked for it and left. */
  get stats(): Flow['stats'] {
    return this.#flow.stats
  }

  /** Returns nothing if the whole chunk could pass at once: most chunks need no promise of ours. */
  #write(data: unknown): Promise<void> | undefined {
    const chunk = this.#bytesOf(data)
    if (chunk.length === 0) return undefined
    if (!this.#wanted) return this.#writePieces(chunk, 0)
    const granted = this.#flow.tryAcquire(chunk.length)
    if (granted < chunk.length) return this.#writePieces(chunk, granted)
    this.#pass(chunk)
    return undefined
  }

  #bytesOf(data: unknown): Buffer {
    try {
      return toBytes(data)
    } catch (error) {
      this.#fall(error)
      throw error
    }
  }

  async #writePieces(chunk: Buffer, granted: number): Promise<void> {
    let bytes = granted
    for (let offset = 0; offset < chunk.length; offset += bytes, bytes = 0) {
      if (!this.#wanted) await this.#untilWanted()
      this.#checkOpen()
      const rest = chunk.length - offset
      if (bytes === 0) bytes = this.#flow.tryAcquire(rest)
      if (bytes === 0) bytes = await this.#untilGranted(rest)
      this.#pass(bytes === chunk.length ? chunk : chunk.subarray(offset, offset + bytes))
      if (offset + bytes === chunk.length) return
    }
  }

  #pass(piece: Buffer): void {
    try {
      // It may have ended while the grant was on its way, or by the hand of whoever watches.
      this.#checkOpen()
      this.#flow.append(piece)
      this.#checkOpen()
    } catch (error) {
      this.#flow.refund(piece.length)
      this.#fall(error)
      throw error
    }
    this.#wanted = false
    this.#out?.enqueue(piece)
  }

  #checkOpen(): void {
    if (this.#ended) throw this.#reason
  }

  #untilWanted(): Promise<void> {
    return this.#orFail((resolve) => {
      this.#resume = resolve
    })
  }

  #untilGranted(bytes: number): Promise<number> {
    return this.#orFail((resolve, reject) => {
      this.#flow.request({
        bytes,
        granted: (granted) => {
          // Ended while the grant was on its way.
          if (this.#ended) this.#flow.refund(granted)
          else resolve(granted)
        },
        failed: reject,
      })
    })
  }

  /** A promise that an abort or a cancel rejects at once. */
  async #orFail<T>(wait: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void): Promise<T> {
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#fail = reject
        wait(resolve, reject)
      })
    } finally {
      this.#fail = undefined
      this.#resume = undefined
    }
  }

  #end(reason?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#reason = reason
    this.#unlisten()
    this.#fail?.(reason)
    this.#flow.close()
  }

  /** Fails on both sides. */
  #fall(reason: unknown): void {
    if (this.#ended) return
    this.#end(reason)
    this.#out?.error(reason)
    this.#failWriter(reason)
  }
}
