import { systemClock } from '../../clock.ts'
import type { Throttle } from '../../throttle/throttle.ts'
import { LiveLines } from '../progress/live-lines.ts'
import { repeat } from '../progress/repeat.ts'
import { LOG_WIDTH, MOST_RATES } from '../progress/start-progress.ts'
import { canRedraw, hasColors, hasUnicode } from '../progress/terminal.ts'
import type { Share } from '../redis/share.ts'
import type { Board } from './board.ts'
import { boardLines } from './board-lines.ts'
import type { Job } from './job.ts'
import type { TransferOptions } from './transfer-options.ts'

/** Milliseconds between two drawings. */
const REDRAW = 200
const LOG = 1000

/** What is shown. */
interface Shown {
  readonly jobs: readonly Job[]
  /** What all bytes pass. */
  readonly throttle: Throttle
  readonly share: Share | undefined
}

/** Shows on stderr how transfers go, if somebody wants to see it: in place on a terminal, as plain lines elsewhere. */
export interface Screen {
  /** Whether anything is going to be shown. */
  readonly isOn: boolean
  /** Writes a line to stderr, above those that are drawn over. */
  readonly write: (line: string) => void
  /** Takes the lines away, so that something else can be written there; they come back below. */
  readonly erase: () => void
  start(board: Board, transfers: Shown): void
  stop(): void
}

/** @param dataShows Whether the data itself goes to a terminal: progress would be in its midst. */
export function showBoard({ progress, quiet, json, totalLimit, limit }: TransferOptions, dataShows: boolean): Screen {
  const { stderr } = process
  const redraws = canRedraw(stderr)
  const isOn = progress || (redraws && !quiet && !json && !dataShows)
  const lines = new LiveLines(stderr)
  const rates: number[] = []
  let tallest = 0
  let stop = () => {}
  return {
    isOn,
    write(line) {
      if (redraws) lines.erase()
      stderr.write(`${line}\n`)
    },
    erase: () => lines.erase(),
    start(board, { jobs, throttle, share }) {
      if (!isOn) return
      const clock = systemClock
      const startedAt = clock.now()
      const isSingle = jobs.length === 1 && jobs[0]?.isFile === true
      const show = () => {
        const { rate, meanRate } = throttle.stats
        const { files, bytes, size } = board.totals
        rates.push(rate)
        if (rates.length > MOST_RATES) rates.shift()
        const now = {
          ...{ files, bytes, size, rate, isSingle, waitsFor: undefined },
          elapsed: clock.now() - startedAt,
          pace: meanRate,
          limit: totalLimit ?? (jobs.length === 1 ? limit : null),
          share: share?.note,
        }
        if (json) {
          const figures = {
            files,
            bytes,
            sizeBytes: size ?? null,
            bytesPerSecond: Math.round(rate),
            share: share?.figures,
          }
          if (!stderr.writableNeedDrain) stderr.write(`${JSON.stringify({ progress: true, ...figures })}\n`)
          return
        }
        const style = {
          width: redraws ? lines.width : LOG_WIDTH,
          height: redraws ? lines.height : 1,
          colors: hasColors(stderr),
          unicode: hasUnicode(),
        }
        const texts = boardLines(board.running, now, rates, style)
        const sum = texts.pop() ?? ''
        // Where small files come and go, the last line stays where it is.
        tallest = Math.min(Math.max(tallest, texts.length), style.height - 1)
        while (texts.length < tallest) texts.push('')
        if (redraws) lines.draw([...texts, sum])
        else if (!stderr.writableNeedDrain) stderr.write(`${sum.trim()}\n`)
      }
      stop = repeat(clock, redraws && !json ? REDRAW : LOG, show)
    },
    stop() {
      stop()
      lines.erase()
    },
  }
}
