import type { Socket } from 'node:net'
import type { SocketIntake } from '../../transfer/socket-intake.ts'
import type { TransferOptions } from '../../transfer/transfer-options.ts'
import { endSocket, linger } from '../data/end-socket.ts'
import { ActiveTransfer } from './active-transfer.ts'
import { ABORTED, connectFailureAnswer, failureAnswer, isUnexpected, transferFailureAnswer } from './failure-answer.ts'
import { type DataConnection, openData } from './open-data.ts'
import { type Answer, Refusal } from './refusal.ts'
import type { Session } from './session.ts'

/** A transfer that can begin: its file is open. */
export interface Prepared {
  /** The text of the 150. */
  readonly announcement: string
  /** The text of the 226. @default 'Transfer complete' */
  readonly conclusion?: string | undefined
  /** Where the file is, if that is only known now. @default the path of the plan */
  readonly path?: string | undefined
  /** Bytes in all, if that is known. */
  readonly size?: number | undefined
  /** Moves the bytes: all of them, or it throws. */
  move(socket: Socket, intake: SocketIntake | undefined, options: TransferOptions): Promise<unknown>
  /** Closes the file. `error` is what has cut the transfer short. May throw, if the file could not be written. */
  finish(error: unknown): Promise<void>
}

export interface Plan {
  readonly kind: ActiveTransfer['kind']
  readonly verb: string
  readonly path: string
  /** Opens the file. What it throws is told in place of the 150. */
  prepare(signal: AbortSignal): Promise<Prepared>
}

/** How long a client may take to close its end of a data connection, in ms, once ours is closed. */
const LINGER = 10_000

/**
 * Carries out a transfer: 150 before the data connection is waited for (clients may wait for it before they connect), and a last reply when
 * the file is closed and the data connection has ended.
 *
 * @throws {Refusal} Or what the file system throws, if it can't begin.
 */
export async function runTransfer(session: Session, plan: Plan): Promise<Answer> {
  if (session.host.settings.dataNeedsTls && session.data.protection !== 'P') {
    throw new Refusal(521, 'Data connections must be encrypted: use PROT P')
  }
  const channel = session.data.takeChannel()
  try {
    return await session.operate(async (signal) => {
      const prepared = await plan.prepare(signal)
      session.reply(150, prepared.announcement)
      let connection: DataConnection
      try {
        connection = await openData(session, channel, plan.kind, signal)
      } catch (error) {
        await finishQuietly(session, prepared, error)
        return signal.aborted ? ABORTED : connectFailureAnswer(error)
      }
      return await transfer(session, plan, prepared, connection, signal)
    })
  } finally {
    channel.close()
  }
}

async function transfer(
  session: Session,
  { kind, verb, path }: Plan,
  prepared: Prepared,
  { socket, intake }: DataConnection,
  signal: AbortSignal,
): Promise<Answer> {
  const { host } = session
  const { clock, stallTimeout } = host.settings
  const active = new ActiveTransfer(kind, verb, prepared.path ?? path, session.user ?? '', clock)
  active.size = prepared.size
  session.transfer = active
  const throttles = session.connectionThrottles
  const flow = throttles.begin(kind === 'upload' ? 'read' : 'write')
  const onBytes = (count: number) => {
    active.bytes += count
    if (kind === 'upload') session.bytesRead += count
    else session.bytesWritten += count
  }
  let answer: Answer = [226, prepared.conclusion ?? 'Transfer complete']
  let failure: unknown
  try {
    host.emit('transfer', session, 'begin', active)
    await prepared.move(socket, intake, { flow, stallTimeout, clock, signal, onBytes })
    // What comes after the end of an upload is only our own end: the client has told all that it has to.
    if (kind === 'upload') socket.end()
    const ended = kind === 'upload' ? undefined : endSocket(socket, { clock, signal, timeout: stallTimeout })
    await Promise.all([ended, prepared.finish(undefined)])
  } catch (error) {
    failure = error ?? new Error('Unknown')
    answer = signal.aborted ? ABORTED : transferFailureAnswer(error)
    reset(socket, signal)
    await finishQuietly(session, prepared, error)
  }
  intake?.release()
  throttles.end(flow)
  if (!socket.destroyed) {
    host.lingering.add(socket)
    socket.once('close', () => host.lingering.delete(socket))
    linger(socket, LINGER, clock)
  }
  session.transfer = undefined
  active.end(failure)
  if (failure !== undefined && answer[0] !== 426 && isUnexpected(failure)) host.emit('error', failure, session)
  host.emit('transfer', session, 'end', active)
  return answer
}

/** The transfer has failed already, and that is what is told. What goes wrong in tidying up goes to who listens to errors. */
async function finishQuietly(session: Session, prepared: Prepared, cause: unknown): Promise<void> {
  try {
    await prepared.finish(cause)
  } catch (error) {
    if (failureAnswer(error)[0] !== failureAnswer(cause)[0]) session.host.emit('error', error, session)
  }
}

/**
 * Cuts a data connection. A plain end would look like the end of the file, so it is a reset; but a client that has sent ABOR knows, and
 * some of them take a reset for the end of everything.
 */
function reset(socket: Socket, signal: AbortSignal): void {
  // `resetAndDestroy` sends an end before the reset, and clients read that first. Without this property of Node it is a plain end.
  if (!signal.aborted) Object.assign(socket, { resetAndClosing: true })
  socket.destroy()
}
