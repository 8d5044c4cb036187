import { checkPath } from '../connection.ts'
import type { Carrier } from './carrier.ts'
import type { FileTransferOptions } from './file-transfer.ts'
import { FileOrigin } from './origins/file-origin.ts'
import type { FileResult } from './transfer-types.ts'
import { upload } from './upload.ts'

/**
 * Uploads a local file.
 *
 * @throws {ReplyError} If the server refuses; {@link TruncatedError} if it has fewer bytes in the end; {@link ChangedError} if the file was changed meanwhile;
 * {@link TimeoutError}, {@link ChecksumError}, the error of the file system, or the signal's reason. The upload is aborted then: the server may be left with a
 * part of the file, except with `atomic`.
 */
export function uploadFile(
  connection: Carrier,
  local: string,
  remote: string,
  options: FileTransferOptions,
): Promise<FileResult> {
  checkPath('upload a file', local)
  checkPath('upload', remote)
  options.signal?.throwIfAborted()
  return upload(connection, new FileOrigin(local, connection.settings.clock), remote, options)
}
