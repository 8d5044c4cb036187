import { ThrottleGroup } from 'speed-limiter'

/** @import { Adapter } from '../types.d.ts' */

/** @type {Adapter} */
export default {
  name: 'speed-limiter',
  package: 'speed-limiter',
  shares: true,
  live: true,
  open(rate) {
    const group = new ThrottleGroup({ rate })
    return { stream: () => group.throttle(), setRate: (next) => group.setRate(next) }
  },
  openUnbound() {
    // It wants whole numbers that `parseInt` reads back: 1e13 is one.
    const group = new ThrottleGroup({ rate: 1e13, chunksize: 2 ** 31 })
    return { stream: () => group.throttle() }
  },
}
