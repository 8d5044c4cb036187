import { type Clock, systemClock } from '../../clock.ts'
import { ThrottledStreamWriter } from '../../streams/writer/throttled-stream-writer.ts'
import { Flow } from '../../throttle/flow.ts'
import { Throttle } from '../../throttle/throttle.ts'
import { ioFailure } from '../failure.ts'
import { onInterruption } from '../interruption.ts'
import { startProgress } from '../progress/start-progress.ts'
import { copy } from './copy.ts'
import { openSink, openSource, type Sink, type Source } from './ends.ts'
import { Outlet } from './outlet.ts'
import type { PipeOptions } from './pipe-options.ts'
import { report } from './report.ts'
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
  let source: Source
  let sink: Sink
  try {
    source = await openSource(options.input)
    sink = await openSink(options.output, source)
  } catch (error) {
    return report(options, { tally: new Tally(clock), waited: 0, size: options.size, error, withSummary: false })
  }
  return await transfer(source, sink, options, clock)
}

async function transfer(source: Source, sink: Sink, options: PipeOptions, clock: Clock): Promise<number> {
  const size = options.size ?? source.size
  const stop = new AbortController()
  const tally = new Tally(clock)
  const watch = new StallWatch(clock, options.timeout, (phase, error) => {
    stop.abort(ioFailure(phase, phase === 'read' ? source.name : sink.name, error))
  })
  const flow = new Flow(new Throttle({ limit: options.limit, burst: options.burst }))
  const outlet = new Outlet(sink.stream, watch, (bytes) => tally.count(bytes))
  // Whatever ends the transfer early arrives here, and ends every wait.
  outlet.on('error', (error) => stop.abort(ioFailure('write', sink.name, error)))
  stop.signal.addEventListener('abort', () => {
    source.stream.destroy(stop.signal.reason)
    outlet.destroy(stop.signal.reason)
  })
  const offInterruption = onInterruption((interruption) => stop.abort(interruption))
  const progress = startProgress(options, sink.isTerminal, clock, () => ({
    bytes: tally.bytes,
    elapsed: tally.elapsed,
    rate: tally.rate(1000),
    pace: tally.rate(10_000),
    limit: options.limit,
    size,
    waitsFor: stalledFor(watch, clock),
  }))
  let error: unknown
  try {
    const signal = stop.signal
    await copy({ source, flow, watch, signal, ...sending(outlet, options, signal) })
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
  return report(options, { tally, waited, size, error, withSummary: progress.isOn })
}

/** How pieces are handed over, and how large they are. */
function sending(outlet: Outlet, { limit, minInterval, mode }: PipeOptions, signal: AbortSignal) {
  if (minInterval === 0) {
    const send = (bytes: Buffer) =>
      new Promise<void>((resolve, reject) => {
        outlet.write(bytes, (error) => (error ? reject(error) : resolve()))
      })
    return { send, largestSend: Infinity }
  }
  const writer = new ThrottledStreamWriter(outlet, { minSendIntervalMs: minInterval })
  const send = (bytes: Buffer) => writer.write(bytes, { mode, drain: true, signal })
  // One write carries what the limit allows in an interval (rounded up: a little more in a little longer), so that both hold.
  const collects = mode === 'whole' && limit !== null
  return { send, largestSend: collects ? Math.ceil((limit * minInterval) / 1000) : Infinity }
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
