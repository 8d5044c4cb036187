import { counted } from '../counted.ts'
import { squeeze } from '../progress/display-width.ts'
import type { Watched } from './roster.ts'
import { limitText, percentText, rateOf, rateText, stateOf, useOf } from './standing.ts'
import { noteOf, type View } from './view.ts'

/** Members in a line of a log: the busiest, and those of whom there is news. */
const MOST_MEMBERS = 8
const LONGEST_NAME = 40

/**
 * One line that says how a budget stands, for a log.
 *
 * ```text
 * uplink: 19.9 MiB/s of 20 MiB/s (99%), 2 members: web-1 9.95 MiB/s, web-2 9.97 MiB/s (new)
 * ```
 */
export function watchText(view: View): string {
  const { state } = view
  const name = squeeze(view.name, LONGEST_NAME, true)
  const [note] = noteOf(view)
  if (!state || view.outage) return `${name}: ${note}`
  const { rate, part, members } = useOf(state)
  const percent = part === undefined ? '' : ` (${percentText(part)})`
  const of = state.limit === null ? ', no limit' : ` of ${limitText(state.limit)}${percent}`
  const told = [...view.watched]
    .sort((a, b) => newsOf(b, state.interval) - newsOf(a, state.interval))
    .slice(0, MOST_MEMBERS)
  const more = view.watched.length - told.length
  const list = [...told.map((each) => memberText(each, state.interval)), ...(more > 0 ? [`and ${more} more`] : [])]
  return [
    `${name}: ${rateText(rate)}${of}`,
    `${counted(members, 'member')}${list.length > 0 ? `: ${list.join(', ')}` : ''}`,
    ...(note ? [note] : []),
  ].join('; ')
}

const newsOf = ({ member, change }: Watched, interval: number) =>
  change || stateOf(member, interval) === 'silent' ? Infinity : rateOf(member, interval)

function memberText({ member, change }: Watched, interval: number): string {
  const name = squeeze(member.name, LONGEST_NAME, true)
  if (change === 'left') return `${name} gone`
  const state = stateOf(member, interval)
  if (state === 'silent') return `${name} silent`
  return `${name} ${rateText(rateOf(member, interval))}${change === 'came' ? ' (new)' : ''}`
}
