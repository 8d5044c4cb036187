import type { TlsOptions } from 'node:tls'
import type { Clock } from '../../clock.ts'
import type { FileSystem } from '../files/file-system.ts'
import type { Encoding } from '../protocol/codec.ts'
import type { ConnectionInfo } from './session/connection-info.ts'
import type { ServerLimit } from './throttles/server-limit.ts'
import type { User } from './users/user.ts'
import type { AnonymousUser, UserManager } from './users/user-manager.ts'

/** The speed of a server, for data connections; replies are never held up. */
export interface ServerLimits {
  /** What all connections have together, in each direction. @default null, unlimited */
  readonly serverGlobal?: ServerLimit | undefined
  /** What each connection has. @default null, unlimited */
  readonly serverPerConnection?: ServerLimit | undefined
}

/** What must be encrypted. */
export interface RequiredTls {
  /** Logging in takes TLS. @default false */
  readonly control?: boolean | undefined
  /** Transfers and listings take `PROT P`. @default false */
  readonly data?: boolean | undefined
}

/** How a {@link Server} is. */
export interface ServerOptions {
  /** The files. @default new MemoryFileSystem() */
  readonly fileSystem?: FileSystem | undefined
  /** A folder on disk; short for `fileSystem: new DiskFileSystem(root)`. */
  readonly root?: string | undefined
  /** Who may log in. @default nobody but anonymous */
  readonly users?: readonly User[] | UserManager | undefined
  /**
   * Whether anybody may log in as `anonymous`, with any password, and what they may do; true lets them do everything.
   *
   * @default true without `users`, else false
   */
  readonly anonymous?: boolean | AnonymousUser | undefined

  /** Key, certificate and other options of `tls.createServer`. @default no TLS */
  readonly tls?: TlsOptions | undefined
  /**
   * `explicit`: connections begin in the clear, and AUTH TLS goes over to TLS (RFC 4217). `implicit`: they begin with TLS.
   *
   * @default 'explicit'
   */
  readonly tlsMode?: 'explicit' | 'implicit' | undefined
  /** What must be encrypted; true is everything. @default false */
  readonly requireTls?: boolean | RequiredTls | undefined
  /**
   * Whether TLS on a data connection must resume a session of this server, which shows that the client is one that has been here.
   *
   * @default false
   */
  readonly requireTlsSessionReuse?: boolean | undefined

  /** The ports for passive connections, both included. @default any that is free */
  readonly passivePorts?: { readonly from: number; readonly to: number } | undefined
  /**
   * The IPv4 address that PASV announces, for a server behind NAT, or a function that tells it, given the client's address; undefined from
   * it is the default.
   *
   * @default the address to which the client has connected
   */
  readonly passiveHost?: string | ((clientAddress: string) => string | undefined) | undefined
  /** Whether clients may ask with PORT and EPRT to be connected to. @default true */
  readonly allowActive?: boolean | undefined
  /**
   * Whether data connections may come from, and go to, another address than that of the control connection. That opens transfers to
   * thieves, and the server to being used against others (RFC 2577).
   *
   * @default false
   */
  readonly allowForeignData?: boolean | undefined

  /** Connections at a time, >= 1; null is any number. Further ones are greeted with 421. @default 10_000 */
  readonly maxConnections?: number | null | undefined
  /** Connections at a time of each user that has no number of its own. @default null */
  readonly maxConnectionsPerUser?: number | null | undefined
  /** Connections at a time from one address of IPv4, or one /64 of IPv6. @default null */
  readonly maxConnectionsPerAddress?: number | null | undefined

  /** How long a client may send no command, in ms, > 0; null is forever. Transfers don't count. @default 300_000 */
  readonly idleTimeout?: number | null | undefined
  /** How long a client may take to log in, in ms, > 0; null is forever. @default 60_000 */
  readonly loginTimeout?: number | null | undefined
  /** How long a TLS handshake may take, in ms, > 0; null is forever. @default 30_000 */
  readonly handshakeTimeout?: number | null | undefined
  /** How long to wait for a data connection once it is needed, in ms, > 0; null is forever. @default 30_000 */
  readonly dataConnectTimeout?: number | null | undefined
  /**
   * How long a client may take or send nothing in a transfer, in ms, > 0; null is forever. Waiting for a throttle never counts.
   *
   * @default 120_000
   */
  readonly stallTimeout?: number | null | undefined

  /** How long the first refusal of a login takes, in ms, >= 0; each further one from that address takes twice as long. @default 500 */
  readonly loginDelay?: number | undefined
  /** The longest that a refusal takes, in ms, >= 0. @default 15_000 */
  readonly maxLoginDelay?: number | undefined
  /** After so many refusals the connection is closed with 421; >= 1. @default 3 */
  readonly maxLoginAttempts?: number | undefined

  /** Bytes per second. @default unlimited */
  readonly limits?: ServerLimits | undefined
  /**
   * What becomes of a new file whose upload is cut short: `keep` lets the client resume it, `remove` leaves nothing that could be taken
   * for whole. What was there before is never removed.
   *
   * @default 'keep'
   */
  readonly partialUploads?: 'keep' | 'remove' | undefined
  /** The text of the greeting. @default 'Ready' */
  readonly banner?: string | undefined
  /** How commands, replies and listings are written. @default 'utf8' */
  readonly encoding?: Encoding | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
  /**
   * Told of each command (`> RETR file`) and each reply (`< 226 Done`), passwords masked.
   *
   * @default nobody
   */
  readonly logger?: ((line: string, connection: ConnectionInfo) => void) | undefined
}
