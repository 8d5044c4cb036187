import type { Reply } from '../../protocol/reply.ts'
import { type Exchange, OverlookedError } from '../control/exchange.ts'
import type { AheadReply, Session } from '../session/session.ts'

/** A server may give up a port that nobody comes to; milliseconds. */
const HOLDS = 1000

/**
 * Asks where to connect to for the next transfer, if one is about to come: the answer is on its way while that gets ready. The transfer before must have been
 * confirmed: a server that answers before it does that would seem to confirm it, or to refuse it.
 */
export function askAhead(session: Session): void {
  const { settings, control } = session
  if (settings.mode !== 'passive' || session.refusesExtended || session.ahead || control.failure) return
  if (session.isTransferNext()) session.ahead = new PortAhead(session)
}

/** EPSV that was sent before the transfer it is for. */
class PortAhead implements AheadReply {
  readonly #session: Session
  readonly #exchange: Exchange
  readonly #sentAt: number
  #reply: Reply | undefined

  constructor(session: Session) {
    this.#session = session
    this.#sentAt = session.settings.clock.now()
    this.#exchange = session.send('EPSV')
  }

  get isPending(): boolean {
    return !this.#exchange.isDone && !this.#exchange.isAbandoned
  }

  async settled(signal: AbortSignal | undefined): Promise<void> {
    this.#reply = await this.#answer(signal)
  }

  async take(signal: AbortSignal | undefined): Promise<Reply | undefined> {
    const { habits, clock } = this.#session.settings
    const isOld = !this.isPending && clock.now() - this.#sentAt > HOLDS
    const reply = this.#reply ?? (this.#exchange.isAbandoned ? undefined : await this.#answer(signal))
    this.#session.ahead = undefined
    // It may have come too early for the server.
    if (reply && reply.code !== 229 && this.#exchange.isAhead) habits.takesTogether = false
    return isOld ? undefined : reply
  }

  /** Who stops waiting for it leaves it to the next. */
  async #answer(signal: AbortSignal | undefined): Promise<Reply | undefined> {
    const session = this.#session
    try {
      return await session.outcome(this.#exchange, { expectedCodes: ['2xx', '4xx', '5xx'], signal, isKept: true })
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof OverlookedError)) throw error
      await session.goOneByOne()
      return undefined
    }
  }
}
