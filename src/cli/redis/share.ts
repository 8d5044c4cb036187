import type { SharedThrottle } from '../../redis/index.ts'
import { StreamThrottle } from '../../throttle/stream-throttle.ts'
import { formatDuration, formatRate } from '../../units.ts'
import type { Failure } from '../failure.ts'
import type { Note } from '../progress/progress-line.ts'
import { reasonIn } from './redis-failure.ts'
import { partOf, type ShareFigures, shareNote } from './share-report.ts'

/** What happens to a share while it is used; each is told once. The lines are for people. */
export interface ShareEvents {
  readonly outage: (line: string, failure: Failure) => void
  /** Something that the user may not expect. */
  readonly notice?: (line: string) => void
  /** @param after Milliseconds. */
  readonly recovered: (line: string, after: number) => void
}

/** The share of this process in a budget. */
export class Share {
  readonly throttle: SharedThrottle
  /** The same for both directions: together they have what the budget gives. */
  readonly both: StreamThrottle
  readonly #leave: () => Promise<void>
  #outages = 0
  #outageMs = 0
  #figures: ShareFigures | undefined
  #closing: Promise<void> | undefined

  /** @param leave Lets go of Redis. */
  constructor(
    throttle: SharedThrottle,
    events: ShareEvents,
    failureOf: (error: unknown) => Failure,
    leave: () => Promise<void>,
  ) {
    this.throttle = throttle
    this.both = new StreamThrottle(throttle, throttle)
    this.#leave = leave
    throttle.on('outage', (error) => {
      this.#outages++
      const { outageRate } = throttle.sharing
      const failure = failureOf(error)
      events.outage(
        `the budget ${throttle.name} is out of reach: ${reasonIn(failure)}; ${meanwhile(outageRate)}`,
        failure,
      )
    })
    throttle.on('recovered', (after) => {
      this.#outageMs += after
      events.recovered(`the budget ${throttle.name} is back after ${formatDuration(after)}`, after)
    })
  }

  /** For the line that shows how it goes. */
  get note(): Note {
    return shareNote(this.throttle.name, this.throttle.sharing, this.throttle.limit)
  }

  /** Bytes per second that are the part of this process by its weight, or null. */
  get part(): number | null {
    const { limit, sharing } = this.throttle
    return partOf(limit, sharing.weight, sharing.weights)
  }

  /** Once it is closed, how it stood before. */
  get figures(): ShareFigures {
    if (this.#figures) return this.#figures
    const { name, limit, stats, sharing } = this.throttle
    const { member, state, members, weight, rate, calls, outage } = sharing
    return {
      ...{ budget: name, member, state, members, weight },
      limitBytesPerSecond: limit,
      bytesPerSecond: Math.round(rate),
      bytes: stats.bytes,
      outages: this.#outages,
      outageMs: Math.round(this.#outageMs + (outage?.lasts ?? 0)),
      calls,
    }
  }

  /** Leaves the budget, and lets go of Redis. Waits a second at most; not at all if Redis is gone. A second call joins the first. */
  close(): Promise<void> {
    this.#figures ??= this.figures
    this.#closing ??= this.throttle.close().finally(this.#leave)
    return this.#closing
  }
}

function meanwhile(rate: number): string {
  if (rate === 0) return 'nothing passes until it is back'
  if (rate === Infinity) return 'going on without a limit until it is back'
  return `going on at ${formatRate(rate)} until it is back`
}
