import type { Flow } from '../../../throttle/flow.ts'
import { ChangedError, TruncatedError } from '../../errors.ts'
import { sendChunks } from '../../transfer/send-file.ts'
import { DataTransfer } from '../data/data-transfer.ts'
import { sizeIfTold } from '../operations/files.ts'
import type { Session } from '../session/session.ts'

/** What is to be sent, and where to. */
export interface StoreRequest {
  readonly verb: 'STOR' | 'APPE'
  readonly path: string
  /** Where in the file the server is to begin, in bytes, by REST. */
  readonly offset: number
  /** Each is used until the next one is asked for. They are given a signal that ends a wait for the next one. */
  readonly chunks: (signal: AbortSignal) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** What the bytes have to pass. */
  readonly flow: Flow
  readonly onBytes?: ((count: number) => void) | undefined
  /** What has to be ready before the server is told of the file. */
  readonly prepared?: Promise<unknown> | undefined
  readonly signal: AbortSignal
}

/**
 * Sends a file, and makes sure that it has arrived.
 *
 * @returns How many bytes were sent.
 * @throws {ReplyError} If the server refuses, also in the middle. {@link TruncatedError} if the server has fewer bytes than were sent, whatever it says.
 * {@link TimeoutError}, the error of the socket or of `chunks`, or the signal's reason: the transfer is aborted then. The control connection can be used for the
 * next command.
 */
export async function store(session: Session, request: StoreRequest): Promise<number> {
  const { verb, path, offset, chunks, flow, onBytes, prepared, signal } = request
  const { clock, timeouts } = session.settings
  const { stall: stallTimeout, firstByte: firstByteTimeout } = timeouts
  const transfer = await DataTransfer.start(session, { verb, argument: path, offset, prepared, signal })
  try {
    const { end, socket } = transfer
    const { silence } = session.control
    const options = { flow, clock, signal: end, silence, stallTimeout, firstByteTimeout, onBytes }
    let count: number
    try {
      count = await sendChunks(chunks(end), socket, options)
    } catch (error) {
      return await transfer.explain(error, signal)
    }
    await transfer.finish({ expectedCodes: '2xx', waitCodes: '1xx', signal })
    return count
  } finally {
    await transfer.stop()
  }
}

/**
 * Makes sure that the server has all of a file, as far as it tells.
 *
 * @param mayBeLonger Whether a part in the middle was sent: what is behind it stays.
 * @throws {TruncatedError} If it has fewer bytes than it should; {@link ChangedError} if it has more.
 */
export async function checkStored(
  session: Session,
  path: string,
  expected: number,
  signal: AbortSignal | undefined,
  mayBeLonger = false,
): Promise<void> {
  const actual = await sizeIfTold(session, path, signal)
  if (actual === undefined || actual === expected || (mayBeLonger && actual > expected)) return
  if (actual < expected) throw new TruncatedError(path, expected, actual)
  throw new ChangedError(path, `the server has ${actual} bytes of it instead of ${expected}`)
}
