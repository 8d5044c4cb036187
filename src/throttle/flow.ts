import { checkOptions, optionNames, WAIT } from '../check-options.ts'
import { systemClock } from '../clock.ts'
import { acquire } from './acquire.ts'
import type { Waiter } from './deliver.ts'
import { GateFlow } from './gate-flow.ts'
import { schedulerOf } from './schedulers.ts'
import { checkWeight, gateOf, report, Throttle } from './throttle.ts'

/** Throttles by name, all of which a stream passes. */
export type Throttles = Readonly<Record<string, Throttle>>

export interface FlowOptions {
  /**
   * The part of a shared limit in proportion to that of the other flows, > 0.
   * @default 1
   */
  readonly weight?: number | undefined
}

const OPTIONS = optionNames<FlowOptions>({ weight: true })

/** Which throttle holds a flow up, and until when at least. */
export interface HeldBy {
  readonly name: string
  /** Milliseconds on the clock of the throttle; Infinity while it is paused. */
  readonly until: number
}

/** What a flow has done, and how it stands. */
export interface FlowStats {
  /** Bytes drawn and not refunded. */
  readonly bytes: number
  /** Milliseconds waited for throttles. */
  readonly waited: number
  /** Which throttle holds the flow up, if it waits now. */
  readonly heldBy: HeldBy | undefined
}

/**
 * One stream's place at its throttles. Bytes are granted only when every throttle has them, and are then charged to all alike: a
 * wait is as long as the longest, never the sum. Flows that share a throttle share it by bytes, whatever their chunk sizes, in
 * proportion to their weights.
 */
export class Flow {
  #throttles: readonly Throttle[] = []
  #names: readonly string[] = []
  #watched = false
  readonly #flow: GateFlow

  /**
   * @param throttles One throttle, or several by name. None at all does not limit.
   * @throws {TypeError} If one of them is not a `Throttle`, or they have different clocks.
   */
  constructor(throttles: Throttle | Throttles = {}, options: FlowOptions = {}) {
    checkOptions('make a flow', options, OPTIONS)
    const gates = this.#set(throttles)
    const clock = this.#throttles[0]?.clock ?? systemClock
    this.#flow = new GateFlow(schedulerOf(clock), gates, checkWeight(options.weight ?? 1), true)
  }

  /** The same as {@link Throttle.tryAcquire}, from all throttles. */
  tryAcquire(bytes: number): number {
    return this.#flow.tryAcquire(bytes)
  }

  /**
   * Draws bytes, waiting for them if need be. Requests are granted in their order.
   *
   * @returns Bytes granted, from 1 to `bytes`; 0 only if `bytes` is 0.
   * @throws The signal's reason (nothing is charged then), or {@link ClosedError} once the flow is closed.
   */
  acquire(bytes: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<number> {
    checkOptions('acquire bytes', options, WAIT)
    return acquire(this.#flow, bytes, options.signal)
  }

  /** {@link Flow.acquire} with callbacks, for streams. @internal */
  request(waiter: Waiter): void {
    this.#flow.request(waiter)
  }

  /** Gives back bytes that were granted and did not move. @throws {RangeError} If it is more than that. */
  refund(bytes: number): void {
    this.#flow.refund(bytes)
  }

  /** Whether a throttle watches transfers, by an `append` of its own (looked up once, since this is asked for each chunk). */
  get watched(): boolean {
    return this.#watched
  }

  /**
   * Reports a transfer of granted bytes to the throttles that watch: each sees each transfer exactly once.
   *
   * @param start When it began, in ms on the clock of the throttles.
   * @default now
   */
  append(data: Uint8Array, start?: number): void {
    if (!this.#watched) return
    for (const throttle of this.#throttles) report(throttle, data, start)
  }

  /** Milliseconds on the clock of the throttles. */
  now(): number {
    return (this.#throttles[0]?.clock ?? systemClock).now()
  }

  /** Goes through other throttles from here on. Whoever waits goes on waiting there. */
  update(throttles: Throttle | Throttles): void {
    const gates = this.#set(throttles)
    this.#flow.setGates(gates, schedulerOf(this.#throttles[0]?.clock ?? systemClock))
  }

  /** Gives back what was granted and not drawn. Whoever waits gets `reason`, or a {@link ClosedError}. */
  close(reason?: unknown): void {
    this.#flow.close(reason)
  }

  /** Which throttle holds the flow up, if it waits. */
  get heldBy(): HeldBy | undefined {
    const gate = this.#flow.waitsAt
    const place = gate ? this.#throttles.findIndex((throttle) => gateOf(throttle) === gate) : -1
    const name = this.#names[place]
    return gate && name !== undefined ? { name, until: gate.due } : undefined
  }

  get stats(): FlowStats {
    return { bytes: this.#flow.bytes, waited: this.#flow.waited, heldBy: this.heldBy }
  }

  #set(throttles: Throttle | Throttles) {
    if (typeof throttles !== 'object' || throttles === null) {
      throw new TypeError(
        `Cannot create a flow: must be given a Throttle or an object of Throttles, is ${String(throttles)}`,
      )
    }
    const named = throttles instanceof Throttle ? { throttle: throttles } : throttles
    // A throttle under two names is charged once, and sees a transfer once.
    const byThrottle = new Map(Object.entries(named).map(([name, throttle]) => [throttle, name]))
    const list = [...byThrottle.keys()]
    const gates = list.map(gateOf)
    for (const { clock } of list) {
      if (clock !== list[0]?.clock) throw new TypeError('Cannot combine throttles: they have different clocks')
    }
    this.#throttles = list
    this.#names = [...byThrottle.values()]
    this.#watched = list.some((throttle) => throttle.append !== Throttle.prototype.append)
    return gates
  }
}
