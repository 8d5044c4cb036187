import { ClosedError } from '../../../errors.ts'
import type { ClientSettings } from '../client-options.ts'
import type { ClientThrottles } from '../client-throttles.ts'
import type { Connection } from '../connection.ts'
import type { Log } from '../log.ts'
import { Running } from '../running.ts'
import type { Session } from '../session/session.ts'
import type { Carrier } from '../transfer/carrier.ts'
import { type Members, wasRefused } from './members.ts'
import { isRefusedLogin } from './refusals.ts'

/** The connections of a pool, as transfers see them: each turn goes to one that is free. */
export class PoolCarrier implements Carrier {
  readonly settings: ClientSettings
  readonly throttles: ClientThrottles
  readonly session: { readonly log: Log }
  readonly connections: number
  readonly #members: Members
  /** Ends what runs. */
  readonly #running = new Running()
  /** What turns have failed with since the server wants fewer connections. */
  readonly #refusals = new WeakSet<object>()
  #isEnded = false
  /** Whether no connection could be had the last time. */
  #isLost = false
  /** What the server has refused the login with, since the last call of the pool began. */
  #refusal: unknown

  constructor(settings: ClientSettings, throttles: ClientThrottles, log: Log, members: Members, connections: number) {
    this.connections = connections
    this.settings = settings
    this.throttles = throttles
    this.session = { log }
    this.#members = members
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  get isClosed(): boolean {
    return this.#isEnded || this.#isLost
  }

  get isLost(): boolean {
    return this.#isLost
  }

  async transfer<T>(
    signal: AbortSignal | undefined,
    work: (session: Session, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.#isEnded) throw new ClosedError('use the pool', { reason: 'the pool is closed' })
    const running = this.#running.begin(signal)
    try {
      const connection = await this.#take(running.signal)
      try {
        return await connection.transfer(running.signal, work)
      } catch (error) {
        if (wasRefused(connection) && this.#members.stats.open > 1 && error instanceof Error) this.#refusals.add(error)
        throw error
      } finally {
        this.#members.give(connection)
      }
    } finally {
      running.end()
    }
  }

  async abortable<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#isEnded) throw new ClosedError('use the pool', { reason: 'the pool is closed' })
    return await this.#running.run(signal, work)
  }

  /** Makes sure that there is a connection. */
  async reconnect(signal: AbortSignal | undefined): Promise<void> {
    await this.abortable(signal, async (end) => this.#members.give(await this.#take(end)))
  }

  /** The pool has one connection fewer each time, so that this comes to an end. */
  takesOver(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#refusals.has(error)
  }

  /** A further call of the pool begins: it may try a login that was refused to those before it. */
  begin(): void {
    this.#refusal = undefined
  }

  async #take(signal: AbortSignal): Promise<Connection> {
    // A tree would try again for each thing that it looks for, and lock the account.
    if (this.#refusal !== undefined) throw this.#refusal
    try {
      const connection = await this.#members.take(signal)
      this.#isLost = false
      return connection
    } catch (error) {
      this.#isLost = !signal.aborted
      if (this.#isLost && isRefusedLogin(error)) this.#refusal = error
      throw error
    }
  }

  /** Ends all that runs, with this reason, for good. */
  end(reason: unknown): void {
    this.#isEnded = true
    this.#running.abort(reason)
  }
}
