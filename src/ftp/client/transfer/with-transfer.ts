import { onAbort } from '../../../on-abort.ts'
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
  // A controller that follows a signal costs a third of what `AbortSignal.any` does, and small files feel that.
  const controller = new AbortController()
  const forget = onAbort(command.signal, (reason) => controller.abort(reason))
  transfer.watch((error) => controller.abort(error))
  try {
    return await move(transfer, controller.signal)
  } finally {
    forget()
    await transfer.stop()
  }
}
