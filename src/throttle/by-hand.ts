import { acquire } from './acquire.ts'
import type { Gate } from './gate.ts'
import { GateFlow } from './gate-flow.ts'

/** How much of a transfer is paid for before it happens, at most, in ms of the rate; what is beyond becomes a debt. */
const LONGEST_PREPAYMENT = 250

/** How fast what is expected follows the sizes of transfers. */
const SMOOTHING = 1 / 8

/** Turns that were taken and not settled yet, and what they have paid. */
interface Turns {
  count: number
  paid: number
}

/**
 * The protocol of `wait()`, then I/O, then `append()`. The size of a transfer is known only afterwards, so each turn pays in
 * advance for what most of the earlier transfers were like, one turn after another, and `append` settles the difference. Callers who wait
 * together are therefore let through one by one, at the rate, however many they are.
 */
export class ByHand {
  readonly #gate: Gate
  readonly #flow: GateFlow
  readonly #memory: number
  #lastTurn: Promise<void> = Promise.resolve()
  /** What size transfers have, and by how much it differs, in the mean. A quantum until more is known. */
  #mean: number
  #deviation = 0
  /** Two generations, so that what is never settled can be forgotten. */
  #turns: Turns = { count: 0, paid: 0 }
  #olderTurns: Turns = { count: 0, paid: 0 }
  #turnsSince = 0

  /** @param memory Milliseconds after which a turn that was never settled is forgotten; half of it at least. */
  constructor(gate: Gate, memory: number) {
    this.#gate = gate
    this.#flow = new GateFlow(gate.scheduler, [gate], 1, false)
    this.#memory = memory
    const { quantum } = gate.bucket
    this.#mean = quantum === Infinity ? 0 : quantum
  }

  /** Waits for a turn. */
  async wait(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    const previous = this.#lastTurn
    const turn = this.#pay(previous, signal)
    // Whoever comes next waits for both, also when this one gives up before its turn has come.
    this.#lastTurn = Promise.allSettled([previous, turn]).then(() => undefined)
    await turn
  }

  /** Settles a turn: `bytes` have moved. Without a turn they are charged in full. */
  settle(bytes: number): void {
    this.#deviation += (Math.abs(bytes - this.#mean) - this.#deviation) * SMOOTHING
    this.#mean += (bytes - this.#mean) * SMOOTHING
    const now = this.#gate.scheduler.clock.now()
    this.#forget(now)
    const turns = this.#olderTurns.count > 0 ? this.#olderTurns : this.#turns
    let paid = 0
    if (turns.count > 0) {
      paid = Math.floor(turns.paid / turns.count)
      turns.paid -= paid
      turns.count--
    }
    // While these bytes moved, the next could have been paid for.
    this.#gate.refill(now, paid)
    if (bytes > paid) this.#gate.charge(bytes - paid, now)
    // What was paid too much is for the next turn: it has cost time, which the bucket alone could not make up for.
    else if (bytes < paid) this.#flow.keep(paid - bytes, this.#price)
  }

  /** Bytes that a turn pays in advance at the present rate. Without a limit one is enough, to stand still while paused. */
  get #price(): number {
    const { rate } = this.#gate.bucket
    if (rate === Infinity) return 1
    return Math.max(1, Math.floor(Math.min(this.#mean + this.#deviation, (rate * LONGEST_PREPAYMENT) / 1000)))
  }

  async #pay(previous: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    await abortable(previous, signal)
    let paid = 0
    try {
      for (let due = this.#price; due > 0; due = this.#price - paid) paid += await acquire(this.#flow, due, signal)
    } catch (error) {
      this.#flow.refund(paid)
      throw error
    }
    this.#forget(this.#gate.scheduler.clock.now())
    this.#turns.count++
    this.#turns.paid += paid
  }

  #forget(now: number): void {
    const age = now - this.#turnsSince
    if (age <= this.#memory / 2) return
    this.#olderTurns = age > this.#memory ? { count: 0, paid: 0 } : this.#turns
    this.#turns = { count: 0, paid: 0 }
    this.#turnsSince = now
  }
}

/** Settles as `promise` does, or rejects with the signal's reason if that comes first. */
async function abortable(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise
  signal.throwIfAborted()
  let aborted = () => {}
  const abort = new Promise<never>((_, reject) => {
    aborted = () => reject(signal.reason)
    signal.addEventListener('abort', aborted, { once: true })
  })
  try {
    await Promise.race([promise, abort])
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}
