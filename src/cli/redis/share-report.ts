import type { Sharing } from '../../redis/index.ts'
import { formatRate } from '../../units.ts'
import { counted } from '../counted.ts'
import { squeeze } from '../progress/display-width.ts'
import type { Note } from '../progress/progress-line.ts'

/** Columns: the rest of the line has to have room, too. */
const LONGEST_NAME = 24

/** How a share stands, for programs and summaries. */
export interface ShareFigures {
  readonly budget: string
  readonly member: string
  readonly state: Sharing['state']
  /** How many share the budget, by Redis's last answer. */
  readonly members: number
  readonly weight: number
  /** Of all together: bytes per second, or null. */
  readonly limitBytesPerSecond: number | null
  /** What this process got over the last second, by Redis's count. */
  readonly bytesPerSecond: number
  /** What passed here. */
  readonly bytes: number
  readonly outages: number
  /** Milliseconds of all outages together. */
  readonly outageMs: number
  /** Calls to Redis. */
  readonly calls: number
}

/** `uplink: one of 8, 2.5 MiB/s`: what is the part of this process by its weight. */
export function shareNote(name: string, sharing: Sharing, limit: number | null): Note {
  const { state, members, weight, weights, paused } = sharing
  if (state === 'outage') return { text: 'Redis out of reach', isAlarm: true }
  const say = (what: string) => ({ text: `${squeeze(name, LONGEST_NAME, false)}: ${what}`, isAlarm: false })
  if (paused) return say('paused')
  if (state !== 'joined') return say(state === 'idle' ? 'idle' : 'joining')
  const part = partOf(limit, weight, weights)
  return say(`one of ${members}, ${part === null ? 'no limit' : formatRate(part)}`)
}

/** The part of a process by its weight, in bytes per second, or null. @param weights Of all together; 0 as long as that is unknown. */
export function partOf(limit: number | null, weight: number, weights: number): number | null {
  return limit === null ? null : (limit * weight) / Math.max(weight, weights)
}

/** `one of 8 in uplink (20 MiB/s)`, and what was amiss. */
export function shareSummary({ budget, members, limitBytesPerSecond, outages }: ShareFigures): string {
  const limit = limitBytesPerSecond === null ? 'no limit' : formatRate(limitBytesPerSecond, { exact: true })
  const amiss = outages === 0 ? '' : `, ${counted(outages, 'outage')} of Redis`
  return `one of ${Math.max(1, members)} in ${budget} (${limit})${amiss}`
}
