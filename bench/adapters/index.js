/** @import { Adapter } from '../types.d.ts' */

/** All contestants by file name: ours, then theirs by downloads, then the floor. `main`: also in a quick run, and where time is dear. */
export const roster = [
  { file: 'sluice', main: true },
  { file: 'stream-throttle', main: true },
  { file: 'limiter', main: true },
  { file: 'limiter-try', main: true },
  { file: 'speed-limiter', main: true },
  { file: 'throttle', main: false },
  { file: 'kldzj-stream-throttle', main: false },
  { file: 'bandwidth-throttle-stream', main: false },
  { file: 'timers', main: true },
  { file: 'pass-through', main: true },
]

/**
 * @param {string} file
 * @returns {Promise<Adapter>}
 */
export async function loadAdapter(file) {
  return (await import(`./${file}.js`)).default
}
