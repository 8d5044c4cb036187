import { DueHeap } from '../rate/due-heap.ts'

/** A member, as the script keeps it. Times in µs. */
interface Member {
  readonly name: string
  weight: number
  active: number
  rate: number
  since: number
  seen: number
  bytes: number
  waiting: number
  hold: number
  outageRate: number
  watched: number
  absent: number
  kept: number
  due: number
  place: number
}

const FIELDS = [
  'limit',
  'version',
  'cursor',
  'paused',
  'count',
  'weights',
  'active',
  'reserved',
  'interval',
  'intervalAt',
  'crowd',
  'crowdUntil',
] as const
type State = Record<(typeof FIELDS)[number], number>

const FACTS = [
  'weight',
  'active',
  'rate',
  'since',
  'seen',
  'bytes',
  'waiting',
  'hold',
  'outageRate',
  'watched',
  'absent',
  'kept',
] as const

const SECOND = 1e6
const LONGEST = 60 * SECOND
const MOST_SILENT = 32

const timeFor = (bytes: number, rate: number) => (bytes / rate) * SECOND

/**
 * What script.lua does, in memory, for simulations and tests: the same arithmetic in the same order. The comments are there. Keys
 * expire here only by {@link BudgetModel.forgetMembers}, and nothing foreign is under them.
 */
export class BudgetModel {
  #state: State | undefined
  #members = new Map<string, Member>()
  #seen = new DueHeap<Member>()
  /** Channels to which somebody listens. */
  readonly subscribers = new Set<string>()

  /** Forgets everything: FLUSHALL, or a restart without a file. */
  flush(): void {
    this.#state = undefined
    this.#members = new Map()
    this.#seen = new DueHeap()
  }

  /** Forgets who shares the budget: those keys live for a shorter time than that of the budget. */
  forgetMembers(): void {
    this.#members = new Map()
    this.#seen = new DueHeap()
  }

  /** @param time What TIME says, in µs. */
  run(args: readonly string[], time: number): unknown[] {
    const [op, id = ''] = args
    if (op === 'buy') return this.#buy(id, args, time)
    if (!this.#state) {
      const created = { ...emptyState(), version: Math.floor(time / 1000) - 1 }
      return op === 'set' && args[2] !== '' ? this.#set(created, args, time) : ['NONE']
    }
    if (op === 'show') return this.#show(this.#state, time)
    if (op === 'set') return this.#set(this.#state, args, time)
    const member = this.#members.get(id)
    if (!member) return ['NONE']
    return op === 'weight'
      ? this.#weight(this.#state, member, Number(args[2]), time)
      : this.#leave(this.#state, member, Number(args[2]), time)
  }

  #show(state: State, time: number): unknown[] {
    const records = [...this.#members.values()].flatMap((m) => [m.name, FACTS.map((fact) => m[fact]).join(' ')])
    return ['OK', String(time), FIELDS.map((field) => String(state[field])), records]
  }

  #set(state: State, args: readonly string[], time: number): unknown[] {
    const [, , limit = '', paused = ''] = args
    this.#state = state
    if (limit !== '') state.limit = Number(limit)
    if (paused !== '') state.paused = Number(paused)
    state.version++
    return ['OK', ...[time, state.limit, state.version, state.paused].map(String)]
  }

  #weight(state: State, member: Member, weight: number, time: number): unknown[] {
    if (member.absent === 0) {
      state.weights = Math.max(0, state.weights - member.weight + weight)
      const active = (member.active / member.weight) * weight
      state.active = Math.max(0, state.active - member.active + active)
      member.active = active
    }
    member.weight = weight
    return ['OK', String(time)]
  }

  #leave(state: State, member: Member, back: number, time: number): unknown[] {
    if (member.absent === 0) subtract(state, member)
    else free(state, member)
    this.#remove(member)
    if (state.limit > 0) state.cursor = Math.max(time, state.cursor - (back / state.limit) * SECOND)
    return ['OK', String(time)]
  }

  #buy(id: string, args: readonly string[], now: number): unknown[] {
    const [knownVersion = 0, knownLimit = 0, ownWeight = 0, ownInterval = 0, need = 0, want = 0, back = 0] = args
      .slice(2, 9)
      .map(Number)
    const [hold = 0, outageRate = 0, watched = 0, waiting = 0, knownWeights = 0, holds, knownPaused = 0] = args
      .slice(9, 16)
      .map(Number)
    const channel = args[16] ?? ''
    const limitBefore = this.#state?.limit ?? 0
    if (!this.#state) {
      this.flush()
      const lost = knownVersion > 0
      const cursor = lost && holds === 1 ? now + ownInterval : now
      const crowdUntil = lost ? now + SECOND : now
      const limit = knownLimit
      this.#state = {
        ...emptyState(),
        limit,
        version: Math.max(1, knownVersion),
        paused: knownPaused,
        cursor,
        crowd: knownWeights,
        crowdUntil,
      }
    } else if (knownVersion > this.#state.version) {
      this.#state.limit = knownLimit
      this.#state.version = knownVersion
      this.#state.paused = knownPaused
    }
    const state = this.#state
    const longest = limitBefore > 0 ? timeFor(100, limitBefore) : 0
    if (state.cursor - now > 10 * SECOND + 4 * Math.max(state.interval, state.count * 1000) + longest) {
      state.intervalAt = now
      state.crowdUntil = now
      for (const member of this.#members.values()) {
        if (member.due > now + SECOND) this.#seen.set(member, now + SECOND)
      }
    }
    if (this.#members.size === 0 && state.count + state.reserved > 0) {
      Object.assign(state, { count: 0, weights: 0, active: 0, reserved: 0 })
      if (knownVersion > 0) Object.assign(state, { crowd: knownWeights, crowdUntil: now + SECOND })
    }
    const wasForSale = forSale(state)
    this.#sweep(state, id, channel, now)

    let me = this.#members.get(id)
    let returns = now < state.crowdUntil
    if (!me) {
      const facts = {
        weight: ownWeight,
        active: 0,
        rate: 0,
        since: now,
        seen: now,
        bytes: 0,
        waiting,
        absent: 0,
        kept: 0,
      }
      me = { name: id, ...facts, hold, outageRate, watched, due: 0, place: -1 }
      this.#members.set(id, me)
      state.count++
      state.weights += me.weight
    } else if (me.absent === 1) {
      returns = true
      free(state, me)
      me.active = 0
      state.count++
      state.weights += me.weight
    }

    if (state.limit > 0) state.cursor = now + (Math.max(0, state.cursor - now) * wasForSale) / forSale(state)

    if (ownInterval >= state.interval) {
      state.interval = ownInterval
      state.intervalAt = now
    } else if (now - state.intervalAt > 2 * SECOND) {
      state.interval = Math.max(ownInterval, state.interval / 2)
      state.intervalAt = now
    }
    const interval = Math.min(LONGEST, Math.max(state.interval, state.count * 1000))

    const { weight } = me
    const rate = forSale(state)
    const total = (rate * interval) / SECOND
    let others = Math.max(0, state.active - me.active)
    if (now < state.crowdUntil) others = Math.max(others, state.crowd - weight)
    const leaseFor = (active: number) => (total * weight) / Math.max(others + active, weight)
    let active = weight
    if (need >= 0) active = Math.min(weight, (weight * need) / Math.max(1, leaseFor(Math.max(me.active, weight / 16))))
    const start = !returns && me.active < active / 4 ? 0.1 : 1
    state.active = Math.max(0, state.active - me.active) + active
    me.active = active
    if (state.count === 1) {
      state.weights = weight
      state.active = active
    }
    const lease = Math.max(1, Math.floor(leaseFor(active)))

    let bytes = 0
    let lead = 0
    let retry = 0
    if (state.limit > 0) {
      if (state.cursor - now > Math.max(4 * interval, 2 * interval + timeFor(lease, rate))) {
        state.cursor = now + 2 * interval
      }
      state.cursor = Math.max(now, state.cursor - timeFor(back, rate))
      lead = state.cursor - now
      if (state.paused === 0 && want !== 0) {
        if (lead > 2 * interval) retry = lead - 1.5 * interval
        else {
          const most = Math.max(1, Math.floor(lease * start))
          bytes = want < 0 ? most : Math.min(want, most)
          state.cursor += timeFor(bytes, rate)
        }
      }
    }

    const span = Math.min(Math.max(SECOND, 2 * interval), Math.max(interval, now - me.since))
    const patience = need === 0 ? Math.max(SECOND, 4 * interval) : Math.max(300_000, 3 * interval)
    const silence = Math.max(0, now - me.seen)
    const elapsed = silence > patience ? interval : silence
    const fade = Math.exp(-elapsed / span)
    const factor = elapsed > 0 ? (1 - fade) / elapsed : 1 / span
    const recent = Math.max(0, me.rate * fade + (bytes - back) * SECOND * factor)
    me.rate = Math.min(recent, (leaseFor(active) * SECOND) / interval)
    me.seen = now
    me.bytes += bytes - back
    Object.assign(me, { waiting, hold, outageRate, watched })
    this.#seen.set(me, now + patience)
    const amounts = [now, lead, bytes, state.limit, state.version, interval, lease, state.weights, state.count]
    return ['OK', ...[...amounts, weight, me.rate, state.paused, retry, state.reserved].map(String)]
  }

  #sweep(state: State, id: string, channel: string, now: number): void {
    const silent: Member[] = []
    for (let first = this.#seen.first; first && first.due <= now && silent.length < MOST_SILENT; ) {
      silent.push(first)
      this.#seen.remove(first)
      first = this.#seen.first
    }
    const weightsBefore = state.weights
    for (const other of silent) {
      if (other.name === id) continue
      const ends = Math.min(other.seen, now) + other.hold
      if (other.absent === 0) {
        subtract(state, other)
        const part = (state.limit * other.weight) / Math.max(weightsBefore, other.weight)
        const own = other.active > 0 ? Math.min(other.outageRate, part) : 0
        other.absent = 1
        other.active = 0
        other.kept = other.outageRate < 0 ? other.rate : own
        state.reserved += other.kept
      }
      const gone = other.watched === 1 && !this.subscribers.has(channel + other.name)
      if (other.kept > 0 && ends > now && !gone) this.#seen.set(other, Math.min(ends, now + SECOND))
      else {
        free(state, other)
        this.#remove(other)
      }
    }
  }

  #remove(member: Member): void {
    this.#members.delete(member.name)
    this.#seen.remove(member)
  }
}

function emptyState(): State {
  return Object.fromEntries(FIELDS.map((field) => [field, 0])) as State
}

function subtract(state: State, member: Member): void {
  state.count = Math.max(0, state.count - 1)
  state.weights = state.count === 0 ? 0 : Math.max(0, state.weights - member.weight)
  state.active = state.count === 0 ? 0 : Math.max(0, state.active - member.active)
}

function forSale({ limit, reserved }: State): number {
  return Math.max(limit - reserved, limit / 100)
}

function free(state: State, member: Member): void {
  state.reserved = Math.max(0, state.reserved - member.kept)
  member.absent = 0
  member.kept = 0
}
