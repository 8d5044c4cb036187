import { type Clock, systemClock } from '../../clock.ts'
import { errorOf, onAbort } from '../../on-abort.ts'
import { ThrottledStreamWriter } from '../../streams/writer/throttled-stream-writer.ts'
import { Flow } from '../../throttle/flow.ts'
import { Throttle } from '../../throttle/throttle.ts'
import { ioFailure } from '../failure.ts'
import { onInterruption } from '../interruption.ts'
import { type Progress, startProgress } from '../progress/start-progress.ts'
import { openShare, tellOutages } from '../redis/open-share.ts'
import type { Share } from '../redis/share.ts'
import { copy } from './copy.ts'
import { openSink, openSource, type Sink, type Source } from './ends.ts'
import { Outlet } from './outlet.ts'
import type { PipeOptions } from './pipe-options.ts'
import { type Result, report } from './report.ts'
import { StallWatch } from './stall-watch.ts'
import { Tally } from './tally.ts'

/**
 * Runs `sluice pipe`.
 *
 * @returns The exit code; what happened is told on stderr.
 * @throws {UsageError} Before anything was read or written.
 */
export async function runPipe(options: PipeOptions): Promise<number> {
  const clock = systemClock
  let source: Source | undefined
  let share: Share | undefined
  let progress: Progress | undefined
  let result: Omit<Result, 'share'>
  try {
    source = await openSource(options.input)
    share = await openShare(
      options.share,
      tellOutages(options.json, () => progress?.erase()),
    )
    const sink = await openSink(options.output, source)
    result = await transfer({ source, sink, share, clock }, options, (shown) => {
      progress = shown
    })
  } catch (error) {
    source?.stream.destroy()
    result = { tally: new Tally(clock), waited: 0, size: options.size, withSummary: false, error }
  }
  await share?.close()
  return report(options, { ...result, share: share?.figures })
}

interface Transfer {
  readonly source: Source
  readonly sink: Sink
  readonly share: Share | undefined
  readonly clock: Clock
}

/** @param shows Is told what shows how it goes. */
async function transfer(
  { source, sink, share, clock }: Transfer,
  options: PipeOptions,
  shows: (progress: Progress) => void,
): Promise<Omit<Result, 'share'>> {
  const size = options.size ?? source.size
  const stop = new AbortController()
  const tally = new Tally(clock)
  const watch = new StallWatch(clock, options.timeout, (phase, error) => {
    stop.abort(ioFailure(phase, phase === 'read' ? source.name : sink.name, error))
  })
  const own = new Throttle({ limit: options.limit, burst: options.burst })
  const flow = new Flow({ own, ...(share && { share: share.throttle }) })
  const outlet = new Outlet(sink.stream, watch, (bytes) => tally.count(bytes))
  // Whatever ends the transfer early arrives here, and ends every wait.
  outlet.on('error', (error) => stop.abort(ioFailure('write', sink.name, error)))
  onAbort(stop.signal, (reason) => {
    source.stream.destroy(errorOf(reason))
    outlet.destroy(errorOf(reason))
  })
  const progress = startProgress(options, sink.isTerminal, clock, () => ({
    bytes: tally.bytes,
    elapsed: tally.elapsed,
    rate: tally.rate(1000),
    pace: tally.rate(10_000),
    limit: options.limit,
    size,
    waitsFor: stalledFor(watch, clock),
    share: share?.note,
  }))
  shows(progress)
  const offInterruption = onInterruption((interruption) => stop.abort(interruption))
  let error: unknown
  try {
    const signal = stop.signal
    await copy({ source, flow, watch, signal, ...sending(outlet, options, share, signal) })
    await end(outlet)
  } catch (thrown) {
    error = stop.signal.aborted ? stop.signal.reason : ioFailure('write', sink.name, thrown)
    stop.abort(error)
    await closed(outlet, clock)
  } finally {
    offInterruption()
    progress.stop()
    watch.close()
  }
  const { waited } = flow.stats
  flow.close()
  return { tally, waited, size, error, withSummary: progress.isOn }
}

/** How pieces are handed over, and how large they are. */
function sending(
  outlet: Outlet,
  { limit, minInterval, mode }: PipeOptions,
  share: Share | undefined,
  signal: AbortSignal,
) {
  if (minInterval === 0) {
    const send = (bytes: Buffer) =>
      new Promise<void>((resolve, reject) => {
        outlet.write(bytes, (error) => (error ? reject(error) : resolve()))
      })
    return { send, largestSend: () => Infinity }
  }
  const writer = new ThrottledStreamWriter(outlet, { minSendIntervalMs: minInterval })
  const send = (bytes: Buffer) => writer.write(bytes, { mode, drain: true, signal })
  // One write carries what the limit allows in an interval (rounded up: a little more in a little longer), so that both hold.
  const rate = () => Math.min(limit ?? Infinity, share?.part ?? Infinity)
  return { send, largestSend: () => (mode === 'whole' ? Math.ceil((rate() * minInterval) / 1000) : Infinity) }
}

function end(outlet: Outlet): Promise<void> {
  return new Promise((resolve, reject) => {
    outlet.end((error?: Error | null) => (error ? reject(error) : resolve()))
  })
}

/** Milliseconds that a sink gets to finish the one write that is under way. */
const CLOSING_TIME = 500

/** Settles when nothing more goes out, or when that takes too long: a device that hangs should not hide the error. */
function closed(outlet: Outlet, clock: Clock): Promise<void> {
  if (outlet.closed) return Promise.resolve()
  return new Promise((resolve) => {
    const cancel = clock.sleepUntil(clock.now() + CLOSING_TIME, resolve)
    outlet.once('close', () => {
      cancel()
      resolve()
    })
  })
}

/** Milliseconds after which the progress line says for which end it waits: a shorter wait is no news. */
const NOTABLE_WAIT = 1000

function stalledFor(watch: StallWatch, clock: Clock): 'input' | 'output' | undefined {
  const { turn } = watch
  if (!turn || clock.now() - turn.since < NOTABLE_WAIT) return undefined
  return turn.phase === 'read' ? 'input' : 'output'
}
