import { formatRate } from '../../dist/index.js'
import { ACROSS, Canvas, DOWN } from './canvas.js'

/**
 * @typedef {object} ChartOptions
 * @property {readonly number[]} totals Bytes per second, one for each column of dots: {@link dotColumns}.
 * @property {readonly number[]} limits The limit in each of them.
 * @property {readonly { readonly at: number, readonly mark: string }[]} marks Events: `at` from 0, the left, to 1.
 * @property {number} width Characters, labels included.
 * @property {boolean} unicode
 * @property {{ total: Paint, limit: Paint, dim: Paint, bold: Paint }} paint
 * @typedef {(text: string) => string} Paint
 */

/** Characters of what stands at the left of a chart. */
export const LABEL = 12

/** Lines for the highest limit, and for what is above it. */
const LINES_OF_LIMIT = 8
const LINES_ABOVE = 2

/** How many values a chart of `width` characters shows. @param {number} width */
export const dotColumns = (width) => Math.max(1, width - LABEL) * ACROSS

/** @param {string} text */
export const label = (text) => `${text.padStart(LABEL - 2)} `

/**
 * Draws rates as a line, with the limit drawn in, and events below.
 *
 * @param {ChartOptions} options
 * @returns {string[]} Lines.
 */
export function chart({ totals, limits, marks, width, unicode, paint }) {
  const columns = Math.max(1, width - LABEL)
  const highest = Math.max(1, ...limits)
  const canvas = new Canvas(columns, LINES_OF_LIMIT + LINES_ABOVE + 1)
  // 0 and the limit lie in the midst of a line of characters, and half of the limit, too.
  /** @param {number} rate */
  const height = (rate) => Math.round((rate / highest) * LINES_OF_LIMIT * DOWN) + 1
  const highestDot = height(highest) + LINES_ABOVE * DOWN
  for (const [x, limit] of limits.entries()) if (x % ACROSS === 0) canvas.dot(x, height(limit), 1)
  canvas.line(
    totals.map((rate) => Math.min(highestDot, height(rate))),
    2,
  )
  const lines = canvas.render([(text) => text, paint.limit, paint.total], unicode ? undefined : [...' -*'])
  const { bar, corner, dash } = unicode ? { bar: '│', corner: '└', dash: '─' } : { bar: '|', corner: '+', dash: '-' }
  const labels = new Map(
    [0, LINES_OF_LIMIT / 2, LINES_OF_LIMIT].map((line) => [line, (highest * line) / LINES_OF_LIMIT]),
  )
  const drawn = lines.map((line, row) => {
    const rate = labels.get(lines.length - 1 - row)
    return `${paint.dim(`${label(rate === undefined ? '' : formatRate(rate, { exact: true }))}${bar}`)}${line}`
  })
  return [...drawn, `${paint.dim(`${label('')}${corner}`)}${axis(marks, columns, dash, paint)}`]
}

/**
 * A line with the marks of events; a mark that has no room moves to the right.
 *
 * @param {ChartOptions['marks']} marks
 * @param {number} columns
 * @param {string} dash
 * @param {ChartOptions['paint']} paint
 */
function axis(marks, columns, dash, { dim, bold }) {
  let line = ''
  let column = 0
  for (const { at, mark } of marks) {
    const wanted = Math.max(column, Math.min(columns - mark.length, Math.floor(at * columns)))
    if (wanted + mark.length > columns) break
    line += dim(dash.repeat(wanted - column)) + bold(mark)
    column = wanted + mark.length
  }
  return line + dim(dash.repeat(columns - column))
}
