/** What a member of a {@link FairQueue} carries. It can stand in one queue at a time. */
export interface Queued<T> {
  /** Its part of the rate in proportion to the others', > 0. */
  readonly weight: number
  /** Bytes that its present turn still allows; 0 before the turn. */
  turn: number
  previous: T | undefined
  next: T | undefined
}

/**
 * The order in which flows have their turns, each worth bytes in proportion to its weight: a ring in which everybody comes by
 * once a round. Adding, removing and rotating take constant time.
 * Source: deficit round robin, M. Shreedhar and G. Varghese, SIGCOMM 1995. A turn here is divided over time rather than over
 * packets, since bytes can be cut anywhere.
 */
export class FairQueue<T extends Queued<T>> {
  head: T | undefined
  #tail: T | undefined
  size = 0
  weight = 0

  pushTail(member: T): void {
    member.previous = this.#tail
    member.next = undefined
    if (this.#tail) this.#tail.next = member
    else this.head = member
    this.#tail = member
    this.size++
    this.weight += member.weight
  }

  remove(member: T): void {
    if (member.previous) member.previous.next = member.next
    else this.head = member.next
    if (member.next) member.next.previous = member.previous
    else this.#tail = member.previous
    member.previous = undefined
    member.next = undefined
    this.size--
    // Starting anew when empty keeps rounding errors from adding up.
    this.weight = this.size === 0 ? 0 : this.weight - member.weight
  }

  /** What a turn is worth to a member of weight 1 when `bytes` are shared out, but no less than `smallest`. */
  turnOf(bytes: number, smallest: number): number {
    return Math.max(smallest, bytes / this.weight)
  }

  *[Symbol.iterator](): Generator<T> {
    for (let member = this.head; member; ) {
      const next: T | undefined = member.next
      yield member
      member = next
    }
  }
}
