import pc from 'picocolors'
import { formatRate, formatSize } from '../../units.ts'
import { counted } from '../counted.ts'
import { displayWidth } from '../progress/display-width.ts'
import type { LineStyle, Note } from '../progress/progress-line.ts'
import { sparkline } from '../progress/sparkline.ts'

/** How a server stands. */
export interface ServerSnapshot {
  readonly connections: number
  readonly transfers: number
  /** To clients: bytes per second now, and bytes in all. */
  readonly sent: { readonly rate: number; readonly bytes: number }
  /** From clients. */
  readonly received: { readonly rate: number; readonly bytes: number }
  /** Bytes per second in each direction, or null. */
  readonly limit: number | null
  /** How the share of a budget stands, if there is one. */
  readonly share?: Note | undefined
}

const GRAPH = 16

/**
 * One line that says how a server stands. Where the width does not suffice, the end is left out.
 *
 * ```text
 * 3 connections  2 transfers  out 8.00 MiB/s ▁▅▇▇▇▇ 1.20 GiB  in 0 B/s 0 B
 * ```
 *
 * @param rates Bytes per second sent and received, measured at even intervals, the last one last.
 */
export function serverLine(now: ServerSnapshot, rates: readonly number[], style: LineStyle): string {
  const { cyan, dim, yellow } = pc.createColors(style.colors)
  const graph = sparkline(rates, GRAPH, now.limit ?? Math.max(1, ...rates), style.unicode)
  const flow = (name: string, { rate, bytes }: ServerSnapshot['sent']): readonly Part[] => [
    [`  ${name} `, dim],
    [formatRate(rate).padStart(10)],
    [` ${formatSize(bytes).padStart(8)}`, dim],
  ]
  const isAlarm = now.share?.isAlarm === true
  const share: readonly Part[] = [[`  ${now.share?.text ?? ''}`, isAlarm ? yellow : dim]]
  const groups: readonly (readonly Part[])[] = [
    [[inPlace(now.connections, 'connection')]],
    [[`  ${inPlace(now.transfers, 'transfer')}`]],
    // What is wrong has its place in any width.
    ...(isAlarm ? [share] : []),
    flow('out', now.sent),
    flow('in', now.received),
    ...(now.share && !isAlarm ? [share] : []),
    [[`  ${graph}`, cyan]],
  ]
  let room = style.width
  let line = ''
  for (const parts of groups) {
    room -= parts.reduce((sum, [text]) => sum + displayWidth(text), 0)
    if (room < 0) break
    for (const [text, paint] of parts) line += paint ? paint(text) : text
  }
  return line
}

type Part = readonly [text: string, paint?: (text: string) => string]

/** `1 transfer `, `12 transfers`: as wide. */
const inPlace = (count: number, noun: string) =>
  counted(count, noun).padEnd(`${count} ${noun}s`.length).padStart(`999 ${noun}s`.length)
