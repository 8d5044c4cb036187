import { type Command, Option } from 'commander'
import { readPipeOptions } from './pipe/pipe-options.ts'
import { runPipe } from './pipe/run-pipe.ts'
import { defineShareOptions } from './redis/share-options.ts'

const HELP = `
Examples:
  Copy a file no faster than 2 MiB a second
    sluice pipe disk.img -o /mnt/backup/disk.img --limit 2MiB/s

  Limit one step of a pipeline, here to 10 megabits
    tar c photos | sluice pipe -l 10Mbit/s | ssh host 'tar x'

  Give up when the sender is silent for 30 seconds
    nc host 9000 | sluice pipe --timeout 30s -o log.bin

  Feed a slow device byte by byte, at least 5 ms apart
    sluice pipe job.gcode -o /dev/ttyS0 --min-interval 5ms --mode bytewise

  Share 20 MiB a second with all who share the budget 'uplink', on any machine
    sluice pipe disk.img -o /mnt/nas/disk.img \\
      --share redis://10.0.0.5/uplink --share-limit 20MiB/s

  Measure a pipeline without limiting it, for a script
    generate | sluice pipe --json 2>summary.json | consume

Bytes arrive unchanged and in order. An existing OUTPUT is overwritten, as cp
and curl do; it is left alone if INPUT can't be opened. When a transfer fails,
what was written so far stays.

A limit of this process holds beside that of a budget. What a budget has is seen
and changed by sluice budget. The password of Redis comes from the URL,
--redis-password-file or SLUICE_REDIS_PASSWORD.

On a terminal, a line on stderr shows how it goes, unless the data itself goes
to a terminal. Elsewhere nothing is said when all went well: --progress or
--json tell it. Other ends are told by the exit code: see sluice --help.
`

/** `sluice pipe`: bytes from one place to another, under limits. */
export function definePipe(program: Command, ended: (exitCode: number) => void): void {
  const command = program
    .command('pipe')
    .summary('copy bytes from one place to another, under limits')
    .description('Copies INPUT to OUTPUT, under limits. Without names: standard input to standard output.')
    .usage('[INPUT] [-o OUTPUT] [options]')
    .helpOption('-h, --help', 'show this help')
    .argument('[INPUT]', 'file to read; - or nothing: standard input')
    .option('-o, --output <OUTPUT>', 'file to write; - or nothing: standard output')
    .option('-l, --limit <RATE>', 'at most so many bytes per second (-L, as of pv, is the same)')
    .addOption(new Option('-L <RATE>').hideHelp())
    .option('--burst <SIZE>', 'bytes that may pass at once after idling (default: 0; needs --limit)')
    .option('--min-interval <DURATION>', 'at least so long between two writes')
    .option('--mode <MODE>', 'what a write is: whole (pieces as they come) or bytewise (default: whole)')
    .option(
      '--timeout <DURATION>',
      'fail if INPUT or OUTPUT makes no progress for so long; waiting for a limit never counts',
    )
    .option('--size <SIZE>', 'bytes to expect, for the time left (default: the size of a file)')
  defineShareOptions(command)
    .optionsGroup('Output:')
    .option('--json', 'end with one line of JSON on stderr, instead of the other lines')
    .option('--progress', 'show progress also where stderr is no terminal: a line each second')
    .option('-q, --quiet', 'show neither progress nor summary; errors still show')
    .addHelpText('after', HELP)
    .action(async (input: string | undefined, options: Record<string, unknown>) => {
      ended(await runPipe(readPipeOptions(input, options, process.env)))
    })
}
