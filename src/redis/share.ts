import type { Basin } from './basin.ts'
import { Demand } from './demand.ts'
import { Portion, type ShareSettings } from './portion.ts'
import type { Purchase, Sale } from './protocol.ts'
import { ServerTime } from './server-time.ts'

/** Bytes to be spent from `start` on. */
interface Lease {
  readonly start: number
  bytes: number
}

/** Who wants nothing shows itself at this pace, in ms, and no more after the second: then it leaves. */
const HEARTBEAT = 333
const DORMANT_AFTER = 30_000

/** Without Redis it needs no longer than this, in ms: then no timer is left, and the process may end. */
const ASLEEP_AFTER = 1000

/** A call that takes longer, or this many rounds, is an outage. */
const PATIENCE = 500
const PATIENCE_ROUNDS = 4

/** Who is woken by so many ms too late has stood still. */
const STALL = 50

/** The longest time between two tries to reach Redis; the round trip makes a round no longer than the second. */
const LONGEST_BACKOFF = 1000
const LONGEST_INTERVAL = 1000

/** What is left of a lease at its end goes into the next one, up to this many ms of it: what timers are late. */
const GRACE = 40

/** What was missed is made up for at so many times the fair pace, at most. */
const FASTEST = 1.5

/**
 * One process's share of a budget: buys slices of time from the script, one ahead, and spreads each evenly until the next begins.
 * It only decides; time is an argument, and the calls and timers are made by others.
 */
export class Share {
  readonly #basin: Basin
  readonly #settings: ShareSettings
  readonly #time = new ServerTime()
  readonly #demand = new Demand()
  /** Bought and not begun, in their order. */
  readonly #leases: Lease[] = []
  readonly #portion: Portion
  #version = 0
  #endsAt = -Infinity
  #back = 0
  #askAt: number
  #sentAt: number | undefined
  /** For how long this process stood still while it waited for a reply, in ms: that is no silence of Redis. */
  #stoodStill = 0
  #lastAskedAt = -Infinity
  #contactAt = -Infinity
  #failures = 0
  #outage = false
  #bridging = false
  /** Whether the last reply came after the lease before had ended. */
  #late = false
  #dormant = false
  /** Whether the limit was set here and Redis has not heard of it yet. */
  #ownLimit = false

  constructor(basin: Basin, settings: ShareSettings, now: number) {
    this.#basin = basin
    this.#settings = settings
    this.#portion = new Portion(settings)
    this.#askAt = now
    this.#unfed(now)
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

  /** Somebody needs bytes that are not there. @returns Whether it is time for {@link Share.advance}. */
  wanted(now: number): boolean {
    if (this.#dormant) {
      this.#dormant = false
      this.#askAt = now
      return true
    }
    if (this.#sentAt !== undefined || this.#leases.length > 0 || this.#outage || this.#portion.limit === null)
      return false
    const askAt = Math.max(now, this.#lastAskedAt + this.#portion.interval / 4)
    if (askAt >= this.#askAt) return false
    this.#askAt = askAt
    return true
  }

  /** Sets another limit here. Until {@link Share.setVersion} tells that Redis knows of it, it holds against what Redis says. */
  setLimit(limit: number | null, now: number): void {
    this.#ownLimit = true
    this.#adopt(limit, now)
  }

  #adopt(limit: number | null, now: number): void {
    const before = this.#portion.limit
    if (limit === before) return
    this.#portion.limit = limit
    this.#basin.settle(now)
    const factor = before === null || limit === null ? 0 : limit / before
    const { supply } = this.#basin
    for (const lease of this.#leases) lease.bytes *= factor
    this.#basin.reset(limit ?? Infinity, now)
    if (limit === null || before === null) {
      this.#leases.length = 0
      this.#endsAt = -Infinity
      this.#bridging = false
      this.#unfed(now)
      this.#askAt = now
    } else {
      this.#feed(this.#bridging ? Infinity : supply * factor, now)
    }
    if (this.#bridging) this.#bridge(now)
  }

  setWeight(weight: number): void {
    this.#portion.weight = weight
  }

  /** Redis knows of the limit that was set here. */
  setVersion(version: number): void {
    this.#ownLimit = false
    this.#version = Math.max(this.#version, version)
  }

  /** Does what is due. @returns When to call again, in ms. */
  advance(now: number): number {
    this.#basin.settle(now)
    this.#begin(now)
    if (this.#dormant) return Infinity
    const overdue = this.#sentAt === undefined ? Infinity : this.#sentAt + this.#patience + this.#stoodStill
    if (now > overdue + STALL) this.#stoodStill += now - overdue + STALL
    else if (now >= overdue) this.#outage = true
    if (this.#portion.limit !== null && !this.#basin.paused && this.#mayBridge(now)) this.#bridge(now)
    const lapses = this.#outage ? this.#contactAt + this.#settings.partitionTtl : Infinity
    const next = [this.#leases[0]?.start ?? Infinity, this.#sentAt === undefined ? this.#askAt : Infinity]
    if (this.#sentAt !== undefined) next.push(Math.max(this.#endsAt, this.#sentAt + this.#portion.interval))
    if (this.#sentAt !== undefined || this.#failures > 0) next.push(this.#endsAt)
    next.push(lapses, this.#sentAt === undefined ? Infinity : this.#sentAt + this.#patience + this.#stoodStill)
    return Math.min(...next.filter((time) => time > now))
  }

  /** Whether a call is due. */
  isDue(now: number): boolean {
    return !this.#dormant && this.#sentAt === undefined && now >= this.#askAt
  }

  /** The call that is due; its end must be told by {@link Share.sold} or {@link Share.failed}. */
  purchase(now: number): Purchase {
    const basin = this.#basin
    basin.settle(now)
    const idle = basin.paused || this.#portion.limit === null
    const hungry = !idle && (basin.isBinding(now) || basin.level < 0)
    this.#demand.note(basin.drawn, now)
    const need = hungry ? Infinity : idle ? 0 : this.#demand.rate * this.#portion.interval
    const want = idle ? 0 : this.#wantedBytes(hungry, need, now)
    const back = this.#back
    this.#back = 0
    this.#sentAt = now
    this.#stoodStill = 0
    this.#lastAskedAt = now
    return {
      version: this.#version,
      limit: this.#portion.limit,
      weight: this.#portion.weight,
      interval: this.#ownInterval,
      need: need < 1 ? 0 : need,
      want,
      back,
      ...this.#portion.holding,
      watched: this.#settings.watched,
      waiting: basin.waiting,
      weights: this.#portion.weights,
    }
  }

  /** Redis has answered. */
  sold(sale: Sale, sentAt: number, now: number): void {
    const basin = this.#basin
    basin.settle(now)
    const soldAt = this.#time.note(sale.now, sentAt, now)
    const resumed = this.#bridging
    this.#late = now - sentAt > this.#portion.interval
    this.#sentAt = undefined
    this.#failures = 0
    this.#outage = false
    this.#contactAt = now
    this.#portion.sale = sale
    if (sale.version >= this.#version && !this.#ownLimit) {
      this.#version = sale.version
      this.#adopt(sale.limit, now)
    }
    const limit = this.#portion.limit
    if (limit === null) {
      this.#askAt = now + HEARTBEAT
      return
    }
    const bytes = sale.limit === null ? 0 : (sale.bytes * limit) / sale.limit
    if (bytes > 0) this.#lease(soldAt + sale.lead, bytes, resumed, now)
    // Between the end of the outage and the next slice there is nothing: that time is sold to others.
    if (resumed) {
      this.#bridging = false
      this.#feed(0, now)
    }
    if (sale.paused || basin.paused) this.#giveUp(now)
    this.#begin(now)
    this.#pace(now)
    this.#askAt = this.#nextAsk(sale, now)
  }

  /** The call has failed. */
  failed(now: number): void {
    this.#sentAt = undefined
    this.#outage = true
    this.#failures++
    this.#askAt = now + Math.min(LONGEST_BACKOFF, this.#portion.interval * 2 ** Math.min(10, this.#failures - 1))
    if (this.#isIdle(now, ASLEEP_AFTER)) this.#sleep(now)
  }

  /** Nothing is to pass for a while: what was bought goes back. */
  pause(now: number): void {
    this.#basin.settle(now)
    if (this.#portion.limit !== null) this.#giveUp(now)
  }

  /** Ends the share. @returns Bytes that were bought and will not be used. */
  leave(now: number): number {
    this.#basin.settle(now)
    this.#giveUp(now)
    const back = this.#back
    this.#back = 0
    this.#dormant = true
    return back
  }

  /** Whether the process wanted nothing for so long that it should leave. */
  isIdle(now: number): boolean {
    return !this.#dormant && this.#isIdle(now, DORMANT_AFTER)
  }

  get #ownInterval(): number {
    return Math.max(this.#settings.interval, Math.min(LONGEST_INTERVAL, 2 * this.#time.usual))
  }

  get #patience(): number {
    return Math.max(PATIENCE, PATIENCE_ROUNDS * this.#portion.interval)
  }

  #wantedBytes(hungry: boolean, need: number, now: number): number {
    const basin = this.#basin
    if (hungry) return this.#leases.length === 0 ? Infinity : 0
    const supply = basin.supply === Infinity ? 0 : basin.supply
    let held = basin.level + supply
    for (const { bytes } of this.#leases) held += bytes
    // What is bought now begins only after what is sold already.
    const enough = this.#portion.stock + (1.5 + this.#portion.ahead) * need
    const spare = Math.min(supply, held - enough - need / 2)
    if (spare >= 1) {
      this.#back += spare
      this.#feed(supply - spare, now)
    }
    return Math.max(0, Math.ceil(enough - held))
  }

  #lease(start: number, bytes: number, bridged: boolean, now: number): void {
    const { interval } = this.#portion
    // What should have been spent while Redis was silent has been: from the share that was held.
    const gone = bridged ? Math.min(1, Math.max(0, now - start) / interval) : 0
    const from = Math.max(start, this.#leases.at(-1)?.start ?? -Infinity, now - interval)
    this.#leases.push({ start: from, bytes: bytes * (1 - gone) })
  }

  #begin(now: number): void {
    const basin = this.#basin
    for (let lease = this.#leases[0]; lease && lease.start <= now; lease = this.#leases[0]) {
      this.#leases.shift()
      // A process that stood still for so long has missed it.
      if (now - lease.start > this.#portion.interval + GRACE) {
        this.#back += lease.bytes
        continue
      }
      const left = basin.supply === Infinity ? 0 : basin.supply
      const keep = Math.min(left, basin.isBinding(now) ? this.#portion.pace * GRACE : this.#portion.stock + lease.bytes)
      this.#back += left - keep
      this.#bridging = false
      this.#endsAt = lease.start + this.#portion.interval
      this.#feed(keep + lease.bytes, now)
      if (this.#sentAt === undefined && basin.isBinding(now)) {
        this.#askAt = Math.max(now, this.#lastAskedAt + this.#portion.interval / 4)
      }
    }
  }

  #pace(now: number): void {
    if (this.#bridging || this.#portion.limit === null) return
    const next = this.#leases[0]
    if (next) this.#endsAt = next.start
    this.#feed(this.#basin.supply, now)
  }

  #feed(supply: number, now: number): void {
    this.#basin.feed(this.#rate(this.#basin.isBinding(now), supply, now), supply, this.#portion.burst, now)
  }

  /** How fast to spend `supply`: evenly up to the next lease, but as fast as its part allows while nobody waits. */
  #rate(binding: boolean, supply: number, now: number): number {
    const fair = this.#portion.pace
    const even = Math.min(supply / Math.max(1, this.#endsAt - now), FASTEST * fair)
    const rate = binding ? even : Math.max(even, fair)
    return Math.max(rate * 1000, 1e-3)
  }

  /** Nothing to spend, or no limit. */
  #unfed(now: number): void {
    const rate = this.#portion.limit ?? Infinity
    this.#basin.feed(rate, this.#portion.limit === null ? Infinity : 0, this.#portion.burst, now)
  }

  #mayBridge(now: number): boolean {
    if (now < this.#endsAt || this.#leases.length > 0 || this.#portion.sale?.paused) return false
    if (this.#outage) return true
    // A reply that is late: the process goes on, and what is in the reply is less by that.
    if (this.#contactAt === -Infinity || this.#sentAt === undefined) return false
    return this.#late || now - this.#sentAt >= this.#portion.interval
  }

  #bridge(now: number): void {
    const kept = now < this.#contactAt + this.#settings.partitionTtl
    const without = this.#portion.outageRate(kept)
    // While a reply is only late, its lease is still to be expected.
    const rate = this.#outage || without === 0 ? without : Math.max(without, this.#portion.pace * 1000)
    if (!this.#bridging) {
      const { supply } = this.#basin
      if (supply < Infinity) this.#back += supply
    }
    this.#bridging = true
    this.#basin.feed(rate || 1, rate === 0 ? 0 : Infinity, 0, now)
  }

  #giveUp(now: number): void {
    const { supply } = this.#basin
    if (supply < Infinity) this.#back += supply
    for (const { bytes } of this.#leases) this.#back += bytes
    this.#leases.length = 0
    this.#bridging = false
    this.#unfed(now)
  }

  #nextAsk(sale: Sale, now: number): number {
    const asked = this.#lastAskedAt
    if (sale.retry > 0) return now + sale.retry
    const hungry = !this.#basin.paused && !sale.paused && (this.#basin.isBinding(now) || this.#basin.level < 0)
    if (hungry && this.#leases.length === 0) return Math.max(now, asked + this.#portion.interval / 4)
    // The next is bought when this one begins; that is then brought forward.
    if (hungry) return Math.max(now, this.#leases[0]?.start ?? now) + this.#portion.interval
    const needs =
      this.#demand.rate * this.#portion.interval >= 1 ||
      this.#basin.level + this.#basin.supply < this.#portion.stock / 2
    return asked + (needs && !sale.paused ? this.#portion.interval : Math.max(HEARTBEAT, this.#portion.interval))
  }

  #isIdle(now: number, ms: number): boolean {
    // Without a limit nobody ever asks, so it must hear of a new one.
    if (this.#portion.limit === null) return false
    return this.#basin.waiting === 0 && this.#basin.level >= 0 && this.#demand.idleFor(this.#basin.drawn, now) >= ms
  }

  #sleep(now: number): void {
    this.#giveUp(now)
    this.#back = 0
    this.#dormant = true
  }
}
