import { createReadStream } from 'node:fs'
import { checkOptions, optionNames } from '../../check-options.ts'
import { parseSize } from '../../units.ts'
import { checkPath } from './connection.ts'
import { singleFile } from './single-file.ts'
import type { Carrier } from './transfer/carrier.ts'
import { statLocal } from './transfer/local-file.ts'
import { localPath } from './transfer/local-path.ts'
import { BytesOrigin } from './transfer/origins/bytes-origin.ts'
import { type ChunkSource, chunkReader } from './transfer/origins/chunk-reader.ts'
import type { Origin } from './transfer/origins/origin.ts'
import { StreamOrigin } from './transfer/origins/stream-origin.ts'
import { COMMON_NAMES, TREE_NAMES, transferSettings } from './transfer/transfer-settings.ts'
import type { TransferSummary, UploadOptions } from './transfer/transfer-types.ts'
import { upload } from './transfer/upload.ts'
import { uploadPath } from './trees/upload-path.ts'

const OPTIONS = optionNames<UploadOptions>({ ...COMMON_NAMES, ...TREE_NAMES, atomic: true, size: true })

/** As `Client.upload`. */
export async function uploadFrom(
  carrier: Carrier,
  from: string | Uint8Array | ChunkSource,
  remote: string,
  options: UploadOptions = {},
): Promise<TransferSummary> {
  checkPath('upload', remote)
  checkOptions('upload', options, OPTIONS)
  const size = options.size === undefined ? undefined : parseSize(options.size)
  if (from instanceof Uint8Array) return await fromOrigin(carrier, () => new BytesOrigin(from), remote, options)
  if (typeof from !== 'string') {
    return await fromOrigin(carrier, () => new StreamOrigin(chunkReader(from), size), remote, options)
  }
  checkPath('upload from', from)
  const found = await statLocal(from)
  const isSpecial = found !== undefined && !found.isFile() && !found.isDirectory()
  if (!isSpecial) return await uploadPath(carrier, from, remote, options)
  const open = () => new StreamOrigin(chunkReader(createReadStream(localPath(from))), size)
  return await fromOrigin(carrier, open, remote, options)
}

async function fromOrigin(
  carrier: Carrier,
  open: () => Origin,
  remote: string,
  options: UploadOptions,
): Promise<TransferSummary> {
  if (options.resume) throw new TypeError("Cannot upload: 'resume' is for files, and this is none")
  const settings = transferSettings({ ...options, preserveTimes: false })
  options.signal?.throwIfAborted()
  const origin = open()
  return await singleFile(carrier, 'upload', settings, options.signal, (how) => upload(carrier, origin, remote, how))
}
