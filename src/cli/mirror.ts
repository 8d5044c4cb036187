import type { Command } from 'commander'
import { UsageError } from './failure.ts'
import { readEnds, runMirror } from './mirror/run-mirror.ts'
import { defineTransferOptions, readTransferOptions } from './transfer/transfer-options.ts'

const HELP = `
Examples:
  Get what is new, with four files at a time, within 5 MiB a second
    sluice mirror ftp://ann@host/data/ data -p 4 --total-limit 5MiB/s

  Show what would be changed on a web server, and change it
    sluice mirror site ftp+tls://ann@host/www/ --delete --dry-run
    sluice mirror site ftp+tls://ann@host/www/ --delete

TO becomes like FROM. Files that are the same on both sides are left alone: run
again, it does what is left to do. Without --delete nothing is removed. Symbolic
links are left out on both sides.

On a terminal, lines on stderr show how it goes. Elsewhere nothing is said when
all went well: --progress or --json tell it.
`

/** `sluice mirror`: a tree like another. */
export function defineMirror(program: Command, ended: (exitCode: number) => void): void {
  const command = program
    .command('mirror')
    .summary('make a folder like a directory on a server, or the reverse')
    .description('Makes TO like FROM, under limits. One of them is a URL, the other a folder here.')
    .usage('FROM TO [options]')
    .helpOption('-h, --help', 'show this help')
    .argument('<FROM>', 'the directory or folder to read')
    .argument('<TO>', 'the directory or folder to change; is made if it is missing')
    .option('--delete', 'remove from TO what FROM does not have, when all else went well')
    .option('-n, --dry-run', 'change nothing; write what would be done to standard output')
    .option(
      '--compare <HOW>',
      'what tells that a file is the same already: time-and-size, size or checksum (default: time-and-size)',
    )
    .option('--atomic', 'upload to temporary names, and rename each file when it is whole')
  defineTransferOptions(command, 'go on with what may be a part also where nothing of it can be compared')
    .addHelpText('after', HELP)
    .action(async (from: string, to: string, options: Record<string, unknown>) => {
      const { compare = 'time-and-size', dryRun } = options
      if (compare !== 'time-and-size' && compare !== 'size' && compare !== 'checksum') {
        throw new UsageError(
          `--compare: Cannot use ${JSON.stringify(compare)}: it must be time-and-size, size or checksum`,
        )
      }
      const flags = { remove: options.delete === true, dryRun: dryRun === true, atomic: options.atomic === true }
      ended(await runMirror({ ...readTransferOptions(options), ...readEnds(from, to), ...flags, compare }))
    })
}
