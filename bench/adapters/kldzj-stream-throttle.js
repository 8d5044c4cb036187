import { ThrottleGroup } from '@kldzj/stream-throttle'

/** @import { Adapter } from '../types.d.ts' */

/** @type {Adapter} */
export default {
  name: '@kldzj/stream-throttle',
  package: '@kldzj/stream-throttle',
  shares: true,
  live: true,
  open(rate) {
    const group = new ThrottleGroup({ rate })
    return { stream: () => group.createThrottle(), setRate: (next) => group.setRate(next) }
  },
}
