import type { Command } from 'commander'
import { UsageError } from './failure.ts'
import { checkStandardInput } from './first-line.ts'
import { runPut } from './put/run-put.ts'
import { parseRemoteUrl } from './remote/remote-url.ts'
import { defineTransferOptions, readTransferOptions } from './transfer/transfer-options.ts'

const HELP = `
Examples:
  A file into a directory, no faster than 512 KiB a second
    sluice put report.csv ftp://ann@ftp.example.com/incoming/ --limit 512KiB/s

  A file under another name, which nobody sees before it is whole
    sluice put disk.img ftp+tls://ann@host/images/today.img --atomic --retry 5

  A folder, four files at a time
    sluice put -r photos ftp://ann@host/archive/ -p 4

  What a pipe brings
    tar cz photos | sluice put - ftp://ann@host/photos.tar.gz

A URL that ends with a slash is a directory, which the files go into. A path is
relative to where the login leads; a second slash, as in ftp://host//srv/in/,
begins at the root. The directory of a file must be there; those of a folder are
made.

On a terminal, lines on stderr show how it goes. Elsewhere nothing is said when
all went well: --progress or --json tell it.

The password comes from the URL, --user, --password-file, SLUICE_FTP_PASSWORD or
.netrc, or is asked for on the terminal.
`

/** `sluice put`: files to a server. */
export function definePut(program: Command, ended: (exitCode: number) => void): void {
  const command = program
    .command('put')
    .summary('upload files and directories by FTP')
    .description('Uploads the FILEs to URL, under limits.')
    .usage('FILE... URL [options]')
    .helpOption('-h, --help', 'show this help')
    // Commander takes any number of arguments at the end only: the last one is the URL.
    .argument('<FILE...>', 'files and folders to send, - for standard input; then the URL of where to')
    .option('-r, --recursive', 'send folders with all that is in them')
    .option('--atomic', 'upload to a temporary name, and rename when all is there')
  defineTransferOptions(command)
    .addHelpText('after', HELP)
    .action(async (all: readonly string[], options: Record<string, unknown>) => {
      const files = all.slice(0, -1)
      const last = all.at(-1) ?? ''
      if (files.length === 0)
        throw new UsageError(`Cannot put ${JSON.stringify(last)}: the URL to put it to is missing`)
      if (files.includes(''))
        throw new UsageError('FILE: Cannot use "" as a file: it must be a path, or - for standard input')
      const { recursive, atomic, passwordFile, redisPasswordFile } = options
      checkStandardInput({
        FILE: files.find((file) => file === '-'),
        '--password-file': passwordFile,
        '--redis-password-file': redisPasswordFile,
      })
      const flags = { recursive: recursive === true, atomic: atomic === true }
      ended(await runPut({ ...readTransferOptions(options), files, url: parseRemoteUrl(last), ...flags }))
    })
}
