import { stat } from 'node:fs/promises'
import { checkPath } from '../connection.ts'
import type { Carrier } from '../transfer/carrier.ts'
import { localPath } from '../transfer/local-path.ts'
import { transferSettings } from '../transfer/transfer-settings.ts'
import type { TransferSummary, UploadOptions } from '../transfer/transfer-types.ts'
import { uploadFile } from '../transfer/upload-file.ts'
import { progressOf } from './start-tree.ts'
import { Tally } from './tally.ts'
import { uploadTree } from './upload-tree.ts'

/**
 * Uploads a local file, or a directory with all that is in it, whichever it is.
 *
 * @param width How many files of a tree are worked on at a time.
 * @throws As `Client.upload`.
 */
export async function uploadPath(
  carrier: Carrier,
  local: string,
  remote: string,
  options: UploadOptions,
  width?: number,
): Promise<TransferSummary> {
  checkPath('upload a file', local)
  checkPath('upload', remote)
  const settings = transferSettings(options)
  const { signal } = options
  signal?.throwIfAborted()
  const tally = new Tally(carrier.settings.clock)
  const found = await stat(localPath(local))
  if (found.isDirectory()) return await uploadTree(carrier, local, remote, options, width)
  const progress = progressOf('upload', settings, carrier)
  if (progress) progress.totalSize = found.size
  tally.add(await uploadFile(carrier, local, remote, { settings, progress, signal }))
  progress?.end()
  return tally.summary()
}
