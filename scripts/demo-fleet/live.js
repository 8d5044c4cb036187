import { bar } from '../../dist/cli/budget/bar.js'
import { LiveLines } from '../../dist/cli/progress/live-lines.js'
import { clockTime } from '../../dist/cli/progress/progress-line.js'
import { sparkline } from '../../dist/cli/progress/sparkline.js'
import { canRedraw } from '../../dist/cli/progress/terminal.js'
import { formatRate } from '../../dist/index.js'
import { resample } from './figures.js'

/**
 * @import { Stage } from './stage.js'
 * @import { Look } from './look.js'
 * @import { Tap } from './tap.js'
 */

/** Milliseconds between two drawings, that a rate shown is the mean of, and that each column of a graph is. */
const REDRAW = 200
const MEAN = 600
const COLUMN = 500

const NAME = 8
const RATE = 12
const BAR = 18
const MOST_GRAPH = 60

/** Shows the stage while it is played: titles one below the other, and below them what each process does, redrawn in place. */
export class Live {
  #lines
  #redraws
  #look
  #stage
  #timer

  /** @param {Stage} stage @param {Look} look @param {NodeJS.WriteStream} stream */
  constructor(stage, look, stream) {
    this.#stage = stage
    this.#look = look
    this.#redraws = canRedraw(stream)
    this.#lines = new LiveLines(stream)
    this.stream = stream
    if (this.#redraws) {
      stream.write('\x1b[?25l') // the cursor would flicker
      this.#timer = setInterval(() => this.#draw(), REDRAW)
    }
  }

  /** @param {string} title */
  announce(title) {
    this.#lines.erase()
    this.stream.write(`${this.#look.bold(title)}\n`)
    if (this.#redraws) this.#draw()
  }

  /** Takes away what was redrawn. */
  stop() {
    clearInterval(this.#timer)
    if (!this.#redraws) return
    this.#lines.erase()
    this.stream.write('\x1b[?25h')
    this.#redraws = false
  }

  #draw() {
    const { width, height } = this.#lines
    this.#lines.draw(panel(this.#stage, width, this.#look).slice(0, height))
  }
}

/** @param {Stage} stage @param {number} width Characters. @param {Look} look @returns {string[]} Lines. */
export function panel(stage, width, { unicode, bold, dim, red, green, cyan }) {
  const { now, total, members, limits, limit, redis } = stage
  const highest = Math.max(...limits.map((each) => each.limit))
  // Names and rates show in any case.
  const barWidth = Math.max(0, Math.min(BAR, width - NAME - RATE - 4))
  const graphWidth = Math.max(0, Math.min(MOST_GRAPH, width - NAME - RATE - barWidth - 6))
  /**
   * @param {string} name
   * @param {Tap} tap
   * @param {number} full
   * @param {(text: string) => string} color
   * @param {string | undefined} instead
   */
  const row = (name, tap, full, color, instead) => {
    const rate = tap.rate(Math.max(0, now - MEAN), now)
    const end = Math.floor(now / COLUMN) * COLUMN
    const values = resample(tap, end - graphWidth * COLUMN, end, graphWidth)
    const text = instead ? dim(instead.padStart(RATE)) : formatRate(rate).padStart(RATE)
    const [filled, rest] = bar(rate / full, barWidth, unicode)
    const drawn = instead ? ' '.repeat(barWidth) : color(filled) + dim(rest)
    return `${name.padEnd(NAME)}${text}  ${drawn}  ${cyan(sparkline(values, graphWidth, full, unicode))}`
  }
  // What one has is about an eighth; the bar leaves room for more.
  const rows = members.map((member) => row(member.name, member.tap, highest / 6, cyan, stateOf(member)))
  const state = redis.lives ? green('up') : red('down')
  const facts = [`limit ${formatRate(limit, { exact: true })}`, `Redis is ${state}`, clockTime(now)]
  return ['', facts.join(dim(unicode ? ' · ' : ', ')), bold(row('total', total, highest, green, undefined)), ...rows]
}

/** What is told in place of a rate. @param {import('./member.js').Member} member */
function stateOf({ tap, ending, isDone }) {
  if (ending === 'SIGKILL') return 'killed'
  if (isDone) return 'ended'
  return tap.firstAt === undefined ? 'starting' : undefined
}
