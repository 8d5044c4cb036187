import { systemClock } from '../../clock.ts'
import { onAbort } from '../../on-abort.ts'
import { Silence } from './silence.ts'

/**
 * Settles as `act` does, if that is in time.
 *
 * @param timeout Milliseconds.
 * @param act Is told by its signal that nobody waits any more.
 * @throws {Silence} Else. {@link AbortSignal.reason} if it is aborted.
 */
export async function within<T>(
  timeout: number,
  signal: AbortSignal | undefined,
  act: (options: { readonly signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const silence = new AbortController()
  const end = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal
  const cancel = systemClock.sleepUntil(systemClock.now() + timeout, () => silence.abort(new Silence()), 10)
  let unlisten = () => {}
  const ended = new Promise<never>((_, reject) => {
    unlisten = onAbort(end, reject)
  })
  try {
    return await Promise.race([act({ signal: end }), ended])
  } finally {
    cancel()
    unlisten()
  }
}
