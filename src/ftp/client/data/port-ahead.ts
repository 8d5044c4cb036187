import { unlessAborted } from '../../../streams/io/write-side.ts'
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
  readonly #answer: Promise<Reply | undefined>
  /** Undefined as long as the server has not answered. */
  #answeredAt: number | undefined

  constructor(session: Session) {
    this.#session = session
    this.#answer = this.#wait(session.send('EPSV'))
  }

  get isPending(): boolean {
    return this.#answeredAt === undefined
  }

  async settled(signal: AbortSignal | undefined): Promise<void> {
    await unlessAborted(this.#answer, signal)
  }

  async take(signal: AbortSignal | undefined): Promise<Reply | undefined> {
    await unlessAborted(this.#answer, signal)
    this.#session.ahead = undefined
    const isOld = this.#session.settings.clock.now() - (this.#answeredAt ?? 0) > HOLDS
    return isOld ? undefined : await this.#answer
  }

  async #wait(exchange: Exchange): Promise<Reply | undefined> {
    const session = this.#session
    const { habits, clock } = session.settings
    try {
      const reply = await session.outcome(exchange, { expectedCodes: ['2xx', '4xx', '5xx'] })
      // It may have come too early for the server.
      if (exchange.isAhead && reply.code !== 229) habits.takesTogether = false
      return reply
    } catch (error) {
      if (error instanceof OverlookedError) await this.#recover()
      // Or else the connection is lost, which the next command tells; or a transfer was given up, and the order of replies made certain.
      return undefined
    } finally {
      this.#answeredAt = clock.now()
    }
  }

  async #recover(): Promise<void> {
    try {
      await this.#session.goOneByOne()
    } catch (error) {
      // The next command tells that the connection is lost.
      this.#session.log.note(`the order of replies could not be made certain: ${String(error)}`)
    }
  }
}
