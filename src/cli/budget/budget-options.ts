import { parseDuration } from '../../units.ts'
import { UsageError } from '../failure.ts'
import { readOption } from '../read-option.ts'
import { parseLimit, parseMember, parseWeight } from '../redis/member-options.ts'
import { parseRedisUrl, type RedisUrl } from '../redis/redis-url.ts'

/** A Redis, and how to log in there. */
export interface RedisTarget {
  readonly url: RedisUrl
  readonly passwordFile: string | undefined
}

/** A budget in a Redis. */
export interface BudgetTarget extends RedisTarget {
  readonly name: string
}

/** What `sluice budget set` is asked to change. */
export interface Changes {
  /** Bytes per second, null for none; undefined leaves it. */
  readonly limit: number | null | undefined
  readonly weight: { readonly member: string; readonly weight: number } | undefined
}

type Options = Readonly<Record<string, unknown>>

/** Milliseconds. Who looks more often than each tenth of a second sees the same twice. */
const LEAST_INTERVAL = 100
const MOST_INTERVAL = 3_600_000

/** @throws {UsageError} If it can't be read, or names a budget. */
export function readRedis(text: string, options: Options): RedisTarget {
  const target = read(text, options)
  if (target.url.name === undefined) return target
  throw new UsageError(
    `Cannot list ${target.url.shown}: it names one budget; leave the name out, or run 'sluice budget show'`,
  )
}

/** @throws {UsageError} If it can't be read, or names no budget. */
export function readBudget(text: string, options: Options): BudgetTarget {
  const target = read(text, options)
  const { name, shown } = target.url
  if (name !== undefined) return { ...target, name }
  throw new UsageError(
    `Cannot use ${shown} as a budget: its name is missing, as in redis://host/NAME; 'sluice budget ls' shows which there are`,
  )
}

function read(text: string, { redisPasswordFile }: Options): RedisTarget {
  const passwordFile = typeof redisPasswordFile === 'string' ? redisPasswordFile : undefined
  try {
    return { url: parseRedisUrl(text), passwordFile }
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof TypeError) throw new UsageError(cause.message, { cause })
    throw cause
  }
}

/** @throws {UsageError} If there is nothing to change, or it can't be changed so. */
export function readChanges(options: Options): Changes {
  const limit = readOption('--limit', options.limit, (text) => (text === 'none' ? null : parseLimit(text)))
  const weight = readOption('--weight', options.weight, parseWeight)
  const member = readOption('--member', options.member, parseMember)
  if (weight !== undefined && member === undefined) throw new UsageError('Cannot set --weight without --member')
  if (weight === undefined && member !== undefined) throw new UsageError('Cannot use --member without --weight')
  if (limit === undefined && weight === undefined) {
    throw new UsageError('Cannot set nothing: give --limit, or --weight and --member')
  }
  return { limit, weight: weight === undefined || member === undefined ? undefined : { member, weight } }
}

/** Milliseconds between two looks. @throws {UsageError} */
export function readInterval({ interval: text }: Options): number {
  const interval = readOption('--interval', text, parseDuration) ?? 1000
  if (interval >= LEAST_INTERVAL && interval <= MOST_INTERVAL) return interval
  throw new UsageError(`--interval: Cannot use ${JSON.stringify(text)}: it must be from 100 ms to 1 h`)
}
