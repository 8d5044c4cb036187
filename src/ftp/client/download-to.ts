import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import type { WritableStream } from 'node:stream/web'
import { checkOptions, optionNames } from '../../check-options.ts'
import { parseSize, type Size } from '../../units.ts'
import { checkPath } from './connection.ts'
import { singleFile } from './single-file.ts'
import type { Carrier } from './transfer/carrier.ts'
import { BytesDestination } from './transfer/destinations/bytes-destination.ts'
import { StreamDestination } from './transfer/destinations/stream-destination.ts'
import { download } from './transfer/download.ts'
import { statLocal } from './transfer/local-file.ts'
import { localPath } from './transfer/local-path.ts'
import { COMMON_NAMES, TREE_NAMES, transferSettings } from './transfer/transfer-settings.ts'
import type { CommonTransferOptions, DownloadOptions, TransferSummary } from './transfer/transfer-types.ts'
import { downloadPath } from './trees/download-path.ts'

/** How a file is downloaded into memory. */
export interface DownloadBytesOptions extends Omit<CommonTransferOptions, 'resume' | 'preserveTimes'> {
  /** The longest file that is taken, in bytes, as a number or text. @default "64MiB" */
  readonly maxLength?: Size | undefined
}

const OPTIONS = optionNames<DownloadOptions>({ ...COMMON_NAMES, ...TREE_NAMES, end: true })
const { resume: _, preserveTimes: __, ...BYTES_NAMES } = COMMON_NAMES
const BYTES_OPTIONS = optionNames<DownloadBytesOptions>({ ...BYTES_NAMES, maxLength: true })

/** As `Client.download`. */
export async function downloadTo(
  carrier: Carrier,
  remote: string,
  to: string | Writable | WritableStream<Uint8Array>,
  options: DownloadOptions = {},
): Promise<TransferSummary> {
  checkPath('download', remote)
  checkOptions('download', options, OPTIONS)
  if (typeof to !== 'string') return await toStream(carrier, remote, () => to, options)
  checkPath('download to', to)
  // A device or a pipe takes bytes, but no file can take its place.
  const found = await statLocal(to)
  const isSpecial = found !== undefined && !found.isFile() && !found.isDirectory()
  if (!isSpecial) return await downloadPath(carrier, remote, to, options)
  return await toStream(carrier, remote, () => createWriteStream(localPath(to)), options)
}

/** As `Client.downloadBytes`. */
export async function downloadBytes(
  carrier: Carrier,
  remote: string,
  options: DownloadBytesOptions = {},
): Promise<Buffer> {
  checkPath('download', remote)
  checkOptions('download', options, BYTES_OPTIONS)
  const { maxLength = '64MiB', ...others } = options
  const settings = transferSettings({ ...others, preserveTimes: false })
  const destination = new BytesDestination(parseSize(maxLength))
  await singleFile(carrier, 'download', settings, options.signal, (how) => download(carrier, remote, destination, how))
  return destination.content
}

async function toStream(
  carrier: Carrier,
  remote: string,
  open: () => Writable | WritableStream<Uint8Array>,
  options: DownloadOptions,
): Promise<TransferSummary> {
  if (options.resume) throw new TypeError("Cannot download: 'resume' is for files, and this goes to a stream")
  const settings = transferSettings({ ...options, preserveTimes: false })
  options.signal?.throwIfAborted()
  const destination = new StreamDestination(open(), options.end ?? true)
  const signal = options.signal ? AbortSignal.any([options.signal, destination.gone]) : destination.gone
  return await singleFile(carrier, 'download', settings, signal, (how) => download(carrier, remote, destination, how))
}
