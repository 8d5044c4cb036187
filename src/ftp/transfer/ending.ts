import type { Clock } from '../../clock.ts'
import { LightAbortController } from '../../light-abort.ts'
import { onAbort } from '../../on-abort.ts'
import { type Patience, Silence } from '../../streams/io/silence.ts'

/** What ends a transfer early, as one signal: that of the caller, silence of the other side, and whatever else goes wrong. */
export class Ending {
  readonly #controller = new LightAbortController()
  readonly #silence: Silence
  readonly #isOwn: boolean
  readonly #forget: () => void

  /** @param silence Watches also for others. @default one of its own */
  constructor(clock: Clock, signal: AbortSignal | undefined, silence?: Silence) {
    this.#silence = silence ?? new Silence(clock)
    this.#isOwn = silence === undefined
    this.#forget = onAbort(signal, (reason) => this.end(reason))
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Ends the waits of the transfer, with this reason. */
  end(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Waits for what {@link Ending.signal} ends, but not through longer silence than `patience` has. */
  async patiently<T>(patience: Patience, wait: Promise<T>): Promise<T> {
    const stop = this.#silence.watch(patience, (error) => this.end(error))
    try {
      return await wait
    } finally {
      stop()
    }
  }

  /** The transfer is over: nothing ends it any more. */
  release(): void {
    this.#forget()
    if (this.#isOwn) this.#silence.end()
  }
}
