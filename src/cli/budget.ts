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
uses sluice/redis. Its URL is
redis[s]://[[USER]:PASSWORD@]HOST[:PORT]/NAME[?db=N]; the password may also come
from --redis-password-file or SLUICE_REDIS_PASSWORD. Each command has options of
its own: see sluice budget set --help, for one.
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

  define(budget, {
    name: 'ls',
    summary: 'list the budgets of a Redis',
    description: 'Lists all budgets there are.',
    url: 'redis://host[:port], or rediss:// (TLS)',
    examples: ['sluice budget ls redis://10.0.0.5', 'sluice budget ls redis://10.0.0.5 --json | jq -r .name'],
  })
    .option('--json', 'write JSON, an object for each budget')
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      ended(await runLs(readRedis(url, options), options.json === true))
    })
  define(budget, {
    name: 'show',
    summary: 'show a budget, and who shares it',
    description: 'Shows how a budget stands, and who shares it.',
    examples: [
      'sluice budget show redis://10.0.0.5/uplink',
      'sluice budget show redis://10.0.0.5/uplink --json | jq .members',
    ],
  })
    .option('--json', 'write JSON, one object')
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      ended(await runShow(readBudget(url, options), options.json === true))
    })
  define(budget, {
    name: 'set',
    summary: 'change a limit or a weight',
    description: 'Changes a limit or a weight, for all within a moment.',
    examples: [
      'sluice budget set redis://10.0.0.5/uplink --limit 10MiB/s',
      'sluice budget set redis://10.0.0.5/uplink --member web-1 --weight 3',
    ],
  })
    .option('-l, --limit <RATE>', 'what all have together; none for no limit; makes the budget if there is none')
    .option('--weight <N>', 'the part of a member in proportion to others (needs --member)')
    .option('--member <NAME>', 'whose weight it is')
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      ended(await runSet(readBudget(url, options), readChanges(options)))
    })
  define(budget, {
    name: 'pause',
    summary: 'let nothing pass',
    description: 'Lets nothing pass in any process, until it is resumed.',
    examples: ['sluice budget pause redis://10.0.0.5/uplink'],
  })
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      ended(await runPause(readBudget(url, options)))
    })
  define(budget, {
    name: 'resume',
    summary: 'end a pause',
    description: 'Lets all go on after a pause.',
    examples: ['sluice budget resume redis://10.0.0.5/uplink'],
  })
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      ended(await runResume(readBudget(url, options)))
    })
  define(budget, {
    name: 'watch',
    summary: 'watch a budget live',
    description: 'Shows who shares a budget, and what each has, until Ctrl-C.',
    examples: [
      'sluice budget watch redis://10.0.0.5/uplink',
      'sluice budget watch redis://10.0.0.5/uplink --interval 10s --json >>log',
    ],
  })
    .option('--interval <DURATION>', 'the time between two looks, from 100ms to 1h (default: 1s)')
    .option('--json', 'write JSON, an object at each look')
    .addOption(passwordFileOption())
    .action(async (url: string, options: Options) => {
      const interval = readInterval(options)
      ended(await runWatch({ ...readBudget(url, options), interval, json: options.json === true }))
    })
}

interface Definition {
  readonly name: string
  readonly summary: string
  readonly description: string
  /** What its URL is like. @default that of a budget */
  readonly url?: string
  /** Lines to type. */
  readonly examples: readonly string[]
}

function define(
  budget: Command,
  { name, summary, description, url = 'redis://host[:port]/NAME, or rediss:// (TLS)', examples }: Definition,
): Command {
  return budget
    .command(name)
    .summary(summary)
    .description(description)
    .usage('URL [options]')
    .helpOption('-h, --help', 'show this help')
    .argument('<URL>', url)
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}\n`).join('')}`)
}
