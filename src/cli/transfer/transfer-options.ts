import type { Command } from 'commander'
import { Glob } from '../../ftp/client/trees/glob.ts'
import { parseRate } from '../../units.ts'
import { UsageError } from '../failure.ts'
import { checkStandardInput } from '../first-line.ts'
import { gather, readCount, readList, readOption } from '../read-option.ts'
import { defineShareOptions, readShareOptions, type ShareOptions } from '../redis/share-options.ts'
import { defineRemoteOptions, type RemoteOptions, readRemoteOptions } from '../remote/remote-options.ts'

/** How files are transferred, whichever way. */
export interface TransferOptions extends RemoteOptions {
  /** A budget to share with others, if any. */
  readonly share: ShareOptions | undefined
  /** Of each transfer: bytes per second, or null. */
  readonly limit: number | null
  /** Of all together. */
  readonly totalLimit: number | null
  /** Connections to each server at a time. */
  readonly parallel: number
  readonly resume: boolean
  /** Further attempts after what may pass. */
  readonly retry: number
  readonly checksum: boolean
  /** Globs. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly json: boolean
  readonly progress: boolean
}

/** More would be no use to anybody, and takes a file descriptor each, twice. */
const MOST_PARALLEL = 100

/**
 * Adds the options of {@link TransferOptions} to a command.
 *
 * @param resume What `--resume` does.
 */
export function defineTransferOptions(
  command: Command,
  resume = 'go on where an earlier transfer ended, if the file is still the same',
): Command {
  command
    .optionsGroup('Transfers:')
    .option('-l, --limit <RATE>', 'at most so many bytes per second for each argument')
    .option('--total-limit <RATE>', 'at most so many bytes per second for all together')
    .option('-p, --parallel <N>', 'files at a time, over as many connections (default: 1)')
    .option('--resume', resume)
    .option('--retry <N>', 'try so many times more after what may pass (default: 0)')
    .option('--checksum', 'compare checksums of what was transferred, if the server computes any')
    .option('--include <GLOB>', 'of directories, only what matches; can be repeated', gather)
    .option('--exclude <GLOB>', 'of directories, not what matches; can be repeated', gather)
  return defineShareOptions(defineRemoteOptions(command))
    .optionsGroup('Output:')
    .option('--json', 'end with one line of JSON on stderr; with --progress, one each second')
    .option('--progress', 'show progress also where stderr is no terminal: a line each second')
    .option('-q, --quiet', 'show neither progress nor summary; errors still show')
    .option('-v, --verbose', 'show what is said and heard on stderr, without passwords')
}

/** Reads the options of {@link TransferOptions}. @throws {UsageError} If one can't be used; {@link Failure} if a file can't be read. */
export function readTransferOptions(options: Readonly<Record<string, unknown>>): TransferOptions {
  if (options.quiet && options.progress) throw new UsageError('Cannot use --quiet together with --progress')
  const { passwordFile, redisPasswordFile } = options
  checkStandardInput({ '--password-file': passwordFile, '--redis-password-file': redisPasswordFile })
  return {
    ...readRemoteOptions(options),
    share: readShareOptions(options, process.env),
    limit: readOption('--limit', options.limit, parseRate) ?? null,
    totalLimit: readOption('--total-limit', options.totalLimit, parseRate) ?? null,
    parallel: readCount('--parallel', options.parallel, 1, MOST_PARALLEL) ?? 1,
    resume: options.resume === true,
    retry: readCount('--retry', options.retry, 0, 1_000_000) ?? 0,
    checksum: options.checksum === true,
    include: readGlobs('--include', options.include),
    exclude: readGlobs('--exclude', options.exclude),
    json: options.json === true,
    progress: options.progress === true,
  }
}

/** Globs that can be read: else nothing should begin. */
function readGlobs(name: string, value: unknown): readonly string[] {
  const globs = readList(value)
  for (const glob of globs) {
    try {
      new Glob(glob)
    } catch (cause) {
      throw new UsageError(`${name}: Cannot use ${JSON.stringify(glob)}: ${(cause as Error).message}`, { cause })
    }
  }
  return globs
}
