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
  /** Whether the same command goes on where this one was interrupted. @default as `--resume` says */
  readonly goesOn?: boolean
  /** Whether nothing was to be moved: the figures are what would be. */
  readonly isPlan?: boolean
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
  const unchecked = uncheckedNote(options, outcome, sum, extra)
  const text = sentence(outcome, sum, extra, unchecked)
  // What was all there was to do, and has failed, is told below.
  const isToldBelow = outcome.summaries.length === 0 && failures.length === 1
  if (interruption && !options.quiet) {
    const goesOn = extra.goesOn ?? options.resume
    tell(`${interruption.message} after ${text}${goesOn ? '; start it again to go on from there' : ''}`)
  } else if (wasShown && !isToldBelow) tell(word === 'done' ? text : `${word.replace('-', ' ')} after ${text}`)
  else if (unchecked !== undefined && !options.quiet) tell(unchecked)
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

/** What became of `--checksum` where the server computes none of some or all files; undefined if all were compared. */
function uncheckedNote({ checksum }: TransferOptions, { interruption }: Outcome, sum: Sum, extra: Extra) {
  if (!checksum || extra.isPlan || interruption || sum.checked >= sum.files) return undefined
  return `${sum.checked} of ${sum.files} checked (the server computes no checksums${sum.checked > 0 ? ' of the others' : ''})`
}

/** `12 files, 32.0 MiB in 4.00 s, 8.00 MiB/s of 8 MiB/s, 1 resumed` */
function sentence(outcome: Outcome, sum: Sum, extra: Extra, unchecked: string | undefined): string {
  const { elapsed, failures, limit, share } = outcome
  const time = formatDuration(elapsed)
  const [files, size] = [`${sum.files} ${sum.files === 1 ? 'file' : 'files'}`, formatSize(sum.bytes)]
  const isIdle = endingOf(outcome)[0] === 'done' && !extra.facts && sum.files + sum.bytes === 0 && sum.skipped > 0
  const moved = [files, `${size} in ${time}`, `${formatRate(rateOf(outcome, sum))}${ofLimit(limit)}`]
  const counted = (count: number, what: string) => (count > 0 ? [`${count} ${what}`] : [])
  return [
    // A rate would be of nothing.
    ...(extra.isPlan ? [files, `${size} to move`] : isIdle ? ['nothing to do'] : moved),
    ...(extra.parts ?? []),
    ...counted(sum.resumed, 'resumed'),
    ...(unchecked === undefined ? counted(sum.checked, 'checked') : [unchecked]),
    ...counted(sum.skipped, 'skipped'),
    ...counted(failures.length, 'failed'),
    ...(extra.isPlan || isIdle ? [`in ${time}`] : []),
    ...(share ? [shareSummary(share)] : []),
  ].join(', ')
}

const ofLimit = (limit: number | null) => (limit === null ? '' : ` of ${formatRate(limit, { exact: true })}`)

/** Bytes per second. */
const rateOf = ({ elapsed }: Outcome, { bytes }: Sum) => (elapsed > 0 ? (bytes * 1000) / elapsed : 0)

/** As many failures are told to programs: a line should stay one that can be read. */
const MOST_FAILURES = 1000

function toJson(options: TransferOptions, outcome: Outcome, sum: Sum, word: string, exitCode: number, extra: Extra) {
  const { failures, elapsed, waited, share } = outcome
  const errors = failures.map(({ code, message }) => ({ code, message }))
  return {
    outcome: word,
    exitCode,
    ...sum,
    ...extra.facts,
    elapsedMs: toThousandths(elapsed),
    waitedMs: toThousandths(waited),
    bytesPerSecond: extra.isPlan ? 0 : toThousandths(rateOf(outcome, sum)),
    limitBytesPerSecond: options.limit,
    totalLimitBytesPerSecond: options.totalLimit,
    ...(share && { share }),
    failures: errors.length,
    errors: errors.slice(0, MOST_FAILURES),
    error: errors[0] ?? null,
  }
}

const toThousandths = (value: number) => Math.round(value * 1000) / 1000
