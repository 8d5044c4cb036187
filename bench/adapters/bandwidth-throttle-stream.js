import { createBandwidthThrottleGroup } from 'bandwidth-throttle-stream'

/** @import { Adapter } from '../types.d.ts' */

/** @type {Adapter} */
export default {
  name: 'bandwidth-throttle-stream',
  package: 'bandwidth-throttle-stream',
  shares: true,
  live: true,
  needsLength: true,
  open(rate) {
    const group = createBandwidthThrottleGroup({ bytesPerSecond: rate })
    return {
      stream(length) {
        if (length === undefined) throw new TypeError('Cannot open a stream: its length must be known')
        return group.createBandwidthThrottle(length)
      },
      setRate: (next) => group.configure({ bytesPerSecond: next }),
    }
  },
}
