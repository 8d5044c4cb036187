import { acquire } from './acquire.ts'
import type { Gate } from './gate.ts'
import { GateFlow } from './gate-flow.ts'

/** How much of a transfer is paid for before it happens, at most, in ms of the rate; what is beyond becomes a debt. */
const LONGEST_PREPAYMENT = 250

/** How fast the expected size follows sizes that shrink. */
const SMOOTHING = 1 / 8

/**
 * The protocol of `wait()`, then I/O, then `append()`. The size of a transfer is known only afterwards, so each turn pays in
 * advance for what earlier transfers were like, one turn after another, and `append` settles the difference. Callers who wait
 * together are therefore let through one by one, at the rate, however many they are.
 */
export class ByHand {
  readonly #gate: Gate
  readonly #flow: GateFlow
  readonly #memory: number
  #lastTurn: Promise<void> = Promise.resolve()
  #expected = 0
  #turns = 0
  #paid = 0
  #grantedAt = 0

  /** @param memory Milliseconds after which a turn that was never settled is forgotten. */
  constructor(gate: Gate, memory: number) {
    this.#gate = gate
    this.#flow = new GateFlow(gate.scheduler, [gate], 1, false)
    this.#memory = memory
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
    this.#expected = bytes > this.#expected ? bytes : this.#expected + (bytes - this.#expected) * SMOOTHING
    let paid = 0
    if (this.#turns > 0) {
      paid = Math.floor(this.#paid / this.#turns)
      this.#paid -= paid
      this.#turns--
    }
    const now = this.#gate.scheduler.clock.now()
    if (bytes > paid) this.#gate.charge(bytes - paid, now)
    else if (bytes < paid) this.#gate.uncharge(paid - bytes, now)
  }

  /** Bytes that a turn pays in advance at the present rate. Without a limit one is enough, to stand still while paused. */
  get #price(): number {
    const { bucket } = this.#gate
    if (bucket.rate === Infinity) return 1
    return Math.max(
      1,
      Math.floor(Math.min(this.#expected || bucket.quantum, (bucket.rate * LONGEST_PREPAYMENT) / 1000)),
    )
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
    const now = this.#gate.scheduler.clock.now()
    if (now - this.#grantedAt > this.#memory) {
      this.#turns = 0
      this.#paid = 0
    }
    this.#grantedAt = now
    this.#turns++
    this.#paid += paid
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
