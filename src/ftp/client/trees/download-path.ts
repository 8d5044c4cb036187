import { joinPath } from '../../protocol/path.ts'
import { checkPath } from '../connection.ts'
import { sizeIfTold } from '../operations/files.ts'
import { statPath } from '../operations/stat.ts'
import type { Session } from '../session/session.ts'
import { singleFile } from '../single-file.ts'
import { attempts } from '../transfer/attempts.ts'
import type { Carrier } from '../transfer/carrier.ts'
import { downloadFile } from '../transfer/download-file.ts'
import { transferSettings } from '../transfer/transfer-settings.ts'
import type { DownloadOptions, TransferSummary } from '../transfer/transfer-types.ts'
import { downloadTree } from './download-tree.ts'
import { type Item, itemOfEntry } from './item.ts'
import { sameFile } from './same-file.ts'

/**
 * Downloads a file, or a directory with all that is in it, whichever it is, to a local path.
 *
 * @throws As `Client.download`.
 */
export async function downloadPath(
  carrier: Carrier,
  remote: string,
  local: string,
  options: DownloadOptions,
): Promise<TransferSummary> {
  checkPath('download', remote)
  checkPath('download to a file', local)
  const settings = transferSettings(options)
  const { signal } = options
  signal?.throwIfAborted()
  const isFinal = () => false
  const found = await attempts(carrier, { retry: settings.retry, signal, isFinal }, (session, end) =>
    lookAt(session, remote, end),
  )
  if (found === 'directory') return await downloadTree(carrier, remote, local, options)
  return await singleFile(carrier, 'download', settings, signal, async (how) => {
    const same = settings.resume && (await sameFile(carrier, { remote, local, source: found }, settings, signal))
    if (same) return { bytes: 0, resumed: false, size: found.size ?? 0, checked: same.checked, skipped: true }
    return await downloadFile(carrier, remote, local, { ...how, known: found })
  })
}

/** What a path stands for. What is not there at all passes for a file: the server says best what is wrong with it. */
async function lookAt(session: Session, path: string, signal: AbortSignal): Promise<'directory' | Item> {
  if (session.features.has('MLST') && session.settings.listFormat === 'auto') {
    const entry = await statPath(session, path, signal)
    if (entry?.type === 'directory') return 'directory'
    if (entry?.type === 'file') return itemOfEntry(entry)
  }
  // The listing that would tell it can be long. A directory has no size, and one can go there.
  const size = await sizeIfTold(session, path, signal)
  if (size !== undefined) return fileOf(size)
  const isDirectory = (await statPath(session, joinPath(path, '.'), signal))?.type === 'directory'
  return isDirectory ? 'directory' : fileOf(undefined)
}

const fileOf = (size: number | undefined): Item => {
  return { name: '', type: 'file', size, modified: undefined, modifiedTo: undefined }
}
