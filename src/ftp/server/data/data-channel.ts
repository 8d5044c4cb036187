import type { Socket } from 'node:net'
import type { WaitLimits } from '../wait-for.ts'

/** A data connection that is agreed upon (PASV, PORT and the like), for one transfer. */
export interface DataChannel {
  /**
   * The connection, once it is there. Nothing has been read from it, and somebody listens to its errors. It is the caller's.
   *
   * @throws {TimeoutError} With phase 'data connect'; why there is none; the signal's reason.
   */
  open(limits: Omit<WaitLimits, 'phase'>): Promise<Socket>
  /** Gives the port back, and a connection that nobody took. */
  close(): void
}

/** Takes what goes wrong while nobody else listens. The socket keeps it in `errored`. */
export const ignore = () => {}
