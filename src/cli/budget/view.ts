import type { BudgetState } from '../../redis/index.ts'
import { clockTime } from '../progress/progress-line.ts'
import type { Watched } from './roster.ts'
import { rateText, useOf } from './standing.ts'

/** What there is to be shown of a budget that is watched. */
export interface View {
  readonly name: string
  /** As it was seen last; undefined if there was none. */
  readonly state: BudgetState | undefined
  readonly watched: readonly Watched[]
  /** If it can't be seen now: for how long, in ms, and why, if anything says so. */
  readonly outage: { readonly lasts: number; readonly reason: string | undefined } | undefined
}

/** What is to be known beside the figures; and whether it is bad news. */
export function noteOf({ state, outage }: View): readonly [text: string, isBad: boolean] {
  if (outage) {
    const why = outage.reason === undefined ? '' : `: ${outage.reason}`
    return [`no answer from Redis for ${clockTime(outage.lasts)}${why}`, true]
  }
  if (!state) return ['there is no such budget: waiting for it', true]
  if (state.paused) return ['paused: nothing passes', true]
  const { silent } = useOf(state)
  if (silent === 0) return ['', false]
  const kept = state.reserved >= 1 ? `, ${rateText(state.reserved)} kept for ${silent === 1 ? 'it' : 'them'}` : ''
  return [`${silent} silent${kept}`, true]
}
