import { checkMilliseconds, checkOptions, optionNames, WAIT } from '../check-options.ts'
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import { BusyError } from '../errors.ts'
import { type Sleeper, SleeperHeap } from './sleeper-heap.ts'
import { StuckError } from './stuck-error.ts'

export interface VirtualClockOptions {
  /**
   * The time to begin at, in ms.
   *
   * @default 0
   */
  readonly start?: number
  /**
   * Turns of the event loop (`setImmediate`) with which everything that can run has run. Each turn drains all microtasks and
   * `process.nextTick`s, which is what Node and web streams are made of, so one would do for those; the second lets code that
   * itself uses `setImmediate` come first. More are needed only for chains of `setImmediate`. At least 1.
   *
   * @default 2
   */
  readonly turns?: number
  /**
   * How long {@link VirtualClock.run} waits for real I/O when nobody sleeps, before it calls that a deadlock. In ms of real time.
   *
   * @default 100
   */
  readonly grace?: number
  /**
   * How many may wake at one moment, before the clock takes it for a loop in which time stands still. At least 1.
   *
   * @default 1_000_000
   */
  readonly wakesPerMoment?: number
}

export interface AdvanceOptions {
  /** Stops the drive, which rejects with the signal's reason. Whoever sleeps goes on sleeping. */
  readonly signal?: AbortSignal | undefined
}

export interface RunOptions extends AdvanceOptions {
  /**
   * The virtual time that the body may take, in ms. It bounds bodies that hang while something else keeps sleeping, such as
   * a keep-alive.
   *
   * @default 86_400_000, a day
   */
  readonly within?: number
}

const OPTIONS = optionNames<VirtualClockOptions>({ start: true, turns: true, grace: true, wakesPerMoment: true })
const RUN_OPTIONS = optionNames<RunOptions>({ within: true, signal: true })

/** One call of run or advance. */
interface Drive {
  /** Time goes no further. */
  readonly until: number
  /** True if the drive ends with its body, false if it ends by arriving at `until`. */
  readonly hasBody: boolean
  readonly ended: Promise<void>
  /** The failure is in a box, since one can throw undefined, too. */
  readonly settle: (failure: Failure | undefined) => void
}

interface Failure {
  readonly error: unknown
}

/**
 * A clock for tests. Time stands still while anything can run; when all that is left to do is to sleep, it jumps to the first
 * who wakes. Hours pass in moments, and the same program does the same in the same order each time.
 *
 * ```ts
 * const clock = new VirtualClock()
 * const took = await clock.run(async () => {
 *   await clock.sleep(3_600_000)
 *   return clock.now()
 * }) // 3_600_000, at once
 * ```
 *
 * Sleepers wake in order of their time, then of registration, one at a time: whatever a wake sets free in microtasks runs before
 * the next. Time passes only in {@link VirtualClock.run} and {@link VirtualClock.advance}, one of them at a time.
 *
 * Real I/O (sockets, files, zlib) takes no virtual time, and the clock does not wait for it while anybody sleeps.
 */
export class VirtualClock implements Clock {
  readonly #turns: number
  readonly #grace: number
  readonly #wakesPerMoment: number
  readonly #sleepers = new SleeperHeap()
  #now: number
  #order = 0
  /** Wakes since the time last changed. */
  #wakes = 0
  #drive: Drive | undefined
  /** Turns of the event loop since anything was woken. */
  #quietTurns = 0
  #immediate: NodeJS.Immediate | undefined
  #cancelGrace: (() => void) | undefined

  /** @throws {RangeError} If an option is out of its range. */
  constructor(options: VirtualClockOptions = {}) {
    checkOptions('make a clock', options, OPTIONS)
    const { start = 0, turns = 2, grace = 100, wakesPerMoment = 1_000_000 } = options
    checkMilliseconds('make a clock', 'start', start)
    checkMilliseconds('make a clock', 'grace', grace)
    check('make a clock', 'start', start, Number.isFinite(start), 'finite')
    check('make a clock', 'turns', turns, Number.isInteger(turns) && turns > 0, 'an integer > 0')
    check('make a clock', 'grace', grace, grace >= 0 && grace < Infinity, '>= 0 and finite')
    check('make a clock', 'wakesPerMoment', wakesPerMoment, wakesPerMoment >= 1, '>= 1')
    this.#now = start
    this.#turns = turns
    this.#grace = grace
    this.#wakesPerMoment = wakesPerMoment
  }

  now(): number {
    return this.#now
  }

  /** How many sleepers there are: 0 when no timer is left. */
  get pending(): number {
    return this.#sleepers.size
  }

  /**
   * Calls `wake` at `time` exactly; there is no use for slack. A time in the past means this very moment, after those who were
   * due at it already. `Infinity` never comes.
   *
   * If `wake` throws, the drive rejects with that error.
   *
   * @throws {RangeError} If `time` is NaN.
   */
  sleepUntil(time: number, wake: () => void): () => void {
    check('sleep', 'time', time, !Number.isNaN(time), 'a number')
    const sleeper: Sleeper = { time: Math.max(time, this.#now), order: this.#order++, wake, index: -1 }
    this.#sleepers.add(sleeper)
    if (this.#cancelGrace && time < Infinity) this.#resume()
    return () => this.#sleepers.remove(sleeper)
  }

  /**
   * Waits for `ms` of virtual time.
   *
   * @throws {RangeError} If `ms` is negative or NaN.
   */
  async sleep(ms: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkMilliseconds('sleep', 'ms', ms)
    checkOptions('sleep', options, WAIT)
    check('sleep', 'ms', ms, ms >= 0, '>= 0')
    const { signal } = options
    signal?.throwIfAborted()
    let stop: (() => void) | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        const cancel = this.sleepUntil(this.#now + ms, resolve)
        stop = () => {
          cancel()
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', stop)
      })
    } finally {
      if (stop) signal?.removeEventListener('abort', stop)
    }
  }

  /**
   * Runs `body`, and lets time pass until it settles. Who still sleeps then goes on sleeping, and time stands still again.
   *
   * @param body Called at once; or a promise.
   * @returns What `body` returned.
   * @throws What `body` or a wake threw, or the signal's reason.
   * @throws {StuckError} If `body` can never settle: nothing runs and nobody sleeps, or it takes longer than `within`, or too many
   * wake without time passing.
   * @throws {BusyError} If the clock is being driven already.
   */
  async run<T>(body: PromiseLike<T> | (() => T | PromiseLike<T>), options: RunOptions = {}): Promise<T> {
    checkOptions('run', options, RUN_OPTIONS)
    const { within = 86_400_000, signal } = options
    checkMilliseconds('run', 'within', within)
    check('run', 'within', within, within >= 0, '>= 0')
    const drive = this.#begin('run the clock', this.#now + within, true, signal)
    const stop = () => this.#end(drive)
    const result = (async () => (typeof body === 'function' ? body() : body))()
    result.then(stop, stop)
    await drive.ended
    return result
  }

  /**
   * Lets `ms` of virtual time pass, and wakes whoever is due on the way. 0 wakes those who are due now, and lets everything run
   * that can.
   *
   * @throws What a wake threw, or the signal's reason.
   * @throws {RangeError} If `ms` is negative or not finite.
   * @throws {StuckError} If too many wake without time passing.
   * @throws {BusyError} If the clock is being driven already.
   */
  async advance(ms: number, options: AdvanceOptions = {}): Promise<void> {
    checkMilliseconds('advance', 'ms', ms)
    checkOptions('advance', options, WAIT)
    check('advance', 'ms', ms, ms >= 0 && ms < Infinity, '>= 0 and finite')
    await this.#begin('advance the clock', this.#now + ms, false, options.signal).ended
  }

  #begin(action: string, until: number, hasBody: boolean, signal: AbortSignal | undefined): Drive {
    if (this.#drive) throw new BusyError(action)
    signal?.throwIfAborted()
    const abort = () => this.#end(drive, { error: signal?.reason })
    signal?.addEventListener('abort', abort)
    let settle: Drive['settle'] = () => {}
    const ended = new Promise<void>((resolve, reject) => {
      settle = (failure) => {
        signal?.removeEventListener('abort', abort)
        if (failure) reject(failure.error)
        else resolve()
      }
    })
    const drive: Drive = { until, hasBody, ended, settle }
    this.#drive = drive
    this.#resume()
    return drive
  }

  #end(drive: Drive, failure?: Failure): void {
    if (this.#drive !== drive) return
    this.#drive = undefined
    clearImmediate(this.#immediate)
    this.#cancelGrace?.()
    this.#cancelGrace = undefined
    drive.settle(failure)
  }

  #fail(drive: Drive, state: string): void {
    this.#end(drive, { error: new StuckError(state, this.#now, this.pending) })
  }

  #resume(): void {
    this.#cancelGrace?.()
    this.#cancelGrace = undefined
    this.#quietTurns = 0
    this.#immediate = setImmediate(this.#turn)
  }

  /** One turn of the event loop has gone by. The same function each time, so that a jump allocates nothing here. */
  readonly #turn = (): void => {
    const drive = this.#drive
    if (!drive) return
    const next = this.#sleepers.peek()
    const isDue = next !== undefined && next.time <= this.#now
    this.#quietTurns++
    if (isDue) this.#wake(drive, next)
    else if (this.#quietTurns < this.#turns) this.#immediate = setImmediate(this.#turn)
    else if (next !== undefined && next.time <= drive.until && next.time < Infinity) {
      this.#setTime(next.time)
      this.#wake(drive, next)
    } else this.#arrive(drive, next)
  }

  #setTime(time: number): void {
    if (time > this.#now) this.#wakes = 0
    this.#now = time
  }

  #wake(drive: Drive, sleeper: Sleeper): void {
    if (++this.#wakes > this.#wakesPerMoment) {
      this.#fail(drive, `time stands still, though ${this.#wakesPerMoment} sleepers woke`)
      return
    }
    this.#sleepers.remove(sleeper)
    this.#quietTurns = 0
    try {
      sleeper.wake()
    } catch (error) {
      this.#end(drive, { error })
    }
    if (this.#drive === drive) this.#immediate = setImmediate(this.#turn)
  }

  /** Nobody wakes up to the end of the drive. */
  #arrive(drive: Drive, next: Sleeper | undefined): void {
    if (!drive.hasBody) {
      this.#setTime(drive.until)
      this.#end(drive)
    } else if (next !== undefined && next.time < Infinity) {
      this.#setTime(drive.until)
      this.#fail(drive, 'the body did not settle within its time')
    } else {
      // A file that is being read may still set things going: sleepUntil() resumes, the body's end ends.
      const state = 'deadlock, nothing can run any more and the body has not settled'
      this.#cancelGrace = systemClock.sleepUntil(systemClock.now() + this.#grace, () => this.#fail(drive, state))
    }
  }
}

function check(action: string, name: string, value: number, isInRange: boolean, range: string): void {
  if (typeof value !== 'number')
    throw new TypeError(`Cannot ${action}: '${name}' must be a number, not ${typeof value}`)
  if (!isInRange) throw new RangeError(`Cannot ${action}: '${name}' must be ${range}: current value is ${value}`)
}
