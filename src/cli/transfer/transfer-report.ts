import type { TransferSummary } from '../../ftp/client/index.ts'
import { formatDuration, formatRate, formatSize } from '../../units.ts'
import { EXIT_CODE } from '../exit-code.ts'
import type { Failure } from '../failure.ts'
import type { Interruption } from '../interruption.ts'
import { type ShareFigures, shareSummary } from '../redis/share-report.ts'
import { tell } from '../tell.ts'
import type { TransferOptions } from './transfer-options.ts'

/** How transfers ended. */
export interface Outcome {
  /** Of each that came to its end. */
  readonly summaries: readonly TransferSummary[]
  readonly failures: readonly Failure[]
  readonly interruption: Interruption | undefined
  /** Files that were transferred, those of transfers that were interrupted too. */
  readonly files: number
  /** Bytes that went through data connections, those of listings and of further attempts too. */
  readonly moved: number
  /** Milliseconds that transfers have waited for limits, added up. */
  readonly waited: number
  /** Milliseconds. */
  readonly elapsed: number
  /** Of all together: bytes per second, or null. */
  readonly limit: number | null
  /** How the share in a budget stood at the end, if there is one. */
  readonly share: ShareFigures | undefined
  /** Whether progress was shown, and a summary is to take its place. */
  readonly wasShown: boolean
}

/** What has come of all transfers together. */
interface Sum {
  readonly files: number
  readonly directories: number
  readonly bytes: number
  readonly skipped: number
  readonly resumed: number
  readonly checked: number
}

const NOTHING: Sum = { files: 0, directories: 0, bytes: 0, skipped: 0, resumed: 0, checked: 0 }

/** What else a command has to tell. */
export interface Extra {
  /** For people: such as "3 removed". */
  readonly parts?: readonly string[]
  /** For programs. */
  readonly facts?: object
}

/**
 * Tells on stderr how transfers ended.
 *
 * @returns The exit code.
 */
export function reportTransfers(options: TransferOptions, outcome: Outcome, extra: Extra = {}): number {
  const { failures, interruption, wasShown } = outcome
  const [word, exitCode] = endingOf(outcome)
  const sum = sumOf(outcome)
  if (options.json) {
    process.stderr.write(`${JSON.stringify(toJson(options, outcome, sum, word, exitCode, extra))}\n`)
    return exitCode
  }
  const text = sentence(outcome, sum, extra)
  if (interruption && !options.quiet) {
    tell(`${interruption.message} after ${text}${options.resume ? '; start it again to go on from there' : ''}`)
  } else if (wasShown) tell(word === 'done' ? text : `${word.replace('-', ' ')} after ${text}`)
  // Whoever has closed standard output does not want to be told.
  for (const failure of failures) if (!isReaderGone(failure)) tell(failure.message, failure)
  return exitCode
}

/** The reader of standard output has closed it. A server that breaks a connection can have the same code. */
const isReaderGone = ({ code, message }: Failure) =>
  code === 'EPIPE' && message.startsWith('Cannot write standard output')

function endingOf({ failures, interruption }: Outcome): readonly [word: string, exitCode: number] {
  if (interruption) return ['interrupted', EXIT_CODE[interruption.signal]]
  if (failures.some(isReaderGone)) return ['reader-gone', EXIT_CODE.readerGone]
  return failures.length > 0 ? ['failed', EXIT_CODE.failed] : ['done', EXIT_CODE.done]
}

function sumOf({ summaries, interruption, files, moved }: Outcome): Sum {
  const sum = summaries.reduce<Sum>(
    (all, one) => ({
      files: all.files + one.files,
      directories: all.directories + one.directories,
      bytes: all.bytes + one.bytes,
      skipped: all.skipped + one.skipped,
      resumed: all.resumed + one.resumed,
      checked: all.checked + one.checked,
    }),
    NOTHING,
  )
  // What was interrupted has no summary, but has moved something.
  return interruption ? { ...sum, files, bytes: moved } : sum
}

/** `12 files, 32.0 MiB in 4.00 s, 8.00 MiB/s of 8 MiB/s, 1 resumed` */
function sentence({ elapsed, failures, limit, share }: Outcome, sum: Sum, extra: Extra): string {
  const rate = elapsed > 0 ? (sum.bytes * 1000) / elapsed : 0
  const counts = [
    [sum.resumed, 'resumed'],
    [sum.checked, 'checked'],
    [sum.skipped, 'skipped'],
    [failures.length, 'failed'],
  ] as const
  return [
    `${sum.files} ${sum.files === 1 ? 'file' : 'files'}`,
    `${formatSize(sum.bytes)} in ${formatDuration(elapsed)}`,
    `${formatRate(rate)}${limit === null ? '' : ` of ${formatRate(limit, { exact: true })}`}`,
    ...(extra.parts ?? []),
    ...counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`),
    ...(share ? [shareSummary(share)] : []),
  ].join(', ')
}

/** As many failures are told to programs: a line should stay one that can be read. */
const MOST_FAILURES = 1000

function toJson(
  options: TransferOptions,
  { failures, elapsed, waited, share }: Outcome,
  sum: Sum,
  outcome: string,
  exitCode: number,
  extra: Extra,
) {
  const errors = failures.map(({ code, message }) => ({ code, message }))
  return {
    outcome,
    exitCode,
    ...sum,
    ...extra.facts,
    elapsedMs: toThousandths(elapsed),
    waitedMs: toThousandths(waited),
    bytesPerSecond: elapsed > 0 ? toThousandths((sum.bytes * 1000) / elapsed) : 0,
    limitBytesPerSecond: options.limit,
    totalLimitBytesPerSecond: options.totalLimit,
    ...(share && { share }),
    failures: errors.length,
    errors: errors.slice(0, MOST_FAILURES),
    error: errors[0] ?? null,
  }
}

const toThousandths = (value: number) => Math.round(value * 1000) / 1000
