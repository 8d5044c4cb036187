import { systemClock } from '../../clock.ts'
import { onAbort } from '../../on-abort.ts'
import { BudgetError, OutageError, type RedisClient, type WaitOptions } from '../../redis/index.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { Failure } from '../failure.ts'
import { Interruption, onInterruption } from '../interruption.ts'
import { connectRedis, type RedisConnection } from '../redis/connect-redis.ts'
import { RedisFailure, reasonIn } from '../redis/redis-failure.ts'
import type { RedisUrl } from '../redis/redis-url.ts'
import { PATIENCE, Silence } from '../redis/silence.ts'
import { within } from '../redis/within.ts'
import { tell } from '../tell.ts'
import type { RedisTarget } from './budget-options.ts'

/** A Redis that is connected. */
export interface RedisSession {
  readonly client: RedisClient
  /** Drops the connection and makes another one. @throws {Failure} If it can't; then there is none until it can. */
  readonly renew: () => Promise<void>
  /** Aborts when the user ends the command. */
  readonly signal: AbortSignal
  /** Makes a call that must have its answer within so many ms. @default 5000 */
  readonly call: <T>(act: (options: WaitOptions) => Promise<T>, patience?: number) => Promise<T>
  /** Settles after so many ms. */
  readonly sleep: (ms: number) => Promise<void>
  /** Why a call failed, in one line and without the password. */
  readonly reasonOf: (error: unknown) => string
}

/**
 * Connects, does something, and leaves.
 *
 * @param verb Such as "pause".
 * @returns The exit code; what failed is told on stderr.
 */
export async function withRedis(
  { url, passwordFile }: RedisTarget,
  verb: string,
  act: (session: RedisSession) => Promise<void>,
): Promise<number> {
  const stop = new AbortController()
  const { signal } = stop
  const release = onInterruption((interruption) => stop.abort(interruption))
  let connection: RedisConnection | undefined
  const renew = async () => {
    await connection?.close()
    connection = await connectRedis(url, { passwordFile, env: process.env, signal, timeout: PATIENCE })
  }
  const reasonOf = (error: unknown) => connection?.reasonOf(error) ?? String(error)
  try {
    await renew()
    await act({
      get client() {
        if (!connection) throw new Error('There is no connection')
        return connection.client
      },
      ...{ renew, signal, reasonOf },
      call: (task, patience = PATIENCE) => within(patience, signal, task),
      sleep: (ms) => sleep(ms, signal),
    })
    return EXIT_CODE.done
  } catch (error) {
    if (error instanceof Interruption) return EXIT_CODE[error.signal]
    if (error instanceof Failure && error.code === 'EPIPE') return EXIT_CODE.readerGone
    const failure = budgetFailure(verb, url, error, connection)
    tell(failure.message, failure)
    return EXIT_CODE.failed
  } finally {
    release()
    await connection?.close()
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = systemClock.sleepUntil(systemClock.now() + ms, () => {
      unlisten()
      resolve()
    })
    const unlisten = onAbort(signal, (reason) => {
      cancel()
      reject(reason)
    })
  })
}

function budgetFailure(
  verb: string,
  url: RedisUrl,
  cause: unknown,
  connection: Pick<RedisConnection, 'failureOf'> | undefined,
): Failure {
  if (cause instanceof Failure) return cause
  if (cause instanceof BudgetError) {
    return new Failure(cause.code, `Cannot ${verb} ${url.shown}: ${cause.state}; name another one`, { cause })
  }
  // A mistake in the program is none of Redis; what can't be read is.
  const isMistake = cause instanceof TypeError || cause instanceof RangeError
  if (!connection || (isMistake && !/^Cannot read the reply of Redis/.test(cause.message))) throw cause
  const failure = connection.failureOf(cause)
  const code = cause instanceof OutageError || cause instanceof Silence ? 'ERR_SLUICE_OUTAGE' : 'ERR_REDIS'
  const advice = failure instanceof RedisFailure && failure.advice ? `; ${failure.advice}` : ''
  // The cause as the failure has it: without what may hold a password.
  const options = failure.cause === undefined ? {} : { cause: failure.cause }
  return new Failure(code, `Cannot ${verb} ${url.shown}: ${reasonIn(failure)}${advice}`, options)
}

/** What to do about a budget that is not there. */
export function unknownBudget(verb: string, url: RedisUrl): Failure {
  return new Failure('ERR_SLUICE_BUDGET', `Cannot ${verb} ${url.shown}: there is no such budget; ${seeWhich(url)}`)
}

function seeWhich({ shown }: RedisUrl): string {
  const [, server = shown, , query = ''] = /^(rediss?:\/\/[^/]*)(\/[^?]*)?(\?.*)?$/is.exec(shown) ?? []
  return `see which there are with 'sluice budget ls ${server}${query ? `/${query}` : ''}'`
}
