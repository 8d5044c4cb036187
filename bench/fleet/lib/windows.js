/** @import { Trace } from '../../lib/trace.js' */

/**
 * The mean over all windows of half of the time: what a moment more or less at either end brings hardly counts.
 *
 * @param {Trace} trace
 * @param {number} rate Bytes per second.
 * @param {number} from
 * @param {number} to
 * @returns {number} As a part of the rate.
 */
export function meanPart(trace, rate, from, to) {
  const width = Math.floor((to - from) / 2)
  const parts = windows(trace, rate, from, to, width).map(({ part }) => part)
  return parts.reduce((a, b) => a + b, 0) / parts.length
}

/**
 * All windows of a length, each 5 ms after the one before.
 *
 * @param {Trace} trace
 * @param {number} rate Bytes per second.
 * @param {number} from
 * @param {number} to
 * @param {number} width In ms.
 * @returns {{ at: number, part: number }[]} When it begins, and what passes as a part of the rate.
 */
export function windows(trace, rate, from, to, width) {
  const all = []
  for (let at = Math.ceil(from); at + width <= to; at += 5) {
    all.push({ at, part: trace.between(at, at + width) / ((rate * width) / 1000) })
  }
  return all
}

/**
 * The most that bytes fall short of the rate in any window, in ms of the rate.
 *
 * @param {Trace} trace
 * @param {number} rate Bytes per second.
 * @param {number} from
 * @param {number} to
 */
export function shortfall(trace, rate, from, to) {
  let level = 0
  let most = 0
  let last = from
  for (let i = trace.indexAt(from); i <= trace.length; i++) {
    const end = i === trace.length || trace.time(i) >= to
    const time = end ? to : trace.time(i)
    level = Math.max(0, level + time - last)
    most = Math.max(most, level)
    if (end) break
    level = Math.max(0, level - ((trace.upTo(i) - trace.upTo(i - 1)) / rate) * 1000)
    last = time
  }
  return most
}
