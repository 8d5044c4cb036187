import { systemClock } from '../../clock.ts'
import { onAbort } from '../../on-abort.ts'
import { Silence } from './silence.ts'

/**
 * Settles as `act` does, if that is in time.
 *
 * @param timeout Milliseconds.
 * @throws {Silence} Else. {@link AbortSignal.reason} if it is aborted.
 */
export async function within<T>(timeout: number, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
  let release = () => {}
  const ended = new Promise<never>((_, reject) => {
    const cancel = systemClock.sleepUntil(systemClock.now() + timeout, () => reject(new Silence()), 10)
    const unlisten = onAbort(signal, reject)
    release = () => {
      cancel()
      unlisten()
    }
  })
  try {
    return await Promise.race([act(), ended])
  } finally {
    release()
  }
}
