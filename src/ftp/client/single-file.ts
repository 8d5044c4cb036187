import type { Carrier } from './transfer/carrier.ts'
import type { FileTransferOptions } from './transfer/file-transfer.ts'
import { JobProgress } from './transfer/progress.ts'
import type { TransferSettings } from './transfer/transfer-settings.ts'
import type { FileResult, TransferSummary } from './transfer/transfer-types.ts'

/** Transfers one file by `move`, and tells how far that is and what it has done. */
export async function singleFile(
  carrier: Carrier,
  direction: 'download' | 'upload',
  settings: TransferSettings,
  signal: AbortSignal | undefined,
  move: (options: FileTransferOptions) => Promise<FileResult & { readonly skipped?: boolean }>,
): Promise<TransferSummary> {
  signal?.throwIfAborted()
  const { clock } = carrier.settings
  const start = clock.now()
  const { onProgress, progressInterval: interval } = settings
  const progress = onProgress && new JobProgress({ direction, onProgress, interval, clock, isSingle: true })
  const { bytes, resumed, checked, skipped = false } = await move({ settings, progress, signal })
  progress?.end()
  const duration = clock.now() - start
  return {
    files: skipped ? 0 : 1,
    directories: 0,
    bytes,
    skipped: skipped ? 1 : 0,
    resumed: resumed ? 1 : 0,
    checked: checked ? 1 : 0,
    failed: [],
    duration,
    rate: duration > 0 ? (bytes / duration) * 1000 : 0,
  }
}
