/** What a member of a {@link DueHeap} carries. */
export interface Due {
  /** When it is due, in ms. Set by the heap. */
  due: number
  /** Its place in the heap, or -1. Set by the heap. */
  place: number
}

/** A binary heap of what is due when, earliest first. Adding, moving and removing take logarithmic time. */
export class DueHeap<T extends Due> {
  readonly #members: T[] = []

  get size(): number {
    return this.#members.length
  }

  /** The member that is due first. */
  get first(): T | undefined {
    return this.#members[0]
  }

  /** Adds `member`, or moves it if it is there already. */
  set(member: T, due: number): void {
    member.due = due
    if (member.place < 0) {
      member.place = this.#members.length
      this.#members.push(member)
    }
    this.#settle(member)
  }

  /** Removes `member`, if it is there. */
  remove(member: T): void {
    if (member.place < 0) return
    const last = this.#members.pop()
    if (last && last !== member) {
      this.#put(last, member.place)
      this.#settle(last)
    }
    member.place = -1
  }

  #put(member: T, place: number): void {
    this.#members[place] = member
    member.place = place
  }

  #settle(member: T): void {
    let place = member.place
    for (let parent = this.#members[(place - 1) >> 1]; place > 0 && parent && parent.due > member.due; ) {
      const above = (place - 1) >> 1
      this.#put(parent, place)
      place = above
      parent = this.#members[(place - 1) >> 1]
    }
    for (;;) {
      const left = 2 * place + 1
      const right = left + 1
      const a = this.#members[left]
      const b = this.#members[right]
      const child = a && b && b.due < a.due ? b : a
      if (!child || child.due >= member.due) break
      const below = child === a ? left : right
      this.#put(child, place)
      place = below
    }
    this.#put(member, place)
  }
}
