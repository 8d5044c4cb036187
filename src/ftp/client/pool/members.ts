import type { Clock } from '../../../clock.ts'
import { ClosedError, TimeoutError } from '../../../errors.ts'
import { onAbort } from '../../../on-abort.ts'
import { type Linked, LinkedQueue } from '../../../rate/linked-queue.ts'
import { ReplyError } from '../../errors.ts'
import type { Connection } from '../connection.ts'
import type { Log } from '../log.ts'
import type { LoginHooks } from '../session/log-in.ts'
import { Capacity } from './capacity.ts'
import { LoginTurns } from './login-turns.ts'
import { isFinal, isRefusedLogin } from './refusals.ts'

/** How long a connection may have been quiet, in ms, before it is asked whether the other side is there still. */
const STALE = 15_000

/** How long it may take to answer, in ms: a new one is made sooner than that as a rule. */
const ANSWERS_WITHIN = 3_000

/** Somebody who waits for a connection. */
interface Waiter extends Linked<Waiter> {
  readonly give: (connection: Connection) => void
  readonly fail: (reason: unknown) => void
}

/** A connection that is being opened. */
interface Dial {
  readonly ending: AbortController
  isLetIn: boolean
}

/** How the connections of a pool stand. */
export interface MembersStats {
  /** Connections that are open. */
  readonly open: number
  /** Those of them that are in use. */
  readonly busy: number
  /** Connections that are being opened. */
  readonly connecting: number
  /** Calls that wait for a connection. */
  readonly waiting: number
  /** How many connections there may be now: fewer than were asked for after the server has refused one. */
  readonly limit: number
  /** How often the server has refused a further connection, or ended one with 421. */
  readonly refused: number
}

/**
 * The connections of a pool, and those who wait for one, first come, first served. Connections are opened when somebody wants them, and kept.
 * Those that are lost are dropped; others are opened in their place when somebody wants them.
 */
export class Members {
  readonly #open: (signal: AbortSignal, hooks: LoginHooks) => Promise<Connection>
  readonly #clock: Clock
  readonly #log: Log
  readonly #capacity: Capacity
  readonly #members = new Set<Connection>()
  /** The last one was used last, and is the least likely to be lost. */
  readonly #idle: Connection[] = []
  readonly #dials = new Set<Dial>()
  readonly #logins = new LoginTurns(() => this.#isLetIn)
  readonly #waiting = new LinkedQueue<Waiter>()
  /** How many connections are being asked whether they are alive. */
  #asked = 0
  #refused = 0
  #closed: ClosedError | undefined

  constructor(options: {
    readonly open: (signal: AbortSignal, hooks: LoginHooks) => Promise<Connection>
    readonly most: number
    readonly clock: Clock
    readonly log: Log
  }) {
    this.#open = options.open
    this.#clock = options.clock
    this.#log = options.log
    this.#capacity = new Capacity(options.most, options.clock, () => this.#serve())
  }

  get stats(): MembersStats {
    const idle = this.#idle.filter(({ isClosed }) => !isClosed).length
    const busy = this.#members.size - this.#idle.length
    return {
      open: idle + busy,
      busy,
      connecting: this.#dials.size,
      waiting: this.#waiting.size,
      limit: this.#capacity.limit,
      refused: this.#refused,
    }
  }

  /** Whether somebody waits for a connection. */
  get isWanted(): boolean {
    return this.#waiting.size > 0
  }

  /**
   * A connection for the caller alone, until it is given back.
   *
   * @throws What opening the first connection has thrown; {@link ClosedError} once the pool is closed; the signal's reason.
   */
  async take(signal: AbortSignal | undefined): Promise<Connection> {
    signal?.throwIfAborted()
    if (this.#closed) throw this.#closed
    return await new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        forget()
        settle()
      }
      const waiter: Waiter = {
        give: (connection) => end(() => resolve(connection)),
        fail: (reason) => end(() => reject(reason)),
      }
      this.#waiting.pushTail(waiter)
      const forget = onAbort(signal, (reason) => {
        this.#waiting.remove(waiter)
        reject(reason)
        this.#endSurplusDials()
      })
      this.#serve()
    })
  }

  /** Gives back a connection. One that is lost is dropped. */
  give(connection: Connection): void {
    if (connection.isClosed || this.#closed) this.#drop(connection, wasRefused(connection))
    else this.#idle.push(connection)
    this.#serve()
  }

  /** Closes the connections, with a goodbye; those in use when they are given back. Who waits is told. */
  async quit(): Promise<void> {
    this.#close()
    const idle = [...this.#idle]
    await Promise.all(
      idle.map((connection) =>
        connection.quit(undefined).catch((error: unknown) => {
          // The goodbye is a courtesy.
          this.#log.note(`the server was not told goodbye: ${String(error)}`)
        }),
      ),
    )
    // Not before: `destroy` can end the goodbye.
    for (const connection of idle) this.#members.delete(connection)
    this.#idle.length = 0
  }

  /** Closes all connections at once. */
  destroy(): void {
    this.#close()
    for (const connection of this.#members) connection.close()
    this.#idle.length = 0
    this.#members.clear()
  }

  #close(): void {
    this.#closed ??= new ClosedError('use the pool', { reason: 'the pool is closed' })
    for (const { ending } of this.#dials) ending.abort(this.#closed)
    this.#failAll(this.#closed)
    this.#capacity.watch(false)
  }

  #failAll(reason: unknown): void {
    for (const waiter of this.#waiting) {
      this.#waiting.remove(waiter)
      waiter.fail(reason)
    }
  }

  /** Gives what there is to those who wait, and opens more if it is not enough. */
  #serve(): void {
    while (this.#waiting.size > this.#asked) {
      const connection = this.#idle.pop()
      if (!connection) break
      if (connection.isClosed) this.#drop(connection, false)
      else if (this.#isStale(connection)) void this.#ask(connection)
      else this.#giveToFirst(connection)
    }
    const missing = this.#waiting.size - this.#dials.size - this.#asked
    const taken = this.#members.size + this.#dials.size
    const room = this.#capacity.claim(taken + missing) - taken
    for (let i = Math.min(missing, room); i > 0; i--) void this.#dial()
    this.#capacity.watch(missing > room)
  }

  #giveToFirst(connection: Connection): void {
    const waiter = this.#waiting.head
    if (!waiter) return void this.#idle.push(connection)
    this.#waiting.remove(waiter)
    waiter.give(connection)
  }

  #isStale(connection: Connection): boolean {
    return this.#clock.now() - connection.session.control.lastUsed >= STALE
  }

  /**
   * What is between here and the server may have forgotten the connection without a word. Then it will have forgotten those, too, that have been quiet for
   * longer: who waits should not have to wait for each of them.
   */
  async #ask(connection: Connection): Promise<void> {
    this.#asked++
    const patience = new AbortController()
    const { signal } = patience
    const late = () => patience.abort(new TimeoutError('command', ANSWERS_WITHIN))
    const cancel = this.#clock.sleepUntil(this.#clock.now() + ANSWERS_WITHIN, late, ANSWERS_WITHIN / 100)
    try {
      const expectedCodes = ['2xx', '5xx']
      await connection.run({ signal }, (session) => session.command('NOOP', undefined, { expectedCodes, signal }))
    } catch (error) {
      this.#log.note(`an idle connection was lost: ${String(error)}`)
      connection.close()
      for (const other of this.#idle) if (this.#isStale(other)) other.close()
    }
    cancel()
    this.#asked--
    if (connection.isClosed || this.#closed) this.#drop(connection, false)
    else this.#giveToFirst(connection)
    this.#serve()
  }

  async #dial(): Promise<void> {
    const dial: Dial = { ending: new AbortController(), isLetIn: false }
    this.#dials.add(dial)
    try {
      const { signal } = dial.ending
      const letIn = () => {
        dial.isLetIn = true
        this.#logins.end(dial)
      }
      const connection = await this.#open(signal, { mayLogIn: () => this.#logins.begin(dial, signal), letIn })
      this.#dials.delete(dial)
      this.#members.add(connection)
      this.#capacity.opened()
      if (this.#closed) this.#drop(connection, false)
      else this.#giveToFirst(connection)
    } catch (error) {
      this.#dials.delete(dial)
      if (dial.ending.signal.aborted) return
      const others = this.#members.size + this.#dials.size
      // To try a wrong password again locks the account.
      if (isFinal(error) && !this.#isLetIn) this.#giveUp(error)
      // Whatever the reason: who waits can have a connection that is there. Without any there is nothing to wait for.
      else if (others > 0) this.#shrink(others, error, !isRefusedLogin(error))
      else this.#failAll(error)
    } finally {
      this.#logins.end(dial)
    }
    this.#serve()
  }

  /** Whether the server takes the user and the password: another connection is there, or about to be. */
  get #isLetIn(): boolean {
    for (const { isLetIn } of this.#dials) if (isLetIn) return true
    for (const { isClosed } of this.#members) if (!isClosed) return true
    return false
  }

  /** All others would come to the same end. */
  #giveUp(reason: unknown): void {
    for (const { ending } of this.#dials) ending.abort(reason)
    this.#dials.clear()
    this.#failAll(reason)
  }

  #shrink(open: number, reason: unknown, maySoonGrow: boolean): void {
    this.#refused++
    this.#capacity.refused(open, maySoonGrow)
    this.#log.note(`the pool goes on with ${open} connections: ${String(reason)}`)
  }

  #drop(connection: Connection, wasRefused: boolean): void {
    connection.close()
    if (this.#members.delete(connection) && wasRefused) {
      this.#shrink(this.#members.size + this.#dials.size, connection.session.control.failure, true)
    }
  }

  /** Nobody is left who would take what they open. */
  #endSurplusDials(): void {
    const surplus = this.#dials.size - this.#waiting.size
    for (const dial of [...this.#dials].slice(0, Math.max(0, surplus))) {
      this.#dials.delete(dial)
      dial.ending.abort(new DOMException('Nobody waits for the connection any more', 'AbortError'))
    }
  }
}

/** Whether the server has ended a connection since there are too many. */
export function wasRefused(connection: Connection): boolean {
  const { failure } = connection.session.control
  return failure instanceof ReplyError && failure.replyCode === 421
}
