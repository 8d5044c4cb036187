/**
 * Calls `abort` with the signal's reason once it aborts; at once if it has.
 *
 * @returns A function that takes the listener off.
 */
export function onAbort(signal: AbortSignal | undefined, abort: (reason: unknown) => void): () => void {
  if (!signal) return () => {}
  const aborted = () => abort(signal.reason ?? new DOMException('This operation was aborted', 'AbortError'))
  if (signal.aborted) {
    aborted()
    return () => {}
  }
  signal.addEventListener('abort', aborted, { once: true })
  return () => signal.removeEventListener('abort', aborted)
}
