import { formatDuration, formatRate, formatSize } from '../../units.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { Failure, UsageError } from '../failure.ts'
import { Interruption } from '../interruption.ts'
import { type ShareFigures, shareSummary } from '../redis/share-report.ts'
import { tell } from '../tell.ts'
import type { PipeOptions } from './pipe-options.ts'
import type { Tally } from './tally.ts'

/** How a transfer ended. */
export interface Result {
  readonly tally: Tally
  /** Milliseconds spent waiting for the limit. */
  readonly waited: number
  /** Bytes that were to be expected, if known. */
  readonly size: number | undefined
  /** How the share in a budget stood at the end. */
  readonly share: ShareFigures | undefined
  /** What ended it early. */
  readonly error: unknown
  /** Whether to sum up a transfer in which nothing is remarkable. */
  readonly withSummary: boolean
}

type Outcome = 'done' | 'failed' | 'interrupted' | 'reader-gone'

/**
 * Tells on stderr how the transfer ended.
 *
 * @returns The exit code.
 * @throws {UsageError} If that is what ended it; any error that is not about the transfer, too.
 */
export function report(options: PipeOptions, result: Result): number {
  const { error } = result
  const [outcome, exitCode] = outcomeOf(error)
  if (options.json) {
    process.stderr.write(`${JSON.stringify(toJson(options, result, outcome, exitCode))}\n`)
    return exitCode
  }
  const sum = summary(options, result)
  if (outcome === 'interrupted' && !options.quiet) tell(`${(error as Interruption).message} after ${sum}`)
  else if (result.withSummary) tell(outcome === 'done' ? sum : `${outcome.replace('-', ' ')} after ${sum}`)
  if (outcome === 'failed') tell((error as Failure).message, error)
  return exitCode
}

function outcomeOf(error: unknown): readonly [Outcome, number] {
  if (error === undefined) return ['done', EXIT_CODE.done]
  if (error instanceof Interruption) return ['interrupted', EXIT_CODE[error.signal]]
  if (error instanceof UsageError || !(error instanceof Failure)) throw error
  return error.code === 'EPIPE' ? ['reader-gone', EXIT_CODE.readerGone] : ['failed', EXIT_CODE.failed]
}

/** `32.0 MiB in 4.00 s, 8.00 MiB/s of 8 MiB/s, worst 100 ms 8.03 MiB/s (1.00 of the limit)` */
function summary({ limit }: PipeOptions, { tally, share }: Result): string {
  const { bytes, elapsed, worst } = tally
  const of = limit === null ? '' : ` of ${formatRate(limit, { exact: true })}`
  const ratio = worst === undefined || limit === null ? '' : ` (${(worst / limit).toFixed(2)} of the limit)`
  const parts = [
    `${formatSize(bytes)} in ${formatDuration(elapsed)}`,
    `${formatRate(mean(tally))}${of}`,
    ...(worst === undefined ? [] : [`worst 100 ms ${formatRate(worst)}${ratio}`]),
    ...(share ? [shareSummary(share)] : []),
  ]
  return parts.join(', ')
}

function toJson(
  options: PipeOptions,
  { tally, waited, size, share, error }: Result,
  outcome: Outcome,
  exitCode: number,
) {
  const { bytes, elapsed, worst } = tally
  return {
    outcome,
    exitCode,
    input: options.input,
    output: options.output,
    bytes,
    sizeBytes: size ?? null,
    elapsedMs: toThousandths(elapsed),
    waitedMs: toThousandths(waited),
    bytesPerSecond: toThousandths(mean(tally)),
    limitBytesPerSecond: options.limit,
    worst100msBytesPerSecond: worst ?? null,
    ...(share && { share }),
    error: error instanceof Failure && outcome === 'failed' ? { code: error.code, message: error.message } : null,
  }
}

/** Bytes per second. */
function mean({ bytes, elapsed }: Tally): number {
  return elapsed > 0 ? (bytes * 1000) / elapsed : 0
}

const toThousandths = (value: number) => Math.round(value * 1000) / 1000
