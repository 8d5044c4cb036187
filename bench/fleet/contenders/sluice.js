import { Redis } from 'ioredis'
import { dist } from '../../lib/dist.js'

/** @import { Contender } from '../types.d.ts' */

const { Flow } = await import(new URL('index.js', dist).href)
const { SharedThrottle } = await import(new URL('redis/index.js', dist).href)

/** @type {Contender} */
export default {
  name: 'sluice',
  settings: '`SharedThrottle` with its defaults; a `Flow` for each stream',
  async open({ url, limit, member }) {
    const client = new Redis(url, { retryStrategy: () => 100 })
    client.on('error', () => {}) // the throttle tells of it
    const throttle = new SharedThrottle(client, 'fleet', { limit, member })
    throttle.on('outage', () => {})
    await throttle.ready()
    return {
      stream() {
        const flow = new Flow(throttle)
        return { take: (bytes) => flow.acquire(bytes) }
      },
    }
  },
}
