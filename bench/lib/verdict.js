import { groupBy, median, spread } from './stats.js'
import { table } from './table.js'
import { round } from './units.js'

/** @import { Outcome, Verdict } from '../types.d.ts' */

const OURS = 'sluice'

/**
 * Ours through theirs, of the same rounds; the median of the rounds is judged.
 *
 * @template V, P
 * @param {Outcome<V, P>[]} outcomes Of one case.
 * @param {object} options
 * @param {string} options.target
 * @param {string} options.rival
 * @param {number} options.bound Of the ratio.
 * @param {boolean} [options.higher] Whether it must be at least that, instead of at most.
 * @param {string} options.unit
 * @param {(value: V) => number} options.of
 * @returns {Verdict}
 */
export function ratio(outcomes, { target, rival, bound, higher = false, unit, of }) {
  const reach = `${higher ? '>=' : '<='} ${bound === 1 ? '' : `${bound} x `}${rival}`
  const valuesOf = (/** @type {string} */ name) =>
    outcomes.filter(({ adapter, value }) => adapter === name && value !== undefined)
  const [ours, theirs] = [valuesOf(OURS), valuesOf(rival)]
  const show = (/** @type {Outcome<V, P>[]} */ own, /** @type {string} */ name) =>
    own.length ? `${spread(own.map(({ value }) => of(/** @type {V} */ (value))))} ${unit}` : why(outcomes, name)
  const ratios = ours.flatMap((mine) =>
    theirs
      .filter((other) => other.round === mine.round)
      .map((other) => of(/** @type {V} */ (mine.value)) / of(/** @type {V} */ (other.value))),
  )
  const judged = median(ratios)
  return {
    target,
    reach,
    ours: show(ours, OURS),
    theirs: `${rival}: ${show(theirs, rival)}`,
    judged: ratios.length ? spread(ratios) : '-',
    met: met(outcomes, judged, bound, higher),
  }
}

/**
 * What is judged by itself, and the others beside it.
 *
 * @template V, P
 * @param {Outcome<V, P>[]} outcomes Of one case.
 * @param {object} options
 * @param {string} options.target
 * @param {string} options.reach
 * @param {number} options.bound
 * @param {boolean} [options.higher] Whether it must be at least that, instead of at most.
 * @param {string} [options.unit]
 * @param {number} [options.digits]
 * @param {(value: V) => number} options.of
 * @param {(values: number[]) => number} [options.by] Which of the values of the rounds is judged; the worst one, if not said.
 * @param {(file: string) => string} [options.nameOf]
 * @returns {Verdict}
 */
export function absolute(outcomes, { target, reach, bound, higher = false, unit = '', digits = 2, of, by }) {
  const judge = by ?? ((values) => (higher ? Math.min(...values) : Math.max(...values)))
  const texts = [...groupBy(outcomes, ({ adapter }) => adapter)].map(([name, own]) => {
    const values = own.flatMap(({ value }) => (value === undefined ? [] : [of(value)])).filter((v) => !Number.isNaN(v))
    const text = values.length ? `${spread(values, digits)}${unit && ` ${unit}`}` : why(own, name)
    return { name, text, judged: values.length ? judge(values) : Number.NaN }
  })
  const ours = texts.find(({ name }) => name === OURS)
  return {
    target,
    reach,
    ours: ours?.text ?? '-',
    theirs:
      texts
        .filter(({ name }) => name !== OURS)
        .map(({ name, text }) => `${name}: ${text}`)
        .join('; ') || '-',
    judged: ours && !Number.isNaN(ours.judged) ? round(ours.judged, digits) : '-',
    met: met(outcomes, ours?.judged ?? Number.NaN, bound, higher),
  }
}

/** @param {Outcome<unknown, unknown>[]} outcomes @param {string} name */
const why = (outcomes, name) => {
  const failed = outcomes.find(({ adapter, error }) => adapter === name && error !== undefined)
  return failed ? `failed: ${failed.error}` : '-'
}

/**
 * @param {Outcome<unknown, unknown>[]} outcomes
 * @param {number} judged
 * @param {number} bound
 * @param {boolean} higher
 * @returns {boolean | undefined} One failure of ours is a target missed.
 */
function met(outcomes, judged, bound, higher) {
  if (outcomes.some(({ adapter, error }) => adapter === OURS && error !== undefined)) return false
  if (Number.isNaN(judged)) return undefined
  return higher ? judged >= bound : judged <= bound
}

const MARKS = new Map([
  [true, 'met'],
  [false, '**missed**'],
  [undefined, '-'],
])

/** @param {Verdict[]} verdicts @returns {string} In Markdown. */
export function targetTable(verdicts) {
  return table(
    ['target', 'to reach', 'sluice', 'theirs', 'judged', 'reached'],
    verdicts.map(({ target, reach, ours, theirs, judged, met }) => [
      target,
      reach,
      ours,
      theirs,
      judged,
      MARKS.get(met) ?? '-',
    ]),
  )
}
