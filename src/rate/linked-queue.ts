/** What a member of a {@link LinkedQueue} carries. It can stand in one queue at a time. */
export interface Linked<T> {
  previous?: T | undefined
  next?: T | undefined
}

/** A queue that anybody can leave at any time. Adding and removing take constant time. */
export class LinkedQueue<T extends Linked<T>> {
  head: T | undefined
  #tail: T | undefined
  size = 0

  pushTail(member: T): void {
    member.previous = this.#tail
    member.next = undefined
    if (this.#tail) this.#tail.next = member
    else this.head = member
    this.#tail = member
    this.size++
  }

  /** Whether `member` stands in this queue, if in any. */
  has(member: T): boolean {
    return member === this.head || member.previous !== undefined
  }

  /** @param member One that stands in this queue. */
  remove(member: T): void {
    if (member.previous) member.previous.next = member.next
    else this.head = member.next
    if (member.next) member.next.previous = member.previous
    else this.#tail = member.previous
    member.previous = undefined
    member.next = undefined
    this.size--
  }

  /** Members may leave while it goes on. */
  *[Symbol.iterator](): Generator<T> {
    for (let member = this.head; member; ) {
      const next: T | undefined = member.next
      yield member
      member = next
    }
  }
}
