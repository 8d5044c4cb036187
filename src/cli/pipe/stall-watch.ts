import type { Clock } from '../../clock.ts'
import { TimeoutError } from '../../errors.ts'

/** Which end has to do something before the transfer goes on. */
export interface Turn {
  readonly phase: 'read' | 'write'
  /** Milliseconds on the clock. */
  readonly since: number
}

/** Knows for which end the transfer waits, and reports when that takes too long. */
export class StallWatch {
  readonly #clock: Clock
  readonly #timeout: number | undefined
  readonly #stalled: (phase: Turn['phase'], error: TimeoutError) => void
  #phase: Turn['phase'] | undefined
  #since = 0
  /** One timer at most: it is not moved with each chunk, but looks again when it fires. */
  #cancel: (() => void) | undefined

  /**
   * @param timeout Milliseconds, > 0; undefined never reports.
   * @param stalled Is told once that an end made no progress for so long.
   */
  constructor(clock: Clock, timeout: number | undefined, stalled: (phase: Turn['phase'], error: TimeoutError) => void) {
    this.#clock = clock
    this.#timeout = timeout
    this.#stalled = stalled
  }

  /** The end for which the transfer waits, or undefined while it waits for a limit. */
  get turn(): Turn | undefined {
    return this.#phase && { phase: this.#phase, since: this.#since }
  }

  /** From now on it is for the source (`read`) or the sink (`write`) to go on. */
  waitFor(phase: Turn['phase']): void {
    this.#phase = phase
    this.#since = this.#clock.now()
    if (this.#timeout !== undefined && !this.#cancel) this.#arm(this.#since + this.#timeout, this.#timeout)
  }

  /** The end has made progress. */
  rest(): void {
    this.#phase = undefined
  }

  close(): void {
    this.#phase = undefined
    this.#cancel?.()
    this.#cancel = undefined
  }

  #arm(at: number, timeout: number): void {
    const wake = () => {
      this.#cancel = undefined
      if (!this.#phase) return
      if (this.#clock.now() < this.#since + timeout) this.#arm(this.#since + timeout, timeout)
      else this.#stalled(this.#phase, new TimeoutError(this.#phase, timeout))
    }
    this.#cancel = this.#clock.sleepUntil(at, wake)
  }
}
