import { checkOptions, WAIT } from '../check-options.ts'
import { onAbort } from '../on-abort.ts'

export interface WaitOptions {
  /** Ends the waiting. What was sent to Redis may still be done there. */
  readonly signal?: AbortSignal | undefined
}

/** Settles as what `start` gives, or rejects with the signal's reason if that comes first; then nothing is started. */
export async function abortable<T>(start: () => Promise<T>, options: WaitOptions): Promise<T> {
  checkOptions('ask Redis', options, WAIT)
  const { signal } = options
  signal?.throwIfAborted()
  let unlisten = () => {}
  const aborted = new Promise<never>((_, reject) => {
    unlisten = onAbort(signal, reject)
  })
  try {
    return await Promise.race([start(), aborted])
  } finally {
    unlisten()
  }
}
