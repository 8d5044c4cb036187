import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { unlessAborted } from '../../../streams/io/write-side.ts'
import { ReplyError } from '../../errors.ts'
import { type CodeMask, matchesCode } from '../../protocol/code-mask.ts'
import type { Reply } from '../../protocol/reply.ts'
import { Ending } from '../../transfer/ending.ts'
import type { SocketIntake } from '../../transfer/socket-intake.ts'
import type { Exchange } from '../control/exchange.ts'
import { nameTimeout } from '../control/name-timeout.ts'
import type { Session } from '../session/session.ts'
import { activeChannel } from './active.ts'
import type { Channel } from './channel.ts'
import { passiveChannel, whereTo } from './passive.ts'

/** A command that moves data, such as RETR. */
export interface TransferCommand {
  readonly verb: string
  readonly argument?: string | undefined
  /** Where in the file to begin, in bytes, by REST (RFC 3659 section 5). */
  readonly offset?: number | undefined
  /** What has to be ready before the command goes out; the way for the data is made meanwhile. */
  readonly prepared?: Promise<unknown> | undefined
  /** Where what comes is to go, if it is not read from the socket. */
  readonly intake?: SocketIntake | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * A data connection and the command that it belongs to. The transfer is done when both have ended: the data connection by its end, and
 * the command by a reply; either can come first.
 */
export class DataTransfer {
  readonly session: Session
  readonly socket: Socket
  /** How many bytes the server says will come, if it says so: many do, in the text of the preliminary reply. */
  readonly announced: number | undefined
  readonly #exchange: Exchange
  readonly #channel: Channel
  readonly #ending: Ending
  #final: Reply | undefined
  #stopping: Promise<void> | undefined

  /**
   * Opens the data connection, sends the command, and waits until both are under way.
   *
   * @throws {ReplyError} If the server refuses; {@link TimeoutError}, the error of the socket, or the signal's reason. The control connection can be
   * used for the next command then.
   */
  static async start(session: Session, command: TransferCommand): Promise<DataTransfer> {
    const { verb, argument, offset = 0, prepared, intake, signal } = command
    prepared?.catch(() => {}) // it is told below
    const request = session.control.prepare(verb, argument) // what can't be said is told before anything is
    if (session.type !== 'I') {
      await session.command('TYPE', 'I', { signal })
      session.type = 'I'
    }
    const isPassive = session.settings.mode === 'passive'
    const channel = isPassive
      ? passiveChannel(session, await whereTo(session, signal), intake)
      : await activeChannel(session, signal)
    let exchange: Exchange | undefined
    const ending = new Ending(session.settings.clock, signal, session.control.silence)
    try {
      if (prepared) await unlessAborted(prepared, signal)
      await restartAt(session, offset, signal)
      exchange = session.control.sendPrepared(request)
      const connected = channel.ready(ending)
      connected.catch(() => {}) // it is told below, or what the server answers is
      const reply = await session.control.reply(exchange, session.patience(signal))
      if (reply.code >= 400) throw new ReplyError(exchange.command, reply)
      session.mayRestart = false
      // The server may give up before there is a data connection.
      onFailure(session, exchange, (error) => ending.end(error))
      const socket = await connected.catch((error: unknown) => refusal(session, exchange as Exchange, error, signal))
      return new DataTransfer(session, { exchange, channel, socket, reply, ending })
    } catch (error) {
      ending.release()
      ending.end(error)
      if (exchange) await stopTransfer(session, exchange, channel)
      else channel.reset()
      throw nameTimeout(error, session.settings.host, exchange?.command)
    }
  }

  private constructor(
    session: Session,
    parts: {
      readonly exchange: Exchange
      readonly channel: Channel
      readonly socket: Socket
      readonly reply: Reply
      readonly ending: Ending
    },
  ) {
    this.session = session
    this.socket = parts.socket
    this.#exchange = parts.exchange
    this.#channel = parts.channel
    this.#ending = parts.ending
    this.announced = announcedSize(parts.reply)
    if (parts.reply.code >= 200) this.#final = parts.reply
  }

  /** The command, such as "RETR name". */
  get command(): string {
    return this.#exchange.command
  }

  /** Aborts with the signal of the command, or once the server says that the transfer has failed, or the control connection is lost. */
  get end(): AbortSignal {
    return this.#ending.signal
  }

  /** Whether what comes goes to the intake without a stream. */
  get usesOnread(): boolean {
    return this.#channel.usesOnread
  }

  /** Whether the transfer has ended, well or not: the control connection is free. */
  get isOver(): boolean {
    return this.#stopping !== undefined
  }

  /** Calls `failed` once the server says that the transfer has failed, or the control connection is lost. */
  watch(failed: (error: Error) => void): void {
    onFailure(this.session, this.#exchange, failed)
  }

  /**
   * Waits for the reply that ends the transfer. The data connection has ended, or will with it.
   *
   * @throws {ReplyError} If it is none of the expected ones; {@link TimeoutError} with phase 'final reply'; the signal's reason.
   */
  async finish(options: {
    readonly expectedCodes: CodeMask
    readonly waitCodes: CodeMask
    readonly signal: AbortSignal | undefined
  }): Promise<Reply> {
    const { control, settings } = this.session
    const { expectedCodes, waitCodes, signal } = options
    const patience = { phase: 'final reply' as const, timeout: settings.timeouts.finalReply, signal }
    try {
      this.#endSocket()
      while (!this.#final) {
        const reply = await control.reply(this.#exchange, patience)
        if (reply.code >= 200) this.#final = reply
        else if (!matchesCode(reply.code, waitCodes)) throw new ReplyError(this.command, reply)
      }
      if (!matchesCode(this.#final.code, expectedCodes)) throw new ReplyError(this.command, this.#final)
      return this.#final
    } finally {
      await this.stop()
    }
  }

  /** Some servers confirm a download only when this side has ended, too. */
  #endSocket(): void {
    const { socket } = this
    // If nothing is left to be sent or read, and TLS has no goodbye to say, to close it says the same in half the time.
    const isDone = this.usesOnread && socket.readableEnded && !(socket instanceof TLSSocket)
    if (isDone) socket.destroy()
    else if (!socket.destroyed) socket.end()
  }

  /**
   * If the data connection has failed with `error`, throws what the server says of it, which is about to come and worth more, or else `error`.
   *
   * @throws The signal's reason.
   */
  async explain(error: unknown, signal: AbortSignal): Promise<never> {
    signal.throwIfAborted()
    const { errored, destroyed } = this.socket
    if (error === errored || (destroyed && error instanceof Error && 'code' in error)) {
      try {
        await this.finish({ expectedCodes: '2xx', waitCodes: '1xx', signal })
      } catch (reply) {
        signal.throwIfAborted()
        if (reply instanceof ReplyError) throw reply
      }
    }
    throw this.named(error)
  }

  /** Says of a timeout which command it was of. */
  named(error: unknown): unknown {
    return nameTimeout(error, this.session.settings.host, this.command)
  }

  /**
   * Gives the transfer up, if it is not over: ABOR, and the data connection is reset. Settles when the control connection can be used for
   * the next command, or is closed since it can't be. Later calls join the first one.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  #stop(): Promise<void> {
    this.#ending.release()
    this.#exchange.ended = undefined
    if (!this.#final) return stopTransfer(this.session, this.#exchange, this.#channel)
    this.socket.destroy()
    this.#channel.reset()
    return Promise.resolve()
  }
}

/** REST (RFC 3659 section 5). It holds for the next transfer that the server takes, also if that is not the one it was meant for. */
async function restartAt(session: Session, offset: number, signal: AbortSignal | undefined): Promise<void> {
  if (offset === 0 && !session.mayRestart) return
  session.mayRestart = true
  const reply = await session.command('REST', String(offset), { expectedCodes: ['3xx', '4xx', '5xx'], signal })
  if (reply.code < 400) return
  session.mayRestart = false
  throw new ReplyError(`REST ${offset}`, reply)
}

/**
 * Ends a transfer that is given up. The server may answer ABOR in any order with the transfer's own reply, with one reply for both, or not at
 * all (RFC 959 section 4.1.3 leaves room), so the order of replies is made certain again by `resync`.
 */
async function stopTransfer(session: Session, exchange: Exchange, channel: Channel): Promise<void> {
  const { control } = session
  if (exchange.isDone || control.failure) {
    channel.reset()
    return
  }
  exchange.abandon()
  try {
    control.send('ABOR').abandon()
    channel.reset({ whenMade: true })
    await control.resync(session.patience(undefined))
  } catch (error) {
    // Without an order of the replies it is of no use: the next command tells.
    control.destroy(error as Error)
    session.log.note(`the control connection is lost: ${String(error)}`)
  } finally {
    channel.reset()
  }
}

/** Calls `failed` once the server says that a command has failed, or the control connection is lost before it says anything. */
function onFailure({ control }: Session, exchange: Exchange, failed: (error: Error) => void): void {
  const look = () => {
    const reply = exchange.replies.find(({ code }) => code >= 400)
    if (reply) failed(new ReplyError(exchange.command, reply))
    else if (!exchange.isDone && control.failure) failed(control.closed(exchange.command))
  }
  exchange.ended = look
  look()
}

/** If the server has broken the data connection off, its reply says why, and is about to come. */
async function refusal(
  session: Session,
  exchange: Exchange,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<never> {
  if (hasBrokenOff(error)) {
    const patience = { phase: 'final reply' as const, timeout: session.settings.timeouts.finalReply, signal }
    const reply = await session.control.finalReply(exchange, patience)
    if (reply.code >= 400) throw new ReplyError(exchange.command, reply, { cause: error })
  }
  throw error
}

const hasBrokenOff = (error: unknown) =>
  error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')

/** "150 Opening BINARY mode data connection for name (4096 bytes)." */
function announcedSize({ lines }: Reply): number | undefined {
  const digits = /\((\d{1,15}) bytes\)/i.exec(lines.at(-1) ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}
