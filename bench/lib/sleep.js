import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Sleeps until a moment, not for a time: the lateness of one sleep is not added to the next.
 *
 * @param {number} time On the scale of `performance.now()`.
 */
export async function sleepUntil(time) {
  for (let left = time - performance.now(); left > 0; left = time - performance.now()) await sleep(Math.ceil(left))
}

export { sleep }
