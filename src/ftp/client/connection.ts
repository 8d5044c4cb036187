import { AsyncLocalStorage } from 'node:async_hooks'
import { BusyError, ClosedError, TimeoutError } from '../../errors.ts'
import { LightAbortController } from '../../light-abort.ts'
import { checkSignal, onAbort } from '../../on-abort.ts'
import { Waits } from '../../streams/adapters/waits.ts'
import type { ClientSettings } from './client-options.ts'
import { ClientThrottles } from './client-throttles.ts'
import { askAhead } from './data/port-ahead.ts'
import { Running } from './running.ts'
import { Access } from './session/access.ts'
import { type LooseStream, watchForgotten } from './session/forgotten-stream.ts'
import { keepAlive } from './session/keep-alive.ts'
import { type LoginHooks, openSession } from './session/log-in.ts'
import type { Session } from './session/session.ts'

/** How long the server may take over the goodbye, in ms: calls that have failed are told when it is said. */
const GOODBYE_WITHIN = 3_000

/** The one connection of a client, which its calls use in turns. A lost one can be opened anew. */
export class Connection {
  readonly settings: ClientSettings
  readonly throttles: ClientThrottles
  readonly #access = new Access()
  /** In the body of which stream a call is made: it would wait for itself. */
  readonly #bodies = new AsyncLocalStorage<{ isOpen: boolean }>()
  /** Streams whose users have to finish or close them by themselves. */
  readonly streams = new Set<LooseStream & { fail(reason: unknown): void }>()
  /** Ends what runs. */
  readonly #running = new Running()
  #session: Session
  #endKeepAlive: () => void
  /** Whether it was closed here, for good. */
  #isEnded = false
  #quitting: Promise<void> | undefined
  /** How many calls of several turns have not ended: `quit` waits for them. */
  #calls = 0
  readonly #callsEnded = new Waits()
  #transfersWaiting = 0
  readonly #isTransferNext: () => boolean

  /**
   * @param throttles What transfers pass: of this connection alone, or shared with others.
   * @param isWanted Whether transfers wait for any connection, so that this one may get the next.
   * @param hooks What others who connect have to do with it.
   */
  static async open(
    settings: ClientSettings,
    signal: AbortSignal | undefined,
    throttles = new ClientThrottles(settings.throttles),
    isWanted = () => false,
    hooks?: LoginHooks,
  ): Promise<Connection> {
    return new Connection(settings, await openSession(settings, signal, hooks), throttles, isWanted)
  }

  private constructor(settings: ClientSettings, session: Session, throttles: ClientThrottles, isWanted: () => boolean) {
    this.settings = settings
    this.throttles = throttles
    this.#isTransferNext = () => this.#transfersWaiting > 0 || isWanted()
    this.#session = session
    session.isTransferNext = this.#isTransferNext
    this.#endKeepAlive = keepAlive(session)
  }

  get session(): Session {
    return this.#session
  }

  /** Whether it was closed, here or by the server, or is lost. */
  get isClosed(): boolean {
    return this.#isEnded || this.#session.control.failure !== undefined
  }

  /** Whether the goodbye is said, or will be when the calls before have ended. */
  get isQuitting(): boolean {
    return this.#quitting !== undefined
  }

  /** Whether the connection is lost, and {@link Connection.reconnect} can open a new one. */
  get isLost(): boolean {
    return !this.#isEnded && this.#session.control.failure !== undefined
  }

  /** Whether it was closed here, for good. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Whether calls wait for those before them. */
  get isWanted(): boolean {
    return this.#access.isWanted
  }

  /**
   * Runs `work` when the calls before have ended.
   *
   * @param wanted Called while it runs, when another call waits for it.
   * @throws {ClosedError} If the connection is lost, with the reason as its cause; {@link BusyError} in the body of an open stream.
   */
  async run<T>(
    options: { readonly signal?: AbortSignal | undefined },
    work: (session: Session) => Promise<T>,
    wanted?: () => void,
  ): Promise<T> {
    if (this.#quitting || this.#isEnded) this.#refuse()
    const waiting = this.#enter(options.signal, wanted)
    if (waiting) await waiting
    try {
      try {
        this.#checkOpen()
        return await work(this.#session)
      } finally {
        this.#access.leave()
      }
    } catch (error) {
      throw await this.#told(error)
    }
  }

  /**
   * A call of several turns, which what quits meanwhile waits for.
   *
   * @throws {ClosedError} If the connection was closed, or is about to be; what `work` throws.
   */
  async call<T>(work: () => Promise<T>): Promise<T> {
    this.begin()
    try {
      const result = await work()
      this.end()
      return result
    } catch (error) {
      throw await this.failed(error)
    }
  }

  /**
   * Begins a call of several turns: what quits meanwhile waits for its {@link Connection.end}, or {@link Connection.failed}.
   *
   * @throws {ClosedError} If the connection was closed, or is about to be.
   */
  begin(): void {
    if (this.#quitting || this.#isEnded) this.#refuse()
    this.#calls++
  }

  /** Ends a call that has begun. */
  end(): void {
    this.#calls--
    this.#callsEnded.settle()
  }

  /** Ends a call that has failed. @returns What it has failed with. */
  async failed(error: unknown): Promise<unknown> {
    this.end()
    return await this.#told(error)
  }

  /**
   * A block with `await using` that returns the promise of a call hands it on when it has said goodbye: what is told before that finds nobody who listens, which ends
   * the process. Other calls may wait for this one, and the goodbye for them; so may those who have a stream open.
   */
  async #told(error: unknown): Promise<unknown> {
    if (this.#calls === 0 && this.streams.size === 0) await this.#quitting?.catch(() => {})
    return error
  }

  /** @throws {ClosedError} Always. */
  #refuse(): never {
    throw new ClosedError('use the client', {
      reason: 'it was closed before this call began; is an `await` missing?',
    })
  }

  /** As {@link Connection.run}; `abort` ends it, too. */
  async transfer<T>(
    signal: AbortSignal | undefined,
    work: (session: Session, signal: AbortSignal) => Promise<T>,
    wanted?: () => void,
  ): Promise<T> {
    const waiting = this.#enter(signal, wanted)
    if (waiting) await this.#countingTransfer(waiting)
    const running = this.#running.begin(signal)
    try {
      this.#checkOpen()
      const session = this.#session
      const result = await work(session, running.signal)
      askAhead(session)
      return result
    } finally {
      running.end()
      this.#access.leave()
    }
  }

  async #countingTransfer(waiting: Promise<void>): Promise<void> {
    this.#transfersWaiting++
    try {
      await waiting
    } finally {
      this.#transfersWaiting--
    }
  }

  /** Settles when it is the caller's turn; undefined if it is at once. */
  #enter(signal: AbortSignal | undefined, wanted: (() => void) | undefined): Promise<void> | undefined {
    checkSignal(signal)
    signal?.throwIfAborted()
    this.#checkBody('use the client')
    if (this.#isEnded) throw closedHere()
    // What waits when the client is told to quit goes before that, and so does what belongs to a call that has begun.
    if (this.#isOver) this.#refuse()
    return this.#waitForTurn(signal, wanted)
  }

  /** Waiting ends if the turn is held by a stream that nobody uses. */
  #waitForTurn(signal: AbortSignal | undefined, wanted?: () => void): Promise<void> | undefined {
    const { clock, timeouts } = this.settings
    if (this.streams.size === 0 || timeouts.command === undefined) return this.#access.enter(signal, wanted)
    const waiting = new AbortController()
    const forget = onAbort(signal, (reason) => waiting.abort(reason))
    const rest = watchForgotten(this.streams, { clock, timeout: timeouts.command }, (error) => waiting.abort(error))
    const stop = () => {
      forget()
      rest()
    }
    const entering = this.#access.enter(waiting.signal, wanted)
    if (!entering) stop()
    return entering?.finally(stop)
  }

  /** Runs `work` at once; `abort` ends it, too. */
  async abortable<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await this.#running.run(signal, work)
  }

  /** Ends the transfer that runs, with this reason. */
  abort(reason: unknown): void {
    this.#running.abort(reason)
  }

  /** Runs the body of a stream. Calls that it makes of the same client are refused, as long as `isOpen`. */
  async inBody<T>(body: () => Promise<T> | T): Promise<T> {
    const place = { isOpen: true }
    try {
      return await this.#bodies.run(place, body)
    } finally {
      place.isOpen = false
    }
  }

  /** Opens a new connection, if this one is lost, and goes to the directory that was the working directory. */
  async reconnect(signal: AbortSignal | undefined): Promise<void> {
    this.#checkBody('reconnect')
    if (this.#isOver) throw new ClosedError('reconnect', { reason: 'the client was closed' })
    await this.#access.enter(signal)
    try {
      if (this.#isOver) throw new ClosedError('reconnect', { reason: 'the client was closed' })
      if (this.#session.control.failure !== undefined) await this.abortable(signal, (end) => this.#reopen(end))
    } finally {
      this.#access.leave()
    }
  }

  async #reopen(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { directory } = this.#session
    const session = await openSession(this.settings, signal)
    try {
      if (directory !== undefined) await session.command('CWD', directory, { signal })
      session.directory = directory
      signal.throwIfAborted() // by `close`
    } catch (error) {
      session.control.destroy()
      throw error
    }
    this.#endKeepAlive()
    this.#session.control.destroy()
    this.#session = session
    session.isTransferNext = this.#isTransferNext
    this.#endKeepAlive = keepAlive(session)
  }

  /**
   * QUIT, and closes the connection. Later calls join the first one.
   *
   * @throws The signal's reason, to the caller whose signal it is; the connection is closed at once then.
   */
  async quit(signal: AbortSignal | undefined): Promise<void> {
    checkSignal(signal)
    this.#checkBody('quit')
    if (this.#isEnded && !this.#quitting) return
    this.#quitting ??= this.#quit()
    const quitting = this.#quitting
    await new Promise<void>((resolve, reject) => {
      const forget = onAbort(signal, (reason) => {
        reject(reason)
        this.close()
      })
      quitting.finally(forget).then(resolve, reject)
    })
  }

  /** Closes the connection at once. */
  close(): void {
    this.#isEnded = true
    this.#callsEnded.settle()
    this.#endKeepAlive()
    const reason = closedHere()
    this.abort(reason)
    this.#session.control.destroy(reason)
  }

  async #quit(): Promise<void> {
    try {
      while (this.#calls > 0 && !this.#isEnded) await this.#callsEnded.next()
      this.#isEnded = true
      await this.#waitForTurn(undefined)
      try {
        if (this.#session.control.failure === undefined) await this.#sayGoodbye()
      } finally {
        this.#access.leave()
      }
    } finally {
      this.#isEnded = true
      // Not before: what runs can take long, and a `reconnect` that waits makes a new one.
      this.#endKeepAlive()
      this.#session.control.destroy()
    }
  }

  async #sayGoodbye(): Promise<void> {
    const { clock, host, timeouts } = this.settings
    const timeout = Math.min(timeouts.command ?? GOODBYE_WITHIN, GOODBYE_WITHIN)
    const patience = new LightAbortController()
    const late = () => patience.abort(new TimeoutError('command', timeout, { command: 'QUIT', host }))
    const cancel = clock.sleepUntil(clock.now() + timeout, late, timeout / 100)
    try {
      await this.#session.quit(patience.signal)
    } finally {
      cancel()
    }
  }

  /** Whether nothing may begin any more. */
  get #isOver(): boolean {
    return this.#isEnded || (this.#quitting !== undefined && this.#calls === 0)
  }

  /** @throws {BusyError} In the body of a stream: the call would wait for that, and that for the call. */
  #checkBody(action: string): void {
    if (!this.#bodies.getStore()?.isOpen) return
    throw new BusyError(`${action} in the body of one of its streams`, {
      reason: 'the stream has the connection until it ends; end it first, or use another client or a ClientPool',
    })
  }

  #checkOpen(): void {
    const { failure } = this.#session.control
    if (failure)
      throw new ClosedError('use the client', {
        cause: failure,
        reason: this.#isEnded ? 'it was closed' : 'the connection is lost; reconnect() opens it anew',
      })
  }
}

/** What calls fail with that had begun when the client was closed. */
function closedHere(): ClosedError {
  return new ClosedError('go on', { reason: 'the client was closed' })
}

/** @throws {TypeError} If a path is no text. What can't be sent is told by the command. */
export function checkPath(action: string, path: string): void {
  if (typeof path === 'string' && path !== '') return
  throw new TypeError(`Cannot ${action}: the path must be text that is not empty, is ${JSON.stringify(path)}`)
}
