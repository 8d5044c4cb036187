import { dist } from '../lib/dist.js'
import { NOT_BINDING } from '../lib/units.js'

/** @import { Adapter } from '../types.d.ts' */

const { Flow, Throttle, ThrottledStreamWriter, throttle, throttleWeb } = await import(new URL('index.js', dist).href)

/** @type {Adapter} */
export default {
  name: 'sluice',
  shares: true,
  live: true,
  open(rate) {
    const limit = new Throttle({ limit: rate })
    return {
      stream: () => throttle(limit),
      setRate(next) {
        limit.limit = next
      },
    }
  },
  web: () => throttleWeb(NOT_BINDING),
  draw(depth) {
    const make = () => new Throttle({ limit: NOT_BINDING })
    const source = depth === 1 ? make() : new Flow({ a: make(), b: make(), c: make() })
    return (bytes) => source.tryAcquire(bytes) === bytes
  },
  sender(sink, interval, pacing) {
    const writer = new ThrottledStreamWriter(sink, { minSendIntervalMs: interval, pacing })
    return (bytes) => writer.write(bytes)
  },
}
