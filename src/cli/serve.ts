import type { Command } from 'commander'
import { gather } from './read-option.ts'
import { defineShareOptions } from './redis/share-options.ts'
import { runServe } from './serve/run-serve.ts'
import { readServeOptions } from './serve/serve-options.ts'

const HELP = `
Examples:
  Try a client on a folder, from this machine only
    sluice serve .

  Let a partner fetch files, no faster than 2 MiB a second
    sluice serve /srv/out --host :: --user ann:secret --read-only --limit 2MiB/s

  Behind a firewall, with TLS
    sluice serve /srv/in --host :: --port 21 --user ann:secret \\
      --tls-cert server.pem --require-tls --passive-ports 50000-50099

Without --user anybody may log in as anonymous. They may write too, if HOST is
of this machine only; else say --read-only or --writable.

A budget (--share) counts what all connections send and receive together.

Once it accepts connections, "listening on ftp://HOST:PORT" is written to
standard output, then a line for each transfer. SIGINT (Ctrl-C) lets transfers
end that are running, a second one cuts them.
`

/** `sluice serve`: a folder by FTP. */
export function defineServe(program: Command, ended: (exitCode: number) => void): void {
  const command = program
    .command('serve')
    .summary('serve a folder by FTP')
    .description('Serves DIR by FTP, under limits.')
    .usage('DIR [options]')
    .helpOption('-h, --help', 'show this help')
    .argument('<DIR>', 'the folder to serve; nothing outside of it can be reached')
    .option('--host <HOST>', 'the address to listen on; :: or 0.0.0.0 for all (default: 127.0.0.1)')
    .option('--port <PORT>', 'the port to listen on; 0 for any that is free (default: 2121)')
    .option('--user <NAME:PASSWORD>', 'who may log in; can be repeated (default: anonymous)', gather)
    .option('--read-only', 'let nobody change anything')
    .option('--writable', 'let anonymous write, also from other machines')
    .optionsGroup('TLS:')
    .option('--tls-cert <FILE>', 'a certificate and its key, as PEM; clients may use TLS then')
    .option('--tls-key <FILE>', 'the key, if the certificate comes without')
    .option('--require-tls', 'let nobody log in or transfer without TLS')
    .option('--implicit-tls', 'begin with TLS (ftps://), in place of AUTH TLS')
    .optionsGroup('Limits:')
    .option('-l, --limit <RATE>', 'what all connections have together, in each direction')
    .option('--limit-per-connection <RATE>', 'what each connection has')
    .option('--limit-per-user <RATE>', 'what all connections of a user have together')
    .option('--max-connections <N>', 'connections at a time (default: 10000)')
    .option('--idle-timeout <DURATION>', 'send clients away that are silent for so long (default: 5min)')
    .option('--passive-ports <A-B>', 'the ports for data connections (default: any)')
  defineShareOptions(command)
    .optionsGroup('Output:')
    .option('--json', 'write JSON, an object in each line')
    .option('-q, --quiet', 'write no lines about transfers')
    .option('-v, --verbose', 'show what clients say and hear on stderr, without passwords')
    .addHelpText('after', HELP)
    .action(async (root: string, options: Record<string, unknown>) => {
      ended(await runServe(readServeOptions(root, options, process.env)))
    })
}
