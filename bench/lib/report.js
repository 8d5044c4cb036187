import { table } from './table.js'

/** @import { Adapter, Measure, Row, Score } from '../types.d.ts' */
/** @typedef {{ measure: Measure, results: unknown }} Done */

const OURS = 'sluice'
const FLOOR = 'pass-through'

/**
 * @param {object} run
 * @param {Record<string, string>} run.machine
 * @param {Done[]} run.done
 * @param {Done} run.noise
 * @param {Map<string, Adapter>} run.contestants
 * @param {string[]} run.absent
 * @param {boolean} run.quick
 * @param {string} run.args As it was started.
 * @param {number} run.minutes
 * @returns {string} The whole report, in Markdown.
 */
export function markdown({ machine, done, noise, contestants, absent, quick, args, minutes }) {
  const nameOf = (/** @type {string} */ file) => contestants.get(file)?.name ?? file
  const rows = done.flatMap(({ measure, results }) => measure.rows(/** @type {never} */ (results)))
  const parts = [
    '# Measurements',
    `Made by \`npm run bench${args ? ` -- ${args}` : ''}\` in ${minutes.toFixed(1)} minutes.${quick ? ' **A quick run: for trying, not for quoting.**' : ''} R is a limit; "burst" is the most that bytes exceed R x window, in ms of R. Every contestant runs in a process of its own for every measurement, ours and theirs in turns.`,
    [
      `- ${machine.date} UTC, commit ${machine.commit}, load average before ${machine.load}, after ${machine.loadAfter}; on a machine that is busy otherwise the figures mean little`,
      `- Node.js ${machine.node} on ${machine.system}`,
      `- ${machine.versions}`,
      ...absent.map((line) => `- ${line}`),
    ].join('\n'),
    '## Targets',
    table(
      ['target', 'to reach', OURS, 'reached', 'best rival', 'others'],
      rows.map((row) => targetLine(row, nameOf)),
    ),
    'Conservation (grants = bytes passed + refunds) is no measurement: a property test holds it.',
    ...[noise, ...done].flatMap(({ measure, results }) =>
      measure
        .tables(/** @type {never} */ (results), nameOf)
        .flatMap(({ title, note, head, body }) => [`## ${title}`, note, table(head, body)]),
    ),
  ]
  return `${parts.join('\n\n')}\n`
}

/**
 * @param {Row} row
 * @param {(file: string) => string} nameOf
 */
function targetLine({ target, reach, bound, higher = false, scores }, nameOf) {
  const ours = scores.get(OURS)
  const theirs = [...scores].filter(([file]) => file !== OURS && file !== FLOOR)
  const sign = higher ? -1 : 1
  const [best, ...rest] = theirs
    .filter(([, { value, partial }]) => !Number.isNaN(value) && !partial)
    .toSorted(([, a], [, b]) => sign * (a.value - b.value))
  const others = [...rest, ...theirs.filter(([, { value, partial }]) => Number.isNaN(value) || partial)]
  const show = (/** @type {[string, Score]} */ [file, { text }]) => `${nameOf(file)}: ${text}`
  return [
    target,
    reach,
    ours?.text ?? '-',
    ours && bound !== undefined ? (isReached(ours, bound, higher) ? 'yes' : '**no**') : '-',
    best ? show(best) : '-',
    others.map(show).join('; ') || '-',
  ]
}

/**
 * @param {Score} score
 * @param {number} bound
 * @param {boolean} higher
 */
function isReached({ value }, bound, higher) {
  return higher ? value >= bound : value <= bound
}
