import { checkPath } from '../connection.ts'
import type { Carrier } from './carrier.ts'
import { FileDestination } from './destinations/file-destination.ts'
import { download } from './download.ts'
import type { FileTransferOptions } from './file-transfer.ts'
import type { FileResult } from './transfer-types.ts'

/**
 * Downloads a file to a local one, whose place it takes when it is whole.
 *
 * @param local In a directory that is there. A symbolic link is replaced, not followed.
 * @throws {ReplyError} If the server refuses; {@link TruncatedError}, {@link TimeoutError}, {@link ChecksumError}, the error of the file system, or the signal's
 * reason. What was there under `local` is untouched then.
 */
export function downloadFile(
  connection: Carrier,
  remote: string,
  local: string,
  options: FileTransferOptions,
): Promise<FileResult> {
  checkPath('download', remote)
  checkPath('download to a file', local)
  options.signal?.throwIfAborted()
  return download(connection, remote, new FileDestination(local, options.settings.resume, options.isNew), options)
}
