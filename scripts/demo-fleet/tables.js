import { formatRate } from '../../dist/index.js'

/**
 * @import { ActResult } from './results.js'
 * @import { Look } from './look.js'
 * @import { NamedCheck } from './checks.js'
 * @import { Check, Range } from './verdict.js'
 */

const VERDICT = 7
const CELLS = /** @type {const} */ ([
  { key: 'part', title: 'total / limit', digits: 4, unit: '' },
  { key: 'jain', title: "Jain's index", digits: 5, unit: '' },
  { key: 'excess', title: 'most above it', digits: 0, unit: ' ms' },
])
const CELL = 15

/** @param {readonly ActResult[]} acts @param {Look} look @returns {string[]} */
export function actTable(acts, look) {
  const heading = CELLS.map(({ title }) => title.padStart(CELL - 3).padEnd(CELL)).join('  ')
  const rows = acts.flatMap(({ number, short, figures }) => {
    if (!figures) return []
    const limit = formatRate(figures.limit, { exact: true }).padStart(10)
    const cells = CELLS.map(({ key, digits, unit }) => {
      const { measured, target, verdict } = figures[key]
      const text = `${measured.toFixed(digits)}${unit}`.padStart(CELL - VERDICT)
      return `${text} ${verdictText(verdict, target, look)}`
    })
    return `   ${`${number} ${short}`.padEnd(16)}${limit}${cells.join('  ')}`.trimEnd()
  })
  return [
    look.dim(`   ${''.padEnd(16)}${'limit'.padStart(10)} ${heading}`.trimEnd()),
    ...rows,
    ...targets(acts).map((line) => look.dim(`   ${line}`)),
  ]
}

/** A line for each figure: which acts have which target. @param {readonly ActResult[]} acts */
function targets(acts) {
  return CELLS.map(({ key, title, unit }) => {
    /** @type {Map<string, number[]>} */
    const byTarget = new Map()
    for (const { number, figures } of acts) {
      const text = figures && rangeText(figures[key].target, unit)
      if (text) byTarget.set(text, [...(byTarget.get(text) ?? []), number])
    }
    const parts = [...byTarget].map(([text, numbers]) => `${text} (${numbers.join(', ')})`)
    return `${title.padEnd(14)} ${parts.join('; ')}`
  })
}

/** @param {readonly NamedCheck[]} checks @param {Look} look @returns {string[]} */
export function checkTable(checks, look) {
  /** @param {string} text */
  const unit = (text) => (text ? ` ${text}` : '')
  const rows = checks.map((check) => ({
    says: check.says,
    measured: Number.isFinite(check.measured) ? `${numberText(check.measured)}${unit(check.unit)}` : 'never',
    target: rangeText(check.target, unit(check.unit)),
    verdict: verdictText(check.verdict, check.target, look),
  }))
  /** @param {'says' | 'measured' | 'target'} key */
  const width = (key) => Math.max(...rows.map((row) => row[key].length), key.length)
  const widths = { says: width('says'), measured: width('measured'), target: width('target') }
  /** @param {{ says: string, measured: string, target: string }} row */
  const line = ({ says, measured, target }) =>
    `   ${says.padEnd(widths.says)}  ${measured.padStart(widths.measured)}  ${target.padEnd(widths.target)}`
  return [
    look.dim(line({ says: '', measured: 'measured', target: 'target' }).trimEnd()),
    ...rows.map((row) => `${line(row)}  ${row.verdict}`.trimEnd()),
  ]
}

/** @param {number} value */
const numberText = (value) =>
  Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(value < 2 ? 3 : 1)

/** @param {Range} range @param {string} unit */
function rangeText({ least, most }, unit) {
  if (least === undefined) return most === undefined ? '' : most === 0 ? '0' : `<= ${most}${unit}`
  if (most === undefined) return `>= ${least}${unit}`
  return least === most ? `${least}${unit}` : `${least} to ${most}${unit}`
}

/** @param {Check['verdict']} verdict @param {Range} target @param {Look} look */
function verdictText(verdict, { least, most }, look) {
  // Where nothing is to be reached only what is broken is told.
  const text = least === undefined && most === undefined && verdict === 'ok' ? '' : verdict
  const paint = verdict === 'ok' ? look.green : verdict === 'missed' ? look.yellow : look.red
  return text === '' ? ' '.repeat(VERDICT - 1) : paint(text) + ' '.repeat(VERDICT - 1 - text.length)
}
