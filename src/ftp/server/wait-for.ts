import type { Clock } from '../../clock.ts'
import { TimeoutError, type TimeoutPhase } from '../../errors.ts'

export interface WaitLimits {
  readonly clock: Clock
  /** Milliseconds; undefined is forever. */
  readonly timeout: number | undefined
  readonly phase: TimeoutPhase
  readonly signal: AbortSignal
}

/**
 * Waits for something that calls back, but not for too long.
 *
 * @param begin Given what to call. Returns how to clean up, which is called in any case.
 * @throws {TimeoutError} If it takes too long; the signal's reason; what is given to `reject`.
 */
export function waitFor<T>(
  { clock, timeout, phase, signal }: WaitLimits,
  begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    let isSettled = false
    let cleanUp: (() => void) | undefined
    const settle = (end: () => void) => {
      if (isSettled) return
      isSettled = true
      cancel?.()
      signal.removeEventListener('abort', abort)
      cleanUp?.()
      end()
    }
    const fail = (error: unknown) => settle(() => reject(error))
    const abort = () => fail(signal.reason)
    const cancel =
      timeout === undefined
        ? undefined
        : clock.sleepUntil(clock.now() + timeout, () => fail(new TimeoutError(phase, timeout)), timeout / 100 + 1)
    signal.addEventListener('abort', abort)
    const done = begin((value) => settle(() => resolve(value)), fail)
    cleanUp = done
    if (isSettled) done()
  })
}

/** Waits until a time on the clock. @throws The signal's reason. */
export function sleepUntil(clock: Clock, time: number, signal: AbortSignal): Promise<void> {
  if (!(time > clock.now())) return Promise.resolve()
  return waitFor({ clock, timeout: undefined, phase: 'read', signal }, (resolve) => clock.sleepUntil(time, resolve, 5))
}
