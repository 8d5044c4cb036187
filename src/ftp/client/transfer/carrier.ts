import type { Connection } from '../connection.ts'
import type { Session } from '../session/session.ts'

/** What a transfer needs of a connection. A pool has it, too, and gives each turn to a connection that is free. */
export interface Carrier
  extends Pick<
    Connection,
    'settings' | 'throttles' | 'isClosed' | 'isLost' | 'isEnded' | 'transfer' | 'abortable' | 'reconnect'
  > {
  readonly session: Pick<Session, 'log'>
  /** How many turns can go on at a time. @default 1 */
  readonly connections?: number
  /** Whether another connection takes over what has failed with this error: then it need not wait, and that was no attempt. */
  takesOver?(error: unknown): boolean
}
