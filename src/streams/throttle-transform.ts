import { Transform, type TransformCallback } from 'node:stream'
import { checkOptions, optionNames } from '../check-options.ts'
import { checkSignal, errorOf, onAbort } from '../on-abort.ts'
import { Flow } from '../throttle/flow.ts'
import { type Limits, throttlesOf, watchChanges } from '../throttle/limits.ts'
import { gateOf, type Throttle } from '../throttle/throttle.ts'
import { parseSize, type Size } from '../units.ts'

export interface ThrottleStreamOptions {
  /**
   * Destroys the stream with the signal's reason. A Node stream can't fail with a reason that is falsy, such as null: it gets an
   * `AbortError` instead.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * The part of a shared limit in proportion to that of the other streams, > 0.
   * @default 1
   */
  readonly weight?: number | undefined
}

export interface ThrottleTransformOptions extends ThrottleStreamOptions {
  /**
   * Bytes buffered before the stream holds up whoever writes, as a number or as text such as `'64KiB'`. On the side of the reader it holds one piece at most.
   * @default Node's own: 16 KiB, or 64 KiB from Node 22 on
   */
  readonly highWaterMark?: Size | undefined
}

const OPTIONS = optionNames<ThrottleTransformOptions>({ signal: true, weight: true, highWaterMark: true })

/**
 * Lets bytes pass no faster than its throttles allow. Chunks pass by reference; one that is larger than what is granted is cut.
 * While the reader holds back nothing is drawn from the throttles.
 */
export class ThrottleTransform extends Transform {
  /** The throttles by name (`default` if it was given without one). Can be changed at any time. */
  readonly throttles: Record<string, Throttle>
  readonly #flow: Flow
  #unlisten = () => {}
  /** Used again for each wait: with thousands of streams the collector of garbage would have as much to do as they. */
  readonly #waiter = {
    bytes: 0,
    granted: (granted: number) => this.#advance(granted),
    // The flow is closed by `_destroy` only, which has told everybody already.
    failed: () => {},
  }
  #chunk: Buffer | undefined
  #offset = 0
  #done: TransformCallback | undefined
  #readerHoldsBack = false

  constructor(limits: Limits, options: ThrottleTransformOptions = {}) {
    checkOptions('throttle a stream', options, OPTIONS)
    const { signal, weight, highWaterMark } = options
    checkSignal(signal)
    const writableHighWaterMark = highWaterMark === undefined ? undefined : parseSize(highWaterMark)
    const throttles = throttlesOf(limits)
    const flow = new Flow(throttles, { weight })
    // What has been granted should not wait here: after a stall of the reader it would all come at once.
    super({ readableHighWaterMark: 1, ...(writableHighWaterMark !== undefined && { writableHighWaterMark }) })
    this.#flow = flow
    this.throttles = watchChanges(
      throttles,
      (_, throttle) => gateOf(throttle as Throttle),
      (throttles) => flow.update(throttles),
    )
    this.#unlisten = onAbort(signal, (reason) => this.destroy(errorOf(reason)))
  }

  /**
   * Bytes that have passed, how long they have waited in ms, and which throttle holds them up now. What has passed is what has been
   * read and the piece that may be ready to be read; if the stream is destroyed then, that piece counts all the same.
   */
  get stats(): Flow['stats'] {
    return this.#flow.stats
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const granted = this.#flow.tryAcquire(chunk.length)
    if (granted === chunk.length && !this.#flow.watched) {
      done(null, chunk)
      return
    }
    this.#chunk = chunk
    this.#offset = 0
    this.#done = done
    this.#advance(granted)
  }

  override _read(size: number): void {
    if (!this.#readerHoldsBack) {
      super._read(size)
      return
    }
    // This brings a piece, if only the end of the chunk; the next chunk waits until that has been read.
    this.#readerHoldsBack = false
    this.#advance(0)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#unlisten()
    this.#chunk = undefined
    this.#done = undefined
    this.#flow.close()
    callback(error)
  }

  /** Passes on `granted` bytes, and more as long as they are granted and the reader takes them. */
  #advance(granted: number): void {
    const chunk = this.#chunk
    const done = this.#done
    if (!chunk || !done) {
      // Destroyed while the grant was on its way.
      this.#flow.refund(granted)
      return
    }
    for (let bytes = granted; ; bytes = 0) {
      const rest = chunk.length - this.#offset
      if (bytes === 0) bytes = this.#flow.tryAcquire(rest)
      if (bytes === 0 && rest > 0) {
        this.#wait(rest)
        return
      }
      const piece = bytes === chunk.length ? chunk : chunk.subarray(this.#offset, this.#offset + bytes)
      this.#offset += bytes
      try {
        if (bytes > 0) this.#flow.append(piece)
      } catch (error) {
        this.#flow.refund(bytes)
        this.destroy(errorOf(error))
        return
      }
      if (bytes === rest) {
        this.#chunk = undefined
        this.#done = undefined
        done(null, piece)
        return
      }
      const more = this.push(piece)
      // Whoever got the piece may have destroyed this stream.
      if (this.#chunk !== chunk) return
      if (!more) {
        this.#readerHoldsBack = true
        return
      }
    }
  }

  #wait(bytes: number): void {
    this.#waiter.bytes = bytes
    this.#flow.request(this.#waiter)
  }
}
