import { ThrottleGroup } from 'stream-throttle'

/** @import { Adapter } from '../types.d.ts' */

/** @type {Adapter} */
export default {
  name: 'stream-throttle',
  package: 'stream-throttle',
  shares: true,
  open(rate) {
    const group = new ThrottleGroup({ rate })
    return { stream: () => group.throttle() }
  },
}
