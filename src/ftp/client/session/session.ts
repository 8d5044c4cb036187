import { isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ClosedError } from '../../../errors.ts'
import { Lane } from '../../../streams/io/lane.ts'
import { opened } from '../../../streams/io/opened.ts'
import { ReplyError } from '../../errors.ts'
import { type CodeMask, matchesCode } from '../../protocol/code-mask.ts'
import type { Features } from '../../protocol/features.ts'
import type { Reply } from '../../protocol/reply.ts'
import type { ClientSettings } from '../client-options.ts'
import { ControlConnection, type ReplyOptions } from '../control/control-connection.ts'
import { dial } from '../control/dial.ts'
import type { Exchange } from '../control/exchange.ts'
import { ControlIntake } from '../control/intake.ts'
import { TlsSessions } from '../control/tls-sessions.ts'
import { Log } from '../log.ts'
import { tlsFailure } from './tls-failure.ts'

/** Which replies a command is to have. */
export interface CommandOptions {
  /** Codes that end the command well, as masks: "2xx", "33x", "226". @default "2xx" */
  readonly expectedCodes?: CodeMask | undefined
  /** Codes to wait through. @default "1xx" */
  readonly waitCodes?: CodeMask | undefined
  readonly signal?: AbortSignal | undefined
}

/** How the reply to a command that was sent before is waited for. */
export interface OutcomeOptions extends CommandOptions, Pick<ReplyOptions, 'isKept'> {}

/** The reply to a command that was sent before it is needed. */
export interface AheadReply {
  /** Whether it may still come. */
  readonly isPending: boolean
  /** Settles when it has come, or is not to come any more. @throws The signal's reason. */
  settled(signal: AbortSignal | undefined): Promise<void>
  /** The reply; undefined if there is none, or none that still holds. @throws The signal's reason. */
  take(signal: AbortSignal | undefined): Promise<Reply | undefined>
}

/**
 * A control connection and what is known of the server behind it. Whoever uses it has it to themselves; `Client` sees to that.
 */
export class Session {
  readonly settings: ClientSettings
  readonly log: Log
  readonly control: ControlConnection
  readonly tls: TlsSessions
  /** The lines of the greeting. */
  greeting: readonly string[] = []
  /** What FEAT told; empty if the server does not know it. */
  features: Features = new Map()
  /** The representation type that was set last (RFC 959 section 3.1.1), if any. */
  type: 'I' | 'A' | undefined
  /** Whether the server, or what stands before it, has refused EPSV or EPRT. */
  refusesExtended: boolean
  /** What was asked for the next transfer, if anything was. */
  ahead: AheadReply | undefined
  /** Whether another transfer is going to follow on this connection: what that needs can be asked for ahead. */
  isTransferNext: () => boolean = () => false
  /** Whether the server was told by REST where to begin, and no transfer has followed. */
  mayRestart = false
  /** Whether the server has refused MLSD. */
  refusesMlsd = false
  /** Whether the server does not know SIZE. */
  refusesSize = false
  /** The commands that set the time of a file, MFMT and MDTM, which the server does not know. */
  readonly refusesTimes = new Set<string>()
  /** Whether the server takes -a with LIST; undefined as long as nobody has tried. */
  listsHidden: boolean | undefined
  /** The working directory, as long as it is known. */
  directory: string | undefined
  isSecure = false

  /** Opens a control connection. What comes through it has not been read yet. */
  static async open(settings: ClientSettings, signal: AbortSignal | undefined): Promise<Session> {
    const log = new Log(settings.host, settings.logger)
    const intake = new ControlIntake()
    const socket = await dial(settings, signal, intake.onread)
    const session = new Session(settings, log, socket, settings.connect ? undefined : intake)
    if (settings.tls === 'implicit') {
      try {
        await session.secure(signal)
      } catch (error) {
        session.control.destroy()
        throw error
      }
    }
    return session
  }

  private constructor(settings: ClientSettings, log: Log, socket: Socket, intake: ControlIntake | undefined) {
    this.settings = settings
    this.log = log
    this.tls = new TlsSessions(settings)
    this.refusesExtended = !settings.epsv
    socket.setKeepAlive(true, 60_000)
    socket.setNoDelay(true)
    const { codec, clock, host } = settings
    this.control = new ControlConnection(socket, { codec, clock, log, host, intake })
  }

  /** The address of the server: who may open data connections. */
  get remoteAddress(): string {
    return this.control.socket.remoteAddress ?? this.settings.host
  }

  /** The host that data connections go to. A `connect` of the user's may go through a proxy, whose address is not the server's. */
  get dataHost(): string {
    return this.settings.connect ? this.settings.host : this.remoteAddress
  }

  /** Whether data connections need IPv6 (RFC 2428). */
  get isIPv6(): boolean {
    const address = this.dataHost
    return isIP(address) === 6 && !/^::ffff:\d+\./i.test(address)
  }

  /** How a reply to an ordinary command is waited for. */
  patience(signal: AbortSignal | undefined, isKept?: boolean): ReplyOptions {
    return { phase: 'command', timeout: this.settings.timeouts.command, signal, isKept }
  }

  /** Sends a command whose reply will be asked for later. */
  send(verb: string, argument?: string): Exchange {
    return this.control.send(verb, argument)
  }

  /**
   * Sends a command and waits for the reply that ends it.
   *
   * @throws {ReplyError} If its code is none of the expected ones.
   */
  async command(verb: string, argument?: string, options: CommandOptions = {}): Promise<Reply> {
    // A server may overlook what comes before it has answered that.
    if (this.ahead?.isPending) await this.ahead.settled(options.signal)
    options.signal?.throwIfAborted()
    return await this.outcome(this.send(verb, argument), options)
  }

  /** The reply that ends a command that was sent before. As {@link Session.command}. */
  async outcome(exchange: Exchange, options: OutcomeOptions = {}): Promise<Reply> {
    const { expectedCodes = '2xx', waitCodes = '1xx', signal, isKept } = options
    for (;;) {
      const reply = await this.control.reply(exchange, this.patience(signal, isKept))
      if (matchesCode(reply.code, expectedCodes)) {
        // A preliminary reply can be what was asked for; then there is one more to come, which nobody will ask for.
        if (!exchange.isDone) exchange.abandon()
        return reply
      }
      if (reply.code >= 200) throw new ReplyError(exchange.command, reply)
      if (!matchesCode(reply.code, waitCodes)) {
        exchange.abandon()
        throw new ReplyError(exchange.command, reply)
      }
    }
  }

  /**
   * After an {@link OverlookedError}: makes certain which replies are still to come. From here on each command is sent alone.
   */
  async goOneByOne(): Promise<void> {
    this.settings.habits.takesTogether = false
    this.log.note('a command that was sent with others was not answered: from here on each is sent alone')
    await this.control.resync(this.patience(undefined))
  }

  /** Puts the control connection under TLS. */
  async secure(signal: AbortSignal | undefined): Promise<void> {
    const { timeouts, clock } = this.settings
    const clear = this.control.release()
    const secured = this.tls.watch(connectTls({ ...this.tls.options(), socket: clear }))
    const ignore = () => {}
    secured.on('error', ignore) // between two listeners; `opened` and the control connection look at `errored`
    const lane = new Lane(clock)
    await lane.run('start TLS', signal, () =>
      lane.patiently({ phase: 'tls', timeout: timeouts.tls }, async (end) => {
        try {
          await opened(secured, 'secureConnect', 'finish the TLS handshake', end)
        } catch (error) {
          secured.destroy()
          throw tlsFailure(error, this.settings)
        }
      }),
    )
    this.control.upgraded(secured)
    secured.off('error', ignore)
    this.isSecure = true
  }

  /** Says goodbye, and closes the connection, whatever is answered. */
  async quit(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.command('QUIT', undefined, { signal })
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof ClosedError || error instanceof ReplyError)) throw error
    } finally {
      this.control.end()
    }
  }
}
