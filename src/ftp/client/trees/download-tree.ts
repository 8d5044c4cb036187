import type { Carrier } from '../transfer/carrier.ts'
import type { DownloadOptions, TransferSummary } from '../transfer/transfer-types.ts'
import { transferTree } from './start-tree.ts'

/**
 * Downloads a directory with all that is in it, into a local one, which is made if it is not there. What is there already under other names stays.
 *
 * Files are transferred while directories are listed. Symbolic links and devices are left out, and counted as skipped. With `resume` so are files that are there
 * with the same size and time.
 *
 * @throws As `Client.download`.
 */
export async function downloadTree(
  carrier: Carrier,
  remote: string,
  local: string,
  options: DownloadOptions,
): Promise<TransferSummary> {
  const tally = await transferTree({ carrier, direction: 'download', local, remote, options })
  return tally.summary()
}
