import type { Clock } from '../../../clock.ts'
import { BusyError } from '../../../errors.ts'

/** A stream that has the connection until its user finishes or closes it. */
export interface LooseStream {
  /** The command it belongs to. */
  readonly command: string
  /** For how many ms nobody has called it; 0 while a call waits. */
  readonly idle: number
}

/**
 * A call waits for a stream that has the connection. If nobody uses that either, both may wait for ever: `await client.size()` before the
 * stream is finished does that.
 *
 * @param timeout How long the stream may lie idle, in ms.
 * @param give Called with the error for the call, once.
 * @returns A function that ends the watch.
 */
export function watchForgotten(
  streams: ReadonlySet<LooseStream>,
  { clock, timeout }: { readonly clock: Clock; readonly timeout: number },
  give: (error: BusyError) => void,
): () => void {
  let cancel = () => {}
  const look = () => {
    const [stream] = [...streams].sort((one, other) => other.idle - one.idle)
    // The next one, for which the call waits too, may be about to open.
    const remaining = timeout - (stream?.idle ?? 0)
    if (!stream || remaining > 0) cancel = clock.sleepUntil(clock.now() + remaining, look, timeout / 10)
    else {
      const reason = `the stream of ${stream.command} has the connection, and nobody has used it for ${timeout} ms; finish() or close() it`
      give(new BusyError('use the client', { reason }))
    }
  }
  look()
  return () => cancel()
}
