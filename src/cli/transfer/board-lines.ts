import pc from 'picocolors'
import { formatRate, formatSize } from '../../units.ts'
import { padTo, squeezePath } from '../progress/display-width.ts'
import { clockTime, type LineStyle, progressLine, type Snapshot } from '../progress/progress-line.ts'
import type { RunningFile } from './board.ts'

/** Columns of a file's line behind its name. */
const FIGURES = 55
const SHORTEST_NAME = 12
/** Seconds. What would take longer than 99 days is not worth a forecast. */
const LONGEST_ETA = 99 * 86_400

/**
 * A line for each file that is being transferred, and one for all. A single file of a single transfer has that one line only.
 *
 * @param height Lines that there may be.
 */
export function boardLines(
  running: readonly RunningFile[],
  total: Snapshot & { readonly files: number; readonly isSingle: boolean },
  rates: readonly number[],
  style: LineStyle & { readonly height: number },
): string[] {
  if (total.isSingle) return [progressLine(total, rates, style)]
  const { dim } = pc.createColors(style.colors)
  const count = `${total.files} ${total.files === 1 ? 'file ' : 'files'} done  `
  const sum = `${dim(count)}${progressLine(total, rates, { ...style, width: style.width - count.length })}`
  const room = style.height - 1
  const shown = running.slice(0, running.length > room ? Math.max(0, room - 1) : room)
  const more = running.length - shown.length
  const rest = more > 0 && room > 0 ? [dim(`and ${more} more`)] : []
  return [...shown.map((file) => fileLine(file, style)), ...rest, sum]
}

/** `reports/2026.csv       12.3 MiB of 32.0 MiB   38%  8.00 MiB/s  ETA 0:03` */
export function fileLine({ path, bytes, size, rate }: RunningFile, style: LineStyle): string {
  const { dim } = pc.createColors(style.colors)
  const percent = size === undefined || size === 0 ? '' : `${Math.min(100, Math.floor((bytes / size) * 100))}%`
  const seconds = size === undefined ? Infinity : Math.ceil(Math.max(0, size - bytes) / Math.max(rate, Number.EPSILON))
  const left = seconds > LONGEST_ETA ? '-' : clockTime(seconds * 1000)
  const ofSize = size === undefined ? '' : ` of ${formatSize(size)}`
  const nameWidth = style.width - FIGURES
  if (nameWidth < SHORTEST_NAME) return squeezePath(path, style.width, style.unicode)
  const figures = [
    formatSize(bytes).padStart(10),
    dim(ofSize.padEnd(12)),
    percent.padStart(6),
    formatRate(Math.round(rate)).padStart(12),
    `  ETA ${left}`,
  ]
  return `${padTo(squeezePath(path, nameWidth, style.unicode), nameWidth)}${figures.join('')}`
}
