import { test } from 'vitest'
import { throttleContract } from '../testing/throttle-contract.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { SharedThrottle } from './shared-throttle.ts'
import { VirtualRedis } from './virtual-redis.ts'

throttleContract({
  test: (name, body) => test(`SharedThrottle: ${name}`, body),
  // A round, and a call to begin with.
  slack: 60,
  async create({ limit = null, ...settings }) {
    const clock = new VirtualClock()
    const throttle = new SharedThrottle(new VirtualRedis(clock).client(), 'contract', { ...settings, limit, clock })
    await clock.run(() => throttle.ready())
    return { clock, throttle, run: (body) => clock.run(body) }
  },
})
