import type { Socket } from 'node:net'
import { ClosedError } from '../../errors.ts'

/**
 * Settles when a socket is connected or its TLS handshake is done.
 *
 * @throws The socket's error, {@link ClosedError} if it closed without one, or the signal's reason. The socket is left to the caller.
 */
export function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  action: string,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const settle = (end: () => void) => {
      socket.off(event, open)
      socket.off('error', fail)
      socket.off('close', close)
      signal.removeEventListener('abort', abort)
      end()
    }
    const open = () => settle(resolve)
    const fail = (error: Error) => settle(() => reject(error))
    const close = () => settle(() => reject(socket.errored ?? new ClosedError(action)))
    const abort = () => settle(() => reject(signal.reason))
    socket.on(event, open)
    socket.on('error', fail)
    socket.on('close', close)
    signal.addEventListener('abort', abort)
  })
}
