import type { Clock } from '../../clock.ts'
import { ClosedError } from '../../errors.ts'
import { type Patience, Silence } from './silence.ts'

/**
 * One direction of a stream. Its calls come one after the other, and whatever ends a call early (the caller's signal, silence,
 * the closing of the stream) comes to those who wait as one signal: source, sink and throttle each take one.
 *
 * The signal lasts until it is used up, since making one costs ten times what a wait costs otherwise.
 */
export class Lane {
  readonly #clock: Clock
  #controller = new AbortController()
  #closed: { readonly reason: unknown } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What ends a wait of the running call. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /**
   * Runs one call. Calls must not overlap.
   *
   * @throws What `work` throws, the signal's reason, or {@link ClosedError} if the lane was closed before.
   */
  async run<T>(action: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    this.check(action, signal)
    if (this.#controller.signal.aborted) this.#controller = new AbortController()
    if (signal === undefined) return await work()
    const abort = () => this.interrupt(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await work()
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Throws if a call can't begin. */
  check(action: string, signal: AbortSignal | undefined): void {
    if (this.#closed) throw new ClosedError(action, { cause: this.#closed.reason })
    signal?.throwIfAborted()
  }

  /** Waits, but not through longer silence than `patience` has. A {@link TimeoutError} ends the call then. */
  async patiently(patience: Patience, wait: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const silence = new Silence(this.#clock)
    silence.watch(patience, (error) => this.interrupt(error))
    try {
      await wait(this.signal)
    } finally {
      silence.end()
    }
  }

  /** Ends the running call's waits with `reason`. */
  interrupt(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Ends the running call with `reason`; later ones throw {@link ClosedError}. */
  close(reason: unknown): void {
    if (this.#closed) return
    this.#closed = { reason }
    this.interrupt(reason)
  }
}
