import type { BudgetState, Member } from '../../redis/index.ts'
import type { Listed } from './budget-table.ts'
import { figure, rateOf, stateOf, useOf } from './standing.ts'

/** A budget in a list, for programs. */
export function listedJson({ name, found }: Listed): Record<string, unknown> {
  if (found instanceof Error)
    return { name, error: { code: (found as { code?: string }).code, message: found.message } }
  const { members, rate } = useOf(found)
  const { limit, paused } = found
  return { name, limitBytesPerSecond: limit, bytesPerSecond: Math.round(rate), members, paused }
}

/** How a budget stands, for programs. */
export function stateJson(name: string, state: BudgetState): Record<string, unknown> {
  const { limit, paused, reserved, interval, lead, members } = state
  return {
    name,
    limitBytesPerSecond: limit,
    bytesPerSecond: Math.round(useOf(state).rate),
    paused,
    keptBytesPerSecond: Math.round(figure(reserved)),
    intervalMs: Math.round(figure(interval)),
    leadMs: Math.round(figure(lead)),
    members: members.map((member) => memberJson(member, interval)),
  }
}

function memberJson(member: Member, interval: number): Record<string, unknown> {
  const { name, weight, since, seen, bytes, waiting } = member
  return {
    name,
    weight,
    since: isTime(since) ? new Date(since).toISOString() : null,
    seenMs: Math.round(figure(seen)),
    bytesPerSecond: Math.round(rateOf(member, interval)),
    bytes: Math.floor(figure(bytes)),
    waiting: figure(waiting),
    state: stateOf(member, interval),
  }
}

const isTime = (time: number) => figure(time) > 0 && time < 8.64e15
