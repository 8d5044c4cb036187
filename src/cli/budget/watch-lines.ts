import pc from 'picocolors'
import { counted } from '../counted.ts'
import { displayWidth, padTo, squeeze } from '../progress/display-width.ts'
import { sparkline } from '../progress/sparkline.ts'
import { bar } from './bar.ts'
import type { TableStyle } from './columns.ts'
import { STATE_COLORS } from './member-table.ts'
import { MOST_RATES, type Watched } from './roster.ts'
import { figure, limitText, percentText, rateOf, rateText, stateOf, useOf, weightText } from './standing.ts'
import { noteOf, type View } from './view.ts'

export interface BoardStyle extends TableStyle {
  /** Lines that there may be. */
  readonly height: number
}

type ColumnName = 'weight' | 'rate' | 'graph' | 'waiting' | 'state'
type Paint = (text: string) => string
/** A text, padded to the width of its column, and painted. */
type Row = Readonly<Record<ColumnName, string>> & { readonly mark: string; readonly name: string }

const WIDTHS = { weight: 6, rate: 10, waiting: 7, state: 6 } as const
const GAP = '  '
const MARK = 2
const SHORTEST_NAME = 8
const LONGEST_NAME = 32
const SHORTEST_GRAPH = 8
/** A name and a rate. */
const NARROWEST = MARK + SHORTEST_NAME + GAP.length + WIDTHS.rate
/** From the most to the least that is told. */
const ATTEMPTS: readonly (readonly ColumnName[])[] = [
  ['weight', 'rate', 'graph', 'waiting', 'state'],
  ['weight', 'rate', 'graph', 'state'],
  ['rate', 'graph', 'state'],
  ['rate', 'state'],
  ['rate'],
]

interface Layout {
  readonly columns: readonly ColumnName[]
  readonly name: number
  readonly graph: number
}

/**
 * The board of `sluice budget watch`: a line for each member, as far as there is room, and one for all. Members keep
 * their order; where they are too many, the busiest are shown.
 *
 * ```text
 * uplink  20 MiB/s  2 members
 *   member  weight        rate                      waiting  state
 *   web-1        1  9.95 MiB/s  ▁▅▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇        4  heavy
 * + web-2        1  9.97 MiB/s                ▄▇▇▇        2  heavy
 *   total        2  19.9 MiB/s  ███████████████████   99%
 * ```
 */
export function watchLines(view: View, style: BoardStyle): string[] {
  const { state, watched } = view
  const paint = pc.createColors(style.colors)
  const head = headLine(view, style, paint)
  if (!state || style.height < 2 || style.width < NARROWEST) return [head]
  const room = style.height - (style.height > 3 ? 3 : 2)
  const shown = watched.length <= room ? watched : busiest(watched, Math.max(0, room - 1))
  const layout = layoutFor(shown, style.width)
  const ceiling = Math.max(1, ...shown.flatMap(({ rates }) => rates))
  const stale: Paint = view.outage ? (text) => paint.dim(text) : (text) => text
  const rows = shown.map((each) => stale(lineOf(memberRow(each, state.interval, ceiling, layout, style), layout)))
  const titles = paint.dim(lineOf(titleRow(layout), layout))
  const more = watched.length - shown.length
  const rest = more > 0 && room > 0 ? [paint.dim(cut(`  and ${more} more`, style))] : []
  const lines = [head, ...(style.height > 3 ? [titles] : []), ...rows, ...rest]
  return [...lines, stale(lineOf(totalRow(view, layout, style), layout))]
}

const cut = (text: string, { width, unicode }: BoardStyle) => squeeze(text, width, unicode)

function headLine(view: View, style: BoardStyle, { bold, dim, yellow }: ReturnType<typeof pc.createColors>): string {
  const { state } = view
  const [note, isBad] = noteOf(view)
  const name = squeeze(view.name, Math.min(LONGEST_NAME, style.width), style.unicode)
  const members = state ? useOf(state).members : 0
  const facts = state ? `${GAP}${limitText(state.limit)}${GAP}${counted(members, 'member')}` : ''
  let room = style.width - displayWidth(name)
  const inRoom = (text: string) => {
    const fitted = room > 3 ? squeeze(text, room, style.unicode) : ''
    room -= displayWidth(fitted)
    return fitted
  }
  // Bad news come first, should there be no room for all.
  const shownNote =
    isBad && displayWidth(facts) + displayWidth(note) + GAP.length > room ? inRoom(`${GAP}${note}`) : undefined
  const shownFacts = shownNote === undefined || displayWidth(facts) <= room ? inRoom(facts) : ''
  const last = shownNote ?? (note ? inRoom(`${GAP}${note}`) : '')
  return `${bold(name)}${dim(shownFacts)}${isBad ? yellow(last) : last}`
}

/** Those with the most of late, and who came or went; in their order. */
function busiest(watched: readonly Watched[], count: number): readonly Watched[] {
  const LATELY = 5
  const weigh = ({ rates, change }: Watched) =>
    (change ? 1 : 0) + rates.slice(-LATELY).reduce((sum, rate) => sum + rate, 0)
  const chosen = new Set([...watched].sort((a, b) => weigh(b) - weigh(a)).slice(0, count))
  return watched.filter((each) => chosen.has(each))
}

function layoutFor(shown: readonly Watched[], width: number): Layout {
  const names = shown.map(({ member }) => displayWidth(squeeze(member.name, LONGEST_NAME, true)))
  const wanted = Math.max(SHORTEST_NAME, ...names)
  const layouts = ATTEMPTS.map((columns) => {
    const fixed = columns.reduce((sum, each) => sum + GAP.length + (each === 'graph' ? 0 : WIDTHS[each]), MARK)
    const hasGraph = columns.includes('graph')
    const room = width - fixed
    const name = Math.min(wanted, hasGraph ? room - SHORTEST_GRAPH : room)
    return { columns, name, graph: hasGraph ? Math.min(MOST_RATES, room - name) : 0 }
  })
  const good = layouts.find(({ name }) => name >= Math.min(wanted, SHORTEST_NAME * 1.5))
  return good ?? layouts.at(-1) ?? { columns: [], name: wanted, graph: 0 }
}

const lineOf = (row: Row, { columns }: Layout): string =>
  [`${row.mark} ${row.name}`, ...columns.map((each) => row[each])].join(GAP)

/** What is out of all proportion is shown by its size: `1e+9`. */
function right(text: string, column: keyof typeof WIDTHS): string {
  const width = WIDTHS[column]
  if (text.length <= width) return text.padStart(width)
  const short = Number.parseFloat(text).toExponential(0)
  return (short.length <= width ? short : '').padStart(width)
}

function titleRow(layout: Layout): Row {
  return {
    mark: ' ',
    name: padTo('member'.slice(0, layout.name), layout.name),
    weight: right('weight', 'weight'),
    rate: right('rate', 'rate'),
    graph: ' '.repeat(layout.graph),
    waiting: 'waiting',
    state: 'state'.padEnd(WIDTHS.state),
  }
}

function memberRow(
  { member, rates, change }: Watched,
  interval: number,
  ceiling: number,
  layout: Layout,
  { colors, unicode }: BoardStyle,
): Row {
  const { cyan, dim, green, red, yellow } = pc.createColors(colors)
  const plain: Paint = (text) => text
  const state = stateOf(member, interval)
  const hasLeft = change === 'left'
  const isLost = hasLeft || state === 'silent'
  const colorOf = STATE_COLORS[state]
  const paintState = hasLeft ? red : colorOf ? { dim, green, yellow }[colorOf] : plain
  const rest = isLost ? dim : plain
  return {
    mark: change === 'came' ? green('+') : hasLeft ? red('-') : state === 'silent' ? yellow('?') : ' ',
    name: rest(padTo(squeeze(member.name, layout.name, unicode), layout.name)),
    weight: rest(right(weightText(member.weight), 'weight')),
    rate: rest(right(isLost ? '-' : rateText(rateOf(member, interval)), 'rate')),
    graph: cyan(sparkline(rates, layout.graph, ceiling, unicode)),
    waiting: rest(right(isLost ? '-' : String(figure(member.waiting)), 'waiting')),
    state: paintState((hasLeft ? 'gone' : state).padEnd(WIDTHS.state)),
  }
}

function totalRow({ state }: View, layout: Layout, { colors, unicode }: BoardStyle): Row {
  const { bold, cyan, dim } = pc.createColors(colors)
  const { rate, part } = state ? useOf(state) : { rate: 0, part: undefined }
  const weights = state?.members.reduce((sum, { weight }) => sum + figure(weight), 0) ?? 0
  const [filled, empty] = part === undefined ? ['', ' '.repeat(layout.graph)] : bar(part, layout.graph, unicode)
  const percent = percentText(part)
  return {
    mark: ' ',
    name: bold(padTo('total'.slice(0, layout.name), layout.name)),
    weight: right(weightText(weights), 'weight'),
    rate: bold(right(rateText(rate), 'rate')),
    graph: `${cyan(filled)}${dim(empty)}`,
    waiting: percent.padEnd(WIDTHS.waiting),
    state: (layout.columns.includes('waiting') ? '' : percent).padEnd(WIDTHS.state),
  }
}
