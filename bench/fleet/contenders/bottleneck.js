import Bottleneck from 'bottleneck'
import { Redis } from 'ioredis'

/** @import { Contender, Place, Seat } from '../types.d.ts' */

/** How often the reservoir is filled, in ms. */
const INTERVAL = 250

/** @type {Contender} */
export default {
  name: 'bottleneck',
  package: 'bottleneck',
  settings: `clustered, the bytes as \`weight\`, a \`reservoir\` that gets ${INTERVAL} ms worth of bytes every ${INTERVAL} ms, \`expiration\` of jobs. Its documentation says 5 s, since limiters look only so often; \`heartbeatInterval\`, which it does not mention, makes that ${INTERVAL} ms`,
  open: (place) => {
    const amount = Math.floor((place.limit * INTERVAL) / 1000)
    return openLimiter(place, {
      reservoir: amount,
      reservoirIncreaseInterval: INTERVAL,
      reservoirIncreaseAmount: amount,
      reservoirIncreaseMaximum: amount,
      heartbeatInterval: INTERVAL,
    })
  },
}

/** @param {Place} place @param {object} options @returns {Promise<Seat>} */
export async function openLimiter({ url }, options) {
  const { hostname: host, port } = new URL(url)
  const limiter = new Bottleneck({
    id: 'fleet',
    datastore: 'ioredis',
    Redis,
    clientOptions: { host, port: Number(port), retryStrategy: () => 100 },
    ...options,
  })
  limiter.on('error', () => {}) // the jobs fail too
  await limiter.ready()
  const job = async () => {}
  const take = async (/** @type {number} */ bytes) => {
    await limiter.schedule({ weight: bytes, expiration: 10_000 }, job)
    return bytes
  }
  return { stream: () => ({ take }) }
}
