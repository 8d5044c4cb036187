import type { Carrier } from '../transfer/carrier.ts'
import type { TransferSummary, UploadOptions } from '../transfer/transfer-types.ts'
import { transferTree } from './start-tree.ts'

/**
 * Uploads a local directory with all that is in it, into one on the server, which is made if it is not there, with those above it. What is there already under
 * other names stays.
 *
 * Symbolic links and devices are left out, and counted as skipped. With `resume` so are files that are there with the same size and time.
 *
 * @throws As `Client.upload`.
 */
export async function uploadTree(
  carrier: Carrier,
  local: string,
  remote: string,
  options: UploadOptions,
): Promise<TransferSummary> {
  const tally = await transferTree({ carrier, direction: 'upload', local, remote, options })
  return tally.summary()
}
