import { excess, jain, limitAt } from './figures.js'
import { judge } from './verdict.js'

/**
 * @import { Stage } from './stage.js'
 * @import { Bounds, Check } from './verdict.js'
 *
 * @typedef {object} Played An act that was played; times in ms from the origin.
 * @property {string} name
 * @property {string} short
 * @property {string} title
 * @property {'steady' | 'change' | 'fault' | 'end'} kind
 * @property {number} began When its title was shown.
 * @property {number} from When it had begun: from then on all processes that it starts have bytes.
 * @property {number} settled
 * @property {number} to
 * @property {Map<string, number>} fair What is the part of each, in bytes per second.
 *
 * @typedef {object} Figures
 * @property {number} limit
 * @property {Record<string, number>} rates What each got, in bytes per second.
 * @property {Check} part Of the limit, by all together.
 * @property {Check} jain Among those who want all there is.
 * @property {Check} excess Over any window, in ms of the limit.
 */

const TOTAL = { target: { least: 0.995, most: 1.005 }, sane: { least: 0.7, most: 1.15 } }
const FAIR = { target: { least: 0.999 }, sane: { least: 0.9 } }
const TRANSIENT = { target: { most: 250 }, sane: { most: 1500 } }

/** @type {Record<'steady' | 'change' | 'fault', Record<'part' | 'jain' | 'excess', Bounds>>} */
export const BOUNDS = {
  steady: { part: TOTAL, jain: FAIR, excess: { target: { most: 50 }, sane: { most: 1000 } } },
  change: { part: TOTAL, jain: FAIR, excess: TRANSIENT },
  fault: {
    part: { target: { least: 0.9, most: 1.1 }, sane: { least: 0.6, most: 1.2 } },
    jain: { target: {}, sane: { least: 0.8 } },
    excess: TRANSIENT,
  },
}

/**
 * The figures of an act: what all got once it was settled, and by how much they exceeded the limit from its beginning on.
 *
 * @param {Stage} stage
 * @param {Played & { kind: keyof typeof BOUNDS }} act
 * @returns {Figures}
 */
export function figuresOf({ total, limits, members }, { kind, from, settled, to }) {
  const there = members.filter(({ startedAt, endedAt = Infinity }) => startedAt < settled && endedAt > settled)
  const rates = Object.fromEntries(there.map(({ name, tap }) => [name, tap.rate(settled, to)]))
  const heavy = there.filter(({ demand }) => demand === Infinity).map(({ name }) => rates[name] ?? 0)
  const limit = limitAt(limits, settled)
  const { part, jain: fairness, excess: over } = BOUNDS[kind]
  return {
    limit,
    rates,
    part: judge(total.rate(settled, to) / limit, part),
    jain: judge(jain(heavy), fairness),
    excess: judge(excess(total, limits, from, to), over),
  }
}
