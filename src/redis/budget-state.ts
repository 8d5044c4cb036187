/** A process that shares a budget. Rates in bytes per second, times in ms. */
export interface Member {
  readonly name: string
  readonly weight: number
  /** When it came, as a `Date.now()` of the server. */
  readonly since: number
  /** How long ago it was seen last, in ms; what it got counts from then on. */
  readonly seen: number
  /**
   * What it bought lately: over the last second, or the last two rounds where these are longer. Of a member that wants less than its
   * part that may be a few percent less than what it moves. `bytes` and `seen` from one look to the next tell exactly.
   */
  readonly rate: number
  /** What it got in all. */
  readonly bytes: number
  /** How many streams and callers wait there. */
  readonly waiting: number
  /** `'heavy'` if it uses all of its part; `'silent'` if it is cut off, and its share kept for it. */
  readonly state: 'idle' | 'light' | 'heavy' | 'silent'
}

/** How a budget stands in Redis. */
export interface BudgetState {
  /** When this was so, as a `Date.now()` of the server. */
  readonly now: number
  /** Bytes per second, or null. */
  readonly limit: number | null
  readonly paused: boolean
  /** Counts the changes of the limit. */
  readonly version: number
  /** How long a round takes, in ms. */
  readonly interval: number
  /** For how long from now the budget is sold already, in ms. */
  readonly lead: number
  /** Bytes per second that are kept for those who are cut off. */
  readonly reserved: number
  readonly members: readonly Member[]
}

/** As many figures as the script tells of a budget. */
const FIGURES = 12

/** Reads the reply to `show`; undefined if there is no such budget. @throws {TypeError} If the reply is none of the script's. */
export function parseState(reply: readonly unknown[]): BudgetState | undefined {
  if (reply[0] === 'NONE') return undefined
  const now = Number(reply[1])
  const numbers = Array.isArray(reply[2]) ? reply[2].map(Number) : []
  const isWhole = reply[1] !== undefined && Number.isFinite(now) && numbers.length >= FIGURES
  if (!isWhole || !Array.isArray(reply[3]) || reply[3].length % 2 !== 0) {
    throw new TypeError(`Cannot read the reply of Redis: ${JSON.stringify(reply).slice(0, 500)}`)
  }
  const [limit = 0, version = 0, cursor = 0, paused = 0, count = 0, , , reserved = 0, interval = 0] = numbers
  return {
    now: now / 1000,
    limit: limit === 0 ? null : limit,
    paused: paused === 1,
    version,
    interval: Math.max(interval / 1000, count),
    lead: Math.max(0, cursor - now) / 1000,
    reserved,
    members: parseMembers(reply),
  }
}

/** The members in the reply to `show`, in order of their names. */
export function parseMembers(reply: readonly unknown[]): Member[] {
  const now = Number(reply[1])
  const records = Array.isArray(reply[3]) ? reply[3].map(String) : []
  const members: Member[] = []
  for (let i = 0; i + 1 < records.length; i += 2) {
    const facts = records[i + 1]?.split(' ').map(Number) ?? []
    const [weight = 0, active = 0, rate = 0, since = 0, seen = 0, bytes = 0, waiting = 0] = facts
    const state = facts[10] === 1 ? 'silent' : active === 0 ? 'idle' : active < 0.95 * weight ? 'light' : 'heavy'
    const times = { since: since / 1000, seen: Math.max(0, now - seen) / 1000 }
    members.push({ name: records[i] ?? '', weight, ...times, rate, bytes, waiting, state })
  }
  return members.sort((a, b) => (a.name < b.name ? -1 : 1))
}
