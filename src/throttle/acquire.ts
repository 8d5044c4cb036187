import { onAbort } from '../on-abort.ts'
import type { Waiter } from './deliver.ts'
import type { GateFlow } from './gate-flow.ts'

/**
 * Draws bytes from `flow`, waiting for them if need be.
 *
 * @returns Bytes granted, from 1 to `bytes`; 0 only if `bytes` is 0.
 * @throws The signal's reason, if it aborts before anything was granted: then nothing is charged.
 */
export async function acquire(flow: GateFlow, bytes: number, signal: AbortSignal | undefined): Promise<number> {
  signal?.throwIfAborted()
  const granted = flow.tryAcquire(bytes)
  if (granted > 0 || bytes === 0) return granted
  return new Promise((resolve, reject) => {
    const waiter: Waiter = {
      bytes,
      granted(granted) {
        unlisten()
        resolve(granted)
      },
      failed(reason) {
        unlisten()
        reject(reason)
      },
    }
    flow.request(waiter)
    const unlisten = onAbort(signal, (reason) => {
      if (flow.withdraw(waiter)) reject(reason)
    })
  })
}
