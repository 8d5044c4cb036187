import type { Clock } from '../../clock.ts'
import { Meter } from '../../rate/meter.ts'
import { WorstWindow } from '../progress/worst-window.ts'

/** What has moved since the transfer began. */
export class Tally {
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #meter: Meter
  readonly #worst: WorstWindow
  #bytes = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#meter = new Meter(10_000, this.#startedAt)
    this.#worst = new WorstWindow(this.#startedAt)
  }

  count(bytes: number): void {
    const now = this.#clock.now()
    this.#bytes += bytes
    this.#meter.record(bytes, now)
    this.#worst.record(bytes, now)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Milliseconds. */
  get elapsed(): number {
    return this.#clock.now() - this.#startedAt
  }

  /** Bytes per second over the last `window` ms. */
  rate(window: number): number {
    return this.#meter.rate(window, this.#clock.now())
  }

  /** Bytes per second over the fullest 100 ms; undefined if it all took less. */
  get worst(): number | undefined {
    return this.elapsed < WorstWindow.span ? undefined : this.#worst.rate
  }
}
