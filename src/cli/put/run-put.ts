import type { TransferSummary } from '../../ftp/client/index.ts'
import { ioFailure } from '../failure.ts'
import { kindOf } from '../paths.ts'
import { openSource } from '../pipe/ends.ts'
import type { RemoteUrl } from '../remote/remote-url.ts'
import type { Job, JobContext } from '../transfer/job.ts'
import { fileOptions, treeOptions } from '../transfer/library-options.ts'
import { outcomeOf, runJobs } from '../transfer/run-jobs.ts'
import type { TransferOptions } from '../transfer/transfer-options.ts'
import { reportTransfers } from '../transfer/transfer-report.ts'
import { type PutStep, planPut } from './put-plan.ts'

/** What `sluice put` is asked to do. */
export interface PutOptions extends TransferOptions {
  /** `-` is standard input. */
  readonly files: readonly string[]
  readonly url: RemoteUrl
  readonly recursive: boolean
  /** Whether files are uploaded to a temporary name, and renamed when they are whole. */
  readonly atomic: boolean
}

/**
 * Runs `sluice put`.
 *
 * @returns The exit code; what happened is told on stderr.
 * @throws {UsageError} Before anything was transferred.
 */
export async function runPut(options: PutOptions): Promise<number> {
  const { files, url } = options
  const outcome = await outcomeOf(async () => {
    const kinds = await Promise.all(files.map((path) => (path === '-' ? 'device' : kindOf(path))))
    const things = files.map((path, i) => ({ path, kind: kinds[i] ?? 'missing' }))
    const jobs = planPut(things, url, options).map((step, i) => jobOf(step, kinds[i] === 'device', options))
    return await runJobs(jobs, options)
  })
  return reportTransfers(options, outcome)
}

function jobOf({ from = '-', isTree, to }: PutStep, isStream: boolean, options: PutOptions): Job {
  const { url, atomic } = options
  const localName = from === '-' ? 'standard input' : JSON.stringify(from)
  const run = async (context: JobContext): Promise<TransferSummary> => {
    if (isTree) return await context.pool.upload(from, to, { ...treeOptions(options, context), atomic })
    if (isStream) return await fromStream(from, to, options, context)
    return await context.pool.upload(from, to, { ...fileOptions(options, context), atomic })
  }
  const action = { verb: 'put', name: `${localName} to ${url.shown}`, local: 'read', localName } as const
  const actionOn = (path: string) => {
    const shown = JSON.stringify(path)
    return { ...action, name: `${shown} to ${url.shown}`, localName: shown }
  }
  return { url, action, actionOn, isFile: !isTree, run }
}

/** Standard input, or a pipe or device with a name: what can be read once, and has no size. */
async function fromStream(
  from: string,
  to: string,
  options: PutOptions,
  context: JobContext,
): Promise<TransferSummary> {
  const { stream, name } = await openSource(from)
  const { pool, signal } = context
  let failure: { readonly error: unknown } | undefined
  stream.on('error', (error) => {
    failure ??= { error }
  })
  try {
    const how = { ...fileOptions(options, context), atomic: options.atomic }
    return await pool.use((client) => client.upload(stream, to, how), { signal })
  } catch (error) {
    throw failure && !signal.aborted ? ioFailure('read', name, failure.error) : error
  } finally {
    stream.destroy()
  }
}
