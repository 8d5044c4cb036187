import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { TransferSummary } from '../../ftp/client/index.ts'
import { Failure, ioFailure, UsageError } from '../failure.ts'
import { endsWithSlash, kindOf } from '../paths.ts'
import { openStandardOutput, type Sink } from '../pipe/ends.ts'
import type { RemoteUrl } from '../remote/remote-url.ts'
import type { Job, JobContext } from '../transfer/job.ts'
import { fileOptions, treeOptions } from '../transfer/library-options.ts'
import { outcomeOf, runJobs } from '../transfer/run-jobs.ts'
import type { TransferOptions } from '../transfer/transfer-options.ts'
import { type Outcome, reportTransfers } from '../transfer/transfer-report.ts'
import { type GetStep, planGet } from './get-plan.ts'

/** What `sluice get` is asked to do. */
export interface GetOptions extends TransferOptions {
  readonly urls: readonly RemoteUrl[]
  /** `-` is standard output; undefined the current folder. */
  readonly output: string | undefined
  readonly recursive: boolean
}

/**
 * Runs `sluice get`.
 *
 * @returns The exit code; what happened is told on stderr.
 * @throws {UsageError} Before anything was transferred.
 */
export async function runGet(options: GetOptions): Promise<number> {
  if (options.output === '-' && options.resume)
    throw new UsageError('Cannot use --resume with standard output, of which nothing is kept')
  return reportTransfers(options, await outcomeOf(() => getAll(options)))
}

async function getAll(options: GetOptions): Promise<Outcome> {
  const { urls, output, recursive } = options
  const isFile = output !== undefined && output !== '-'
  const steps = planGet(urls, { output, recursive, kind: isFile ? await kindOf(output) : 'missing' })
  const sink = output === '-' ? await openStandardOutput() : undefined
  const jobs = steps.map((step) => jobOf(step, options, sink))
  const isInto = isFile && (endsWithSlash(output) || steps.length > 1)
  const outcome = await runJobs(jobs, options, {
    dataShows: sink?.isTerminal === true,
    inSequence: sink !== undefined,
    prepare: async () => {
      if (isInto) await makeFolder(output)
    },
  })
  const failure = sink && !sink.stream.destroyed ? await ended(sink) : undefined
  return failure ? { ...outcome, failures: [...outcome.failures, failure] } : outcome
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    throw ioFailure('write', JSON.stringify(path), error)
  }
}

function jobOf({ url, isTree, to }: GetStep, options: GetOptions, sink: Sink | undefined): Job {
  const localName = sink ? sink.name : JSON.stringify(to)
  const run = async (context: JobContext): Promise<TransferSummary> => {
    // The empty path is where the login leads.
    if (isTree) return await context.pool.download(url.path || '.', to ?? '', treeOptions(options, context))
    if (sink) return await toStream(sink.stream, sink.name, url, options, context, false)
    const path = to ?? ''
    if ((await kindOf(path)) === 'device') {
      return await toStream(createWriteStream(path), JSON.stringify(path), url, options, context, true)
    }
    return await getFile(url, path, options, context)
  }
  const action = { verb: 'get', name: url.shown, local: 'write', localName } as const
  const actionOn = (path: string) => {
    const shown = JSON.stringify(path.replace(/^\.\//, ''))
    return { ...action, name: `${shown} of ${url.shown}`, localName: `the copy of ${shown}` }
  }
  return { url, action, actionOn, isFile: !isTree, run }
}

/** A pattern that no name can match. */
const NOTHING = '/\0'

/** Nobody gets a whole directory who has asked for a file: nothing of it is taken then. */
async function getFile(url: RemoteUrl, to: string, options: GetOptions, context: JobContext): Promise<TransferSummary> {
  const summary = await context.pool.download(url.path, to, { ...fileOptions(options, context), include: NOTHING })
  if (summary.directories === 0) return summary
  throw new Failure('EISDIR', `Cannot get ${url.shown}: it is a directory; add --recursive, or a slash to its end`)
}

/** @param end Whether the stream ends with the file. */
async function toStream(
  stream: Writable,
  name: string,
  url: RemoteUrl,
  options: GetOptions,
  context: JobContext,
  end: boolean,
): Promise<TransferSummary> {
  let failure: { readonly error: unknown } | undefined
  const note = (error: unknown) => {
    failure ??= { error }
  }
  stream.on('error', note)
  try {
    const how = { ...fileOptions(options, context), end }
    return await context.pool.use((client) => client.download(url.path, stream, how), { signal: context.signal })
  } catch (error) {
    // Codes such as EPIPE would be taken for those of the server.
    throw failure && !context.signal.aborted ? ioFailure('write', name, failure.error) : error
  } finally {
    stream.off('error', note)
    stream.on('error', () => {}) // it may still come, and has been told of
  }
}

/** What went wrong with the rest of the output, if anything did. */
async function ended({ stream, name }: Sink): Promise<Failure | undefined> {
  try {
    stream.end()
    await finished(stream, { readable: false })
    return undefined
  } catch (error) {
    return ioFailure('write', name, error)
  }
}
