import type { Command } from 'commander'
import { UsageError } from './failure.ts'
import { runGet } from './get/run-get.ts'
import { parseRemoteUrl } from './remote/remote-url.ts'
import { defineTransferOptions, readTransferOptions } from './transfer/transfer-options.ts'

const HELP = `
Examples:
  A file into the current folder, no faster than 2 MiB a second
    sluice get ftp://ann@ftp.example.com/reports/2026.csv --limit 2MiB/s

  A large file over a bad line: resumed, tried again, and checked
    sluice get ftp+tls://ann@host/disk.img --resume --retry 5 --checksum

  A directory, four files at a time, all together within 10 megabits
    sluice get ftp://host/photos/ -o photos -p 4 --total-limit 10Mbit/s

  Within the limit that all machines share which use the budget 'uplink'
    sluice get ftp://host/photos/ --share redis://10.0.0.5/uplink

  Into a pipe
    sluice get ftp://host/backup.tar.gz -o - | tar xz

A URL that ends with a slash is a directory. All that is in it is fetched, and
-o names the folder that gets this. A path is relative to where the login leads;
a second slash, as in ftp://host//etc/motd, begins at the root. % is written
%25.

A file is written under a temporary name, and takes its place when it is whole.
With --resume the part of a file stays when a transfer ends early.

On a terminal, lines on stderr show how it goes. Elsewhere nothing is said when
all went well: --progress or --json tell it.

The password comes from the URL, --user, --password-file, SLUICE_FTP_PASSWORD or
.netrc, or is asked for on the terminal.
`

/** `sluice get`: files from a server. */
export function defineGet(program: Command, ended: (exitCode: number) => void): void {
  const command = program
    .command('get')
    .summary('download files and directories by FTP')
    .description('Downloads what the URLs name, under limits.')
    .usage('URL... [options]')
    .helpOption('-h, --help', 'show this help')
    .argument('<URL...>', 'ftp://, ftps:// (implicit TLS) or ftp+tls:// (explicit TLS)')
    .option(
      '-o, --output <PATH>',
      'the file or folder to write; with a slash at its end: a folder; - for standard output',
    )
    .option('-r, --recursive', 'take the URLs for directories, also without a slash')
  defineTransferOptions(command)
    .addHelpText('after', HELP)
    .action(async (urls: readonly string[], options: Record<string, unknown>) => {
      const { output, recursive } = options as { output?: string; recursive?: boolean }
      if (output === '')
        throw new UsageError('--output: Cannot use "" as a file: it must be a path, or - for standard output')
      const transfer = readTransferOptions(options)
      ended(await runGet({ ...transfer, urls: urls.map(parseRemoteUrl), output, recursive: recursive === true }))
    })
}
