import type { Clock } from '../../../clock.ts'
import { type Linked, LinkedQueue } from '../../../rate/linked-queue.ts'

/** Who is watched: stands in one watch at a time. */
export interface Watched extends Linked<Watched> {
  /** When it has been idle for too long, in ms on the clock. */
  idleUntil: number
  /** It has been. It is not watched any more. */
  idled(): void
}

/** Tells who has done nothing for too long. All wait equally long, so one timer is enough, for who has waited longest. */
export class IdleWatch {
  readonly #clock: Clock
  readonly #timeout: number | undefined
  readonly #waiting = new LinkedQueue<Watched>()
  #cancel: (() => void) | undefined

  /** @param timeout Milliseconds; undefined lets everybody idle. */
  constructor(clock: Clock, timeout: number | undefined) {
    this.#clock = clock
    this.#timeout = timeout
  }

  /** Has done something, or is watched from now on. */
  touch(member: Watched): void {
    if (this.#timeout === undefined) return
    if (this.#waiting.has(member)) this.#waiting.remove(member)
    member.idleUntil = this.#clock.now() + this.#timeout
    this.#waiting.pushTail(member)
    this.#arm()
  }

  /** Is not watched any more. */
  rest(member: Watched): void {
    if (!this.#waiting.has(member)) return
    this.#waiting.remove(member)
    if (this.#waiting.size > 0) return
    this.#cancel?.()
    this.#cancel = undefined
  }

  #arm(): void {
    const first = this.#waiting.head
    if (!first || this.#cancel) return
    const slack = Math.max(1, (this.#timeout ?? 0) / 100)
    this.#cancel = this.#clock.sleepUntil(first.idleUntil, () => this.#look(), slack)
  }

  #look(): void {
    this.#cancel = undefined
    const now = this.#clock.now()
    // Whoever is told may take others out, so each is looked for anew.
    for (let first = this.#waiting.head; first && first.idleUntil <= now; first = this.#waiting.head) {
      this.#waiting.remove(first)
      first.idled()
    }
    this.#arm()
  }
}
