import type { Clock } from '../../clock.ts'

/** Calls `act` every `interval` ms, first after one; what is missed is left out. @returns A function that ends it. */
export function repeat(clock: Clock, interval: number, act: () => void): () => void {
  let due = clock.now() + interval
  const wake = () => {
    act()
    due = Math.max(due + interval, clock.now())
    cancel = clock.sleepUntil(due, wake, 10)
  }
  let cancel = clock.sleepUntil(due, wake, 10)
  return () => cancel()
}
