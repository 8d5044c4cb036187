import { type Linked, LinkedQueue } from './linked-queue.ts'

/** What a member of a {@link FairQueue} carries. It can stand in one queue at a time. */
export interface Queued<T> extends Linked<T> {
  /** Its part of the rate in proportion to the others', > 0. */
  readonly weight: number
  /** Bytes that its present turn still allows; 0 before the turn. */
  turn: number
}

/**
 * The order in which flows have their turns, each worth bytes in proportion to its weight: a ring in which everybody comes by
 * once a round. Adding, removing and rotating take constant time.
 * Source: deficit round robin, M. Shreedhar and G. Varghese, SIGCOMM 1995. A turn here is divided over time rather than over
 * packets, since bytes can be cut anywhere.
 */
export class FairQueue<T extends Queued<T>> extends LinkedQueue<T> {
  weight = 0

  override pushTail(member: T): void {
    super.pushTail(member)
    this.weight += member.weight
  }

  override remove(member: T): void {
    super.remove(member)
    // Starting anew when empty keeps rounding errors from adding up.
    this.weight = this.size === 0 ? 0 : this.weight - member.weight
  }

  /**
   * What a turn is worth to a member of weight 1 when `bytes` are shared out.
   *
   * @param smallest What it is worth at least to a member of average weight.
   */
  turnOf(bytes: number, smallest: number): number {
    return Math.max(bytes, smallest * this.size) / this.weight
  }
}
