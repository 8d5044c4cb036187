import { checkMilliseconds, checkOptions, optionNames, WAIT } from '../check-options.ts'
import { type Clock, systemClock } from '../clock.ts'
import { parseRate, parseSize, type Rate, type Size } from '../units.ts'
import { acquire } from './acquire.ts'
import { ByHand } from './by-hand.ts'
import { Gate } from './gate.ts'
import { GateFlow } from './gate-flow.ts'
import { schedulerOf } from './schedulers.ts'

export interface ThrottleOptions {
  /**
   * Bytes per second, > 0, as a number or as text such as `'1.5MiB/s'`; null does not limit.
   * @default null
   */
  readonly limit?: Rate | null | undefined
  /**
   * Bytes that may pass at once after an idle time, as a number >= 0 or as text such as `'64KiB'`. One quantum (what the limit
   * gives in 5 ms) comes on top of it.
   * @default 0
   */
  readonly burst?: Size | undefined
  /**
   * The longest time over which statistics are kept, in ms, >= 1.
   * @default 10_000
   */
  readonly resetRate?: number | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
}

export interface AcquireOptions {
  /** Ends the waiting; nothing is charged then. */
  readonly signal?: AbortSignal | undefined
  /**
   * The part of the limit in proportion to that of others who wait, > 0.
   * @default 1
   */
  readonly weight?: number | undefined
}

const OPTIONS = optionNames<ThrottleOptions>({ limit: true, burst: true, resetRate: true, clock: true })
const ACQUIRE_OPTIONS = optionNames<AcquireOptions>({ signal: true, weight: true })

/** What a throttle has done, and how it stands. Bytes, bytes per second and ms. */
export interface ThrottleStats {
  /** Bytes per second, or null. */
  readonly limit: number | null
  readonly paused: boolean
  /** Bytes that passed: granted, drawn and not refunded. */
  readonly bytes: number
  /** Bytes that were granted and came back unused. */
  readonly refunded: number
  /** Bytes per second, over the last second. */
  readonly rate: number
  /** Bytes per second, over the last `resetRate` ms. */
  readonly meanRate: number
  /** Milliseconds that streams and callers have waited here, added up over all. */
  readonly waited: number
  /** How many wait here now. */
  readonly waiters: number
}

let gateOf: (throttle: Throttle) => Gate
let report: (throttle: Throttle, data: Uint8Array, start: number | undefined) => void

/**
 * A limit on bytes per second, for one stream or for any number that share it fairly.
 *
 * A request larger than a quantum (what the limit gives in 5 ms) gets part of what it asked for: callers ask again for the rest.
 * Bytes are charged when they are granted; what is not used is given back by {@link Throttle.refund}.
 */
export class Throttle {
  readonly clock: Clock
  /** Bytes that may pass at once after an idle time. */
  readonly burst: number
  /** The longest time over which statistics are kept, in ms. */
  readonly resetRate: number
  readonly #gate: Gate
  /** Who asks without a flow of its own. */
  readonly #anybody: GateFlow
  #byHand: ByHand | undefined
  /** Bytes drawn without a flow, and not refunded. */
  #drawn = 0
  /** While a stream reports a transfer: bytes of it that were not reported yet, which the stream has paid for. */
  #paidFor: number | undefined

  static {
    gateOf = (throttle) => {
      if (typeof throttle !== 'object' || throttle === null || !(#gate in throttle)) {
        throw new TypeError(`Cannot use as a throttle: must be a Throttle, is ${describe(throttle)}`)
      }
      return throttle.#gate
    }
    report = (throttle, data, start) => {
      if (throttle.append === Throttle.prototype.append) return
      const outer = throttle.#paidFor
      throttle.#paidFor = data.byteLength
      try {
        throttle.append(data, start ?? throttle.clock.now())
      } finally {
        throttle.#paidFor = outer
      }
    }
  }

  /**
   * @throws {RangeError} If a number is out of its range or a text can't be read.
   * @throws {TypeError} If an option is of the wrong type.
   */
  constructor(options: ThrottleOptions = {}) {
    checkOptions('create a throttle', options, OPTIONS)
    const { limit = null, burst = 0, resetRate = 10_000, clock = systemClock } = options
    checkMilliseconds('create a throttle', 'resetRate', resetRate)
    if (!(resetRate >= 1) || resetRate === Infinity) {
      throw new RangeError(`Cannot create a throttle: 'resetRate' must be a number of ms >= 1, is ${resetRate}`)
    }
    this.clock = clock
    this.burst = parseSize(burst)
    this.resetRate = resetRate
    const scheduler = schedulerOf(clock)
    this.#gate = new Gate(scheduler, bytesPerSecond(limit), this.burst, resetRate)
    this.#anybody = new GateFlow(scheduler, [this.#gate], 1, true)
  }

  /**
   * Bytes per second, or null for no limit. Can be set at any time, also as text: whoever waits is re-timed at once, and what
   * streams were granted but have not drawn is taken back.
   *
   * @throws {RangeError} If it is 0 or less (`pause()` stops), NaN, or a text that can't be read.
   */
  get limit(): number | null {
    return this.#gate.unlimited ? null : this.#gate.bucket.rate
  }

  set limit(limit: Rate | null) {
    this.#gate.setRate(bytesPerSecond(limit), this.clock.now())
  }

  /** Whether {@link Throttle.pause} holds everything up. */
  get paused(): boolean {
    return this.#gate.paused
  }

  /** Lets nothing pass until {@link Throttle.resume}. No timer runs meanwhile. */
  pause(): void {
    if (!this.#gate.paused) this.#gate.pause(this.clock.now())
  }

  /** Ends a pause. The time of the pause brings no bytes. */
  resume(): void {
    if (this.#gate.paused) this.#gate.resume(this.clock.now())
  }

  /**
   * Draws bytes without waiting: neither promise nor timer.
   *
   * @param bytes A whole number >= 0.
   * @returns Bytes granted, from 0 to `bytes`. 0 while others wait.
   * @throws {RangeError} If `bytes` is negative or not a whole number.
   */
  tryAcquire(bytes: number): number {
    const granted = this.#anybody.tryAcquire(bytes)
    this.#drawn += granted
    return granted
  }

  /**
   * Draws bytes, waiting for them if need be. Callers who wait are served in turns, by bytes; for a long-lived stream a `Flow` is
   * fairer and faster.
   *
   * @param bytes A whole number >= 0.
   * @returns Bytes granted, from 1 to `bytes`; 0 only if `bytes` is 0.
   * @throws {RangeError} If `bytes` is negative or not a whole number, or the weight is not > 0.
   * @throws The signal's reason; nothing is charged then.
   */
  async acquire(bytes: number, options: AcquireOptions = {}): Promise<number> {
    checkOptions('acquire bytes', options, ACQUIRE_OPTIONS)
    const { signal, weight } = options
    signal?.throwIfAborted()
    if (weight !== undefined) checkWeight(weight)
    let granted = weight === undefined ? this.tryAcquire(bytes) : 0
    if (granted > 0 || bytes === 0) return granted
    const flow = new GateFlow(this.#gate.scheduler, [this.#gate], weight ?? 1, false)
    try {
      granted = await acquire(flow, bytes, signal)
    } finally {
      flow.close()
    }
    this.#drawn += granted
    return granted
  }

  /**
   * Gives back bytes that {@link Throttle.acquire} or {@link Throttle.tryAcquire} granted and that did not move.
   *
   * @throws {RangeError} If it is more than was granted.
   */
  refund(bytes: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > this.#drawn) {
      throw new RangeError(`Cannot refund bytes: must be an integer from 0 to the ${this.#drawn} granted, is ${bytes}`)
    }
    this.#drawn -= bytes
    this.#gate.refund(bytes, this.clock.now())
  }

  /**
   * Waits for a turn to move bytes by hand: `await wait()`, then the I/O, then `append(data, start)`. Callers are let through one
   * by one, so that the rate holds however many they are.
   *
   * @throws The signal's reason.
   */
  async wait(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkOptions('wait for a turn', options, WAIT)
    this.#byHand ??= new ByHand(this.#gate, this.resetRate)
    await this.#byHand.wait(options.signal)
  }

  /**
   * Reports a transfer. Streams call it once for each of theirs, so that a subclass can watch them; what they have paid for is
   * not charged again. Called by hand it charges the bytes.
   *
   * @param data The bytes that moved, or how many.
   * @param start When the transfer began, in ms on {@link Throttle.clock}. For those who watch; the rate does not depend on it.
   * @throws {TypeError} If `data` is neither bytes nor a number, or `start` is not a number.
   * @throws {RangeError} If a number of bytes is negative or not whole, or `start` is NaN.
   */
  append(data: Uint8Array | number, start: number = this.clock.now()): void {
    const bytes = typeof data === 'number' ? data : data?.byteLength
    if (typeof bytes !== 'number') {
      throw new TypeError(`Cannot append a transfer: must be bytes or an integer >= 0, is ${describe(data)}`)
    }
    if (typeof start !== 'number') {
      throw new TypeError(`Cannot append a transfer: 'start' must be a time in ms, is ${describe(start)}`)
    }
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new RangeError(`Cannot append a transfer: must be bytes or an integer >= 0, is ${describe(data)}`)
    }
    if (Number.isNaN(start)) throw new RangeError(`Cannot append a transfer: 'start' must be a time, is ${start}`)
    const paid = Math.min(bytes, this.#paidFor ?? 0)
    if (this.#paidFor !== undefined) {
      this.#paidFor -= paid
      if (bytes === paid) return
    }
    this.#byHand ??= new ByHand(this.#gate, this.resetRate)
    this.#byHand.settle(bytes - paid)
  }

  /** A new throttle with the same settings, which shares nothing with this one. A subclass gives one of its own class. */
  clone(): this {
    const Same = this.constructor as new (options: ThrottleOptions) => this
    return new Same({ limit: this.limit, burst: this.burst, resetRate: this.resetRate, clock: this.clock })
  }

  get stats(): ThrottleStats {
    const gate = this.#gate
    const now = this.clock.now()
    return {
      limit: this.limit,
      paused: gate.paused,
      bytes: gate.granted - gate.outstanding,
      refunded: gate.refunded,
      rate: gate.meter.rate(1000, now),
      meanRate: gate.meter.rate(this.resetRate, now),
      waited: gate.waited,
      waiters: gate.queue.size,
    }
  }
}

export { gateOf, report }

/** @throws {TypeError | RangeError} If `weight` is not a finite number > 0. */
export function checkWeight(weight: number): number {
  if (typeof weight !== 'number') throw new TypeError(`Cannot set a weight: must be a number, is ${describe(weight)}`)
  if (!(weight > 0) || weight === Infinity) throw new RangeError(`Cannot set a weight: must be > 0, is ${weight}`)
  return weight
}

function bytesPerSecond(limit: Rate | null): number {
  return limit === null ? Infinity : parseRate(limit)
}

function describe(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' || value === null ? String(value) : typeof value
}
