import type { CommonTransferOptions, TreeOptions } from '../../ftp/client/index.ts'
import type { JobContext } from './job.ts'
import type { TransferOptions } from './transfer-options.ts'

/** The options of the command line as the library has them, for a file. */
export function fileOptions(options: TransferOptions, context: JobContext): CommonTransferOptions {
  const { resume, retry, checksum } = options
  const { throttles, signal, onProgress, isWatched } = context
  // Of several files that move at the same time, each has to be heard of.
  return { resume, retry, checksum, throttles, signal, onProgress, ...(isWatched ? { progressInterval: 0 } : {}) }
}

/** The same, for a directory: what fails in it does not stop the rest. */
export function treeOptions(options: TransferOptions, context: JobContext): CommonTransferOptions & TreeOptions {
  const { include, exclude } = options
  return {
    ...fileOptions(options, context),
    ...(include.length > 0 ? { include } : {}),
    ...(exclude.length > 0 ? { exclude } : {}),
    onError: 'continue',
  }
}
