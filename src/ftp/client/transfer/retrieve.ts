import type { Flow } from '../../../throttle/flow.ts'
import { TruncatedError } from '../../errors.ts'
import { receive, type TakeBytes } from '../../transfer/receive-file.ts'
import { SocketIntake } from '../../transfer/socket-intake.ts'
import { DataTransfer } from '../data/data-transfer.ts'
import { askEarly } from '../data/passive.ts'
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
    if (offset === 0 && count === (announced ?? size)) askEarly(session)
    await transfer.finish({ expectedCodes: '2xx', waitCodes: '1xx', signal })
    await checkWhole(session, path, offset + count, announced ?? size, offset, signal)
    return count
  } finally {
    await transfer?.stop()
    intake.release()
  }
}

/**
 * A server may call a file whole that it has cut short, and TLS may end without its goodbye; the size tells. It is asked for only if it
 * was not told, or is not what came.
 */
export async function checkWhole(
  session: Session,
  path: string,
  actual: number,
  announced: number | undefined,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Some announce the size of the file, some what is left of it. If nothing came, the one may look like the other.
  const received = actual - offset
  if (announced === received || (announced === actual && received > 0)) return
  const expected = (await sizeIfTold(session, path, signal)) ?? announced
  if (expected !== undefined && actual < expected) throw new TruncatedError(path, expected, actual)
}
