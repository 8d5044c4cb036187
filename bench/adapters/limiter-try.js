import { openLimiter } from '../lib/limiter-transform.js'

/** @import { Adapter } from '../types.d.ts' */

/** Only for the cost of the path: with several streams it would pass over those who wait. @type {Adapter} */
export default {
  name: 'limiter, asked synchronously first',
  package: 'limiter',
  openUnbound: () => openLimiter(1e13, true),
}
