import { round } from './units.js'

/**
 * @param {Iterable<number>} values
 * @param {number} q From 0 to 1.
 * @returns {number} The value at rank q, interpolated; NaN of nothing.
 */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)]
  const high = sorted[Math.ceil(at)]
  if (low === undefined || high === undefined) return Number.NaN
  return low === high ? low : low + (high - low) * (at - Math.floor(at)) // two infinities have no difference
}

/** @param {Iterable<number>} values */
export function median(values) {
  return quantile(values, 0.5)
}

/**
 * Jain's fairness index: 1 when all have the same, 1/n when one has everything.
 *
 * @param {ArrayLike<number>} shares
 */
export function jain(shares) {
  let sum = 0
  let squares = 0
  for (let i = 0; i < shares.length; i++) {
    const share = Number(shares[i])
    sum += share
    squares += share * share
  }
  return squares === 0 ? 0 : (sum * sum) / (shares.length * squares)
}

/**
 * @param {number[]} values
 * @param {number} [digits]
 * @returns {string} `median [least..most]`, or the value alone if all print the same.
 */
export function spread(values, digits = 2) {
  if (values.length === 0) return '-'
  const [low, mid, high] = [Math.min(...values), median(values), Math.max(...values)].map((v) => round(v, digits))
  return low === high ? `${mid}` : `${mid} [${low}..${high}]`
}

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => string} key
 * @returns {Map<string, T[]>} In order of first appearance.
 */
export function groupBy(items, key) {
  /** @type {Map<string, T[]>} */
  const groups = new Map()
  for (const item of items) {
    const name = key(item)
    const group = groups.get(name)
    if (group) group.push(item)
    else groups.set(name, [item])
  }
  return groups
}
