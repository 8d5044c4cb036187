import type { Clock } from '../clock.ts'
import { Scheduler } from './scheduler.ts'

const schedulers = new WeakMap<Clock, Scheduler>()

/** The one scheduler of a clock: everything that waits on the clock shares its timer. */
export function schedulerOf(clock: Clock): Scheduler {
  let scheduler = schedulers.get(clock)
  if (!scheduler) {
    scheduler = new Scheduler(clock)
    schedulers.set(clock, scheduler)
  }
  return scheduler
}
