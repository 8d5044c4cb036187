import { Budget, type RedisClient, SharedThrottle } from '../../redis/index.ts'
import { formatRate } from '../../units.ts'
import { Failure } from '../failure.ts'
import { onInterruption } from '../interruption.ts'
import { tell } from '../tell.ts'
import { connectRedis } from './connect-redis.ts'
import { LateClient } from './late-client.ts'
import { RedisFailure, reasonIn } from './redis-failure.ts'
import { Share, type ShareEvents } from './share.ts'
import type { ShareOptions } from './share-options.ts'
import { PATIENCE } from './silence.ts'
import { within } from './within.ts'

/** A Redis that is there, or is going to be. */
interface Reached {
  readonly client: RedisClient
  /** Undefined if there is none of this name, or Redis is out of reach. */
  readonly budget: { readonly limit: number | null } | undefined
  /** Why Redis is out of reach, if it is. */
  readonly absence: Failure | undefined
  readonly failureOf: (error: unknown) => Failure
  readonly close: () => Promise<void>
}

/**
 * Takes a share in a budget, if there is one to share.
 *
 * @throws {Failure} If Redis can't be used, or there is no such budget and no limit for it; nothing was changed there then.
 * @throws {Interruption} If the user has enough of waiting for Redis.
 */
export async function openShare(options: ShareOptions | undefined, events: ShareEvents): Promise<Share | undefined> {
  if (!options) return undefined
  const stop = new AbortController()
  const release = onInterruption((interruption) => stop.abort(interruption))
  try {
    return await join(options, events, stop.signal)
  } finally {
    release()
  }
}

/** What tells outages to people, as they come. @param erase Takes away what stands in the place of the line. */
export function tellOutages(json: boolean, erase: () => void): ShareEvents {
  const say = (line: string, error?: Error) => {
    if (json) return
    erase()
    tell(line, error)
  }
  return { outage: say, notice: (line) => say(line), recovered: (line) => say(line) }
}

async function join(options: ShareOptions, events: ShareEvents, signal: AbortSignal): Promise<Share> {
  const reached = await reach(options, signal)
  const { client, budget, absence, failureOf, close } = reached
  try {
    const limit = budget ? budget.limit : options.limit
    if (limit === undefined) throw unknownLimit(options, absence)
    if (options.limit !== undefined && limit !== options.limit) events.notice?.(otherLimit(options.name, limit))
    const { name, weight, member, onOutage = 'hold-share' } = options
    const share = new Share(
      new SharedThrottle(client, name, { limit, weight, member, onOutage }),
      events,
      failureOf,
      close,
    )
    if (!absence) await ready(share, options, signal, failureOf)
    return share
  } catch (error) {
    await close()
    throw signal.aborted ? signal.reason : failureOf(error)
  }
}

async function reach(options: ShareOptions, signal: AbortSignal): Promise<Reached> {
  const { url, name, passwordFile, env } = options
  const how = { passwordFile, env, timeout: PATIENCE }
  try {
    const connection = await connectRedis(url, { ...how, signal })
    try {
      const budget = await within(PATIENCE, signal, (options) => new Budget(connection.client, name).state(options))
      return { ...connection, budget, absence: undefined }
    } catch (error) {
      await connection.close()
      throw signal.aborted ? signal.reason : connection.failureOf(error)
    }
  } catch (error) {
    if (!isBearable(options, error)) throw error
    const client = new LateClient(url, how, error)
    const failureOf = (error: unknown) => client.failureOf(error)
    return { client, budget: undefined, absence: error, failureOf, close: () => client.close() }
  }
}

/** Settles when Redis has sold the first bytes: what it refuses then, such as an ACL, should be told before anything moves. */
async function ready(
  share: Share,
  options: ShareOptions,
  signal: AbortSignal,
  failureOf: (error: unknown) => Failure,
): Promise<void> {
  try {
    await within(PATIENCE, signal, (options) => share.throttle.ready(options))
  } catch (error) {
    if (!signal.aborted && isBearable(options, failureOf(error))) return
    await share.close()
    throw error
  }
}

/** Whether it is an outage as any other, and it was said what to do in one. */
function isBearable({ onOutage }: ShareOptions, error: unknown): error is RedisFailure {
  return onOutage !== undefined && error instanceof RedisFailure && error.mayPass
}

/** Whoever changes a script has the old limit in Redis still. */
function otherLimit(name: string, limit: number | null): string {
  const known = limit === null ? 'no limit' : formatRate(limit, { exact: true })
  return `the budget ${name} has ${known} already, so --share-limit does not count; 'sluice budget set' changes it`
}

function unknownLimit({ url }: ShareOptions, absence: Failure | undefined): Failure {
  const code = 'ERR_SLUICE_BUDGET'
  if (absence) {
    const state = `${reasonIn(absence)}, and the limit is not known`
    return new Failure(code, `Cannot share ${url.shown}: ${state}; give it with --share-limit`)
  }
  const advice = "give its limit with --share-limit, or make it with 'sluice budget set'"
  return new Failure(code, `Cannot share ${url.shown}: there is no such budget yet; ${advice}`)
}
