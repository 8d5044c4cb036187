import type { Socket } from 'node:net'
import type { Clock } from '../../../clock.ts'
import { ClosedError } from '../../../errors.ts'
import { type WaitLimits, waitFor } from '../wait-for.ts'

/**
 * Ends our direction: all that was written, and for TLS the close-notify behind it, is with the kernel when this settles.
 *
 * @throws The socket's error; {@link ClosedError}; {@link TimeoutError} with phase 'stall'; the signal's reason.
 */
export function endSocket(socket: Socket, limits: Omit<WaitLimits, 'phase'>): Promise<void> {
  return waitFor<void>({ ...limits, phase: 'stall' }, (resolve, reject) => {
    const done = () => resolve()
    const close = () => {
      if (socket.writableFinished) resolve()
      else reject(socket.errored ?? new ClosedError('end the transfer'))
    }
    socket.on('finish', done)
    socket.on('close', close)
    if (socket.destroyed) close()
    else socket.end()
    return () => {
      socket.off('finish', done)
      socket.off('close', close)
    }
  })
}

/**
 * Waits, without anybody waiting for it, for the other side to end too: what is closed with bytes unread, such as the last ones of TLS,
 * is reset, and the other side may lose what it has not read yet.
 *
 * @param patience Milliseconds after which the socket is destroyed all the same.
 */
export function linger(socket: Socket, patience: number, clock: Clock): void {
  if (socket.destroyed) return
  const cancel = clock.sleepUntil(clock.now() + patience, () => socket.destroy(), patience / 10)
  socket.on('close', cancel)
  socket.on('data', () => {})
  socket.resume()
}
