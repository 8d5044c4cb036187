import type { Socket } from 'node:net'
import type { Clock } from '../../../clock.ts'
import { ClosedError, TimeoutError, type TimeoutPhase } from '../../../errors.ts'
import { onAbort } from '../../../on-abort.ts'
import { Silence } from '../../../streams/io/silence.ts'
import { ProtocolError, ReplyError } from '../../errors.ts'
import type { TextCodec } from '../../protocol/codec.ts'
import { formatCommand, maskSecrets } from '../../protocol/command.ts'
import { type Reply, ReplyParser } from '../../protocol/reply.ts'
import type { Log } from '../log.ts'
import { Exchange, OverlookedError } from './exchange.ts'
import type { ControlIntake } from './intake.ts'

/** How many preliminary replies a command may have, and how many commands may lie unanswered. */
const MOST_REPLIES = 1000

const HUNG_UP = 'the server has closed the control connection'

/** What NOOP is answered with, and a transfer is not: RFC 959 section 5.4. */
const answersNoop = ({ code }: Reply) => code === 200 || (code >= 500 && code <= 504) || code === 530

/** How long a server may take to answer what was sent ahead, before it counts as overlooked; milliseconds. */
const OVERLOOKED = 5000

/** A command that can be sent. */
export interface PreparedCommand {
  readonly verb: string
  /** Without its line end; it may have secrets in it. */
  readonly line: string
  readonly bytes: Buffer
}

/** How a reply is waited for. */
export interface ReplyOptions {
  /** What a timeout is told as. */
  readonly phase: TimeoutPhase
  /** How long the server may be silent, in ms; undefined is forever. */
  readonly timeout: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Whether an abort ends the wait only: the reply is there for the next who asks. @default the command is abandoned */
  readonly isKept?: boolean | undefined
}

/**
 * The control connection: commands go out, and replies are given to the commands in the order in which these were sent. A command
 * that nobody waits for any more keeps its place in that order, so that what is answered to it can't be taken for the answer to
 * the next one.
 */
export class ControlConnection {
  #socket: Socket
  readonly #codec: TextCodec
  readonly #clock: Clock
  readonly #log: Log
  readonly #host: string | undefined
  readonly #parser: ReplyParser
  /** Watches for a server that falls silent, here and on the data connections; up to the end of the control connection. */
  readonly silence: Silence
  /** The commands that are not answered, the oldest first. */
  #open: Exchange[] = []
  #failure: Error | undefined
  /** While the order is uncertain: replies are skipped up to the one that `isSought`. */
  #sought: { readonly code: number; readonly exchange: Exchange } | undefined
  /** Whether what is sent goes out with what was sent before. */
  #isTogether = false
  #received = 0
  /** How many replies have come since the last command that nobody had asked for. */
  #strays = 0
  /** When the last command went out or the last reply came, in ms. */
  lastUsed: number

  constructor(
    socket: Socket,
    options: {
      readonly codec: TextCodec
      readonly clock: Clock
      readonly log: Log
      /** The server, as it was named: what errors name. */
      readonly host?: string | undefined
      /** Where what comes goes. @default it is read from the socket */
      readonly intake?: ControlIntake | undefined
    },
  ) {
    this.#socket = socket
    this.#codec = options.codec
    this.#clock = options.clock
    this.#log = options.log
    this.#host = options.host
    this.#parser = new ReplyParser({ codec: options.codec })
    this.silence = new Silence(options.clock)
    this.lastUsed = options.clock.now()
    this.#listen(options.intake)
  }

  get socket(): Socket {
    return this.#socket
  }

  /** Why the connection is of no use any more. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** How many commands are not answered. */
  get unanswered(): number {
    return this.#open.length
  }

  /**
   * What `work` sends goes out in one go. A server may overlook all but the first of such commands: to wait for their replies can end with an
   * {@link OverlookedError}, after which the order is to be made certain by {@link ControlConnection.resync}.
   */
  together<T>(work: () => T): T {
    this.#socket.cork()
    this.#isTogether = true
    try {
      return work()
    } finally {
      this.#isTogether = false
      this.#socket.uncork()
    }
  }

  /** Expects replies that no command asks for: the greeting. */
  expectGreeting(): Exchange {
    return this.#expect('', '')
  }

  /**
   * Sends a command.
   *
   * @throws {RangeError} If it contains what no command can; {@link ClosedError} if the connection is closed.
   */
  send(verb: string, argument?: string): Exchange {
    return this.sendPrepared(this.prepare(verb, argument))
  }

  /** A command to be sent later. @throws {RangeError} If it contains what no command can. */
  prepare(verb: string, argument?: string): PreparedCommand {
    const bytes = formatCommand(verb, argument, this.#codec)
    return { verb, line: argument ? `${verb} ${argument}` : verb, bytes }
  }

  /** @throws {ClosedError} If the connection is closed. */
  sendPrepared({ verb, line, bytes }: PreparedCommand): Exchange {
    if (this.#failure) throw this.closed(verb)
    if (this.#open.length >= MOST_REPLIES) throw new ProtocolError(verb, `${MOST_REPLIES} commands are unanswered`)
    const exchange = this.#expect(maskSecrets(line), verb)
    exchange.isAhead = this.#isTogether && this.#open.length > 1
    this.#strays = 0
    this.#log.command(line)
    this.lastUsed = this.#clock.now()
    this.#socket.write(bytes)
    return exchange
  }

  /**
   * The next reply to a command.
   *
   * @throws {TimeoutError} If the server is silent; the connection is closed then, since it may never answer. {@link OverlookedError} if the command was sent
   * ahead; the connection is not closed then. The signal's reason: the command is abandoned then. {@link ClosedError} if the connection closes.
   */
  reply(exchange: Exchange, { phase, timeout, signal, isKept }: ReplyOptions): Promise<Reply> {
    const come = exchange.replies.shift()
    if (come) return Promise.resolve(come)
    return new Promise((resolve, reject) => {
      if (exchange.isAbandoned) throw exchange.givenUp()
      if (this.#failure) throw this.closed(exchange.command)
      signal?.throwIfAborted()
      const giveUp = onAbort(signal, (reason) => (isKept ? exchange.fail(reason) : exchange.abandon(reason)))
      const { isAhead } = exchange
      const most = isAhead ? Math.min(timeout ?? OVERLOOKED, OVERLOOKED) : timeout
      const stop = this.silence.watch({ phase, timeout: most, progress: this.#progress }, (error) => {
        if (isAhead) return exchange.abandon(new OverlookedError())
        const named = new TimeoutError(phase, error.timeout, { command: exchange.command, host: this.#host })
        exchange.fail(named)
        this.destroy(named)
      })
      const end = () => {
        stop()
        giveUp()
      }
      exchange.wait({
        resolve: (reply) => {
          end()
          resolve(reply)
        },
        reject: (reason) => {
          end()
          reject(reason)
        },
      })
    })
  }

  readonly #progress = () => this.#received

  /** The reply that ends a command. As {@link ControlConnection.reply}. */
  async finalReply(exchange: Exchange, options: ReplyOptions): Promise<Reply> {
    for (;;) {
      const reply = await this.reply(exchange, options)
      if (reply.code >= 200) return reply
    }
  }

  /**
   * Finds out which reply belongs to which command when that is uncertain: asks for the working directory, which is answered with a code
   * that nothing else is (RFC 959, 257), and skips all that comes before.
   */
  async resync(options: ReplyOptions): Promise<void> {
    for (const exchange of this.#open) exchange.abandon()
    const exchange = this.send('PWD')
    this.#sought = { code: 257, exchange }
    try {
      await this.reply(exchange, options)
    } catch (error) {
      // Who gave up does not know either where the replies stand.
      this.destroy(error instanceof Error ? error : new ClosedError('go on'))
      throw error
    }
  }

  /** Goes on with `secured` instead of the socket, which lies under it now. */
  upgraded(secured: Socket): void {
    this.#socket = secured
    this.#listen()
  }

  /** Takes the listeners off the socket, which goes under TLS. Nothing may have come that was not asked for. */
  release(): Socket {
    const socket = this.#socket
    for (const [name, listener] of Object.entries(this.#listeners)) socket.off(name, listener as () => void)
    if (this.#parser.pending > 0 || this.#strays > 0) {
      throw new ProtocolError('go over to TLS', 'the server has sent more than its reply in the clear')
    }
    return socket
  }

  /** Closes the connection at once. Commands that wait fail with a {@link ClosedError} that has `error` as its cause. */
  destroy(error?: Error): void {
    this.#fail(error ?? new ClosedError('go on'))
    this.#socket.destroy()
  }

  /** Ends the connection when everything has gone out. */
  end(): void {
    this.#fail(new ClosedError('go on'))
    this.#socket.end()
    this.#socket.destroySoon()
  }

  readonly #listeners = {
    data: (chunk: Buffer) => this.#came(chunk),
    end: () => this.#socket.destroy(),
    error: (error: Error) => this.#fail(error),
    close: () => this.#fail(this.#socket.errored ?? new ClosedError('go on', { reason: HUNG_UP })),
  }

  #listen(intake?: ControlIntake): void {
    const socket = this.#socket
    for (const [name, listener] of Object.entries(this.#listeners)) {
      if (name !== 'data' || !intake) socket.on(name, listener as () => void)
    }
    if (socket.destroyed) this.#listeners.close()
    else if (intake) {
      intake.listen(this.#listeners.data)
      socket.resume() // for its end
    }
  }

  #expect(command: string, verb: string): Exchange {
    const exchange = new Exchange(command, verb)
    this.#open.push(exchange)
    return exchange
  }

  #came(chunk: Buffer): void {
    this.lastUsed = this.#clock.now()
    let isOfNoop = false
    try {
      for (const reply of this.#parser.push(chunk)) isOfNoop = this.#deliver(reply)?.verb === 'NOOP'
      // That a server answers NOOP says nothing of what else is waited for.
      if (!isOfNoop) this.#received += chunk.length
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  /** @returns The command that it was given to. */
  #deliver(reply: Reply): Exchange | undefined {
    this.#log.reply(reply.code, reply.lines)
    const exchange = this.#addressee(reply)
    if (!exchange) {
      this.#strays++
      // 421 may come at any time: the server is about to close (RFC 959 section 5.4).
      if (reply.code === 421) this.destroy(new ReplyError('go on', reply))
      else this.#log.note(`nobody has asked for the reply ${reply.code}`)
      return undefined
    }
    if (exchange.count++ === MOST_REPLIES) {
      throw new ProtocolError(exchange.command, `the server has sent ${MOST_REPLIES} replies to it`)
    }
    if (reply.code >= 200) {
      exchange.isDone = true
      this.#open.splice(this.#open.indexOf(exchange), 1)
    }
    exchange.push(reply)
    if (reply.code === 421) this.destroy(new ReplyError(exchange.command, reply))
    if (exchange.isDone) exchange.ended?.()
    return exchange
  }

  #addressee(reply: Reply): Exchange | undefined {
    if (this.#sought) {
      const { code, exchange } = this.#sought
      if (reply.code !== code && reply.code !== 421) return undefined
      this.#sought = undefined
      // What was sent after it is still to be answered.
      this.#open.splice(0, this.#open.indexOf(exchange))
      return exchange
    }
    const [first] = this.#open
    // During a transfer some servers answer NOOP at once, others when the transfer has ended. All other commands are answered in their order.
    const noop = first?.isUnderWay && answersNoop(reply) && this.#open.find(({ verb }) => verb === 'NOOP')
    return noop || first
  }

  #fail(error: Error): void {
    if (this.#failure) return
    this.#failure = error
    this.silence.end()
    for (const exchange of this.#open) {
      exchange.fail(this.closed(exchange.command))
      exchange.ended?.()
    }
  }

  /** What a call fails with that needs the connection, which is lost. */
  closed(action: string): Error {
    const cause = this.#failure
    // Told as what it is, since it is the answer to the command, as it were.
    if (cause instanceof ReplyError || cause instanceof ProtocolError) return cause
    const reason = cause instanceof ClosedError ? cause.message.replace(/^.*?: /, '') : 'the connection is lost'
    return new ClosedError(action || 'get the greeting of the server', { cause, reason })
  }
}
