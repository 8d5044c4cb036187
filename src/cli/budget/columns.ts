import pc from 'picocolors'
import { displayWidth, padTo, squeeze } from '../progress/display-width.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** A text, and how to paint it where there are colours. Columns with nothing in them are left out. */
export interface Cell {
  readonly text: string
  readonly color?: 'dim' | 'yellow' | 'green' | 'bold' | undefined
}

export interface TableStyle {
  /** Columns of the terminal; Infinity where there is none. */
  readonly width: number
  readonly colors: boolean
  readonly unicode: boolean
}

const GAP = '  '
const SHORTEST_NAME = 12
/** Also where there is no terminal: as many as a name may have characters. */
const LONGEST_NAME = 256

/**
 * A table with aligned columns under their titles. What is in the first column is anybody's, and is cut where a line
 * would not fit else.
 *
 * @returns A line for the titles and one for each row.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, colors, unicode }: TableStyle,
): string[] {
  const paint = pc.createColors(colors)
  const shown = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? { ...cell, text: squeeze(cell.text, LONGEST_NAME, unicode) } : cell)),
  )
  const used = columns.map((_, i) => i === 0 || shown.some((row) => row[i]?.text))
  const widths = columns.map(({ title }, i) =>
    used[i] ? Math.max(title.length, ...shown.map((row) => displayWidth(row[i]?.text ?? ''))) : 0,
  )
  const others = widths.slice(1).reduce((sum, each) => sum + (each > 0 ? each + GAP.length : 0), 0)
  const [first = 0] = widths
  widths[0] = Math.min(first, Math.max(SHORTEST_NAME, width - others))
  const line = (cells: readonly Cell[]) =>
    cells
      .map(({ text, color }, i) => {
        const fitted = i === 0 ? squeeze(text, widths[0] ?? 0, unicode) : text
        const padded = padTo(fitted, widths[i] ?? 0, columns[i]?.align)
        return { isUsed: used[i], text: color ? paint[color](padded) : padded }
      })
      .filter(({ isUsed }) => isUsed)
      .map(({ text }) => text)
      .join(GAP)
  const titles = line(columns.map(({ title }) => ({ text: title, color: 'dim' })))
  return [titles, ...shown.map(line)].map((each) => (colors ? each : each.trimEnd()))
}
