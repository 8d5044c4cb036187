import { writeOut } from '../output.ts'
import { squeeze } from '../progress/display-width.ts'
import { LiveLines } from '../progress/live-lines.ts'
import { clockTime } from '../progress/progress-line.ts'
import { canRedraw, hasColors, hasUnicode } from '../progress/terminal.ts'
import { jsonText } from '../tell.ts'
import { stateJson } from './budget-json.ts'
import type { View } from './view.ts'
import { watchLines } from './watch-lines.ts'
import { watchText } from './watch-text.ts'

export interface Display {
  readonly show: (view: View) => void
  readonly close: () => void
}

/**
 * Shows what is watched: in place on a terminal, as a line for each look elsewhere.
 *
 * @param failed Is told if nothing can be shown any more.
 */
export function showView(stream: NodeJS.WriteStream, json: boolean, failed: (error: unknown) => void): Display {
  if (!json && canRedraw(stream)) return board(stream)
  const textOf = json ? jsonLine : plainLines()
  let isBusy = false
  const show = async (view: View) => {
    // Whoever reads slowly gets less, not later.
    if (isBusy) return
    const text = textOf(view)
    if (text === undefined) return
    isBusy = true
    await writeOut(`${text}\n`)
    isBusy = false
  }
  return { show: (view) => void show(view).catch(failed), close() {} }
}

function board(stream: NodeJS.WriteStream): Display {
  const lines = new LiveLines(stream)
  const style = { colors: hasColors(stream), unicode: hasUnicode() }
  return {
    // The cursor rests in a line of its own, where the ^C that ends it has room.
    show: (view) => lines.draw([...watchLines(view, { ...style, width: lines.width, height: lines.height }), '']),
    close: () => lines.leave(),
  }
}

const time = () => new Date().toISOString()

function jsonLine({ name, state, outage }: View): string {
  if (outage) {
    const { lasts, reason } = outage
    return jsonText({ event: 'outage', time: time(), name, outageMs: Math.round(lasts), reason: reason ?? null })
  }
  if (!state) return jsonText({ event: 'missing', time: time(), name })
  return jsonText({ event: 'state', time: time(), ...stateJson(name, state) })
}

/** What can be told of a view once, and need not be told again while nothing else is to be seen. */
const newsOf = ({ state, outage }: View) => (outage ? `outage ${outage.reason ?? ''}` : state ? undefined : 'missing')

/** A line for each look. An outage or its reason, or that a budget is not there, is told once; a line for the end of an outage, too. */
export function plainLines(): (view: View) => string | undefined {
  let last: View | undefined
  return (view) => {
    const news = newsOf(view)
    const isKnown = last !== undefined && news !== undefined && newsOf(last) === news
    const over = view.outage ? undefined : last?.outage
    last = view
    if (isKnown) return undefined
    const at = time().replace(/\.\d+Z$/, 'Z')
    const back = over ? `${at} ${squeeze(view.name, 40, true)}: Redis is back after ${clockTime(over.lasts)}\n` : ''
    return `${back}${at} ${watchText(view)}`
  }
}
