import { ByteBucket, QUANTUM_TIME } from '../rate/byte-bucket.ts'
import { FairQueue, type Queued } from '../rate/fair-queue.ts'
import { Meter } from '../rate/meter.ts'
import type { Scheduler } from './scheduler.ts'

/** The most bytes that one turn grants: keeps what a flow holds unused small where the limit is very high or absent. */
export const LARGEST_TURN = 4 * 1024 * 1024

/** Chunks up to this size pass whole while a limit does not bind: Node's files and sockets read so much at a time. */
const USUAL_CHUNK = 64 * 1024

/**
 * A stream that comes back within so many ms has not been idle: its source or its sink took a moment, as they do on a busy machine.
 */
const STILL_DRAWING = 20

/** A flow, as its gates see it. */
export interface Member extends Queued<Member> {
  /** Whether anything was asked for lately. */
  readonly active: boolean
  /** How many more bytes it would like in its present turn. */
  readonly ask: number
  /** Bytes paid for and not drawn. */
  readonly held: number
  /**
   * It has its turn at gate `at`: charges up to `bytes` at every gate of its chain, or leaves this queue for that of the gate
   * which is ready last.
   *
   * @returns Bytes charged; 0 if it left.
   */
  draw(bytes: number, at: Gate, now: number): number
  /** Ends its turn: leaves the queue and hands over what the turn brought. */
  settle(now: number): void
  /** Gives back what it holds and has not drawn. */
  release(now: number): void
}

/** Where a flow stands with one of its gates. */
export interface Link {
  readonly flow: Member
  readonly gate: Gate
  /** The last round of the gate in which the flow drew. */
  round: number
  /** Whether the flow has had its turn there in the present wait, and only waits for another gate. */
  turnTaken: boolean
}

/**
 * One limit, and the flows that wait for it. A flow stands in the queue of one gate at a time, that of the limit that holds it
 * up; its turn there is granted only when every other limit of its chain has tokens too, and then all are charged alike.
 */
export class Gate {
  readonly scheduler: Scheduler
  readonly bucket: ByteBucket
  readonly meter: Meter
  readonly queue = new FairQueue<Member>()
  paused = false
  /** Counts wake-ups, so that a flow has one turn in each. */
  round = 0
  /** Flows that wait or have drawn lately. */
  readonly active = new Set<Member>()
  #activeWeight = 0
  #chargedAt = -Infinity
  /** Bytes granted and not given back. */
  granted = 0
  /** Bytes given back by those who had been granted them. */
  refunded = 0
  /** Milliseconds that flows have waited here, all together. */
  waited = 0
  due = Infinity
  place = -1

  constructor(scheduler: Scheduler, rate: number, burst: number, span: number) {
    const now = scheduler.clock.now()
    this.scheduler = scheduler
    this.bucket = new ByteBucket(rate, burst, now)
    this.meter = new Meter(span, now)
  }

  get unlimited(): boolean {
    return this.bucket.rate === Infinity
  }

  /**
   * What this gate would let pass now without waiting.
   *
   * @param wanted Bytes, >= 1, <= LARGEST_TURN.
   * @returns Bytes, 0 if the flow must wait here. Less than `wanted` only if a whole quantum is less.
   */
  offer(link: Link, weight: number, wanted: number, now: number): number {
    if (this.paused) return 0
    if (this.unlimited) return LARGEST_TURN
    if (this.queue.size > 0) return 0
    const bucket = this.bucket
    this.refill(now)
    const available = bucket.available
    if (available < Math.min(wanted, bucket.quantum)) return 0
    // Somebody else may be about to ask: whoever comes first must not take what should be shared. A full bucket limits nobody.
    const full = available >= bucket.idleDepth - bucket.quantum / 8
    if (link.round === this.round && !full) return 0
    const counted = link.flow.active
    const alone = this.active.size === (counted ? 1 : 0)
    const sum = counted ? this.#activeWeight : this.#activeWeight + weight
    const share = alone ? bucket.quantum / 8 : (available * weight) / sum
    return Math.min(available, Math.max(share, bucket.smallestTurn, full ? USUAL_CHUNK * Math.min(1, weight) : 0))
  }

  /** Takes `bytes` for a flow; everything granted goes through here. */
  charge(bytes: number, now: number): void {
    this.bucket.take(bytes)
    this.#chargedAt = now
    this.granted += bytes
    this.meter.record(bytes, now)
  }

  /** Puts back bytes that were charged and not used. */
  uncharge(bytes: number, now: number): void {
    this.refill(now)
    this.bucket.give(bytes)
    this.granted -= bytes
    this.meter.record(-bytes, now)
    if (this.queue.size > 0) this.arm(now)
  }

  /** Puts `flow` into the queue: behind the others, or before them if it has had its turn but could not use it. */
  enqueue(flow: Member, now: number, first: boolean): void {
    this.refill(now)
    if (first) this.queue.pushHead(flow)
    else this.queue.pushTail(flow)
    if (this.queue.head === flow) this.arm(now)
  }

  dequeue(flow: Member, now: number): void {
    const head = this.queue.head
    this.queue.remove(flow)
    if (head === flow) this.arm(now)
  }

  /** When a flow that wants `bytes` could have them from this gate alone, in ms: about, if others wait here. */
  readyAt(bytes: number, now: number): number {
    if (this.paused) return Infinity
    if (this.unlimited) return now
    const { bucket, queue } = this
    const ready = bucket.readyAt(Math.min(bytes, bucket.quantum), now)
    if (queue.size === 0) return ready
    const round = (1000 * queue.weight * bucket.smallestTurn) / bucket.rate
    return Math.max(ready, this.due, now + round)
  }

  /** Sees to it that the queue is woken in time, `notBefore` at the earliest. */
  arm(now: number, notBefore = now): void {
    const head = this.queue.head
    if (!head || this.paused) {
      this.due = Infinity
      this.scheduler.disarm(this)
      return
    }
    const bytes = Math.min(Math.max(1, head.ask), this.bucket.quantum)
    this.scheduler.arm(this, Math.max(notBefore, this.unlimited ? now : this.bucket.readyAt(bytes, now)))
  }

  /** One round: each flow that waits here has its turn, as far as the tokens go. */
  wake(now: number): void {
    const { bucket, queue } = this
    this.refill(now)
    this.round++
    let budget = bucket.available
    const turn = queue.turnOf(budget, bucket.smallestTurn)
    let movedOn = false
    for (let left = queue.size; left > 0 && budget >= 1; left--) {
      const flow = queue.head
      if (!flow) break
      if (flow.turn < 1) flow.turn += turn * flow.weight
      const bytes = Math.floor(Math.min(flow.turn, flow.ask, budget))
      if (bytes < 1) {
        // A very light flow saves up its turns until they make a byte.
        queue.remove(flow)
        queue.pushTail(flow)
        continue
      }
      const granted = flow.draw(bytes, this, now)
      if (granted === 0) {
        movedOn = true
        budget -= bytes
        continue
      }
      budget -= granted
      flow.turn -= granted
      if (flow.turn < 1 || granted < bytes || flow.ask < 1) flow.settle(now)
    }
    // Flows that moved on to another gate have not used these tokens yet; this queue need not look at them again at once.
    this.arm(now, movedOn ? now + QUANTUM_TIME : now)
  }

  setRate(rate: number, now: number): void {
    this.#revoke(now)
    this.bucket.setRate(rate, now)
    this.arm(now)
  }

  pause(now: number): void {
    this.#revoke(now)
    this.refill(now)
    this.paused = true
    this.arm(now)
  }

  resume(now: number): void {
    this.bucket.skip(now)
    this.paused = false
    this.arm(now)
  }

  join(flow: Member): void {
    this.active.add(flow)
    this.#activeWeight += flow.weight
  }

  leave(flow: Member): void {
    this.active.delete(flow)
    // Starting anew when empty keeps rounding errors from adding up.
    this.#activeWeight = this.active.size === 0 ? 0 : this.#activeWeight - flow.weight
  }

  /** Bytes granted and not drawn by the flows that hold them. */
  get outstanding(): number {
    let bytes = 0
    for (const flow of this.active) bytes += flow.held
    return bytes
  }

  /**
   * Adds what time has brought. Lateness is made up for to those who waited, or drew just before; idle time and stalls buy no more
   * than a quantum.
   *
   * @param least Bytes that the bucket may hold in any case: what the turn is worth of a flow that waited elsewhere.
   */
  refill(now: number, least = 0): void {
    const { bucket } = this
    if (this.paused) {
      bucket.skip(now)
      return
    }
    const late = this.queue.size > 0 || now - this.#chargedAt <= STILL_DRAWING
    bucket.refill(now, Math.max(least, late ? bucket.waitingDepth : bucket.idleDepth), late)
  }

  /** Takes back what flows hold unused, so that a change holds for them at once. */
  #revoke(now: number): void {
    for (const flow of this.active) flow.release(now)
  }
}
