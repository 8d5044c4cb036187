import type { MirrorOptions as LibraryOptions, MirrorAction, MirrorSummary } from '../../ftp/client/index.ts'
import { formatDuration, formatSize } from '../../units.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { Failure, UsageError } from '../failure.ts'
import { writeOut } from '../output.ts'
import { checkFolder } from '../paths.ts'
import { isNoFolder } from '../remote/remote-failure.ts'
import { isUrl, parseRemoteUrl, type RemoteUrl } from '../remote/remote-url.ts'
import { printable, tell } from '../tell.ts'
import type { Job, JobContext } from '../transfer/job.ts'
import { treeOptions } from '../transfer/library-options.ts'
import { outcomeOf, runJobs } from '../transfer/run-jobs.ts'
import type { TransferOptions } from '../transfer/transfer-options.ts'
import { reportTransfers } from '../transfer/transfer-report.ts'

/** What `sluice mirror` is asked to do. */
export interface MirrorOptions extends TransferOptions {
  readonly direction: 'download' | 'upload'
  readonly url: RemoteUrl
  /** The folder here. */
  readonly folder: string
  /** Whether what the other side does not have is removed. */
  readonly remove: boolean
  readonly dryRun: boolean
  readonly compare: 'time-and-size' | 'size' | 'checksum'
  /** Whether files are uploaded to a temporary name, and renamed when they are whole. */
  readonly atomic: boolean
}

/** Finds out which of two arguments is the URL. @throws {UsageError} If not exactly one is. */
export function readEnds(from: string, to: string): Pick<MirrorOptions, 'direction' | 'url' | 'folder'> {
  if (isUrl(from) === isUrl(to)) {
    const what = isUrl(from) ? 'both are URLs' : 'none of them is a URL'
    throw new UsageError(
      `Cannot mirror between these two: ${what}; one must be a folder here, the other such as ftp://host/dir/`,
    )
  }
  const [url, folder, direction] = isUrl(from) ? ([from, to, 'download'] as const) : ([to, from, 'upload'] as const)
  if (folder === '') throw new UsageError('Cannot mirror "": it must be the path of a folder')
  return { url: parseRemoteUrl(url), folder, direction }
}

/**
 * Runs `sluice mirror`.
 *
 * @returns The exit code; what happened is told on stderr.
 * @throws {UsageError} Before anything was transferred.
 */
export async function runMirror(options: MirrorOptions): Promise<number> {
  const { url, folder, direction, dryRun } = options
  let summary: MirrorSummary | undefined
  const actions: MirrorAction[] = []
  const run = async (context: JobContext) => {
    // The empty path is where the login leads.
    const remote = url.path || '.'
    const [from, to] = direction === 'download' ? [remote, folder] : [folder, remote]
    const how: LibraryOptions = {
      ...treeOptions(options, context),
      direction,
      delete: options.remove,
      dryRun,
      compare: options.compare,
      atomic: options.atomic,
      // Without, what an earlier run has begun is gone on with where it can be shown to be a part of the file.
      resume: options.resume || undefined,
      ...(dryRun ? { onAction: (action: MirrorAction) => actions.push(action) } : {}),
    }
    try {
      summary = await context.pool.mirror(from, to, how)
    } catch (error) {
      if (!isNoFolder(error, remote)) throw error
      const command = direction === 'download' ? 'get' : 'put'
      throw new Failure(
        'ENOTDIR',
        `Cannot mirror ${url.shown}: it is a file; name a directory, or use sluice ${command}`,
      )
    }
    return summary
  }
  const local = direction === 'download' ? 'write' : 'read'
  const action = { verb: 'mirror', name: url.shown, local, localName: JSON.stringify(folder) } as const
  const actionOn = (path: string) => {
    const shown = JSON.stringify(path.replace(/^\.\//, ''))
    if (direction === 'upload') return { ...action, name: `${shown} to ${url.shown}`, localName: shown }
    return { ...action, name: `${shown} of ${url.shown}`, localName: `the copy of ${shown}` }
  }
  const job: Job = { url, action, actionOn, isFile: false, run }
  const outcome = await outcomeOf(async () => {
    await checkFolder('mirror', folder, { mayBeMissing: direction === 'download' })
    return await runJobs([job], options)
  })
  if (dryRun && actions.length > 0) await writeOut(actions.map((each) => actionLine(each, options.json)).join(''))
  if (summary && !options.json && outcome.failures.length === 0 && !outcome.interruption && isIdle(summary)) {
    if (outcome.wasShown) tell(idleLine(summary, outcome.elapsed))
    return EXIT_CODE.done
  }
  const { unchanged = 0, made = 0, removed = 0 } = summary ?? {}
  const parts = removed > 0 ? [`${removed} ${dryRun ? 'to remove' : 'removed'}`] : []
  const facts = { unchanged, made, removed, dryRun }
  return reportTransfers(options, outcome, { parts, facts, goesOn: !dryRun, isPlan: dryRun })
}

/** Whether there was nothing to do: a rate would be of nothing. */
const isIdle = ({ files, made, removed }: MirrorSummary) => files + made + removed === 0

/** `nothing to do, 12 files are the same, 1 skipped, in 0.20 s` */
function idleLine({ unchanged, skipped }: MirrorSummary, elapsed: number): string {
  const left = skipped - unchanged
  const same = unchanged === 1 ? '1 file is the same' : `${unchanged} files are the same`
  return ['nothing to do', same, ...(left > 0 ? [`${left} skipped`] : []), `in ${formatDuration(elapsed)}`].join(', ')
}

/** `upload  a/b (12.3 KiB): missing` */
export function actionLine({ action, path, reason, size }: MirrorAction, json: boolean): string {
  if (json) return `${JSON.stringify({ action, path, reason, size: size ?? null })}\n`
  const length = size === undefined ? '' : ` (${formatSize(size)})`
  return `${action.padEnd(16)}  ${printable(path || '.')}${length}: ${reason}\n`
}
