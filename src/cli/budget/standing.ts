import type { BudgetState, Member } from '../../redis/index.ts'
import { formatRate, formatSize } from '../../units.ts'
import { clockTime } from '../progress/progress-line.ts'

/** Who was not seen for so long, in ms or rounds, is cut off or dead, also if nobody else has told Redis yet. */
const LONGEST_SILENCE = 2000
const LONGEST_SILENCE_ROUNDS = 8

/** How a budget is used. */
export interface Use {
  /** Bytes per second that those have together who are in sight. */
  readonly rate: number
  /** The part of the limit that this is; undefined without a limit. */
  readonly part: number | undefined
  readonly members: number
  /** How many of them are silent. */
  readonly silent: number
}

/** What a member does, as far as can be known. */
export function stateOf(member: Member, interval: number): Member['state'] {
  const patience = Math.max(LONGEST_SILENCE, LONGEST_SILENCE_ROUNDS * interval)
  return member.seen > patience ? 'silent' : member.state
}

/** What a member has now, in bytes per second. Of one that is silent nothing is known. */
export function rateOf(member: Member, interval: number): number {
  return stateOf(member, interval) === 'silent' ? 0 : figure(member.rate)
}

export function useOf({ limit, members, interval }: BudgetState): Use {
  const rate = members.reduce((sum, member) => sum + rateOf(member, interval), 0)
  const silent = members.filter((member) => stateOf(member, interval) === 'silent').length
  return { rate, part: limit === null ? undefined : rate / limit, members: members.length, silent }
}

/** What is in Redis may be anybody's: a number that is none counts nothing. */
export const figure = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0)

/** No figure is shown that takes more digits. */
const MOST = 1e18

export const rateText = (rate: number): string => formatRate(Math.min(MOST, Math.round(figure(rate))))

/** As it was set, unless it takes too many digits. */
export function limitText(limit: number | null): string {
  if (limit === null) return 'no limit'
  const shown = Math.min(MOST, figure(limit))
  const exact = formatRate(shown, { exact: true })
  return exact.length <= 12 ? exact : formatRate(shown)
}

export const bytesText = (bytes: number): string =>
  formatSize(Math.min(Number.MAX_SAFE_INTEGER, Math.floor(figure(bytes))))
export const percentText = (part: number | undefined): string =>
  part === undefined ? '' : `${Math.min(999, Math.round(part * 100))}%`
/** Fractions of weights need not be exact. */
export const weightText = (weight: number): string => String(Number(figure(weight).toPrecision(4)))

/** How long ago, where both are times of the server: its clock may have been set back. */
export const sinceText = (since: number, now: number): string =>
  figure(since) === 0 ? '-' : clockTime(Math.max(0, now - since))
