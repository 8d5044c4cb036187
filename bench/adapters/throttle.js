import Throttle from 'throttle'
import { NOT_BINDING } from '../lib/units.js'

/** @import { Adapter } from '../types.d.ts' */

/** @type {Adapter} */
export default {
  name: 'throttle',
  package: 'throttle',
  open: (rate) => ({ stream: () => new Throttle({ bps: rate }) }),
  // Its own chunk size is computed in 32 bits and would be negative here.
  openUnbound: () => ({ stream: () => new Throttle({ bps: NOT_BINDING, chunkSize: 1e9 }) }),
}
