import pc from 'picocolors'
import { formatRate, formatSize } from '../../units.ts'
import { displayWidth } from './display-width.ts'
import { sparkline } from './sparkline.ts'

/** How a transfer stands. */
export interface Snapshot {
  readonly bytes: number
  /** Milliseconds since it began. */
  readonly elapsed: number
  /** Bytes per second over the last second: what it does now. */
  readonly rate: number
  /** Bytes per second over the last 10 s: what to expect. */
  readonly pace: number
  /** Bytes per second, or null. */
  readonly limit: number | null
  /** Bytes to expect, if known. */
  readonly size: number | undefined
  /** The end that has been silent for a while. */
  readonly waitsFor: 'input' | 'output' | undefined
  /** How the share of a budget stands, if there is one. */
  readonly share?: Note | undefined
}

/** A few words about something beside the transfer. */
export interface Note {
  readonly text: string
  /** Whether something is wrong. */
  readonly isAlarm: boolean
}

export interface LineStyle {
  /** Columns that the line may have. */
  readonly width: number
  readonly colors: boolean
  readonly unicode: boolean
}

type Part = readonly [text: string, paint?: (text: string) => string]

const STALLS = { input: '  input silent', output: '  output stuck' } as const
const LEAST_GRAPH = 6
const MOST_GRAPH = 24

/**
 * One line that says how a transfer stands. Its parts keep their places from one line to the next; where the width does not
 * suffice, the least telling are left out.
 *
 * ```text
 * 12.3 MiB of 32 MiB   38%   8.00 MiB/s of 8 MiB/s  ▁▅▇▇▇▇▇▇▇▇  0:01  ETA 0:03
 * ```
 *
 * @param rates Bytes per second, measured at even intervals, the last one last.
 */
export function progressLine(now: Snapshot, rates: readonly number[], style: LineStyle): string {
  const { cyan, dim, yellow } = pc.createColors(style.colors)
  const { size, limit } = now
  const bytes: Part = [formatSize(now.bytes).padStart(8)]
  const ofSize: Part = [size === undefined ? '' : ` of ${formatSize(size)}`, dim]
  const percent: Part = [size === undefined ? '' : `${percentOf(now.bytes, size)}%`.padStart(6)]
  const rate: Part = [formatRate(now.rate).padStart(12)]
  const ofLimit: Part = [limit === null ? '' : ` of ${formatRate(limit, { exact: true })}`, dim]
  const elapsed: Part = [`  ${clockTime(now.elapsed)}`, dim]
  const outlook: Part = now.waitsFor ? [STALLS[now.waitsFor], yellow] : [eta(now).padEnd(STALLS.input.length)]
  const graph: Part = ['  ', cyan]
  const share: Part = now.share ? [`  ${now.share.text}`, now.share.isAlarm ? yellow : dim] : ['']

  // From the most to the least that is told.
  const attempts: readonly (readonly Part[])[] = [
    [bytes, ofSize, percent, rate, ofLimit, graph, elapsed, outlook, share],
    [bytes, percent, rate, ofLimit, graph, elapsed, outlook, share],
    [bytes, percent, rate, ofLimit, graph, outlook, share],
    [bytes, percent, rate, graph, outlook, share],
    [bytes, percent, rate, outlook, share],
    [bytes, percent, rate, outlook],
    [bytes, rate],
    [bytes],
  ]
  for (const parts of attempts) {
    const room = style.width - widthOf(parts)
    if (room < (parts.includes(graph) ? LEAST_GRAPH : 0)) continue
    const columns = sparkline(rates, Math.min(room, MOST_GRAPH), limit ?? Math.max(1, ...rates), style.unicode)
    return paint(parts.map((part) => (part === graph ? [`  ${columns}`, cyan] : part))).trimEnd()
  }
  return ''
}

const widthOf = (parts: readonly Part[]) => parts.reduce((sum, [text]) => sum + displayWidth(text), 0)

const paint = (parts: readonly Part[]) => parts.map(([text, color]) => (text && color ? color(text) : text)).join('')

/** 100 only when all has come. */
function percentOf(bytes: number, size: number): number {
  return size > 0 ? Math.min(100, Math.floor((bytes / size) * 100)) : 100
}

function eta({ bytes, size, pace }: Snapshot): string {
  if (size === undefined) return ''
  const left = Math.max(0, size - bytes)
  return `  ETA ${pace > 0 ? clockTime(Math.ceil(left / pace) * 1000) : '-'}`
}

/** `0:07`, `1:02:03`, `3d 04:05` */
export function clockTime(ms: number): string {
  const total = Math.floor(ms / 1000)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const days = Math.floor(total / 86_400)
  if (days > 0) return `${days}d ${two((total % 86_400) / 3600)}:${two((total % 3600) / 60)}`
  if (total >= 3600) return `${Math.floor(total / 3600)}:${two((total % 3600) / 60)}:${two(total % 60)}`
  return `${Math.floor(total / 60)}:${two(total % 60)}`
}
