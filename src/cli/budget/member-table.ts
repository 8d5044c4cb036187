import type { BudgetState, Member } from '../../redis/index.ts'
import { counted } from '../counted.ts'
import { clockTime } from '../progress/progress-line.ts'
import { printable } from '../tell.ts'
import { type Cell, type Column, type TableStyle, tableLines } from './columns.ts'
import {
  bytesText,
  figure,
  limitText,
  percentText,
  rateText,
  sinceText,
  stateOf,
  useOf,
  weightText,
} from './standing.ts'

const COLUMNS: readonly Column[] = [
  { title: 'member' },
  { title: 'weight', align: 'right' },
  { title: 'since', align: 'right' },
  { title: 'rate', align: 'right' },
  { title: 'bytes', align: 'right' },
  { title: 'waiting', align: 'right' },
  { title: 'state' },
]

export const STATE_COLORS = { idle: 'dim', light: undefined, heavy: 'green', silent: 'yellow' } as const

/** Who shares a budget. */
export function memberTable({ members, interval, now }: BudgetState, style: TableStyle): string[] {
  return tableLines(
    COLUMNS,
    members.map((member) => rowOf(member, interval, now)),
    style,
  )
}

function rowOf(member: Member, interval: number, now: number): readonly Cell[] {
  const state = stateOf(member, interval)
  const isSilent = state === 'silent'
  return [
    { text: member.name, color: isSilent ? 'dim' : undefined },
    { text: weightText(member.weight) },
    { text: sinceText(member.since, now) },
    isSilent ? { text: '-', color: 'dim' } : { text: rateText(member.rate) },
    { text: bytesText(member.bytes) },
    isSilent ? { text: '-', color: 'dim' } : { text: String(figure(member.waiting)) },
    { text: isSilent ? `silent for ${clockTime(figure(member.seen))}` : state, color: STATE_COLORS[state] },
  ]
}

/** How a budget stands, in a few sentences. */
export function inWords(name: string, state: BudgetState): string[] {
  const { limit, paused, reserved, interval, lead, members } = state
  const { rate, part, silent } = useOf(state)
  const shared =
    members.length === 0
      ? 'nobody shares it now'
      : `${counted(members.length, 'member')} share${members.length === 1 ? 's' : ''} it`
  const percent = part === undefined ? '' : ` (${percentText(part)})`
  const used =
    members.length === 0 ? '' : `, and ${members.length === 1 ? 'has' : 'have'} ${rateText(rate)}${percent} now`
  const lines = [`${printable(name)}: ${limitText(limit)}; ${shared}${used}.`]
  if (paused) lines.push('It is paused: nothing passes.')
  if (silent > 0) lines.push(silentText(silent, reserved))
  if (members.length > 0) {
    lines.push(
      `A round takes ${Math.round(figure(interval))} ms; it is sold for ${Math.round(figure(lead))} ms from now.`,
    )
  }
  return lines
}

function silentText(silent: number, reserved: number): string {
  const who =
    silent === 1
      ? '1 is silent: killed, or cut off from Redis.'
      : `${silent} are silent: killed, or cut off from Redis.`
  return reserved > 0 ? `${who.slice(0, -1)}; ${rateText(reserved)} are kept for ${silent === 1 ? 'it' : 'them'}.` : who
}
