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

/**
 * How late `setTimeout` usually fires (measured: median 0.1 ms). A sleep that may be this much late needs no spinning.
 */
const USUAL_LATENESS = 0.1

/** The clock of this process: `performance.now()`, `setTimeout` and `setImmediate`. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleepUntil(time, wake, slack = 1) {
    let timeout: NodeJS.Timeout | undefined
    let immediate: NodeJS.Immediate | undefined
    // setTimeout drops fractions and can fire up to 1 ms early (nodejs/node#26578), so what remains is computed anew each time.
    const step = () => {
      const remaining = time - performance.now()
      if (remaining <= 0) {
        wake()
        return
      }
      const roundedUp = Math.ceil(remaining)
      const lateness = roundedUp - remaining + USUAL_LATENESS
      const delay = lateness <= Math.max(slack, 2 * USUAL_LATENESS) ? roundedUp : roundedUp - 1
      if (delay < 1) immediate = setImmediate(step)
      else timeout = setTimeout(step, Math.min(delay, LONGEST_TIMEOUT))
    }
    if (time <= performance.now()) immediate = setImmediate(wake)
    else step()
    return () => {
      clearTimeout(timeout)
      clearImmediate(immediate)
    }
  },
}
