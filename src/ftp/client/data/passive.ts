import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { onAbort } from '../../../on-abort.ts'
import { opened } from '../../../streams/io/opened.ts'
import { ProtocolError, ReplyError } from '../../errors.ts'
import { type HostPort, parseExtendedPassiveReply, parsePassiveReply } from '../../protocol/address.ts'
import type { Ending } from '../../transfer/ending.ts'
import type { SocketIntake } from '../../transfer/socket-intake.ts'
import { handedOver } from '../control/dial.ts'
import type { Session } from '../session/session.ts'
import { tlsFailure } from '../session/tls-failure.ts'
import { type Channel, type ResetOptions, resetSocket, secureData, shaken } from './channel.ts'

/** Begins to connect: while the command is on its way. TLS begins when the server is ready for it. */
export function passiveChannel(session: Session, target: HostPort, intake: SocketIntake | undefined): Channel {
  return session.settings.connect ? new HandedChannel(session, target) : new DialledChannel(session, target, intake)
}

/** Asks the server where to connect to: EPSV (RFC 2428), or PASV (RFC 959) once that was refused in any way. */
export async function whereTo(session: Session, signal: AbortSignal | undefined): Promise<HostPort> {
  const host = session.dataHost
  if (!session.refusesExtended) {
    signal?.throwIfAborted()
    const options = { expectedCodes: ['2xx', '4xx', '5xx'], signal }
    let reply = await session.ahead?.take(signal)
    if (reply?.code !== 229) reply = await session.command('EPSV', undefined, options)
    const port = reply.code === 229 ? extendedPort(session, reply.lines.join(' ')) : undefined
    if (port !== undefined) return { host, port }
    if (session.isIPv6) throw new ReplyError('EPSV', reply)
    session.refusesExtended = true
  }
  const reply = await session.command('PASV', undefined, { expectedCodes: '227', signal })
  const named = parsePassiveReply(reply.lines.join(' '))
  if (named.host === host || session.settings.allowForeignHost) return named
  session.log.note(`PASV names ${named.host}, which is replaced by ${host}`)
  return { host, port: named.port }
}

function extendedPort(session: Session, text: string): number | undefined {
  try {
    return parseExtendedPassiveReply(text)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    session.log.note(error.message)
    return undefined
  }
}

/** Connected by the client itself. */
class DialledChannel implements Channel {
  readonly usesOnread: boolean
  readonly #session: Session
  readonly #socket: Socket
  readonly #isSecure: boolean

  constructor(session: Session, { host, port }: HostPort, wanted: SocketIntake | undefined) {
    this.#session = session
    const { localAddress, host: named } = session.settings
    // A socket that TLS makes itself goes to the host that the certificate is for, and looks up only names.
    const isElsewhere = session.isSecure && isIP(named) !== 0 && named !== host
    const intake = isElsewhere ? undefined : wanted
    this.usesOnread = intake !== undefined
    const common = {
      port,
      allowHalfOpen: true,
      noDelay: intake === undefined, // what is only read needs none
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(intake === undefined ? {} : { onread: intake.onread }),
    }
    // Only a socket that TLS has made itself can be read without a stream, but only one below it can be reset.
    this.#isSecure = session.isSecure && intake !== undefined
    this.#socket = this.#isSecure
      ? session.tls.watch(connectTls({ ...session.tls.options(), ...common, lookup: always(host) }))
      : connect({ ...common, host })
    this.#socket.on('error', () => {}) // who takes the socket over looks at `errored`
    intake?.attach(this.#socket, true)
  }

  async ready(ending: Ending): Promise<Socket> {
    const session = this.#session
    const socket = this.#socket
    if (socket.connecting) {
      const patience = { phase: 'data connect' as const, timeout: session.settings.timeouts.dataConnect }
      await ending.patiently(patience, opened(socket, 'connect', 'open the data connection', ending.signal))
    }
    if (session.isSecure && !this.#isSecure && !socket.destroyed) return await secureData(session, socket, ending)
    if (this.#isSecure && !socket.destroyed && !isSecured(socket as TLSSocket)) {
      await shaken(session, socket as TLSSocket, ending)
    }
    // What has come before it closed is in the intake; without one, or before the handshake, nothing has.
    if (socket.errored) throw tlsFailure(socket.errored, session.settings)
    return socket
  }

  reset(options: ResetOptions = {}): void {
    const socket = this.#socket
    if (!this.#isSecure) resetSocket(socket, options)
    else if (socket.connecting && options.whenMade) socket.once('connect', () => socket.destroy())
    else socket.destroy()
  }
}

/** Connected by what the user has given for that. */
class HandedChannel implements Channel {
  readonly usesOnread = false
  readonly #session: Session
  readonly #target: HostPort
  #socket: Socket | undefined
  #isReset = false

  constructor(session: Session, target: HostPort) {
    this.#session = session
    this.#target = target
  }

  async ready(ending: Ending): Promise<Socket> {
    const { timeouts, connect } = this.#session.settings
    // The user's function has a signal of the usual kind.
    const asked = new AbortController()
    const forget = onAbort(ending.signal, (reason) => asked.abort(reason))
    const patience = { phase: 'data connect' as const, timeout: timeouts.dataConnect }
    try {
      const { signal } = asked
      const connecting = connect?.({ ...this.#target, purpose: 'data', signal })
      if (connecting) this.#socket = await ending.patiently(patience, handedOver(connecting, signal))
    } finally {
      forget()
    }
    const socket = this.#socket as Socket
    socket.on('error', () => {}) // who takes the socket over looks at `errored`
    if (this.#isReset) socket.destroy()
    return this.#session.isSecure ? await secureData(this.#session, socket, ending) : socket
  }

  reset(): void {
    this.#isReset = true
    if (this.#socket) resetSocket(this.#socket)
  }
}

/** TLS tells the handshake's end by an event only; the protocol version is known from then on. */
const isSecured = (socket: TLSSocket) => socket.getFinished() !== undefined && socket.getPeerFinished() !== undefined

/** Gives the address that is known already, under the name that the certificate must be for. */
function always(address: string): LookupFunction {
  const family = isIP(address)
  return (_host, options, done) => {
    if (options.all) done(null, [{ address, family }])
    else done(null, address, family)
  }
}
