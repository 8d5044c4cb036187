import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import pc from 'picocolors'
import { defineBudget } from './budget.ts'
import { defineGet } from './get.ts'
import { defineLs } from './ls.ts'
import { defineMirror } from './mirror.ts'
import { definePipe } from './pipe.ts'
import { definePut } from './put.ts'
import { defineServe } from './serve.ts'

const EPILOGUE = `
Rates are bytes per second, or text: 512KiB, 1.5MiB/s, 100Mbit/s, 10MB/min.
Sizes: 1000, 64KiB, 2MB. Durations: 250ms, 2s, 1.5min, 1h (without a unit: ms).

Exit codes:
  0    done
  1    failed; the last line on stderr says why and what to do
  2    wrong usage: nothing was read or written
  129  ended by SIGHUP (the terminal was closed)
  130  ended by SIGINT (Ctrl-C)
  141  the reader of the output closed early, as 'head' does
  143  ended by SIGTERM

Environment:
  NO_COLOR             no colours
  SLUICE_DEBUG         show the stack of an error and its causes
  SLUICE_FTP_PASSWORD  the password of who logs in by FTP
  SLUICE_REDIS_PASSWORD
                       the password of the Redis that has a shared budget
  NETRC                the file with names and passwords (default: ~/.netrc)
`

/** @param ended Is told the exit code of the subcommand that ran. */
export function createProgram(ended: (exitCode: number) => void): Command {
  // Whether colours show is for commander to decide: it takes them out again where they don't.
  const { bold } = pc.createColors(true)
  const program = new Command('sluice')
    .description('Keeps streams inside their limits: bytes per second, time between writes, time without progress.')
    .version(version(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ styleTitle: bold, subcommandTerm: (command) => command.name() })
    // Errors are thrown to `run`, which tells them in the one line that all errors have.
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText('after', EPILOGUE)
  definePipe(program, ended)
  defineGet(program, ended)
  definePut(program, ended)
  defineLs(program, ended)
  defineMirror(program, ended)
  defineServe(program, ended)
  defineBudget(program, ended)
  return program
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
