import type { Connection } from '../connection.ts'
import type { Session } from '../session/session.ts'

/** What transfers need of a connection. A pool has it, too, and gives each turn to a connection that is free. */
export interface Carrier
  extends Pick<Connection, 'settings' | 'throttles' | 'isLost' | 'isEnded' | 'transfer' | 'abortable' | 'reconnect'> {
  readonly session: Pick<Session, 'log'>
  /** Whether others take over what has failed with this error: it need not wait, and does not count as an attempt. */
  takesOver?(error: unknown): boolean
}
