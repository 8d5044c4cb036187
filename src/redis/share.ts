import { QUANTUM_TIME } from '../rate/byte-bucket.ts'
import type { Basin } from './basin.ts'
import { Demand } from './demand.ts'
import { type OutagePolicy, outageRate } from './outage.ts'
import type { Purchase, Sale } from './protocol.ts'
import { ServerTime } from './server-time.ts'

/** How a process takes part. Times in ms, sizes in bytes, rates in bytes per second. */
export interface ShareSettings {
  readonly limit: number | null
  readonly weight: number
  readonly burst: number
  readonly interval: number
  readonly onOutage: OutagePolicy
  readonly partitionTtl: number
  readonly floor: number | undefined
  readonly watched: boolean
}

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

/** The longest time between two tries to reach Redis. */
const LONGEST_BACKOFF = 1000

/** The round trip makes a round no longer than this. */
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
  #limit: number | null
  #version = 0
  #weight: number
  #sale: Sale | undefined
  #interval: number
  #endsAt = -Infinity
  #back = 0
  #askAt: number
  #sentAt: number | undefined
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
    this.#limit = settings.limit
    this.#weight = settings.weight
    this.#interval = settings.interval
    this.#askAt = now
    this.#unfed(now)
  }

  /** Bytes per second, or null. */
  get limit(): number | null {
    return this.#limit
  }

  get version(): number {
    return this.#version
  }

  get weight(): number {
    return this.#weight
  }

  /** What Redis said last. */
  get sale(): Sale | undefined {
    return this.#sale
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
    return this.#time.roundTrip
  }

  /** The rate without Redis, in bytes per second. */
  get holdRate(): number {
    const { onOutage, floor } = this.#settings
    const limit = this.#limit ?? Infinity
    return outageRate(onOutage, { limit, rate: this.#sale?.rate, fair: this.#fairPart, floor, kept: true })
  }

  /** Somebody needs bytes that are not there. @returns Whether it is time for {@link Share.advance}. */
  wanted(now: number): boolean {
    if (this.#dormant) {
      this.#dormant = false
      this.#askAt = now
      return true
    }
    if (this.#sentAt !== undefined || this.#leases.length > 0 || this.#outage || this.#limit === null) return false
    const askAt = Math.max(now, this.#lastAskedAt + this.#interval / 4)
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
    const before = this.#limit
    if (limit === before) return
    this.#limit = limit
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
    this.#weight = weight
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
    const overdue = this.#sentAt === undefined ? Infinity : this.#sentAt + this.#patience
    if (now >= overdue) this.#outage = true
    if (this.#limit !== null && !this.#basin.paused && this.#mayBridge(now)) this.#bridge(now)
    const lapses = this.#outage ? this.#contactAt + this.#settings.partitionTtl : Infinity
    const next = [this.#leases[0]?.start ?? Infinity, this.#sentAt === undefined ? this.#askAt : overdue]
    if (this.#sentAt !== undefined || this.#failures > 0) next.push(this.#endsAt)
    next.push(lapses)
    return Math.min(...next.filter((time) => time > now))
  }

  /** Whether a call is due. */
  isDue(now: number): boolean {
    return !this.#dormant && this.#sentAt === undefined && now >= this.#askAt
  }

  /** The call that is due; its end must be told by {@link Share.sold} or {@link Share.failed}. */
  purchase(now: number): Purchase {
    const basin = this.#basin
    const { partitionTtl, onOutage, watched } = this.#settings
    basin.settle(now)
    const idle = basin.paused || this.#limit === null
    const hungry = !idle && (basin.isBinding(now) || basin.level < 0)
    this.#demand.note(basin.drawn, now)
    const need = hungry ? Infinity : idle ? 0 : this.#demand.rate * this.#interval
    const want = idle ? 0 : this.#wantedBytes(hungry, need, now)
    const back = this.#back
    this.#back = 0
    this.#sentAt = now
    this.#lastAskedAt = now
    const fixed = typeof onOutage === 'object' ? onOutage.rate : onOutage === 'fair-share' ? this.holdRate : undefined
    return {
      version: this.#version,
      limit: this.#limit,
      weight: this.#weight,
      interval: this.#ownInterval,
      need: need < 1 ? 0 : need,
      want,
      back,
      hold: onOutage === 'closed' ? 0 : partitionTtl,
      holdRate: fixed,
      watched,
      waiting: basin.waiting,
      weights: this.#sale?.weights ?? this.#weight,
    }
  }

  /** Redis has answered. */
  sold(sale: Sale, sentAt: number, now: number): void {
    const basin = this.#basin
    basin.settle(now)
    const soldAt = this.#time.note(sale.now, sentAt, now)
    const resumed = this.#bridging
    this.#late = now - sentAt > this.#interval
    this.#sentAt = undefined
    this.#failures = 0
    this.#outage = false
    this.#contactAt = now
    this.#sale = sale
    this.#interval = sale.interval
    this.#weight = sale.weight
    if (sale.version >= this.#version && !this.#ownLimit) {
      this.#version = sale.version
      this.#adopt(sale.limit, now)
    }
    const limit = this.#limit
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
    this.#askAt = now + Math.min(LONGEST_BACKOFF, this.#interval * 2 ** Math.min(10, this.#failures - 1))
    if (this.#isIdle(now, ASLEEP_AFTER)) this.#sleep(now)
  }

  /** Nothing is to pass for a while: what was bought goes back. */
  pause(now: number): void {
    this.#basin.settle(now)
    if (this.#limit !== null) this.#giveUp(now)
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

  get #fairPart(): number {
    if (this.#limit === null) return Infinity
    return (this.#limit * this.#weight) / Math.max(this.#weight, this.#sale?.weights ?? this.#weight)
  }

  /** What an idle process holds at hand: of the burst and of a quantum its part. Together they hold no more than one alone. */
  get #stock(): number {
    const { burst } = this.#settings
    const part = this.#weight / Math.max(this.#weight, this.#sale?.weights ?? this.#weight)
    return part * (burst + ((this.#limit ?? 0) * QUANTUM_TIME) / 1000)
  }

  get #ownInterval(): number {
    return Math.max(this.#settings.interval, Math.min(LONGEST_INTERVAL, this.#time.patience))
  }

  get #patience(): number {
    return Math.max(PATIENCE, PATIENCE_ROUNDS * this.#interval)
  }

  /** A full lease, in bytes per ms. */
  get #pacePart(): number {
    return (this.#sale?.lease ?? 0) / this.#interval
  }

  #wantedBytes(hungry: boolean, need: number, now: number): number {
    const basin = this.#basin
    if (hungry) return this.#leases.length === 0 ? Infinity : 0
    const supply = basin.supply === Infinity ? 0 : basin.supply
    let held = basin.level + supply
    for (const { bytes } of this.#leases) held += bytes
    // What is bought now begins only after what is sold already.
    const ahead = Math.min(2, (this.#sale?.lead ?? 0) / this.#interval)
    const enough = this.#stock + (1.5 + ahead) * need
    const spare = Math.min(supply, held - enough - need / 2)
    if (spare >= 1) {
      this.#back += spare
      this.#feed(supply - spare, now)
    }
    return Math.max(0, Math.ceil(enough - held))
  }

  get #burstPart(): number {
    return (this.#settings.burst * this.#weight) / Math.max(this.#weight, this.#sale?.weights ?? this.#weight)
  }

  #lease(start: number, bytes: number, bridged: boolean, now: number): void {
    const last = this.#leases.at(-1)
    const from = Math.max(start, last?.start ?? -Infinity)
    // What should have been spent while Redis was silent has been: from the share that was held.
    const gone = bridged ? Math.min(1, Math.max(0, now - from) / this.#interval) : 0
    this.#leases.push({ start: from, bytes: bytes * (1 - gone) })
  }

  #begin(now: number): void {
    const basin = this.#basin
    for (let lease = this.#leases[0]; lease && lease.start <= now; lease = this.#leases[0]) {
      this.#leases.shift()
      const left = basin.supply === Infinity ? 0 : basin.supply
      const keep = Math.min(left, basin.isBinding(now) ? this.#pacePart * GRACE : this.#stock + lease.bytes)
      this.#back += left - keep
      this.#bridging = false
      this.#endsAt = lease.start + this.#interval
      this.#feed(keep + lease.bytes, now)
      if (this.#sentAt === undefined && basin.isBinding(now)) {
        this.#askAt = Math.max(now, this.#lastAskedAt + this.#interval / 4)
      }
    }
  }

  #pace(now: number): void {
    if (this.#bridging || this.#limit === null) return
    const next = this.#leases[0]
    if (next) this.#endsAt = next.start
    this.#feed(this.#basin.supply, now)
  }

  #feed(supply: number, now: number): void {
    this.#basin.feed(this.#rate(this.#basin.isBinding(now), supply, now), supply, this.#burstPart, now)
  }

  /** How fast to spend `supply`: evenly up to the next lease, but as fast as its part allows while nobody waits. */
  #rate(binding: boolean, supply: number, now: number): number {
    const fair = this.#pacePart
    const even = Math.min(supply / Math.max(1, this.#endsAt - now), FASTEST * fair)
    const rate = binding ? even : Math.max(even, fair)
    return Math.max(rate * 1000, 1e-3)
  }

  /** Nothing to spend, or no limit. */
  #unfed(now: number): void {
    const rate = this.#limit ?? Infinity
    this.#basin.feed(rate, this.#limit === null ? Infinity : 0, this.#burstPart, now)
  }

  #mayBridge(now: number): boolean {
    if (now < this.#endsAt || this.#leases.length > 0 || this.#sale?.paused) return false
    if (this.#outage) return true
    // A reply that is late: the process goes on, and what is in the reply is less by that.
    if (this.#contactAt === -Infinity || this.#sentAt === undefined) return false
    return this.#late || now - this.#sentAt >= this.#interval
  }

  #bridge(now: number): void {
    const { onOutage, floor, partitionTtl } = this.#settings
    const kept = now < this.#contactAt + partitionTtl
    const limit = this.#limit ?? Infinity
    const rate = outageRate(onOutage, { limit, rate: this.#sale?.rate, fair: this.#fairPart, floor, kept })
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
    if (hungry && this.#leases.length === 0) return Math.max(now, asked + this.#interval / 4)
    // The next is bought when this one begins; that is then brought forward.
    if (hungry) return Math.max(now, this.#leases[0]?.start ?? now) + this.#interval
    const needs = this.#demand.rate * this.#interval >= 1 || this.#basin.level + this.#basin.supply < this.#stock / 2
    return asked + (needs && !sale.paused ? this.#interval : Math.max(HEARTBEAT, this.#interval))
  }

  #isIdle(now: number, ms: number): boolean {
    return this.#basin.waiting === 0 && this.#basin.level >= 0 && this.#demand.idleFor(this.#basin.drawn, now) >= ms
  }

  #sleep(now: number): void {
    this.#giveUp(now)
    this.#back = 0
    this.#dormant = true
  }
}
