import { groupBy } from './stats.js'

/** @import { Outcome, Score } from '../types.d.ts' */

/**
 * One score per contestant. One that failed anywhere has none: a mean over what was left would flatter it.
 *
 * @template V, P
 * @param {Outcome<V, P>[]} outcomes
 * @param {(values: V[], outcomes: Outcome<V, P>[]) => Score | undefined} judge
 * @returns {Map<string, Score>}
 */
export function scoreEach(outcomes, judge) {
  /** @type {Map<string, Score>} */
  const scores = new Map()
  const groups = groupBy(outcomes, (outcome) => outcome.adapter)
  const all = Math.max(0, ...[...groups.values()].map((own) => own.length))
  for (const [adapter, own] of groups) {
    const failed = own.find((outcome) => outcome.error !== undefined)
    if (failed) scores.set(adapter, { value: Number.NaN, text: `failed: ${failed.error}` })
    else {
      const values = /** @type {V[]} */ (own.map((outcome) => outcome.value))
      const score = judge(values, own)
      if (!score || Number.isNaN(score.value)) continue
      const partial = own.length < all
      scores.set(
        adapter,
        partial ? { ...score, text: `${score.text}, in ${own.length} of ${all} runs`, partial } : score,
      )
    }
  }
  return scores
}

/**
 * A table with a line for each case and a column for each contestant.
 *
 * @template V, P
 * @param {Outcome<V, P>[]} outcomes
 * @param {(outcome: Outcome<V, P>) => string} line What stands in the first column.
 * @param {(values: V[]) => string} cell
 * @param {string} corner Head of the first column.
 * @param {(adapter: string) => string} nameOf
 */
export function crossTable(outcomes, line, cell, corner, nameOf) {
  const adapters = [...new Set(outcomes.map((outcome) => outcome.adapter))]
  const body = [...groupBy(outcomes, line)].map(([title, own]) => [
    title,
    ...adapters.map((adapter) => {
      const mine = own.filter((outcome) => outcome.adapter === adapter)
      const failed = mine.find((outcome) => outcome.error !== undefined)
      if (failed) return `failed: ${failed.error}`
      return mine.length ? cell(/** @type {V[]} */ (mine.map((outcome) => outcome.value))) : '-'
    }),
  ])
  return { head: [corner, ...adapters.map(nameOf)], body }
}
