/** @import { Contender } from '../types.d.ts' */

/** All contenders by file name, ours first. */
export const CONTENDERS = ['sluice', 'rate-limiter-flexible', 'bottleneck']

/** Other ways to use the same packages, where the limit is measured. */
export const VARIANTS = ['rate-limiter-flexible-100', 'bottleneck-min-time']

/** @param {string} file @returns {Promise<Contender>} */
export async function loadContender(file) {
  return (await import(`./${file}.js`)).default
}
