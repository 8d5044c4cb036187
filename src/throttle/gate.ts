import { ByteBucket, QUANTUM_TIME } from '../rate/byte-bucket.ts'
import { FairQueue, type Queued } from '../rate/fair-queue.ts'
import { Meter } from '../rate/meter.ts'
import { type Served, ServiceLevel } from '../rate/service-level.ts'
import type { Scheduler } from './scheduler.ts'

/** The most bytes that one turn grants: keeps what a flow holds unused small where the limit is very high or absent. */
export const LARGEST_TURN = 4 * 1024 * 1024

/** Chunks up to this size pass whole while a limit does not bind: Node's files and sockets read so much at a time. */
const USUAL_CHUNK = 64 * 1024

/**
 * A stream that has waited and comes back within so many ms has not been idle: its source or its sink took a moment, as they do on a
 * busy machine.
 */
const STILL_BINDING = 20

/** At how small a part of the fair pace a crowd is taken to be served, at least. */
const SLOWEST_PACE = 1 / 16

/** A flow, as its gates see it. */
export interface Member {
  /** Its part of the rate in proportion to the others', > 0. */
  readonly weight: number
  /** Whether anything was asked for lately. */
  readonly active: boolean
  /** How many more bytes it would like in its present turn. */
  readonly ask: number
  /** Bytes paid for and not drawn. */
  readonly held: number
  /**
   * It has its turn at `at`: charges up to `bytes` at every gate of its chain, or leaves this queue for that of the gate which is
   * ready last.
   *
   * @returns Bytes charged; 0 if it left.
   */
  draw(bytes: number, at: Link, now: number): number
  /** Ends its turn: leaves the queue and hands over what the turn brought. */
  settle(now: number): void
  /** Gives back what it holds and has not drawn. */
  release(now: number): void
}

/** Where a flow stands with one of its gates. */
export interface Link extends Queued<Link>, Served {
  readonly flow: Member
  readonly gate: Gate
  /** Whether the flow goes through other gates, too. */
  readonly chained: boolean
  /** The last round of the gate in which the flow drew. */
  round: number
}

/**
 * One limit, and the flows that wait for it. A flow stands in the queue of one gate at a time, that of the limit that holds it
 * up. When its turn comes there, all limits of its chain are charged alike; at those where others wait it has what is due to it,
 * if need be at the expense of their next round.
 */
export class Gate {
  readonly scheduler: Scheduler
  readonly bucket: ByteBucket
  readonly meter: Meter
  readonly queue = new FairQueue<Link>()
  readonly #served = new ServiceLevel()
  paused = false
  /** Counts wake-ups, so that a flow has one turn in each. */
  round = 0
  /** Flows that wait or have drawn lately. */
  readonly active = new Set<Member>()
  #activeWeight = 0
  #waitedAt = -Infinity
  #wokenAt = -Infinity
  /** Bytes granted and not given back. */
  granted = 0
  /** Bytes given back by those who had been granted them. */
  refunded = 0
  /** Milliseconds that flows have waited here, all together. */
  waited = 0
  due = Infinity
  place = -1
  /** Called when somebody needs bytes that the bucket does not hold, if they come from elsewhere. */
  onNeed: (() => void) | undefined

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
    if (available < Math.min(wanted, bucket.quantum)) {
      this.onNeed?.()
      return 0
    }
    const counted = link.flow.active
    const alone = this.active.size === (counted ? 1 : 0)
    const binding = this.isBinding(now)
    if (alone && binding) return available
    // Somebody else may be about to ask: whoever comes first must not take what should be shared. A full bucket limits nobody, and
    // what is left of a burst belongs to who is alone.
    const full =
      !binding && (available >= bucket.idleDepth - bucket.quantum / 8 || (alone && available > bucket.quantum))
    if (link.round === this.round && !full) return 0
    const sum = counted ? this.#activeWeight : this.#activeWeight + weight
    const share = alone ? bucket.quantum / 8 : (available * weight) / sum
    return Math.min(available, Math.max(share, bucket.smallestTurn, full ? USUAL_CHUNK * Math.min(1, weight) : 0))
  }

  /** Takes `bytes` for a flow; everything granted goes through here. */
  charge(bytes: number, now: number): void {
    this.bucket.take(bytes)
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

  /** Puts back bytes that were drawn and did not move. */
  refund(bytes: number, now: number): void {
    if (bytes === 0) return
    this.refunded += bytes
    this.uncharge(bytes, now)
  }

  /** Puts `link` into the queue, behind the others. */
  enqueue(link: Link, now: number): void {
    this.refill(now)
    this.queue.pushTail(link)
    if (this.queue.head === link) {
      this.arm(now)
      this.onNeed?.()
    }
  }

  dequeue(link: Link, now: number): void {
    const head = this.queue.head
    this.queue.remove(link)
    if (head === link) this.arm(now)
  }

  /** When a flow that wants `bytes` could have them from this gate alone, in ms: about, if others wait here. */
  readyAt(link: Link, bytes: number, now: number): number {
    if (this.paused) return Infinity
    if (this.unlimited) return now
    const { bucket } = this
    if (this.queue.size === 0) return bucket.readyAt(Math.min(bytes, bucket.quantum), now)
    const fair = bucket.rate / 1000 / this.#activeWeight
    return now + this.#served.untilTurn(link, fair * SLOWEST_PACE)
  }

  /**
   * What a flow may take here when it has its turn at another gate.
   *
   * @param wanted Bytes, >= 1.
   * @param least Bytes that the bucket may hold in any case.
   * @returns Bytes, up to `wanted`; 0 if it must wait here.
   */
  share(link: Link, wanted: number, least: number, now: number): number {
    if (this.paused) return 0
    if (this.unlimited) return wanted
    const { bucket } = this
    this.refill(now, least)
    const { available, quantum, smallestTurn } = bucket
    if (!this.#isContended(now)) return available < Math.min(wanted, quantum) ? 0 : Math.min(wanted, available)
    // While it waited there its part went to those who wait here. It has it now all the same, and they a little later.
    const share = Math.floor(Math.min(wanted, this.#served.owed(link), available + quantum))
    return share < Math.min(wanted, smallestTurn) ? 0 : share
  }

  /** Notes that a flow which passes other gates, too, has drawn `bytes`. */
  serve(link: Link, bytes: number, now: number): void {
    if (!this.unlimited && this.#isContended(now)) this.#served.serve(link, bytes)
  }

  /** Sees to it that the queue is woken in time. */
  arm(now: number): void {
    const head = this.queue.head
    if (!head || this.paused) {
      this.due = Infinity
      this.scheduler.disarm(this)
      return
    }
    const bytes = Math.min(Math.max(1, head.flow.ask), this.bucket.quantum)
    this.scheduler.arm(this, this.unlimited ? now : this.bucket.readyAt(bytes, now))
  }

  /** One round: each flow that waits here has its turn, as far as the tokens go. */
  wake(now: number): void {
    const { bucket, queue } = this
    this.refill(now)
    this.round++
    this.#wokenAt = now
    let budget = bucket.available
    const { weight } = queue
    const even = queue.turnOf(budget, bucket.smallestTurn)
    if (!this.unlimited) this.#served.begin(even)
    // In a crowd a round takes several wake-ups.
    const crowded = even * weight > budget + 1
    const turn = crowded ? even : even * this.#evenOut()
    for (let left = queue.size; left > 0 && budget >= 1; left--) {
      const link = queue.head
      if (!link) break
      const { flow } = link
      if (link.turn < 1) {
        link.turn += turn * link.weight * this.#due(link)
        if (crowded) this.#served.rise((even * link.weight) / weight)
      }
      const bytes = Math.floor(Math.min(link.turn, flow.ask, budget))
      if (bytes < 1) {
        // A very light flow saves up its turns until they make a byte.
        queue.remove(link)
        queue.pushTail(link)
        continue
      }
      const granted = flow.draw(bytes, link, now)
      if (granted === 0) continue
      budget -= granted
      link.turn -= granted
      if (link.turn < 1 || granted < bytes || flow.ask < 1) flow.settle(now)
    }
    if (!crowded && !this.unlimited) this.#served.rise(turn)
    this.#served.end(now)
    this.arm(now)
  }

  setRate(rate: number, now: number): void {
    this.#revoke(now)
    // A pause brings no bytes, also when the limit changes meanwhile.
    this.refill(now)
    this.bucket.setRate(rate, now)
    this.arm(now)
  }

  /** Has the bucket filled from a supply, see {@link ByteBucket.feed}. Whoever waits is timed anew. */
  feed(rate: number, supply: number, burst: number, now: number): void {
    this.refill(now)
    this.bucket.feed(rate, supply, burst)
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
   * Adds what time has brought. Lateness is made up for to those who waited; idle time and stalls buy no more
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
    const late = this.isBinding(now)
    bucket.refill(now, Math.max(least, late ? bucket.waitingDepth : bucket.idleDepth), late)
  }

  /** How many turns are due to `link` in this round. Who passes no other gate has one, always. */
  #due(link: Link): number {
    return link.chained && !this.unlimited ? this.#served.due(link) : 1
  }

  /** By what to multiply turns, so that all that are due come to one for each. */
  #evenOut(): number {
    if (this.unlimited) return 1
    let due = 0
    for (const link of this.queue) due += link.weight * this.#due(link)
    return this.queue.weight / due
  }

  /** Whether others wait here, or were served so lately that they may be about to ask again. */
  #isContended(now: number): boolean {
    return this.queue.size > 0 || (this.active.size > 1 && now - this.#wokenAt < QUANTUM_TIME)
  }

  /** Whether somebody waits, or has done so a moment ago. */
  isBinding(now: number): boolean {
    if (this.queue.size > 0) this.#waitedAt = now
    return now - this.#waitedAt <= STILL_BINDING
  }

  /** Takes back what flows hold unused, so that a change holds for them at once. */
  #revoke(now: number): void {
    for (const flow of this.active) flow.release(now)
  }
}
