import { ClosedError } from '../../../errors.ts'
import type { Reply } from '../../protocol/reply.ts'

/** Who waits for a reply. */
interface Waiter {
  readonly resolve: (reply: Reply) => void
  readonly reject: (reason: unknown) => void
}

/** A command that was sent in one go with others has got no reply. Who sent it asks again. */
export class OverlookedError extends Error {
  constructor() {
    super('Cannot get the reply to a command that was sent with others: the server has overlooked it')
    this.name = 'OverlookedError'
  }
}

/** One command and its replies: any number of preliminary ones (1xx), and one that ends it. */
export class Exchange {
  /** The command, with secrets masked. */
  readonly command: string
  readonly verb: string
  /** Replies that nobody has taken yet. */
  readonly replies: Reply[] = []
  #waiter: Waiter | undefined
  /** Whether nobody is interested in the replies any more. They are awaited all the same, since they will come. */
  isAbandoned = false
  /** Whether it was sent in one go with one before it: the server may overlook it. */
  isAhead = false
  /** How many replies have come. */
  count = 0
  /** Whether the last reply has come. */
  isDone = false
  /** Called when the last reply has come, or none will. */
  ended: (() => void) | undefined

  constructor(command: string, verb: string) {
    this.command = command
    this.verb = verb
  }

  /** Whether the server has answered that it has begun. */
  get isUnderWay(): boolean {
    return this.count > 0 && !this.isDone
  }

  /** What waiting for a reply fails with, if nobody is told of them any more. */
  givenUp(): ClosedError {
    return new ClosedError(this.command || 'log in', { reason: 'it was given up' })
  }

  /** The next reply goes to `waiter`. There is one at a time. */
  wait(waiter: Waiter): void {
    this.#waiter = waiter
  }

  /** A reply has come. */
  push(reply: Reply): void {
    const waiter = this.#take()
    if (waiter) waiter.resolve(reply)
    else if (!this.isAbandoned) this.replies.push(reply)
  }

  /** Who waits is told that none will come. Replies that have come before are there to be taken. */
  fail(reason: unknown): void {
    this.#take()?.reject(reason)
  }

  #take(): Waiter | undefined {
    const waiter = this.#waiter
    this.#waiter = undefined
    return waiter
  }

  /** Nobody is told of its replies from here on. Who waits for one gets `reason`. @default a {@link ClosedError} */
  abandon(reason: unknown = this.givenUp()): void {
    this.isAbandoned = true
    this.replies.length = 0
    this.fail(reason)
  }
}
