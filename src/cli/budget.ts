import type { Command } from 'commander'
import { readBudget, readChanges, readInterval, readRedis } from './budget/budget-options.ts'
import { runLs } from './budget/run-ls.ts'
import { runPause, runResume } from './budget/run-pause.ts'
import { runSet } from './budget/run-set.ts'
import { runShow } from './budget/run-show.ts'
import { runWatch } from './budget/run-watch.ts'
import { passwordFileOption } from './redis/member-options.ts'

const HELP = `
Examples:
  What budgets there are
    sluice budget ls redis://10.0.0.5

  Who shares one, and what each has, live
    sluice budget watch redis://10.0.0.5/uplink

  Halve it for all processes that share it, at once; give one of them more of it
    sluice budget set redis://10.0.0.5/uplink --limit 10MiB/s
    sluice budget set redis://10.0.0.5/uplink --member web-1 --weight 3

  Stop all of them, and let them go on
    sluice budget pause redis://10.0.0.5/uplink
    sluice budget resume redis://10.0.0.5/uplink

A budget is shared with --share (see sluice pipe --help), or by a program that
uses sluice/redis. Its URL is redis[s]://[[USER]:PASSWORD@]HOST[:PORT]/NAME[?db=N];
the password may also come from --redis-password-file or SLUICE_REDIS_PASSWORD.
`

type Options = Record<string, unknown>

/** `sluice budget`: what processes share through Redis, seen from outside. */
export function defineBudget(program: Command, ended: (exitCode: number) => void): void {
  const budget = program
    .command('budget')
    .summary('look at the budgets that processes share, and change them')
    .description('Shows and changes budgets of bytes per second that processes share through Redis.')
    .usage('COMMAND URL [options]')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', HELP)

  define(budget, 'ls', 'list the budgets of a Redis', 'Lists all budgets there are.', 'redis://host[:port]')
    .option('--json', 'write JSON, an object for each budget')
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      ended(await runLs(readRedis(url, options), options.json === true))
    })
  define(budget, 'show', 'show a budget, and who shares it', 'Shows how a budget stands, and who shares it.')
    .option('--json', 'write JSON, one object')
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      ended(await runShow(readBudget(url, options), options.json === true))
    })
  define(budget, 'set', 'change a limit or a weight', 'Changes a limit or a weight, for all within a moment.')
    .option('-l, --limit <RATE>', 'what all have together; none for no limit; makes the budget if there is none')
    .option('--weight <N>', 'the part of a member in proportion to others (needs --member)')
    .option('--member <NAME>', 'whose weight it is')
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      ended(await runSet(readBudget(url, options), readChanges(options)))
    })
  define(budget, 'pause', 'let nothing pass', 'Lets nothing pass in any process, until it is resumed.')
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      ended(await runPause(readBudget(url, options)))
    })
  define(budget, 'resume', 'end a pause', 'Lets all go on after a pause.')
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      ended(await runResume(readBudget(url, options)))
    })
  define(budget, 'watch', 'watch a budget live', 'Shows who shares a budget, and what each has, until Ctrl-C.')
    .option('--interval <DURATION>', 'the time between two looks, from 100ms to 1h (default: 1s)')
    .option('--json', 'write JSON, an object at each look')
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      const interval = readInterval(options)
      ended(await runWatch({ ...readBudget(url, options), interval, json: options.json === true }))
    })
}

function define(
  budget: Command,
  name: string,
  summary: string,
  description: string,
  url = 'redis://host[:port]/NAME, or rediss:// (TLS)',
): Command {
  return budget
    .command(name)
    .summary(summary)
    .description(description)
    .usage('URL [options]')
    .helpOption('-h, --help', 'show this help')
    .argument('<URL>', url)
}
