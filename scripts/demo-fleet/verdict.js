/**
 * @typedef {{ readonly least?: number, readonly most?: number }} Range
 * @typedef {{ readonly target: Range, readonly sane: Range }} Bounds What is to be reached, and what not even a busy machine should miss.
 *
 * @typedef {object} Check
 * @property {number} measured
 * @property {Range} target Empty if there is none.
 * @property {'ok' | 'missed' | 'broken'} verdict A target that is missed can be the noise of a busy machine; what is broken can not.
 */

/** @param {number} measured @param {Bounds} bounds @returns {Check} */
export function judge(measured, { target, sane }) {
  return { measured, target, verdict: !isIn(measured, sane) ? 'broken' : isIn(measured, target) ? 'ok' : 'missed' }
}

/** NaN is in none. @param {number} value @param {Range} range */
const isIn = (value, { least = -Infinity, most = Infinity }) => value >= least && value <= most
