import { parseDuration, parseRate, parseSize } from '../../units.ts'
import { UsageError } from '../failure.ts'
import { checkStandardInput } from '../first-line.ts'
import { readOption, readTimeout } from '../read-option.ts'
import { readShareOptions, type ShareOptions } from '../redis/share-options.ts'

/** What `sluice pipe` is asked to do, checked. */
export interface PipeOptions {
  /** A path, or `-` for standard input. */
  readonly input: string
  /** A path, or `-` for standard output. */
  readonly output: string
  /** Bytes per second, or null. */
  readonly limit: number | null
  /** Bytes. */
  readonly burst: number
  /** Milliseconds; 0 for none. */
  readonly minInterval: number
  readonly mode: 'whole' | 'bytewise'
  /** Milliseconds, > 0; undefined for none. */
  readonly timeout: number | undefined
  /** Bytes, if the user told. */
  readonly size: number | undefined
  readonly json: boolean
  readonly progress: boolean
  readonly quiet: boolean
  /** A budget to share with others, if any. */
  readonly share: ShareOptions | undefined
}

/**
 * @param options By name, as commander gives them: text, or true for a flag.
 * @throws {UsageError} If one can't be read, or two contradict each other.
 */
export function readPipeOptions(
  input: string | undefined,
  options: Readonly<Record<string, unknown>>,
  env: ShareOptions['env'],
): PipeOptions {
  const { output, burst, minInterval, mode, timeout, size } = options
  if (options.limit !== undefined && options.L !== undefined)
    throw new UsageError('Cannot use -L together with --limit')
  const limit = options.limit ?? options.L
  const needs = (name: string, value: unknown, needed: string, other: unknown) => {
    if (value !== undefined && other === undefined) throw new UsageError(`Cannot use ${name} without ${needed}`)
  }
  needs('--burst', burst, '--limit', limit)
  needs('--mode', mode, '--min-interval', minInterval)
  if (mode !== undefined && mode !== 'whole' && mode !== 'bytewise') {
    throw new UsageError(`--mode: Cannot use ${JSON.stringify(mode)} as a mode: it must be whole or bytewise`)
  }
  if (options.quiet && options.progress) throw new UsageError('Cannot use --quiet together with --progress')
  checkStandardInput({ INPUT: path('INPUT', input), '--redis-password-file': options.redisPasswordFile })
  return {
    input: path('INPUT', input),
    output: path('--output', output),
    limit: readOption(options.L === undefined ? '--limit' : '-L', limit, parseRate) ?? null,
    burst: readOption('--burst', burst, parseSize) ?? 0,
    minInterval: readOption('--min-interval', minInterval, parseDuration) ?? 0,
    mode: mode ?? 'whole',
    timeout: readTimeout('--timeout', timeout),
    size: readOption('--size', size, parseSize),
    json: options.json === true,
    progress: options.progress === true,
    quiet: options.quiet === true,
    share: readShareOptions(options, env),
  }
}

function path(name: string, value: unknown): string {
  if (value === '')
    throw new UsageError(`${name}: Cannot use "" as a file: it must be a path, or - for the standard one`)
  return typeof value === 'string' ? value : '-'
}
