import type { StreamThrottle } from '../../../throttle/stream-throttle.ts'

/** A transfer that is running or has just ended. */
export interface TransferInfo {
  readonly kind: 'download' | 'upload' | 'listing'
  /** Such as `RETR`. */
  readonly verb: string
  /** Absolute. */
  readonly path: string
  /** The name of the user. */
  readonly user: string
  /** When it began. */
  readonly since: Date
  /** Bytes that went through the data connection. */
  readonly bytes: number
  /** How many bytes there are to go through in all, if that is known. */
  readonly size: number | undefined
  /** How long it has taken, in ms. */
  readonly duration: number
  /** Bytes per second, over all of it. */
  readonly rate: number
  /** What has ended it early. */
  readonly error: unknown
}

/** A client's connection. What it tells is as it is at the moment; once it has ended, as it was then. */
export interface ConnectionInfo {
  /** Counts up from 1. */
  readonly id: number
  readonly address: string
  readonly port: number
  /** When it came. */
  readonly since: Date
  /** Whether the control connection is encrypted. */
  readonly secure: boolean
  /** Who has logged in. */
  readonly user: string | undefined
  /** The working directory. */
  readonly cwd: string
  /** The last command, passwords masked; empty if none has come. */
  readonly lastCommand: string
  readonly transfer: TransferInfo | undefined
  /** Bytes that data connections have brought: uploads. */
  readonly bytesRead: number
  /** Bytes that data connections have taken: downloads and listings. */
  readonly bytesWritten: number
  /**
   * The throttles that transfers of this connection pass, by name: `serverGlobal`, `serverPerConnection`, and after the login
   * `userGlobal`, `userPerConnection`. Can be changed at any time, and others added.
   */
  readonly throttles: Record<string, StreamThrottle>
  /** Sends the client away with 421, in mid-transfer too. */
  close(): void
}
