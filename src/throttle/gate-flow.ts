import { ClosedError } from '../errors.ts'
import { LinkedQueue } from '../rate/linked-queue.ts'
import { deliver, type Waiter } from './deliver.ts'
import { type Gate, LARGEST_TURN, type Link, type Member } from './gate.ts'
import type { Idler, Scheduler } from './scheduler.ts'

/** Credit beyond what was asked for begins with this, or the smallest turn, and doubles until the flow falls idle. */
const SMALLEST_APPETITE = 256

/**
 * A stream's place at a chain of gates. It holds credit, bytes that are paid for at every gate and not yet drawn, so that most
 * draws need neither the clock nor the gates, and so that small chunks get as large a share as large ones.
 */
export class GateFlow implements Member, Idler {
  readonly weight: number
  /** Bytes paid for and not drawn. Stays at 0 while somebody waits; what has come for them is counted apart. */
  credit = 0
  /** Whether anything was asked for lately. */
  active = false
  touchedAt = 0
  idlePrevious: Idler | undefined
  idleNext: Idler | undefined
  #scheduler: Scheduler
  /** Whether credit beyond what is asked for is of use: not for a single request. */
  readonly #lasting: boolean
  #links: Link[]
  #appetite = 0
  #reserved = 0
  #granted = 0
  #refunded = 0
  /** Bytes drawn and not refunded when the gates were changed, and from which gates the last of them came, and how many. */
  #drawnElsewhere = 0
  #before: { readonly links: readonly Link[]; bytes: number } | undefined
  #waited = 0
  #waitingSince = 0
  readonly #waiters = new LinkedQueue<Waiter>()
  #waitsAt: Link | undefined
  #closed = false

  constructor(scheduler: Scheduler, gates: readonly Gate[], weight: number, lasting: boolean) {
    this.#scheduler = scheduler
    this.weight = weight
    this.#lasting = lasting
    this.#links = this.#link(gates)
  }

  /** Bytes drawn and not refunded. */
  get bytes(): number {
    return this.#granted - this.held - this.#refunded
  }

  /** Milliseconds waited. */
  get waited(): number {
    return this.#waited
  }

  /** The gate where the flow waits. */
  get waitsAt(): Gate | undefined {
    return this.#waitsAt?.gate
  }

  /** How many more bytes the flow would like now: what is asked for, or more if it is hungry. */
  get ask(): number {
    const wanted = this.#waiters.head?.bytes ?? 0
    return Math.min(LARGEST_TURN, Math.max(wanted, this.#lasting ? this.#appetite : 0)) - this.#reserved
  }

  /** Bytes paid for and not drawn, also while somebody waits for more of them. */
  get held(): number {
    return this.credit + this.#reserved
  }

  /**
   * Draws bytes without waiting: neither promise nor timer, and mostly not even a look at the clock.
   *
   * @param bytes A whole number >= 0.
   * @returns Bytes granted, from 0 (the flow must wait) to `bytes`.
   */
  tryAcquire(bytes: number): number {
    if (bytes <= this.credit && bytes >>> 0 === bytes) {
      this.credit -= bytes
      return bytes
    }
    return this.#topUp(bytes)
  }

  /**
   * Draws bytes, waiting for them if need be. Requests of one flow are granted in their order.
   *
   * @param waiter Must not wait already.
   */
  request(waiter: Waiter): void {
    this.#check(waiter.bytes)
    this.#waiters.pushTail(waiter)
    if (this.#waiters.size === 1) this.#goOn(this.#scheduler.clock.now())
  }

  /** Takes a request back, if it was not granted yet: then nothing is granted, and nothing called. */
  withdraw(waiter: Waiter): boolean {
    if (!this.#waiters.has(waiter)) return false
    const wasFirst = waiter === this.#waiters.head
    this.#waiters.remove(waiter)
    if (!wasFirst) return true
    const now = this.#scheduler.clock.now()
    this.#leaveQueue(now)
    this.credit = this.#reserved
    this.#reserved = 0
    this.#goOn(now)
    return true
  }

  /** Gives back bytes that were drawn and did not move. */
  refund(bytes: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > this.bytes) {
      throw new RangeError(`Cannot refund bytes: must be an integer from 0 to the ${this.bytes} drawn, is ${bytes}`)
    }
    if (bytes === 0) return
    const now = this.#scheduler.clock.now()
    const here = Math.min(bytes, this.bytes - this.#drawnElsewhere)
    const before = Math.min(bytes - here, this.#before?.bytes ?? 0)
    this.#refunded += bytes
    this.#drawnElsewhere -= bytes - here
    for (const { gate } of this.#links) gate.refund(here, now)
    // The gates may have been changed while the bytes were on their way.
    if (!this.#before || before === 0) return
    this.#before.bytes -= before
    for (const { gate } of this.#before.links) gate.refund(before, gate.scheduler.clock.now())
  }

  /**
   * Takes back bytes that were drawn and did not move, for whoever asks this flow next. What nobody asks for soon lapses.
   *
   * @param most What the flow may hold; the rest is given back at once.
   */
  keep(bytes: number, most: number): void {
    const now = this.#scheduler.clock.now()
    const rest = Math.min(bytes, Math.max(0, Math.ceil(this.held + bytes - most)))
    if (rest > 0) {
      this.#granted -= rest
      for (const { gate } of this.#links) gate.uncharge(rest, now)
    }
    this.#leaveQueue(now)
    this.credit = this.held + bytes - rest
    this.#reserved = 0
    this.#wakeUp()
    this.#goOn(now)
  }

  /** Goes through other gates from here on; who waits goes on waiting there. */
  setGates(gates: readonly Gate[], scheduler: Scheduler): void {
    const now = this.#scheduler.clock.now()
    this.#leaveQueue(now)
    this.release(now)
    this.#rest()
    const drawn = this.bytes - this.#drawnElsewhere
    if (drawn > 0) this.#before = { links: this.#links, bytes: drawn }
    this.#drawnElsewhere = this.bytes
    this.#links = this.#link(gates)
    this.#scheduler = scheduler
    if (this.#waiters.size > 0) this.#wait(scheduler.clock.now())
  }

  /** Gives back the credit. Whoever waits fails; nothing can be drawn any more. */
  close(reason?: unknown): void {
    if (this.#closed) return
    this.#closed = true
    const now = this.#scheduler.clock.now()
    this.#leaveQueue(now)
    this.release(now)
    this.#rest()
    for (const waiter of this.#waiters) {
      this.#waiters.remove(waiter)
      queueMicrotask(() => waiter.failed(reason ?? new ClosedError('wait for bytes')))
    }
  }

  /** The scheduler's word that the flow was idle for too long. */
  lapse(now: number): void {
    this.release(now)
    this.#rest()
  }

  /** Gives back to the gates what is held and not drawn. Who waits goes on waiting. */
  release(now: number): void {
    const unused = this.held
    this.#appetite = 0
    if (this.#waitsAt) this.#waitsAt.turn = 0
    if (unused === 0) return
    this.credit = 0
    this.#reserved = 0
    this.#granted -= unused
    for (const { gate } of this.#links) gate.uncharge(unused, now)
  }

  /**
   * The flow has its turn at `at`: charges up to `bytes` at every gate, or moves to the gate that is ready last.
   *
   * @returns Bytes charged; 0 if it left the queue of `at`.
   */
  draw(bytes: number, at: Link, now: number): number {
    // While the flow waited for its turn here the other gates did not stand idle: each holds what the smallest turn is worth.
    const least = at.gate.unlimited ? 0 : Math.min(bytes, at.gate.bucket.smallestTurn)
    let granted = bytes
    let last: Link | undefined
    let lastReady = -Infinity
    for (const link of this.#links) {
      if (link === at) continue
      const share = link.gate.share(link, bytes, least, now)
      granted = Math.min(granted, share)
      if (share > 0) continue
      const ready = link.gate.readyAt(link, bytes, now)
      if (ready > lastReady) {
        last = link
        lastReady = ready
      }
    }
    if (last) {
      if (this.#reserved > 0) this.settle(now)
      else {
        this.#leaveQueue(now)
        this.#stand(last, now)
      }
      return 0
    }
    if (at.chained) for (const link of this.#links) link.gate.serve(link, granted, now)
    this.#charge(granted, now)
    this.#reserved += granted
    return granted
  }

  /** Ends the turn: hands over what it brought, to the first who waits at least in part. */
  settle(now: number): void {
    this.#leaveQueue(now)
    this.#feed()
    this.credit += this.#reserved
    this.#reserved = 0
    this.#hand(Math.min(this.#waiters.head?.bytes ?? 0, this.credit))
    this.#goOn(now)
  }

  /** Serves those who wait as far as the credit goes; the others wait. */
  #goOn(now: number): void {
    for (let first = this.#waiters.head; first && first.bytes <= this.credit; first = this.#waiters.head) {
      this.#hand(first.bytes)
    }
    if (this.#waiters.size > 0) this.#wait(now)
    else this.#scheduler.touch(this, now)
  }

  #hand(bytes: number): void {
    const waiter = this.#waiters.head
    if (!waiter) return
    this.#waiters.remove(waiter)
    this.credit -= bytes
    deliver(waiter, bytes)
  }

  #topUp(bytes: number): number {
    this.#check(bytes)
    if (bytes === 0 || this.#waiters.size > 0) return 0
    const now = this.#scheduler.clock.now()
    this.#scheduler.sweep(now)
    const missing = Math.min(bytes - this.credit, LARGEST_TURN)
    let granted = Math.min(LARGEST_TURN, Math.max(missing, this.#lasting ? this.#appetite : 0))
    for (const link of this.#links) {
      granted = Math.min(granted, Math.floor(link.gate.offer(link, this.weight, missing, now)))
      if (granted < 1) {
        granted = 0
        break
      }
    }
    // What is left from before is drawn now: kept for later it would come on top of the next turn.
    if (granted === 0) {
      const left = this.credit
      this.credit = 0
      return left
    }
    this.#charge(granted, now)
    this.credit += granted
    this.#feed()
    this.#wakeUp()
    this.#scheduler.touch(this, now)
    const drawn = Math.min(bytes, this.credit)
    this.credit -= drawn
    return drawn
  }

  #charge(bytes: number, now: number): void {
    this.#granted += bytes
    for (const link of this.#links) {
      link.gate.charge(bytes, now)
      link.round = link.gate.round
    }
  }

  #feed(): void {
    let appetite = SMALLEST_APPETITE
    for (const { gate } of this.#links) if (!gate.unlimited) appetite = Math.max(appetite, gate.bucket.smallestTurn)
    this.#appetite = Math.min(LARGEST_TURN, Math.max(appetite, 2 * this.#appetite))
  }

  /** Stands in the queue of the gate that will be ready last. */
  #wait(now: number): void {
    this.#scheduler.sweep(now)
    this.#scheduler.forget(this)
    this.#reserved += this.credit
    this.credit = 0
    this.#wakeUp()
    let last = this.#links[0]
    let lastReady = -Infinity
    for (const link of this.#links) {
      const { gate } = link
      gate.refill(now)
      const ready = gate.readyAt(link, this.ask, now)
      if (ready > lastReady) {
        last = link
        lastReady = ready
      }
    }
    if (last) this.#stand(last, now)
    else {
      for (const { bytes } of this.#waiters) {
        this.#granted += bytes
        this.credit += bytes
        this.#hand(bytes)
      }
    }
  }

  #stand(link: Link, now: number): void {
    this.#waitsAt = link
    this.#waitingSince = now
    link.gate.enqueue(link, now)
  }

  #leaveQueue(now: number): void {
    const link = this.#waitsAt
    if (!link) return
    this.#waitsAt = undefined
    link.turn = 0
    const waited = now - this.#waitingSince
    this.#waited += waited
    link.gate.waited += waited
    link.gate.dequeue(link, now)
  }

  #wakeUp(): void {
    if (this.active) return
    this.active = true
    for (const link of this.#links) {
      link.level = -Infinity
      link.gate.join(this)
    }
  }

  #rest(): void {
    this.#scheduler.forget(this)
    if (!this.active) return
    this.active = false
    for (const { gate } of this.#links) gate.leave(this)
  }

  #link(gates: readonly Gate[]): Link[] {
    const different = [...new Set(gates)]
    return different.map((gate) => ({
      flow: this,
      gate,
      chained: different.length > 1,
      weight: this.weight,
      level: -Infinity,
      turn: 0,
      round: -1,
      previous: undefined,
      next: undefined,
    }))
  }

  #check(bytes: number): void {
    if (typeof bytes !== 'number') {
      throw new TypeError(`Cannot acquire bytes: must be a number, is ${typeof bytes}`)
    }
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new RangeError(`Cannot acquire bytes: must be an integer >= 0, is ${bytes}`)
    }
    if (this.#closed) throw new ClosedError('acquire bytes')
  }
}
