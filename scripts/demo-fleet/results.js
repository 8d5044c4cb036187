import { figuresOf } from './act-figures.js'
import { checks } from './checks.js'

/**
 * @import { Figures, Played } from './act-figures.js'
 * @import { Facts } from './acts.js'
 * @import { NamedCheck } from './checks.js'
 * @import { Stage } from './stage.js'
 *
 * @typedef {object} ActResult
 * @property {number} number
 * @property {string} name
 * @property {string} short
 * @property {string} title
 * @property {number} at When it began, in ms from the start.
 * @property {number} to
 * @property {Figures | undefined} figures
 *
 * @typedef {object} Results
 * @property {ActResult[]} acts
 * @property {NamedCheck[]} checks
 * @property {number} lasts How long it all took, in ms.
 * @property {number} judged How many targets there are; of these were
 * @property {number} missed
 * @property {number} broken
 * @property {{ usual: number, worst: number }} lateness Of the tap, in ms: in 99 % of the time at most, and once.
 * @property {{ name: string, pid: number | undefined, bytes: number, ending: number | string | undefined }[]} processes
 */

/**
 * @param {Stage} stage
 * @param {{ played: readonly Played[], facts: Facts }} play
 * @param {{ usual: number, worst: number }} lateness
 * @returns {Results}
 */
export function resultsOf(stage, { played, facts }, lateness) {
  const acts = played.map((act, i) => ({
    number: i + 1,
    name: act.name,
    short: act.short,
    title: act.title,
    at: act.began,
    to: act.to,
    figures: act.kind === 'end' ? undefined : figuresOf(stage, { ...act, kind: act.kind }),
  }))
  const named = checks(stage, played, facts)
  const all = [
    ...named,
    ...acts.flatMap(({ figures }) => (figures ? [figures.part, figures.jain, figures.excess] : [])),
  ]
  const withTarget = all.filter(({ target }) => target.least !== undefined || target.most !== undefined)
  return {
    acts,
    checks: named,
    lasts: stage.now,
    judged: withTarget.length,
    missed: all.filter(({ verdict }) => verdict === 'missed').length,
    broken: all.filter(({ verdict }) => verdict === 'broken').length,
    lateness,
    processes: stage.members.map(({ name, pid, tap, ending }) => ({ name, pid, bytes: tap.bytes, ending })),
  }
}
