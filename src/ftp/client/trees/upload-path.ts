import { stat } from 'node:fs/promises'
import { checkPath } from '../connection.ts'
import { singleFile } from '../single-file.ts'
import type { Carrier } from '../transfer/carrier.ts'
import { localPath } from '../transfer/local-path.ts'
import { transferSettings } from '../transfer/transfer-settings.ts'
import type { TransferSummary, UploadOptions } from '../transfer/transfer-types.ts'
import { uploadFile } from '../transfer/upload-file.ts'
import { uploadTree } from './upload-tree.ts'

/**
 * Uploads a local file, or a directory with all that is in it, whichever it is.
 *
 * @throws As `Client.upload`.
 */
export async function uploadPath(
  carrier: Carrier,
  local: string,
  remote: string,
  options: UploadOptions,
): Promise<TransferSummary> {
  checkPath('upload a file', local)
  checkPath('upload', remote)
  const settings = transferSettings(options)
  const { signal } = options
  signal?.throwIfAborted()
  const found = await stat(localPath(local))
  if (found.isDirectory()) return await uploadTree(carrier, local, remote, options)
  return await singleFile(carrier, 'upload', settings, signal, (how) => uploadFile(carrier, local, remote, how))
}
