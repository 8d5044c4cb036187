import { systemClock } from '../../clock.ts'
import { runnerOf } from '../../redis/clients.ts'
import type { ScriptRunner } from '../../redis/index.ts'
import { Failure } from '../failure.ts'
import { type ConnectOptions, connectRedis, type RedisConnection } from './connect-redis.ts'
import type { RedisUrl } from './redis-url.ts'

/** Milliseconds between the end of one attempt and the next. */
const RETRY = 500

/** A client of a Redis that is out of reach at the beginning: refuses calls until it is there. */
export class LateClient implements ScriptRunner {
  readonly #url: RedisUrl
  readonly #options: ConnectOptions
  readonly #end = new AbortController()
  #failure: Failure
  #connection: RedisConnection | undefined
  #runner: ScriptRunner | undefined
  #cancel = () => {}

  /** @param failure Why it could not be reached. */
  constructor(url: RedisUrl, options: ConnectOptions, failure: Failure) {
    this.#url = url
    this.#options = options
    this.#failure = failure
    this.#retry()
  }

  /** What went wrong in a call, as a failure in one line, without the password: as the connection says, or the last attempt at one. */
  failureOf(error: unknown): Failure {
    if (this.#connection) return this.#connection.failureOf(error)
    return error instanceof Failure ? error : this.#failure
  }

  async runScript(keys: readonly string[], args: readonly string[]): Promise<readonly unknown[]> {
    if (!this.#runner) throw this.#failure
    return await this.#runner.runScript(keys, args)
  }

  async listen(channel: string, signal: AbortSignal): Promise<void> {
    if (!this.#runner) throw this.#failure
    // On a cluster there is no listening: a promise that settles would say there is.
    if (!this.#runner.listen) throw new TypeError('Cannot listen: the Redis client can not')
    await this.#runner.listen(channel, signal)
  }

  async close(): Promise<void> {
    this.#cancel()
    this.#end.abort(new Error('closed'))
    await this.#connection?.close()
  }

  #retry(): void {
    this.#cancel = systemClock.sleepUntil(systemClock.now() + RETRY, () => this.#connect(), 50)
  }

  #connect(): void {
    connectRedis(this.#url, { ...this.#options, signal: this.#end.signal }).then(
      (connection) => {
        this.#connection = connection
        this.#runner = runnerOf(connection.client, true)
        if (this.#end.signal.aborted) void connection.close()
      },
      (error: unknown) => {
        if (this.#end.signal.aborted) return
        if (error instanceof Failure) this.#failure = error
        this.#retry()
      },
    )
  }
}
