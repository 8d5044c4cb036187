import type { ConnectionInfo, TransferInfo } from './session/connection-info.ts'

/** What a server tells of. */
export interface ServerEvents {
  /** A client has connected. */
  connection: [connection: ConnectionInfo]
  /** A user has logged in. */
  login: [connection: ConnectionInfo]
  /** A login was refused; `name` is what the client said. */
  'login-failed': [connection: ConnectionInfo, name: string]
  /** A command has come; what PASS and ACCT say is `****`. */
  command: [connection: ConnectionInfo, command: { readonly verb: string; readonly argument: string }]
  /** A transfer or listing begins, or has ended; `transfer.error` says whether well. */
  transfer: [connection: ConnectionInfo, phase: 'begin' | 'end', transfer: TransferInfo]
  /** A client has gone; `error` says how, if not by itself. `connection.user` is who was logged in. */
  disconnect: [connection: ConnectionInfo, error: Error | undefined]
  /**
   * Something that is not the client's fault: a file system or user manager that throws what nobody expects, or a listening socket that
   * fails. Without a listener nothing is done about it.
   */
  error: [error: unknown, connection: ConnectionInfo | undefined]
}

/** Emits an event. */
export type EmitEvent = <Name extends keyof ServerEvents>(name: Name, ...args: ServerEvents[Name]) => void
