import { test } from 'vitest'
import { throttleContract } from '../testing/throttle-contract.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Throttle } from './throttle.ts'

throttleContract({
  test: (name, body) => test(`Throttle: ${name}`, body),
  async create(settings) {
    const clock = new VirtualClock()
    return { clock, throttle: new Throttle({ ...settings, clock }), run: (body) => clock.run(body) }
  },
})
