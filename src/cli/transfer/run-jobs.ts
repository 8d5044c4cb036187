import { systemClock } from '../../clock.ts'
import type { TransferSummary } from '../../ftp/client/index.ts'
import { StreamThrottle } from '../../throttle/stream-throttle.ts'
import { Throttle } from '../../throttle/throttle.ts'
import { Failure } from '../failure.ts'
import { Interruption, onInterruption } from '../interruption.ts'
import { openShare, tellOutages } from '../redis/open-share.ts'
import type { Share } from '../redis/share.ts'
import { remoteFailure } from '../remote/remote-failure.ts'
import { Board } from './board.ts'
import type { Job } from './job.ts'
import { Pools } from './pools.ts'
import { type Screen, showBoard } from './show-board.ts'
import type { TransferOptions } from './transfer-options.ts'
import type { Outcome } from './transfer-report.ts'

export interface RunOptions {
  /** Whether the data itself goes to a terminal. @default false */
  readonly dataShows?: boolean
  /** Whether all goes to one place: one after the other then, and none after one that has failed. @default false */
  readonly inSequence?: boolean
  /** What is to be done when nothing is missing any more, before anything is transferred. */
  readonly prepare?: () => Promise<void>
}

/**
 * Runs transfers, as many at a time as the options say, under the limits that they say. One that fails does not stop the others.
 *
 * @returns How it ended; nothing is told yet.
 * @throws {UsageError | Failure | Interruption} Before anything was transferred.
 */
export async function runJobs(jobs: readonly Job[], options: TransferOptions, how: RunOptions = {}): Promise<Outcome> {
  const screen = showBoard(options, how.dataShows === true)
  let share: Share | undefined
  try {
    share = await openShare(options.share, tellOutages(options.json, screen.erase))
  } catch (error) {
    return nothingDone(error)
  }
  try {
    const outcome = await transfer(jobs, options, how, screen, share)
    return { ...outcome, share: share?.figures }
  } finally {
    await share?.close()
  }
}

/**
 * What fails before anything is transferred is told as what fails afterwards: in JSON too.
 *
 * @throws What is not a way for transfers to end; an {@link Interruption} at a question.
 */
export async function outcomeOf(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure) return nothingDone(error)
    throw error
  }
}

/** @throws What is not a way for transfers to end. */
function nothingDone(error: unknown): Outcome {
  const interruption = error instanceof Interruption ? error : undefined
  if (!interruption && !(error instanceof Failure)) throw error
  const failures = error instanceof Failure ? [error] : []
  const nothing = { summaries: [], files: 0, moved: 0, waited: 0, elapsed: 0 }
  return { ...nothing, failures, interruption, limit: null, share: undefined, wasShown: false }
}

async function transfer(
  jobs: readonly Job[],
  options: TransferOptions,
  { inSequence = false, prepare }: RunOptions,
  screen: Screen,
  share: Share | undefined,
): Promise<Omit<Outcome, 'share'>> {
  const clock = systemClock
  const total = inBothDirections(options.totalLimit)
  const urls = jobs.map(({ url }) => url)
  const throttles = { total, ...(share && { share: share.both }) }
  const pools = await Pools.make(urls, options, throttles, screen.write)
  await prepare?.()
  const board = new Board(jobs.length, options.parallel, clock.now)
  const stop = new AbortController()
  const release = onInterruption((interruption) => stop.abort(interruption))
  const startedAt = clock.now()
  const summaries: TransferSummary[] = []
  const failures: Failure[] = []
  const limits: Throttle[] = [total.read, ...(share ? [share.throttle] : [])]
  screen.start(board, { jobs, throttle: total.read, share })

  const runOne = async (job: Job) => {
    const own = inBothDirections(options.limit)
    limits.push(own.read)
    try {
      const summary = await job.run({
        pool: pools.of(job.url),
        throttles: { own },
        signal: stop.signal,
        onProgress: (progress) => board.update(job, progress),
        isWatched: screen.isOn,
      })
      summaries.push(summary)
      for (const { path, error } of summary.failed) failures.push(remoteFailure(job.actionOn(path), error))
    } catch (error) {
      if (stop.signal.aborted) return
      failures.push(remoteFailure(job.action, error))
    } finally {
      board.end(job)
    }
  }
  const waiting = [...jobs]
  const work = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      await runOne(job)
      if (stop.signal.aborted || (inSequence && failures.length > 0)) return
    }
  }
  try {
    await Promise.all(Array.from({ length: inSequence ? 1 : options.parallel }, work))
    await pools.close(stop.signal.aborted)
  } finally {
    release()
    screen.stop()
  }
  const reason: unknown = stop.signal.reason
  return {
    summaries,
    failures,
    interruption: reason instanceof Interruption ? reason : undefined,
    files: board.totals.files,
    moved: total.read.stats.bytes,
    waited: limits.reduce((sum, { stats }) => sum + stats.waited, 0),
    elapsed: clock.now() - startedAt,
    limit: options.totalLimit ?? (jobs.length === 1 ? options.limit : null),
    wasShown: screen.isOn,
  }
}

/** Whatever the direction: a command has one only. */
function inBothDirections(limit: number | null): StreamThrottle {
  const throttle = new Throttle({ limit })
  return new StreamThrottle(throttle, throttle)
}
