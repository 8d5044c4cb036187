import { SluiceError } from '../errors.ts'

/**
 * A virtual clock can't finish what it runs: nothing can run any more (a deadlock), or virtual time runs on or stands still
 * without end.
 */
export class StuckError extends SluiceError {
  readonly code = 'ERR_SLUICE_STUCK'
  /** The virtual time, in ms. */
  readonly time: number
  /** How many sleepers were left. */
  readonly pending: number
  constructor(state: string, time: number, pending: number, options?: ErrorOptions) {
    super(`Cannot finish at ${time} ms: ${state}; pending sleepers: ${pending}`, options)
    this.time = time
    this.pending = pending
  }
}
