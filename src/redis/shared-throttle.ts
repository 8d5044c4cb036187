import { EventEmitter } from 'node:events'
import { hostname } from 'node:os'
import { checkOptions, optionNames } from '../check-options.ts'
import { StreamThrottle } from '../throttle/stream-throttle.ts'
import { gateOf, Throttle, type ThrottleOptions, type ThrottleStats } from '../throttle/throttle.ts'
import { type Duration, formatRate, parseDuration, parseRate, type Rate } from '../units.ts'
import { abortable, type WaitOptions } from './abortable.ts'
import { GateBasin } from './basin.ts'
import { budgetLimit, memberWeight } from './bounds.ts'
import { type Member, parseMembers } from './budget-state.ts'
import { type RedisClient, runnerOf } from './clients.ts'
import { checkName, keysOf } from './keys.ts'
import { Link } from './link.ts'
import { type OnOutage, parseOnOutage } from './outage.ts'
import { Share } from './share.ts'

export interface SharedThrottleOptions extends ThrottleOptions {
  /**
   * Bytes per second for all processes together, > 0, as a number or text; null does not limit. It is the limit only if Redis
   * knows of none yet.
   */
  readonly limit: Rate | null
  /**
   * The part of this process in proportion to that of the others, > 0.
   * @default 1
   */
  readonly weight?: number | undefined
  /**
   * How often each process asks Redis for its next part, in ms or as text, from 10 ms to 10 s. It becomes longer by itself with more than
   * 100 processes, and where a call takes longer than half of it.
   * @default 100
   */
  readonly interval?: Duration | undefined
  /** What to do while Redis is out of reach. @default 'hold-share' */
  readonly onOutage?: OnOutage | undefined
  /**
   * How long the share of a process is kept for it while it is cut off from Redis, in ms or as text: it goes on with it for so long,
   * and for so long it is not given to others.
   * @default 10_000
   */
  readonly partitionTtl?: Duration | undefined
  /**
   * Bytes per second that a process has in an outage in any case: if it never reached Redis, or its share is no longer kept.
   * @default a hundredth of the limit, or a tenth of its part by weight
   */
  readonly floor?: Rate | undefined
  /**
   * What this process is called among those who share; no other must be called so.
   * @default host name, process id and a few random letters
   */
  readonly member?: string | undefined
  /**
   * Whether to keep a second connection, by which Redis can tell a process that has ended from one that is cut off. Without it the
   * share of a process that was killed returns after `partitionTtl` only.
   * @default true
   */
  readonly watch?: boolean | undefined
}

type PairOptions = Omit<SharedThrottleOptions, 'limit'> & { readonly read: Rate | null; readonly write: Rate | null }

const NAMES = {
  ...{ burst: true, resetRate: true, clock: true, weight: true, interval: true, onOutage: true },
  ...{ partitionTtl: true, floor: true, member: true, watch: true },
}
const OPTIONS = optionNames<SharedThrottleOptions>({ ...NAMES, limit: true })
const PAIR_OPTIONS = optionNames<PairOptions>({ ...NAMES, read: true, write: true })

/** What a {@link SharedThrottle} tells of. */
export interface SharedThrottleEvents {
  /** Redis can't be reached, or refuses; told once for each outage. */
  outage: [error: Error]
  /** Redis is back after so many ms. */
  recovered: [after: number]
  /** The limit has changed, here or elsewhere. */
  limit: [limit: number | null]
}

/** What the throttle of this process has done, and how it stands with the others. Bytes, bytes per second and ms. */
export interface SharedThrottleStats extends ThrottleStats {
  /**
   * What this process got lately of the limit, by Redis's count, or 0 where there is no limit to have a part of. In an outage what
   * it goes on with, which without a limit is Infinity.
   */
  readonly share: number
  /** How many share the limit, as of the last answer of Redis; 0 before the first. */
  readonly members: number
  /** Whether Redis is out of reach. */
  readonly outage: boolean
  /** How many outages there were, with the present one. */
  readonly outages: number
}

/** How a process stands with Redis and the others. Bytes per second and ms. */
export interface Sharing {
  /** `'joining'` before Redis has answered; `'idle'` when nothing was wanted for 30 s. */
  readonly state: 'joining' | 'joined' | 'outage' | 'idle' | 'closed'
  readonly member: string
  readonly weight: number
  /** How many share the budget, and the sum of their weights; as of the last answer. */
  readonly members: number
  readonly weights: number
  /** What this process got lately, by Redis's count. */
  readonly rate: number
  /** What it would go on with if Redis were gone now, or goes on with in an outage; Infinity without a limit. */
  readonly outageRate: number
  /** Whether the budget is paused for all. */
  readonly paused: boolean
  /** How long a round takes; how long a call takes; how many calls there were. */
  readonly interval: number
  readonly roundTrip: number
  readonly calls: number
  /** How long the present outage lasts, and why; or undefined. */
  readonly outage: { readonly lasts: number; readonly error: Error | undefined } | undefined
}

/**
 * A limit on bytes per second that several processes, on one machine or many, share through Redis or Valkey. It is a `Throttle` in
 * every respect: for streams, flows and chains, beside local ones.
 */
export class SharedThrottle extends Throttle {
  /** What the budget is called in Redis. */
  readonly name: string
  /** What this process is called among those who share. */
  readonly member: string
  readonly #client: RedisClient
  readonly #options: SharedThrottleOptions
  readonly #share: Share
  readonly #link: Link
  readonly #events = new EventEmitter<SharedThrottleEvents>()

  /**
   * @param client A connected client of ioredis or node-redis (single, Sentinel or cluster), or a `ScriptRunner`. It stays yours.
   * @param name What the budget is called in Redis, without braces.
   * @throws {TypeError | RangeError} If an argument is wrong.
   */
  constructor(client: RedisClient, name: string, options: SharedThrottleOptions) {
    checkOptions('share a budget', options, OPTIONS)
    const { limit, burst, resetRate, clock, weight = 1, onOutage = 'hold-share', floor, watch = true } = options
    if (limit === undefined) throw new TypeError("Cannot share a budget: 'limit' must be a rate or null, is undefined")
    budgetLimit(limit)
    const keys = keysOf(name)
    const runner = runnerOf(client, watch)
    const member = options.member ?? `${hostname()}:${process.pid}:${Math.random().toString(36).slice(2, 8)}`
    checkName('share a budget', 'member', member)
    const interval = between('interval', options.interval ?? 100, 10, 10_000)
    const partitionTtl = between('partitionTtl', options.partitionTtl ?? 10_000, 0, 86_400_000)
    const settings = {
      weight: memberWeight(weight),
      interval,
      onOutage: parseOnOutage(onOutage),
      partitionTtl,
      floor: floor === undefined ? undefined : parseRate(floor),
    }
    super({ limit, burst, resetRate, clock })
    this.name = name
    this.member = member
    this.#client = client
    this.#options = options
    const gate = gateOf(this)
    const basin = new GateBasin(gate)
    this.#share = new Share(basin, { limit: super.limit, burst: this.burst, ...settings }, this.clock.now())
    this.#link = new Link(
      this.#share,
      { clock: this.clock, runner, name, member, keys },
      {
        outage: (error) => this.#tellOutage(error),
        recovered: (after) => this.#events.emit('recovered', after),
        limit: (limit) => this.#events.emit('limit', limit),
      },
    )
    gate.onNeed = () => {
      if (this.#share.wanted(this.clock.now())) this.#link.schedule()
    }
  }

  /** A pair for the two directions of streams: two budgets, called `name:read` and `name:write`. */
  static pair(
    client: RedisClient,
    name: string,
    options: Omit<SharedThrottleOptions, 'limit'> & { readonly read: Rate | null; readonly write: Rate | null },
  ): StreamThrottle {
    checkOptions('share a pair of budgets', options, PAIR_OPTIONS)
    const { read, write, ...rest } = options
    const readThrottle = new SharedThrottle(client, `${name}:read`, { ...rest, limit: read })
    return new StreamThrottle(readThrottle, new SharedThrottle(client, `${name}:write`, { ...rest, limit: write }))
  }

  /**
   * Bytes per second for all processes together, or null. Setting it changes it for all within a round, also if Redis can only be told
   * later.
   */
  override get limit(): number | null {
    return this.#share.limit
  }

  override set limit(limit: Rate | null) {
    // Before anything happens, and not in a promise.
    const rate = budgetLimit(limit)
    this.setLimit(rate).catch(() => {})
  }

  /** Sets the limit, and waits until Redis knows. @throws {OutageError} If it can't be told now; it will be, once it is back. */
  async setLimit(limit: Rate | null, options: WaitOptions = {}): Promise<void> {
    const rate = budgetLimit(limit)
    await abortable(() => {
      this.#share.setLimit(rate, this.clock.now())
      this.#link.schedule()
      return this.#link.setLimit()
    }, options)
  }

  /** The part of this process in proportion to that of the others. Setting it holds from the next round on. */
  get weight(): number {
    return this.#share.portion.weight
  }

  set weight(weight: number) {
    this.setWeight(memberWeight(weight)).catch(() => {})
  }

  /** Sets the weight, and waits until Redis knows. @throws {OutageError} If it can't be told now. */
  async setWeight(weight: number, options: WaitOptions = {}): Promise<void> {
    memberWeight(weight)
    await abortable(() => {
      this.#share.setWeight(weight)
      return this.#link.change(() => ['weight', this.member, String(weight)])
    }, options)
  }

  /** Lets nothing pass in this process until {@link SharedThrottle.resume}; the others have its part meanwhile. */
  override pause(): void {
    if (!this.paused) this.#share.pause(this.clock.now())
    super.pause()
  }

  /** Ends a pause of this process. The time of the pause brings no bytes. */
  override resume(): void {
    super.resume()
    gateOf(this).onNeed?.()
  }

  /** Settles when Redis has answered for the first time, or after an outage. @throws What Redis or its client said. */
  async ready(options: WaitOptions = {}): Promise<void> {
    await abortable(() => this.#link.ready(), options)
  }

  /**
   * Who shares the budget now. Each `rate` is what was bought lately, a few percent less than what light members move; their `bytes`
   * and `seen` from one call to the next tell exactly.
   *
   * @throws {OutageError} If Redis can't be reached.
   */
  async members(options: WaitOptions = {}): Promise<Member[]> {
    return parseMembers(await abortable(() => this.#link.run(['show', '']), options))
  }

  /** What has passed in this process, and how it stands with the others; {@link SharedThrottle.sharing} has more of the latter. */
  override get stats(): SharedThrottleStats {
    const { sale } = this.#share.portion
    const outage = this.#link.outageSince !== undefined
    return {
      ...super.stats,
      share: outage ? this.#outageRate : this.limit === null ? 0 : (sale?.rate ?? 0),
      members: sale?.count ?? 0,
      outage,
      outages: this.#link.outages,
    }
  }

  /** How this process stands with Redis and the others, now. */
  get sharing(): Sharing {
    const share = this.#share
    const { sale, weight } = share.portion
    const since = this.#link.outageSince
    const outage = since === undefined ? undefined : { lasts: this.clock.now() - since, error: this.#link.error }
    const state = outage ? 'outage' : share.dormant ? 'idle' : sale ? 'joined' : 'joining'
    return {
      state: this.#link.closed ? 'closed' : state,
      member: this.member,
      weight,
      members: sale?.count ?? 0,
      weights: sale?.weights ?? 0,
      rate: sale?.rate ?? 0,
      outageRate: this.#outageRate,
      paused: sale?.paused ?? false,
      interval: sale?.interval ?? 0,
      roundTrip: share.roundTrip,
      calls: this.#link.calls,
      outage,
    }
  }

  /**
   * Calls `listener` at each such event, until {@link SharedThrottle.off}. An outage that nobody listens for is a warning of the
   * process.
   */
  on<K extends keyof SharedThrottleEvents>(event: K, listener: (...args: SharedThrottleEvents[K]) => void): this {
    this.#events.on(event, listener as never)
    return this
  }

  /** Ends one {@link SharedThrottle.on}; without any such listener it does nothing. */
  off<K extends keyof SharedThrottleEvents>(event: K, listener: (...args: SharedThrottleEvents[K]) => void): this {
    this.#events.off(event, listener as never)
    return this
  }

  /**
   * A throttle with the same settings and a budget of its own, in Redis too. To share *this* budget once more, create another with the
   * same name.
   */
  override clone(): this {
    const name = `${this.name}/${Math.random().toString(36).slice(2, 10)}`
    const { member: _, ...options } = this.#options
    return new SharedThrottle(this.#client, name, { ...options, limit: this.limit, weight: this.weight }) as this
  }

  /**
   * Leaves the budget, and gives back what was bought and not used. Nothing passes any more: close the streams first. The client stays
   * open.
   */
  async close(): Promise<void> {
    this.pause()
    await this.#link.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** What this process has without Redis, in bytes per second. Where nothing is limited, no outage changes that. */
  get #outageRate(): number {
    return this.limit === null ? Infinity : this.#share.outageRate(this.clock.now())
  }

  #tellOutage(error: Error): void {
    if (this.#events.emit('outage', error)) return
    const { outageRate } = this.sharing
    const meanwhile = outageRate < Infinity ? `going on at ${formatRate(outageRate)}` : 'going on without a limit'
    process.emitWarning(`${error.message}; ${meanwhile} until it is back`, {
      type: 'SluiceWarning',
      code: 'SLUICE_OUTAGE',
    })
  }
}

function between(option: string, duration: Duration, least: number, most: number): number {
  const ms = parseDuration(duration)
  if (ms >= least && ms <= most) return ms
  throw new RangeError(`Cannot share a budget: '${option}' must be from ${least} to ${most} ms, is ${ms}`)
}
