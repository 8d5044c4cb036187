import type { ConnectionInfo, TransferInfo } from './connection-info.ts'

/** What a log shows of a connection: plain values, and nothing of how the server works or who else there is. */
export function connectionSnapshot(connection: ConnectionInfo): Record<string, unknown> {
  const { id, address, port, since, secure, user, cwd, lastCommand, bytesRead, bytesWritten, transfer } = connection
  const now = transfer && transferSnapshot(transfer)
  return { id, address, port, since, secure, user, cwd, lastCommand, bytesRead, bytesWritten, transfer: now }
}

export function transferSnapshot(transfer: TransferInfo): Record<string, unknown> {
  const { kind, verb, path, user, since, bytes, size, duration, rate, error } = transfer
  return { kind, verb, path, user, since, bytes, size, duration, rate, error }
}
