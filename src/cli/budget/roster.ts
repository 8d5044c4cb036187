import type { Member } from '../../redis/index.ts'
import { rateOf } from './standing.ts'

/** A member while it is watched. */
export interface Watched {
  readonly member: Member
  /** Bytes per second at each look, the last one last. */
  readonly rates: readonly number[]
  /** Whether it came, or went, a moment ago. */
  readonly change: 'came' | 'left' | undefined
}

/** As many rates are remembered as the widest graph shows. */
export const MOST_RATES = 40
/** So long a change shows, in ms, and at least for two looks. */
const NEWS = 5000
const NEWS_LOOKS = 2

interface Entry {
  member: Member
  readonly rates: number[]
  change: { readonly kind: 'came' | 'left'; readonly at: number; looks: number } | undefined
}

/** Who shares a budget from one look to the next: what they had, who came, and who went. */
export class Roster {
  readonly #entries = new Map<string, Entry>()
  #isNew = true

  /** @param now Milliseconds on any clock that goes forwards. @param interval How long a round takes. */
  update(members: readonly Member[], interval: number, now: number): void {
    const present = new Map(members.map((member) => [member.name, member]))
    for (const member of members) {
      const rate = rateOf(member, interval)
      const entry = this.#entries.get(member.name)
      // After Redis has lost its memory all come anew, but nobody has been away.
      if (entry && entry.change?.kind !== 'left') {
        entry.member = member
        keep(entry.rates, rate)
      } else {
        const rates = entry?.rates ?? []
        keep(rates, rate)
        const change = this.#isNew ? undefined : { kind: 'came' as const, at: now, looks: 0 }
        this.#entries.set(member.name, { member, rates, change })
      }
    }
    for (const [name, entry] of this.#entries) {
      if (!present.has(name)) {
        keep(entry.rates, 0)
        if (entry.change?.kind !== 'left') entry.change = { kind: 'left', at: now, looks: 0 }
      }
      if (!entry.change || now - entry.change.at < NEWS || entry.change.looks++ < NEWS_LOOKS) continue
      if (entry.change.kind === 'left') this.#entries.delete(name)
      else entry.change = undefined
    }
    this.#isNew = false
  }

  /** In order of their names. */
  get watched(): Watched[] {
    return [...this.#entries.values()]
      .map(({ member, rates, change }) => ({ member, rates, change: change?.kind }))
      .sort((a, b) => (a.member.name < b.member.name ? -1 : 1))
  }
}

function keep(rates: number[], rate: number): void {
  rates.push(rate)
  if (rates.length > MOST_RATES) rates.shift()
}
