import type { Basin } from './basin.ts'
import { Demand } from './demand.ts'
import { Portion, type ShareSettings } from './portion.ts'
import type { Purchase, Sale } from './protocol.ts'
import { ServerTime } from './server-time.ts'
import { Spending } from './spending.ts'

/** Who wants nothing shows itself at this pace, in ms, and no more after the second: then it leaves. */
const HEARTBEAT = 333
const DORMANT_AFTER = 30_000

/** Without Redis it needs no longer than this, in ms: then no timer is left, and the process may end. */
const ASLEEP_AFTER = 1000

/** A call that takes longer, or this many rounds, is an outage. */
const PATIENCE = 500
const PATIENCE_ROUNDS = 4

/** So many calls may come before their round; from then on they are a round apart. */
const BROUGHT_FORWARD = 4

/** Who is woken by so many ms too late has stood still. */
const STALL = 50

/** The longest time between two tries to reach Redis; the round trip makes a round no longer than the second. */
const LONGEST_BACKOFF = 1000
const LONGEST_INTERVAL = 1000

/**
 * One process's share of a budget: when to ask Redis for how much, and what to do if it does not answer. It only decides; time is an
 * argument, and the calls and timers are made by others.
 */
export class Share {
  readonly #basin: Basin
  readonly #settings: ShareSettings
  readonly #time = new ServerTime()
  readonly #demand = new Demand()
  readonly #portion: Portion
  readonly #spending: Spending
  #version = 0
  #askAt: number
  #lastAskedAt = -Infinity
  /** When the last call would have been made, had all been a round apart; a little behind, so that some may be brought forward. */
  #askedUpTo = -Infinity
  #sentAt: number | undefined
  /** For how long this process stood still while it waited for a reply, in ms: that is no silence of Redis. */
  #stoodStill = 0
  #contactAt = -Infinity
  #failures = 0
  #outage = false
  /** Whether the last reply came after the lease before had ended. */
  #late = false
  #dormant = false
  #watched = false
  /** Whether the limit was set here and Redis has not heard of it yet. */
  #ownLimit = false

  constructor(basin: Basin, settings: ShareSettings, now: number) {
    this.#basin = basin
    this.#settings = settings
    this.#portion = new Portion(settings)
    this.#spending = new Spending(basin, this.#portion, now)
    this.#askAt = now
  }

  /** What is its part. */
  get portion(): Readonly<Portion> {
    return this.#portion
  }

  /** Bytes per second, or null. */
  get limit(): number | null {
    return this.#portion.limit
  }

  /** Whether Redis is out of reach. */
  get outage(): boolean {
    return this.#outage
  }

  /** Whether the process has left, since nothing was wanted for long. */
  get dormant(): boolean {
    return this.#dormant
  }

  /** When Redis answered last, in ms; -Infinity if it never did. */
  get contactAt(): number {
    return this.#contactAt
  }

  /** How long calls take, in ms. */
  get roundTrip(): number {
    return this.#time.usual
  }

  /** Whether the process wanted nothing for so long that it should leave. */
  isIdle(now: number): boolean {
    return !this.#dormant && this.#isIdle(now, DORMANT_AFTER)
  }

  /** Somebody needs bytes that are not there. @returns Whether it is time for {@link Share.advance}. */
  wanted(now: number): boolean {
    if (this.#dormant) {
      this.#dormant = false
      this.#askAt = now
      return true
    }
    const canAsk = this.#sentAt === undefined && !this.#outage && this.#portion.limit !== null
    if (!canAsk || this.#spending.ahead > 0 || this.#soon(now) >= this.#askAt) return false
    this.#askAt = this.#soon(now)
    return true
  }

  /** Sets another limit here. Until {@link Share.setVersion} tells that Redis knows of it, it holds against what Redis says. */
  setLimit(limit: number | null, now: number): void {
    this.#ownLimit = true
    this.#adopt(limit, now)
  }

  /** Redis knows of the limit that was set here. */
  setVersion(version: number): void {
    this.#ownLimit = false
    this.#version = Math.max(this.#version, version)
  }

  /** Whether Redis can tell that this process has ended. */
  get watched(): boolean {
    return this.#watched
  }

  setWatched(watched: boolean): void {
    this.#watched = watched
  }

  setWeight(weight: number): void {
    this.#portion.weight = weight
  }

  /** Does what is due. @returns When to call again, in ms. */
  advance(now: number): number {
    const spending = this.#spending
    this.#basin.settle(now)
    if (spending.begin(now) && this.#sentAt === undefined && this.#basin.isBinding(now)) this.#askAt = this.#soon(now)
    if (this.#dormant) return Infinity
    if (now > this.#overdueAt + STALL) this.#stoodStill += now - this.#overdueAt + STALL
    else if (now >= this.#overdueAt) this.#outage = true
    if (this.#mayBridge(now)) this.#bridge(now)
    const times = [spending.nextAt, this.#outage ? this.#contactAt + this.#settings.partitionTtl : Infinity]
    if (this.#sentAt === undefined) times.push(this.#askAt)
    else times.push(this.#overdueAt, spending.endsAt, Math.max(spending.endsAt, this.#sentAt + this.#portion.interval))
    if (this.#failures > 0) times.push(spending.endsAt)
    return Math.min(...times.filter((time) => time > now))
  }

  /** Whether a call is due. */
  isDue(now: number): boolean {
    return !this.#dormant && this.#sentAt === undefined && now >= this.#askAt
  }

  /** The call that is due; its end must be told by {@link Share.sold} or {@link Share.failed}. */
  purchase(now: number): Purchase {
    const basin = this.#basin
    const { limit, weight, weights, interval } = this.#portion
    basin.settle(now)
    this.#demand.note(basin.drawn, now)
    const idle = basin.paused || limit === null
    const hungry = !idle && this.#isHungry(now)
    const need = hungry ? Infinity : idle ? 0 : this.#demand.rate * interval
    const want = hungry ? (this.#spending.ahead === 0 ? Infinity : 0) : idle ? 0 : this.#missing(need, now)
    this.#sentAt = now
    this.#stoodStill = 0
    this.#lastAskedAt = now
    // Those that come in their own time don't have to wait for each other.
    const askedUpTo = Math.min(now + interval, this.#askedUpTo + interval)
    this.#askedUpTo = Math.max(now - BROUGHT_FORWARD * interval, askedUpTo)
    return {
      version: this.#version,
      limit,
      weight,
      interval: Math.max(this.#settings.interval, Math.min(LONGEST_INTERVAL, 2 * this.#time.usual)),
      need: need < 1 ? 0 : need,
      want,
      back: this.#spending.takeBack(),
      ...this.#portion.holding,
      watched: this.#watched,
      waiting: basin.waiting,
      weights,
      holds: !this.#spending.bridging && this.#contactAt > -Infinity,
      paused: this.#portion.sale?.paused ?? false,
    }
  }

  /** Redis has answered. */
  sold(sale: Sale, sentAt: number, now: number): void {
    const spending = this.#spending
    this.#basin.settle(now)
    const soldAt = this.#time.note(sale.now, sentAt, now)
    this.#late = now - sentAt > this.#portion.interval && sale.retry === 0
    this.#sentAt = undefined
    this.#failures = 0
    this.#outage = false
    this.#contactAt = now
    this.#portion.sale = sale
    if (sale.version >= this.#version && !this.#ownLimit) {
      this.#version = sale.version
      this.#adopt(sale.limit, now)
    }
    const { limit } = this.#portion
    if (limit === null) {
      this.#askAt = now + HEARTBEAT
      return
    }
    const bytes = sale.limit === null ? 0 : (sale.bytes * limit) / sale.limit
    if (bytes > 0) spending.add(soldAt + sale.lead, bytes, sale.lead, now)
    spending.endBridge(now)
    if (sale.paused || this.#basin.paused) spending.giveUp(now)
    spending.begin(now)
    spending.pace(now)
    this.#askAt = this.#nextAsk(sale, now)
  }

  /** The call has failed. */
  failed(now: number): void {
    this.#sentAt = undefined
    this.#outage = true
    const backoff = this.#portion.interval * 2 ** Math.min(10, this.#failures++)
    this.#askAt = now + Math.min(LONGEST_BACKOFF, backoff)
    if (this.#isIdle(now, ASLEEP_AFTER)) this.leave(now)
  }

  /** Nothing is to pass for a while: what was bought goes back. */
  pause(now: number): void {
    this.#basin.settle(now)
    if (this.#portion.limit !== null) this.#spending.giveUp(now)
  }

  /** Ends the share, until somebody needs bytes again. @returns Bytes that were bought and will not be used. */
  leave(now: number): number {
    this.pause(now)
    this.#dormant = true
    return this.#spending.takeBack()
  }

  /** When a call that is on its way is an outage, in ms. */
  get #overdueAt(): number {
    if (this.#sentAt === undefined) return Infinity
    return this.#sentAt + Math.max(PATIENCE, PATIENCE_ROUNDS * this.#portion.interval) + this.#stoodStill
  }

  /** At once, or if a call was only just made, a little later. */
  #soon(now: number): number {
    const { interval } = this.#portion
    return Math.max(now, this.#lastAskedAt + interval / 10, this.#askedUpTo)
  }

  #adopt(limit: number | null, now: number): void {
    const before = this.#portion.limit
    if (limit === before) return
    this.#basin.settle(now)
    this.#portion.limit = limit
    this.#spending.rescale(before, now)
    if (limit === null || before === null) this.#askAt = now
    if (this.#spending.bridging) this.#bridge(now)
  }

  /** Whether somebody waits for bytes, or has had more than there were. */
  #isHungry(now: number): boolean {
    return this.#basin.isBinding(now) || this.#basin.level < 0
  }

  /** How many bytes to buy for `need` bytes in a round; what is too much is put aside. */
  #missing(need: number, now: number): number {
    // What is bought now begins only after what is sold already.
    const enough = this.#portion.stock + (1.5 + this.#portion.ahead) * need
    this.#spending.spare(enough + need / 2, now)
    return Math.max(0, Math.ceil(enough - this.#spending.held))
  }

  #mayBridge(now: number): boolean {
    const { limit, sale, interval } = this.#portion
    if (limit === null || this.#basin.paused || sale?.paused) return false
    if (now < this.#spending.endsAt || this.#spending.ahead > 0) return false
    if (this.#outage) return true
    // A reply that is late: the process goes on, and what is in the reply is less by that.
    if (this.#contactAt === -Infinity || this.#sentAt === undefined) return false
    return this.#late || now - this.#sentAt >= interval
  }

  /** With how many bytes per second it goes on without Redis, at `now`; 0 for none. */
  outageRate(now: number): number {
    return this.#portion.outageRate(now < this.#contactAt + this.#settings.partitionTtl)
  }

  #bridge(now: number): void {
    const without = this.outageRate(now)
    // While a reply is only late, its lease is still to be expected.
    const rate = this.#outage || without === 0 ? without : Math.max(without, this.#portion.pace * 1000)
    this.#spending.bridge(rate, !this.#outage, now)
  }

  #nextAsk(sale: Sale, now: number): number {
    const { interval, stock } = this.#portion
    if (sale.retry > 0) return now + sale.retry
    const open = !this.#basin.paused && !sale.paused
    if (open && this.#isHungry(now)) {
      // The next is bought when this one begins; that is then brought forward.
      return this.#spending.ahead === 0 ? this.#soon(now) : Math.max(now, this.#spending.nextAt) + interval
    }
    const needs = open && (this.#demand.rate * interval >= 1 || this.#basin.level + this.#basin.supply < stock / 2)
    return this.#lastAskedAt + (needs ? interval : Math.max(HEARTBEAT, interval))
  }

  #isIdle(now: number, ms: number): boolean {
    // Without a limit nobody ever asks, so it must hear of a new one.
    if (this.#portion.limit === null) return false
    return this.#basin.waiting === 0 && this.#basin.level >= 0 && this.#demand.idleFor(this.#basin.drawn, now) >= ms
  }
}
