import { ReplyError } from '../../errors.ts'
import { FileError } from '../../files/file-error.ts'
import type { Carrier } from '../transfer/carrier.ts'
import { downloadFile } from '../transfer/download-file.ts'
import { JobProgress } from '../transfer/progress.ts'
import { type TransferSettings, transferSettings } from '../transfer/transfer-settings.ts'
import type { DownloadOptions, UploadOptions } from '../transfer/transfer-types.ts'
import { uploadFile } from '../transfer/upload-file.ts'
import type { Comparison } from './compare.ts'
import { LocalSide } from './local-side.ts'
import { RemoteSide } from './remote-side.ts'
import { reopening } from './reopening.ts'
import type { Tally } from './tally.ts'
import { FolderFilter } from './tree-filter.ts'
import type { TreeAction, TreeJob } from './tree-job.ts'
import { TreeTransfer } from './tree-transfer.ts'

/** Which tree goes where. */
export interface TreeRequest {
  readonly carrier: Carrier
  readonly direction: 'download' | 'upload'
  readonly local: string
  readonly remote: string
  /** How many files are worked on at a time. @default see {@link widthOf} */
  readonly width?: number | undefined
  readonly options: DownloadOptions & UploadOptions
  /** How files are compared. Without, all are transferred; or, to resume, those that differ in time and size. */
  readonly compare?: Comparison | undefined
  /** Whether an upload goes on with what may be a part, by its size and time, if its bytes can't be compared. @default true */
  readonly trustsParts?: boolean | undefined
  readonly remove?: boolean | undefined
  readonly dryRun?: boolean | undefined
  readonly onAction?: ((action: TreeAction) => void) | undefined
}

/** More than there are connections: the local file of one transfer is closed and renamed while the next one has the connection. */
export const widthOf = ({ connections = 1 }: Carrier): number => 2 * connections + 1

/**
 * Transfers a tree.
 *
 * @throws {TypeError | RangeError} If an option is wrong, before anything happens. Else the first failure, unless `onError` is 'continue'; or the signal's reason.
 */
export async function transferTree(request: TreeRequest): Promise<Tally> {
  const { carrier, options } = request
  const settings = transferSettings(options)
  const filter = FolderFilter.root(options)
  const onError = checkOnError(options.onError)
  options.signal?.throwIfAborted()
  return await carrier.abortable(options.signal, (signal) => transfer(request, { settings, filter, onError }, signal))
}

async function transfer(
  request: TreeRequest,
  { settings, filter, onError }: Pick<TreeJob, 'settings' | 'filter' | 'onError'>,
  signal: AbortSignal,
): Promise<Tally> {
  const { direction, width = widthOf(request.carrier), remove = false, dryRun = false, onAction } = request
  const carrier = onError === 'continue' ? reopening(request.carrier) : request.carrier
  const local = new LocalSide(request.local)
  const compare = request.compare ?? (settings.resume ? 'time-and-size' : undefined)
  const log = (text: string) => carrier.session.log.note(text)
  const remote = new RemoteSide(carrier, request.remote, {
    retry: settings.retry,
    onUnreadable: (path, line) => {
      log(`can't read the line ${JSON.stringify(line)} of the listing of ${JSON.stringify(remote.pathOf(path))}`)
      tree.unreadable(path, line)
    },
  })
  const isThere = {
    local: () => local.isThere(),
    remote: () => remote.isThere(signal),
  }
  const [source, target] = direction === 'download' ? (['remote', 'local'] as const) : (['local', 'remote'] as const)
  if (!(await isThere[source]())) throw missing(request)
  const isNew = compare !== undefined && !(await isThere[target]())
  const progress = progressOf(direction, settings, carrier)
  const job: TreeJob = {
    carrier,
    direction,
    local,
    remote,
    filter,
    settings,
    onError,
    progress,
    width,
    rules: compare && { compare, keepsTimes: await keepsTimes(request, settings, remote, signal) },
    remove,
    dryRun,
    onAction,
    transfer: (path, known, reason, end) => {
      const [there, here] = [remote.pathOf(path), local.pathOf(path)]
      if (direction === 'download') {
        return downloadFile(carrier, there, here, {
          settings,
          progress,
          known,
          isNew: local.isNew(path),
          ahead: true,
          signal: end,
        })
      }
      return uploadFile(carrier, here, there, {
        settings: uploadSettings(settings, request, reason),
        progress,
        ahead: true,
        signal: end,
      })
    },
  }
  const tree = new TreeTransfer(job)
  await tree.run(isNew, signal)
  return tree.tally
}

/**
 * What an upload goes on with lies under the name of the file itself, unless it is atomic. Only of a file whose size differs can that be a part; one that has all
 * its bytes, and is another one all the same, would be left as it is.
 */
function uploadSettings(
  settings: TransferSettings,
  { trustsParts = true }: TreeRequest,
  reason: TreeAction['reason'],
): TransferSettings {
  return { ...settings, trustsParts, resume: settings.resume && (settings.atomic || reason === 'size') }
}

/** Whether copies have the times of their originals. Servers that set times by MDTM do not say so beforehand. */
async function keepsTimes(
  { direction }: TreeRequest,
  { preserveTimes }: TransferSettings,
  remote: RemoteSide,
  signal: AbortSignal,
): Promise<boolean> {
  if (direction === 'download' || !preserveTimes) return preserveTimes
  return await remote.run(signal, async ({ features }) => features.has('MFMT'))
}

/** What tells how far a job is, if anybody wants to know. */
function progressOf(
  direction: 'download' | 'upload',
  { onProgress, progressInterval }: TransferSettings,
  { settings: { clock } }: Carrier,
): JobProgress | undefined {
  return onProgress && new JobProgress({ direction, onProgress, interval: progressInterval, clock })
}

function missing({ direction, local, remote }: TreeRequest): Error {
  if (direction === 'upload') return new FileError('upload', local, 'ENOENT')
  return new ReplyError(`download ${JSON.stringify(remote)}`, {
    code: 550,
    lines: ['There is nothing under this name'],
  })
}

function checkOnError(onError: 'stop' | 'continue' | undefined = 'stop'): 'stop' | 'continue' {
  if (onError === 'stop' || onError === 'continue') return onError
  throw new RangeError(`Cannot transfer: 'onError' must be "stop" or "continue", is ${JSON.stringify(onError)}`)
}
