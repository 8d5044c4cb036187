import { setMaxListeners } from 'node:events'

/**
 * Calls `abort` with the signal's reason once it aborts; at once if it has.
 *
 * @returns A function that takes the listener off.
 */
export function onAbort(signal: AbortSignal | undefined, abort: (reason: unknown) => void): () => void {
  if (!signal) return () => {}
  if (signal.aborted) {
    abort(signal.reason)
    return () => {}
  }
  // One signal for all of a program's streams is what signals are for, and no leak of listeners.
  if (signal instanceof EventTarget) setMaxListeners(0, signal)
  const aborted = () => abort(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  return () => signal.removeEventListener('abort', aborted)
}

/** @throws {TypeError} If `signal` is there and is no signal. */
export function checkSignal(signal: unknown): void {
  if (signal === undefined || signal === null || signal instanceof AbortSignal) return
  // Signals of other realms and polyfills are as good.
  if (typeof (signal as Partial<AbortSignal>).addEventListener === 'function') return
  throw new TypeError(`Cannot use as a signal: must be an AbortSignal, is ${typeof signal}`)
}

/** What to destroy a Node stream with, which takes a reason that is falsy for no error at all. */
export function errorOf(reason: unknown): Error {
  return (reason as Error) || new DOMException('This operation was aborted', 'AbortError')
}
