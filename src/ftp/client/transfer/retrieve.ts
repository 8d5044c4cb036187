import type { Flow } from '../../../throttle/flow.ts'
import { ChangedError, TruncatedError } from '../../errors.ts'
import { receive, type TakeBytes } from '../../transfer/receive-file.ts'
import { SocketIntake } from '../../transfer/socket-intake.ts'
import { DataTransfer } from '../data/data-transfer.ts'
import { sizeIfTold } from '../operations/files.ts'
import type { Session } from '../session/session.ts'

/** What is to be fetched, and where it is to go. */
export interface RetrieveRequest {
  readonly path: string
  /** Where to begin, in bytes. */
  readonly offset: number
  readonly take: TakeBytes
  /** What the bytes have to pass. */
  readonly flow: Flow
  /** How many bytes the file has, if that is known. */
  readonly size?: number | undefined
  /** What has to be ready before the server is asked for the file. */
  readonly prepared?: Promise<unknown> | undefined
  /** Told when the transfer is under way, and of how many bytes the server says that it is, if it does. */
  readonly onStart?: ((announced: number | undefined) => void) | undefined
  readonly signal: AbortSignal
}

/**
 * Fetches a file, straight from the socket into the hands of `take`, and makes sure that it is whole.
 *
 * @returns How many bytes came.
 * @throws {ReplyError} If the server refuses, or says that the transfer has failed. {@link TruncatedError} if fewer bytes came than the file has, whatever the
 * server says. {@link TimeoutError}, the error of the socket or of `take`, or the signal's reason. The control connection can be used for the next command.
 */
export async function retrieve(session: Session, request: RetrieveRequest): Promise<number> {
  const { path, offset, take, flow, size, prepared, onStart, signal } = request
  const { control, settings } = session
  const { clock, timeouts } = settings
  const intake = new SocketIntake()
  let transfer: DataTransfer | undefined
  try {
    transfer = await DataTransfer.start(session, { verb: 'RETR', argument: path, offset, intake, prepared, signal })
    const { announced, end } = transfer
    if (!transfer.usesOnread) intake.attach(transfer.socket, false)
    if (offset === 0) intake.expected = announced
    onStart?.(announced)
    const { stall: stallTimeout, firstByte: firstByteTimeout } = timeouts
    const options = { flow, clock, signal: end, silence: control.silence, stallTimeout, firstByteTimeout }
    let count: number
    try {
      count = await receive(intake, take, options)
    } catch (error) {
      return await transfer.explain(error, signal)
    }
    await transfer.finish({ expectedCodes: '2xx', waitCodes: '1xx', signal })
    await checkWhole(session, path, { actual: offset + count, announced, size, offset }, signal)
    return count
  } finally {
    await transfer?.stop()
    intake.release()
  }
}

/** What came of a file, and what is known of its size; bytes. */
interface Received {
  /** Where it ends now. */
  readonly actual: number
  /** What the server has said as it began. */
  readonly announced: number | undefined
  /** What SIZE or a listing has said before. */
  readonly size?: number | undefined
  /** Where it was to begin. */
  readonly offset: number
}

/**
 * A server may call a file whole that it has cut short, TLS may end without its goodbye, and some begin at the start whatever REST says; the size tells. It is asked
 * for only if it was not told, or is not what came.
 *
 * @throws {TruncatedError} If bytes are missing; {@link ChangedError} if the server has not begun where it was to.
 */
export async function checkWhole(
  session: Session,
  path: string,
  { actual, announced, size, offset }: Received,
  signal: AbortSignal | undefined,
): Promise<void> {
  const received = actual - offset
  if (offset === 0 && announced === received) return
  if (actual === size && (announced === undefined || offset > 0)) return
  const told = (await sizeIfTold(session, path, signal)) ?? size
  if (offset > 0 && told !== undefined && actual > told) {
    throw new ChangedError(path, `${received} bytes came from byte ${offset} on, and it has ${told}`)
  }
  // Some announce the size of the file, some what is left of it. If nothing came, the one may look like the other.
  if (announced === received) return
  const isOfRest = told !== undefined && told - offset === announced
  if (announced === actual && received > 0 && !isOfRest) return
  const expected = told ?? announced
  if (expected !== undefined && actual < expected) throw new TruncatedError(path, expected, actual)
}
