import type { Socket } from 'node:net'
import { SocketIntake, withOnread } from '../../transfer/socket-intake.ts'
import { type DataChannel, ignore } from '../data/data-channel.ts'
import { linger } from '../data/end-socket.ts'
import type { ActiveTransfer } from './active-transfer.ts'
import { Refusal } from './refusal.ts'
import type { Session } from './session.ts'

/** A data connection that is ready. */
export interface DataConnection {
  readonly socket: Socket
  /** What reads from the socket, for an upload. */
  readonly intake: SocketIntake | undefined
}

/** How long a client that is refused may take to close its end, in ms. */
const LINGER = 5_000

/**
 * Waits for the data connection, and puts TLS on it if that is agreed upon. On failure nothing is left of it.
 *
 * @throws {Refusal} 522 if the client did not resume a TLS session and must; what else is wrong; the signal's reason.
 */
export async function openData(
  session: Session,
  channel: DataChannel,
  kind: ActiveTransfer['kind'],
  signal: AbortSignal,
): Promise<DataConnection> {
  const { settings, tls } = session.host
  const { clock, dataConnectTimeout, handshakeTimeout, needsTlsSessionReuse } = settings
  const socket = await channel.open({ clock, signal, timeout: dataConnectTimeout })
  if (session.data.protection === 'C' || !tls)
    return kind === 'upload' ? withIntake(socket) : { socket, intake: undefined }
  const secured = await tls.secure(socket, { clock, signal, timeout: handshakeTimeout })
  if (needsTlsSessionReuse && !secured.isSessionReused()) {
    // The client is still at its handshake: with a reset it would not get to read why.
    secured.end()
    linger(secured, LINGER, clock)
    throw new Refusal(522, 'The TLS session of the control connection must be resumed')
  }
  return { socket: secured, intake: kind === 'upload' ? intakeOf(secured, false) : undefined }
}

function withIntake(accepted: Socket): DataConnection {
  const intake = new SocketIntake()
  const socket = withOnread(accepted, intake)
  socket?.on('error', ignore)
  intake.attach(socket ?? accepted, socket !== undefined)
  return { socket: socket ?? accepted, intake }
}

function intakeOf(socket: Socket, usesOnread: boolean): SocketIntake {
  const intake = new SocketIntake()
  intake.attach(socket, usesOnread)
  return intake
}
