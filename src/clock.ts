/**
 * Time, and the only way to wait for it. Everything in sluice that measures or waits takes its time from a clock, so that
 * tests can drive hours of it in moments (`VirtualClock` in `sluice/testing`).
 */
export interface Clock {
  /** Milliseconds on a monotonic scale; fractions count. */
  now(): number
  /**
   * Calls `wake` once, never before `time`, and always after the current call has returned.
   *
   * @param time Milliseconds on the scale of {@link Clock.now}. A time in the past means as soon as possible.
   * @param slack How many ms later than `time` is good enough. With less than 1 the last fraction of a millisecond is
   * spun away in `setImmediate`, since timers count whole milliseconds; that costs CPU time.
   * @returns A function that cancels the call. Calling it again, or after `wake` was called, does nothing.
   */
  sleepUntil(time: number, wake: () => void, slack?: number): () => void
}

/** `setTimeout` holds its delay in 31 bits; a longer sleep is taken in legs. */
const LONGEST_TIMEOUT = 2 ** 31 - 1

/** A sleep that may be so late, in ms, needs no spinning, even if it is to be as exact as possible. */
const CLOSE_ENOUGH = 0.2

/** How late `setTimeout` usually fires, in ms (measured): the longer a processor rests, the longer it takes to get up. */
const usualLateness = (delay: number) => (delay > 4 ? 0.3 : 0.1)

/** The clock of this process: `performance.now()`, `setTimeout` and `setImmediate`. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleepUntil(time, wake, slack = 1) {
    let timeout: NodeJS.Timeout | undefined
    let immediate: NodeJS.Immediate | undefined
    const sleep = (remaining: number) => {
      const roundedUp = Math.ceil(remaining)
      const lateness = roundedUp - remaining + usualLateness(roundedUp)
      const delay = lateness <= Math.max(slack, CLOSE_ENOUGH) ? roundedUp : roundedUp - 1
      if (delay < 1) immediate = setImmediate(look)
      else timeout = setTimeout(look, Math.min(delay, LONGEST_TIMEOUT))
    }
    // setTimeout drops fractions and can fire up to 1 ms early (nodejs/node#26578), so what remains is computed anew each time.
    const look = () => {
      const remaining = time - performance.now()
      if (remaining <= 0) wake()
      else sleep(remaining)
    }
    sleep(Math.max(0, time - performance.now()))
    return () => {
      clearTimeout(timeout)
      clearImmediate(immediate)
    }
  },
}
