// The parts used here of packages that bring no types, or none that a strict check can read.
declare module 'throttle' {
  import type { Transform } from 'node:stream'

  const Throttle: new (options: { bps: number; chunkSize?: number }) => Transform
  export default Throttle
}
declare module 'stream-throttle' {
  import type { Transform } from 'node:stream'
  export class ThrottleGroup {
    constructor(options: { rate: number; chunksize?: number })
    throttle(): Transform
  }
}
declare module 'speed-limiter' {
  import type { Transform } from 'node:stream'
  export class ThrottleGroup {
    constructor(options: { rate: number; chunksize?: number })
    throttle(): Transform
    setRate(rate: number): void
  }
}
declare module 'bandwidth-throttle-stream' {
  import type { Transform } from 'node:stream'
  export function createBandwidthThrottleGroup(options: { bytesPerSecond: number }): {
    createBandwidthThrottle(contentLength: number): Transform
    configure(options: { bytesPerSecond: number }): void
  }
}
