import { openLimiter } from './bottleneck.js'

/** @import { Contender } from '../types.d.ts' */

/** @type {Contender} */
export default {
  name: 'bottleneck, minTime',
  settings: 'no reservoir, but `minTime` of as long as a chunk lasts: for chunks of one size only',
  open: (place) => openLimiter(place, { minTime: (place.chunk / place.limit) * 1000 }),
}
