/** What a member asks of the script in one call. Times in ms, sizes in bytes, rates in bytes per second. */
export interface Purchase {
  /** The version of the limit that the member knows, 0 if it has never heard of one; and that limit, null for none. */
  readonly version: number
  readonly limit: number | null
  /** Holds if Redis knows of no other. */
  readonly weight: number
  /** The shortest round that suits this member. */
  readonly interval: number
  /** What it can use in a round; Infinity if it waits for bytes. */
  readonly need: number
  /** What to buy now; Infinity for as much as its share is. */
  readonly want: number
  /** What it bought before and will not use. */
  readonly back: number
  /** For how long, and with which rate, it goes on if it can't reach Redis; a rate of undefined is the one that it has had. */
  readonly hold: number
  readonly holdRate: number | undefined
  /** Whether it listens to its channel. */
  readonly watched: boolean
  /** How many streams and callers wait. */
  readonly waiting: number
  /** The sum of all weights, as far as it knows. */
  readonly weights: number
  /** Whether it spends a lease now, or has one to spend. */
  readonly holds: boolean
  /** Whether the budget is paused, as far as it knows. */
  readonly paused: boolean
}

/** What the script answers to a purchase. Times in ms, sizes in bytes, rates in bytes per second. */
export interface Sale {
  /** The time of the server. */
  readonly now: number
  /** The slice that was sold begins so much later. */
  readonly lead: number
  readonly bytes: number
  readonly limit: number | null
  readonly version: number
  /** How long a round takes. */
  readonly interval: number
  /** What a full lease of this member is. */
  readonly lease: number
  /** The sum of the weights of all members, and how many they are. */
  readonly weights: number
  readonly count: number
  readonly weight: number
  /** What this member got lately. */
  readonly rate: number
  readonly paused: boolean
  /** If nothing was sold since too much is sold already: when to ask again. */
  readonly retry: number
  /** What is kept for members that are silent and may go on. */
  readonly reserved: number
}

/** A round trip's worth of arguments. */
export type Arguments = readonly string[]

const US = 1000
/** Of a round, in ms. */
const SHORTEST = 1
const LONGEST = 60_000
const whole = (value: number) => (value === Infinity ? '-1' : String(Math.floor(value)))

export function purchaseArguments(member: string, channel: string, purchase: Purchase): Arguments {
  const { version, limit, weight, interval, need, want, back, hold, holdRate, watched, waiting, weights } = purchase
  const settings = [version, limit ?? 0, weight, Math.ceil(interval * US)]
  const amounts = [need === Infinity ? -1 : need, whole(want), Math.floor(back)]
  const flags = [purchase.holds, purchase.paused].map(Number)
  const holding = [Math.floor(hold * US), holdRate ?? -1, watched ? 1 : 0, waiting, weights, ...flags]
  return ['buy', member, ...[...settings, ...amounts, ...holding].map(String), channel]
}

/** @throws {TypeError} If the reply is none of the script's. */
export function parseSale(reply: readonly unknown[]): Sale {
  const numbers = reply.slice(1).map(Number)
  const at = (index: number) => numbers[index] ?? 0
  const [bytes, interval, lease, weight] = [at(2), at(5) / US, at(6), at(9)]
  const areAmounts = numbers.length >= 14 && numbers.every((number) => number >= 0 && number < Infinity)
  // What is said here decides how much passes and how often Redis is asked.
  if (!areAmounts || bytes > lease || weight === 0 || interval < SHORTEST || interval > LONGEST) {
    throw new TypeError(`Cannot read the reply of Redis: ${JSON.stringify(reply).slice(0, 500)}`)
  }
  return {
    now: at(0) / US,
    lead: at(1) / US,
    bytes,
    limit: at(3) === 0 ? null : at(3),
    version: at(4),
    interval,
    lease,
    weights: at(7),
    count: at(8),
    weight,
    rate: at(10),
    paused: at(11) === 1,
    retry: at(12) / US,
    reserved: at(13),
  }
}
