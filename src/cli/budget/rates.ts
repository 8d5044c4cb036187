import type { BudgetState, Member } from '../../redis/index.ts'
import { figure } from './standing.ts'

/** What a member had got in all, and when it had got it, in ms. */
interface Sample {
  readonly bytes: number
  readonly at: number
}

/** Rates are means over so many ms at least, where there were looks for so long. */
const WINDOW = 2000

/**
 * Measures what members get, from one look to the next. Redis knows it, too, but to divide the budget by: it tells
 * never more than the present part of a member, so the sum falls short while some have more than that.
 */
export class Rates {
  #samples = new Map<string, readonly Sample[]>()

  /**
   * @param now When the budget was looked at, in ms on any clock that goes forwards.
   * @returns The same with the rates that were measured; with those of Redis at the first look, and of those who are new.
   */
  measure(state: BudgetState, now: number): BudgetState {
    const samples = new Map<string, readonly Sample[]>()
    const members = state.members.map((member) => {
      // Who has come again counts from nothing.
      const key = `${member.name} ${member.since}`
      const known = withSample(this.#samples.get(key) ?? [], member, now)
      samples.set(key, known)
      return { ...member, rate: rateIn(known) ?? member.rate }
    })
    this.#samples = samples
    return { ...state, members }
  }
}

/** Redis hears of a member with each purchase, so that is when its bytes count. */
function withSample(samples: readonly Sample[], member: Member, now: number): readonly Sample[] {
  const sample = { bytes: figure(member.bytes), at: now - figure(member.seen) }
  const last = samples.at(-1)
  // Each look has its own delay: a purchase seems to move by as much.
  const isNew = last === undefined || sample.bytes !== last.bytes || sample.at - last.at > WINDOW / 8
  const all = isNew ? [...samples, sample] : samples
  const first = all.findLastIndex(({ at }) => at <= sample.at - WINDOW)
  return all.slice(Math.max(0, first))
}

function rateIn(samples: readonly Sample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.at <= first.at) return undefined
  return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.at - first.at))
}
