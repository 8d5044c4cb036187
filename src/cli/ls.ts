import type { Command } from 'commander'
import { runLs } from './ls/run-ls.ts'
import { defineRemoteOptions, readRemoteOptions } from './remote/remote-options.ts'
import { parseRemoteUrl } from './remote/remote-url.ts'

const HELP = `
Examples:
  What there is
    sluice ls ftp://ann@ftp.example.com/reports/

  Sizes of all files below, for a script
    sluice ls -R --json ftp://ftp.example.com/pub/ | jq -r '[.size,.name]|@tsv'

One name a line where standard output is no terminal. A path is relative to
where the login leads; a second slash, as in ftp://host//etc/, begins at the
root.
`

/** `sluice ls`: what there is on a server. */
export function defineLs(program: Command, ended: (exitCode: number) => void): void {
  const command = program
    .command('ls')
    .summary('list what there is on an FTP server')
    .description('Lists the directory or file that URL names.')
    .usage('URL [options]')
    .helpOption('-h, --help', 'show this help')
    .argument('<URL>', 'ftp://, ftps:// (implicit TLS) or ftp+tls:// (explicit TLS)')
    .option('-l, --long', 'show type, permissions, owner, size and time, too')
    .option('-R, --recursive', 'list directories below, too; names are paths then')
  defineRemoteOptions(command)
    .optionsGroup('Output:')
    .option('--json', 'write JSON, an object for each entry')
    .option('-q, --quiet', 'do not warn; errors still show')
    .option('-v, --verbose', 'show what is said and heard on stderr, without passwords')
    .addHelpText('after', HELP)
    .action(async (url: string, options: Record<string, unknown>) => {
      const { long, recursive, json } = options
      const flags = { long: long === true, recursive: recursive === true, json: json === true }
      ended(await runLs({ ...readRemoteOptions(options), url: parseRemoteUrl(url), ...flags }))
    })
}
