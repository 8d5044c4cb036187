import type { Socket } from 'node:net'
import type { PortPool } from '../data/port-pool.ts'
import type { TlsHost } from '../data/tls-host.ts'
import type { Gate } from '../gate.ts'
import type { LoginBackOff } from '../login/back-off.ts'
import type { EmitEvent } from '../server-events.ts'
import type { Settings } from '../settings.ts'
import type { Level } from '../throttles/connection-throttles.ts'
import type { UserProfile } from '../users/user.ts'
import type { UserState } from '../users/user-state.ts'
import type { ConnectionInfo } from './connection-info.ts'
import type { IdleWatch } from './idle-watch.ts'

/** What sessions share: the server, as they see it. */
export interface Host {
  readonly settings: Settings
  readonly tls: TlsHost | undefined
  /** Where passive ports come from; undefined lets the system choose. */
  readonly ports: PortPool | undefined
  readonly backOff: LoginBackOff
  /** The server's own throttles. */
  readonly level: Level
  /** Watches those who have not logged in. */
  readonly loginWatch: IdleWatch
  /** Watches those who have. */
  readonly idleWatch: IdleWatch
  /** Lets a few clients have checksums worked out at a time. */
  readonly checksums: Gate
  /** Whether the server is closing, and every session should after what it does now. */
  readonly isDraining: boolean
  /** Data connections that are done with, whose clients have yet to close their ends. */
  readonly lingering: Set<Socket>
  /** Counts a connection of the user; undefined if there are as many as there may be. */
  enter(user: UserProfile): UserState | undefined
  /** Gives back what {@link Host.enter} has counted. */
  leave(user: UserProfile, state: UserState): void
  /** Tells those who listen. Never throws. */
  readonly emit: EmitEvent
  /** Tells the logger, if there is one. Never throws. */
  log(line: string, session: ConnectionInfo): void
  /** The session is over. */
  left(session: ConnectionInfo): void
}
