import { DataTransfer, type TransferCommand } from '../data/data-transfer.ts'
import type { Session } from '../session/session.ts'

/**
 * Starts a transfer, moves its bytes by `move`, and gives it up if that throws.
 *
 * @param move Is given a signal that also aborts when the server says that the transfer has failed.
 */
export async function withTransfer<T>(
  session: Session,
  command: TransferCommand & { readonly signal: AbortSignal },
  move: (transfer: DataTransfer, end: AbortSignal) => Promise<T>,
): Promise<T> {
  const transfer = await DataTransfer.start(session, command)
  try {
    return await move(transfer, transfer.end)
  } finally {
    await transfer.stop()
  }
}
