import type { Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { opened } from '../../../streams/io/opened.ts'
import type { Ending } from '../../transfer/ending.ts'
import type { Session } from '../session/session.ts'
import { tlsFailure } from '../session/tls-failure.ts'

/** A data connection in the making. It is made while the command that it is for is on its way. */
export interface Channel {
  /** Whether what comes goes to the intake without a stream. */
  readonly usesOnread: boolean
  /**
   * The socket, once it is connected and under TLS, if it is to be.
   *
   * @throws {TimeoutError} With phase 'data connect' or 'tls'; the error of the socket, or the reason of `ending`.
   */
  ready(ending: Ending): Promise<Socket>
  /** Closes it at once, in such a way that the other side knows that something is missing. */
  reset(options?: ResetOptions): void
}

/** How a data connection is closed. */
export interface ResetOptions {
  /**
   * One that is still being made is made first: a server that waits for it answers nothing before.
   *
   * @default false
   */
  readonly whenMade?: boolean
}

/** Puts TLS on a data connection, whoever has opened it: the FTP client is always the client of TLS (RFC 4217 section 10). */
export async function secureData(session: Session, clear: Socket, ending: Ending): Promise<TLSSocket> {
  const secured = connectTls({ ...session.tls.options(), socket: clear })
  session.tls.watch(secured)
  await shaken(session, secured, ending)
  return secured
}

/** Waits for the TLS handshake of a data connection. */
export async function shaken(session: Session, secured: TLSSocket, ending: Ending): Promise<void> {
  const ignore = () => {}
  secured.on('error', ignore) // who takes the socket over looks at `errored`
  const patience = { phase: 'tls' as const, timeout: session.settings.timeouts.tls }
  try {
    await ending.patiently(patience, opened(secured, 'secureConnect', 'finish the TLS handshake', ending.signal))
  } catch (error) {
    throw tlsFailure(error, session.settings)
  }
  await flushed(secured)
}

/**
 * The last message of the handshake may be on its way: a stream that is ended now would go without its goodbye (close-notify), which
 * Node does not send while another write is under way, and vsftpd calls that a failure (426). An empty write is done when it has gone out.
 */
function flushed(secured: TLSSocket): Promise<void> {
  return new Promise((resolve) => void secured.write('', () => resolve())) // what goes wrong is in `errored`
}

/** Closes a socket by RST, under TLS without a word: what it was sent is not to look whole. */
export function resetSocket(clear: Socket, { whenMade = false }: ResetOptions = {}): void {
  if (clear.destroyed) return
  // A handle that is not connected can't be reset, and Node would never close it.
  if (clear.connecting) {
    if (whenMade) clear.resetAndDestroy()
    else clear.destroy()
    return
  }
  // `resetAndDestroy` sends an end before the reset, which a server may take for the end of the file. Without this property of Node it is a plain end.
  const { _handle: handle } = clear as { _handle?: { reset?: unknown } | null }
  if (typeof handle?.reset === 'function') Object.assign(clear, { resetAndClosing: true })
  clear.destroy()
}
