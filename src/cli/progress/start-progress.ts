import type { Clock } from '../../clock.ts'
import { LiveLines } from './live-lines.ts'
import { type LineStyle, progressLine, type Snapshot } from './progress-line.ts'
import { repeat } from './repeat.ts'
import { canRedraw, hasColors, hasUnicode } from './terminal.ts'

export interface ProgressOptions {
  /** Show it also where it can't be redrawn: a line each second. */
  readonly progress: boolean
  readonly quiet: boolean
  readonly json: boolean
}

export interface Progress {
  /** Whether anything is shown. */
  readonly isOn: boolean
  /** Takes the line away, so that something else can be written there; it comes back below. */
  erase(): void
  /** Takes the line away for good. */
  stop(): void
}

/** Milliseconds between two drawings. */
const REDRAW = 200
const LOG = 1000
/** Characters in a line that goes to a file. */
export const LOG_WIDTH = 100
/** As many rates are remembered as the widest graph shows. */
export const MOST_RATES = 24

/**
 * Shows on stderr how a transfer goes, if somebody wants to see it: in place on a terminal, as plain lines elsewhere.
 *
 * @param dataShows Whether the data itself goes to a terminal: a progress line would be in its midst.
 */
export function startProgress(
  { progress, quiet, json }: ProgressOptions,
  dataShows: boolean,
  clock: Clock,
  look: () => Snapshot,
): Progress {
  const { stderr } = process
  const redraws = canRedraw(stderr)
  const isOn = progress || (redraws && !quiet && !json && !dataShows)
  if (!isOn) return { isOn, erase() {}, stop() {} }
  const lines = new LiveLines(stderr)
  const rates: number[] = []
  const show = () => {
    const now = look()
    rates.push(now.rate)
    if (rates.length > MOST_RATES) rates.shift()
    const style: LineStyle = {
      width: redraws ? lines.width : LOG_WIDTH,
      colors: hasColors(stderr),
      unicode: hasUnicode(),
    }
    const text = progressLine(now, rates, style)
    if (redraws) lines.draw([text])
    else if (!stderr.writableNeedDrain) stderr.write(`${text.trim()}\n`)
  }
  const stop = repeat(clock, redraws ? REDRAW : LOG, show)
  return {
    isOn,
    erase: () => lines.erase(),
    stop() {
      stop()
      lines.erase()
    },
  }
}
