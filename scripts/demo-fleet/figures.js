/**
 * What can be reckoned from taps. Times are in ms from the origin of the taps, rates in bytes per second.
 *
 * @import { Tap } from './tap.js'
 * @typedef {readonly { readonly at: number, readonly limit: number }[]} Limits Which limit held from when on, the oldest first.
 */

/** The limit that held at a moment. @param {Limits} limits @param {number} at */
export function limitAt(limits, at) {
  return (limits.findLast((each) => each.at <= at) ?? limits[0])?.limit ?? 0
}

/** Bytes that the limit allowed from one moment to another. @param {Limits} limits @param {number} from @param {number} to */
export function allowed(limits, from, to) {
  let sum = 0
  for (const [i, { at, limit }] of limits.entries()) {
    const begins = i === 0 ? from : Math.max(from, at)
    const ends = Math.min(to, limits[i + 1]?.at ?? to)
    if (ends > begins) sum += ((ends - begins) * limit) / 1000
  }
  return sum
}

/**
 * The most that bytes exceed the limit over any window from one moment to another, in ms of the limit.
 *
 * @param {Tap} tap
 * @param {Limits} limits
 * @param {number} from
 * @param {number} to
 */
export function excess(tap, limits, from, to) {
  let most = 0
  let run = 0
  for (let at = Math.floor(from); at < Math.floor(to); at++) {
    run = Math.max(0, run + (tap.at(at) * 1000) / limitAt(limits, at) - 1)
    most = Math.max(most, run)
  }
  return most
}

/**
 * What passed in the fullest window of `span` ms, in proportion to what was allowed in it.
 *
 * @param {Tap} tap
 * @param {Limits} limits
 * @param {number} from
 * @param {number} to
 * @param {number} span
 */
export function worstWindow(tap, limits, from, to, span) {
  let worst = 0
  let sum = tap.between(from, from + span)
  for (let at = Math.floor(from); at + span <= Math.floor(to); at++) {
    worst = Math.max(worst, sum / allowed(limits, at, at + span))
    sum += tap.at(at + span) - tap.at(at)
  }
  return worst
}

/** Jain's fairness index: 1 if all have the same, 1/n if one has all; NaN if nobody has anything. @param {readonly number[]} values */
export function jain(values) {
  const sum = values.reduce((a, b) => a + b, 0)
  return sum ** 2 / (values.length * values.reduce((a, b) => a + b * b, 0))
}

/**
 * How long it takes until the rate is as it should be, and is so for a whole window, in ms; Infinity if it never is.
 *
 * @param {Tap} tap
 * @param {number} from
 * @param {number} to
 * @param {number} span
 * @param {(rate: number) => boolean} holds
 */
export function timeUntil(tap, from, to, span, holds) {
  for (let at = from; at + span <= to; at += 5) if (holds(tap.rate(at, at + span))) return Math.round(at - from)
  return Infinity
}

/** What each gets if all get the same and nobody more than it wants. @param {number} limit @param {readonly number[]} demands */
export function fairShares(limit, demands) {
  let left = limit
  let level = limit
  for (const [i, demand] of [...demands].sort((a, b) => a - b).entries()) {
    level = left / (demands.length - i)
    if (demand > level) break
    left -= demand
    level = Infinity
  }
  return demands.map((demand) => Math.min(demand, level))
}

/**
 * The mean rates around `count` moments, evenly from one moment to another.
 *
 * @param {Tap} tap
 * @param {number} from
 * @param {number} to
 * @param {number} count
 * @param {number} [least] Each is the mean of so many ms at least: in less than two rounds they say little.
 * @returns {number[]}
 */
export function resample(tap, from, to, count, least = 0) {
  const width = (to - from) / count
  const more = Math.max(0, least - width) / 2
  return Array.from({ length: count }, (_, i) => {
    const begins = Math.max(from, from + i * width - more)
    return tap.rate(begins, Math.min(to, from + (i + 1) * width + more))
  })
}
