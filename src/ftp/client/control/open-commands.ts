import type { Reply } from '../../protocol/reply.ts'
import { type Exchange, OverlookedError } from './exchange.ts'

/** What NOOP is answered with, and a transfer is not: RFC 959 section 5.4. */
const answersNoop = ({ code }: Reply) => code === 200 || (code >= 500 && code <= 504) || code === 530

/** What EPSV is answered with and nothing else is: RFC 2428 section 3. */
const tellsPort = ({ code }: Reply) => code === 229

/** 421 tells of the connection, not of a command. */
const isRefusal = ({ code }: Reply) => code >= 400 && code !== 421

/**
 * The commands that are not answered, in the order in which they were sent, which is the order of their replies (RFC 959 section 5.4): but for NOOP during a
 * transfer, and for EPSV that is sent when the data of a transfer have come and its reply has not.
 */
export class OpenCommands {
  readonly #deliver: (reply: Reply, exchange: Exchange | undefined) => void
  readonly #open: Exchange[] = []
  /** While the order is uncertain: replies are skipped up to the one that `isSought`. */
  #sought: { readonly code: number; readonly exchange: Exchange } | undefined
  /** A refusal that may be of a transfer or of the EPSV behind it: the next reply tells. */
  #held: Reply | undefined

  /** @param deliver Given each reply, and the command that it belongs to. */
  constructor(deliver: (reply: Reply, exchange: Exchange | undefined) => void) {
    this.#deliver = deliver
  }

  get count(): number {
    return this.#open.length
  }

  /** Whether a reply waits for the next one. */
  get isHolding(): boolean {
    return this.#held !== undefined
  }

  add(exchange: Exchange): void {
    this.#open.push(exchange)
  }

  /** Nobody is told of the replies to what is open. */
  abandon(): void {
    this.#held = undefined
    for (const exchange of this.#open) exchange.abandon()
  }

  /** Skips all replies but one with this code, which belongs to `exchange`. */
  seek(code: number, exchange: Exchange): void {
    this.#sought = { code, exchange }
  }

  /** A reply has come. */
  take(reply: Reply): void {
    if (this.#sought) {
      this.#skipTo(this.#sought, reply)
      return
    }
    // What is confirmed was not refused.
    if (this.#held) this.#releaseTo(this.#open[reply.code < 400 && !tellsPort(reply) ? 1 : 0])
    const [first, next] = this.#open
    const isEither = first?.isUnderWay && asksPort(next) && isRefusal(reply)
    if (isEither && !this.#noopFor(reply)) this.#held = reply
    else this.#give(reply, this.#addressee(reply))
  }

  #addressee(reply: Reply): Exchange | undefined {
    const [first, next] = this.#open
    if (first?.isUnderWay) return this.#noopFor(reply) ?? (asksPort(next) && tellsPort(reply) ? next : first)
    if (!asksPort(first) || !next || reply.code >= 400 || tellsPort(reply)) return first
    first.abandon(new OverlookedError())
    this.#open.shift()
    return next
  }

  /** During a transfer some servers answer NOOP at once, others when the transfer has ended. */
  #noopFor(reply: Reply): Exchange | undefined {
    return answersNoop(reply) ? this.#open.find(({ verb }) => verb === 'NOOP') : undefined
  }

  /** The next reply does not come: what was held belongs to the first command. */
  release(): void {
    this.#releaseTo(this.#open[0])
  }

  #releaseTo(exchange: Exchange | undefined): void {
    const held = this.#held
    this.#held = undefined
    if (held) this.#give(held, exchange)
  }

  /** None of them is going to be answered. */
  fail(error: (command: string) => Error): void {
    this.release()
    for (const exchange of this.#open) {
      exchange.fail(error(exchange.command))
      exchange.ended?.()
    }
  }

  #skipTo({ code, exchange }: { readonly code: number; readonly exchange: Exchange }, reply: Reply): void {
    if (reply.code !== code && reply.code !== 421) {
      this.#deliver(reply, undefined)
      return
    }
    this.#sought = undefined
    // What was sent after it is still to be answered.
    this.#open.splice(0, this.#open.indexOf(exchange))
    this.#give(reply, exchange)
  }

  #give(reply: Reply, exchange: Exchange | undefined): void {
    if (exchange && reply.code >= 200) this.#open.splice(this.#open.indexOf(exchange), 1)
    this.#deliver(reply, exchange)
  }
}

/** Whether it is an EPSV that was sent before the transfer before it was confirmed. */
const asksPort = (exchange: Exchange | undefined): exchange is Exchange =>
  exchange?.isAhead === true && exchange.verb === 'EPSV'
