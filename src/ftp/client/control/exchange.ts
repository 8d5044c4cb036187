import { ClosedError } from '../../../errors.ts'
import { Waits } from '../../../streams/adapters/waits.ts'
import type { Reply } from '../../protocol/reply.ts'

/** One command and its replies: any number of preliminary ones (1xx), and one that ends it. */
export class Exchange {
  /** The command, with secrets masked. */
  readonly command: string
  readonly verb: string
  /** Replies that nobody has taken yet. */
  readonly replies: Reply[] = []
  readonly waits = new Waits()
  /** Whether nobody is interested in the replies any more. They are awaited all the same, since they will come. */
  isAbandoned = false
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

  /** Nobody is told of its replies from here on. Who waits for one gets `reason`. @default a {@link ClosedError} */
  abandon(reason: unknown = this.givenUp()): void {
    this.isAbandoned = true
    this.replies.length = 0
    this.waits.fail(reason)
  }
}
