import { checkWeight } from '../throttle/throttle.ts'
import { parseRate, type Rate } from '../units.ts'

/** Sums of weights and rates are kept in Redis as doubles: what is far from others would drown them, or overflow. */
const LIGHTEST = 1e-6
const HEAVIEST = 1e6
const FASTEST = 2 ** 53

/** A weight of a member, from 0.000001 to 1,000,000. @throws {TypeError | RangeError} */
export function memberWeight(weight: number): number {
  checkWeight(weight)
  if (weight >= LIGHTEST && weight <= HEAVIEST) return weight
  throw new RangeError(`Cannot set a weight: must be from ${LIGHTEST} to ${HEAVIEST} in a shared budget, is ${weight}`)
}

/** The limit of a budget in bytes per second, up to 2^53, or null. @throws {TypeError | RangeError} */
export function budgetLimit(limit: Rate | null): number | null {
  if (limit === null) return null
  const rate = parseRate(limit)
  if (rate <= FASTEST) return rate
  throw new RangeError(`Cannot share a budget: its limit must be up to 2^53 bytes per second, is ${rate}`)
}
