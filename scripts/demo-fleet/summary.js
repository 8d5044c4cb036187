import { availableParallelism, loadavg } from 'node:os'
import { clockTime } from '../../dist/cli/progress/progress-line.js'
import { sparkline } from '../../dist/cli/progress/sparkline.js'
import { chart, dotColumns, LABEL, label } from './chart.js'
import { limitAt, resample } from './figures.js'
import { actTable, checkTable } from './tables.js'

/**
 * @import { Look } from './look.js'
 * @import { Results } from './results.js'
 * @import { Stage } from './stage.js'
 */

/** What is drawn is the mean of so many ms at least. */
const LEAST = 250

/**
 * All that is to be told at the end.
 *
 * @param {Stage} stage
 * @param {Results} results
 * @param {number} width Characters.
 * @param {Look} look
 * @returns {string[]} Lines.
 */
export function summary(stage, results, width, look) {
  const { dim, bold } = look
  const { judged, missed, broken } = results
  const verdicts = [
    broken > 0 ? look.red(`${broken} of ${judged} are broken`) : '',
    missed > 0 ? look.yellow(`${missed} of ${judged} targets missed`) : '',
  ].filter((text) => text)
  const { usual, worst } = results.lateness
  return [
    '',
    bold('What came through'),
    ...graphs(stage, results, width, look),
    '',
    bold('What it comes to'),
    ...actTable(results.acts, look),
    '',
    ...checkTable(results.checks, look),
    '',
    verdicts.join(', ') || look.green(`All ${judged} targets reached`),
    dim(
      `Measured at the reading end, which was held up for ${usual.toFixed(1)} ms at most in 99 % of the time, and for ${worst.toFixed(0)} ms once.`,
    ),
    ...(missed === 0
      ? []
      : [
          dim(
            `A machine that is busy with other things makes them miss: ${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)}.`,
          ),
        ]),
  ]
}

/**
 * The total as a chart, and a row for each process, on one scale of time.
 *
 * @param {Stage} stage
 * @param {Results} results
 * @param {number} width Characters.
 * @param {Look} look
 */
function graphs({ total, members, limits }, { acts, lasts }, width, { unicode, green, yellow, dim, bold, cyan }) {
  const dots = dotColumns(width)
  const columns = width - LABEL
  const times = Array.from({ length: dots }, (_, i) => ((i + 0.5) * lasts) / dots)
  const rates = members.map(({ tap }) => resample(tap, 0, lasts, columns, LEAST))
  // What one has is about an eighth of the limit; who is alone at first has all, which would dwarf the rest.
  const ceiling = Math.max(...limits.map(({ limit }) => limit)) / 6
  return [
    ...chart({
      totals: resample(total, 0, lasts, dots, LEAST),
      limits: times.map((at) => limitAt(limits, at)),
      marks: acts.map(({ at }, i) => ({ at: at / lasts, mark: String(i + 1) })),
      width,
      unicode,
      paint: { total: green, limit: yellow, dim, bold },
    }),
    ...members.map(({ name }, i) =>
      `${label(name)} ${cyan(sparkline(rates[i] ?? [], columns, ceiling, unicode))}`.trimEnd(),
    ),
    dim(`${label('')} ${timeAxis(lasts, columns)}`),
  ]
}

/** @param {number} lasts Milliseconds. @param {number} columns Characters. */
export function timeAxis(lasts, columns) {
  let line = ''
  const step = lasts > 30_000 ? 10_000 : 5000
  for (let at = 0; at < lasts; at += step) {
    const text = clockTime(at)
    const column = Math.floor((at / lasts) * columns)
    if ((line && column <= line.length) || column + text.length > columns) continue
    line = line.padEnd(column) + text
  }
  return line
}
