import type { Command } from 'commander'
import type { OnOutage } from '../../redis/index.ts'
import { parseRate } from '../../units.ts'
import { UsageError } from '../failure.ts'
import { readOption } from '../read-option.ts'
import { parseLimit, parseMember, parseWeight, passwordFileOption } from './member-options.ts'
import { parseRedisUrl, type RedisUrl } from './redis-url.ts'

/** How a budget is shared with other processes. */
export interface ShareOptions {
  readonly url: RedisUrl
  /** What the budget is called. */
  readonly name: string
  /** Bytes per second, if Redis knows of no limit yet. */
  readonly limit: number | undefined
  readonly weight: number
  /** What this process is called among those who share, or undefined for the usual. */
  readonly member: string | undefined
  /** Undefined is the usual; then Redis must be there at the beginning. */
  readonly onOutage: OnOutage | undefined
  readonly passwordFile: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

const POLICIES = ['hold-share', 'fair-share', 'closed'] as const

/** Adds the options of {@link ShareOptions} to a command. */
export function defineShareOptions(command: Command): Command {
  return command
    .optionsGroup('Shared budget:')
    .option('--share <URL>', 'share the budget redis://HOST/NAME with other processes; rediss:// for TLS')
    .option('--share-limit <RATE>', 'what all have together, if Redis knows of no limit yet')
    .option('--share-weight <N>', 'the part of this process in proportion to the others (default: 1)')
    .option('--share-member <NAME>', 'what this process is called there (default: host, process id and a few letters)')
    .option(
      '--on-outage <POLICY>',
      'while Redis is out of reach: hold-share (default), fair-share, closed or a rate; if given, begin without Redis too',
    )
    .addOption(passwordFileOption())
}

/**
 * Reads the options of {@link ShareOptions}.
 *
 * @returns Undefined if no budget is to be shared.
 * @throws {UsageError} If one can't be used.
 */
export function readShareOptions(
  options: Readonly<Record<string, unknown>>,
  env: ShareOptions['env'],
): ShareOptions | undefined {
  const { shareLimit, shareWeight, shareMember, onOutage, redisPasswordFile } = options
  const url = readOption('--share', options.share, parseRedisUrl)
  if (!url) {
    const needy = {
      '--share-limit': shareLimit,
      '--share-weight': shareWeight,
      '--share-member': shareMember,
      '--on-outage': onOutage,
      '--redis-password-file': redisPasswordFile,
    }
    for (const [name, value] of Object.entries(needy)) {
      if (value !== undefined) throw new UsageError(`Cannot use ${name} without --share`)
    }
    return undefined
  }
  if (url.name === undefined) {
    const example = `${url.shown.replace(/\/(\?|$)/, '/NAME$1')}`
    throw new UsageError(
      `--share: Cannot use ${JSON.stringify(url.shown)} as a budget: its name is missing, as in ${example}`,
    )
  }
  return {
    url,
    name: url.name,
    limit: readOption('--share-limit', shareLimit, parseLimit),
    weight: readOption('--share-weight', shareWeight, parseWeight) ?? 1,
    member: readOption('--share-member', shareMember, parseMember),
    onOutage: readOption('--on-outage', onOutage, parsePolicy),
    passwordFile: typeof redisPasswordFile === 'string' ? redisPasswordFile : undefined,
    env,
  }
}

function parsePolicy(text: string): OnOutage {
  const policy = POLICIES.find((policy) => policy === text)
  if (policy) return policy
  try {
    return parseRate(text)
  } catch (cause) {
    const state = 'it must be hold-share, fair-share, closed or a rate'
    throw new RangeError(`Cannot use ${JSON.stringify(text)}: ${state}`, { cause })
  }
}
