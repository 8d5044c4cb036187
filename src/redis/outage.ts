import { parseRate, type Rate } from '../units.ts'

/**
 * What to do while Redis can't be reached: keep the rate that this process had lately; keep what was its part by weight; let
 * nothing pass; or go at a rate of its own.
 */
export type OnOutage = 'hold-share' | 'fair-share' | 'closed' | Rate

/** {@link OnOutage}, read. */
export type OutagePolicy = 'hold-share' | 'fair-share' | 'closed' | { readonly rate: number }

/** @throws {TypeError | RangeError} If it is neither a known word nor a rate. */
export function parseOnOutage(value: OnOutage): OutagePolicy {
  if (value === 'hold-share' || value === 'fair-share' || value === 'closed') return value
  try {
    return { rate: parseRate(value) }
  } catch (error) {
    const Wrong = error instanceof TypeError ? TypeError : RangeError
    const known = "'hold-share', 'fair-share', 'closed' or a rate"
    throw new Wrong(`Cannot share a budget: 'onOutage' must be ${known}, is ${JSON.stringify(value)}`, { cause: error })
  }
}

/** Who never reached Redis goes at this part of the limit, and who had its share at this part of it once that has lapsed. */
const NEWCOMER_PART = 1 / 100
const LAPSED_PART = 1 / 10

/** What a member knows of its part. Rates in bytes per second. */
export interface Part {
  readonly limit: number
  /** What it got lately, or undefined if it never reached Redis. */
  readonly rate: number | undefined
  /** What is its part by weight. */
  readonly fair: number
  /** What it is given in any case, or undefined for the usual. */
  readonly floor: number | undefined
  /** Whether others still keep its share for it. */
  readonly kept: boolean
}

/** The rate without Redis, in bytes per second; 0 for none. */
export function outageRate(policy: OutagePolicy, { limit, rate, fair, floor, kept }: Part): number {
  if (policy === 'closed') return 0
  if (typeof policy === 'object') return policy.rate
  if (rate === undefined) return Math.min(limit, floor ?? limit * NEWCOMER_PART)
  const least = Math.min(limit, floor ?? fair * LAPSED_PART)
  if (!kept) return least
  return Math.max(least, policy === 'fair-share' ? fair : rate)
}
