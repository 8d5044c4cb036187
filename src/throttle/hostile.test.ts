import { setMaxListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { throttle } from '../streams/throttle.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Flow } from './flow.ts'
import { streamThrottlesOf, throttlesOf } from './limits.ts'
import { StreamThrottle } from './stream-throttle.ts'
import { Throttle } from './throttle.ts'

class Watching extends Throttle {
  seen = 0
  override append(data: Uint8Array | number, start?: number) {
    super.append(data, start)
    this.seen += typeof data === 'number' ? data : data.byteLength
  }
}

describe('throttles of a stream', () => {
  test('are left as they were by a change that is refused', () => {
    const limited = throttle(new Throttle({ limit: 1000 }))
    expect(() => {
      limited.throttles.bad = new Throttle({ clock: new VirtualClock() })
    }).toThrow(/clock/)
    expect(Object.keys(limited.throttles)).toEqual(['default'])
    limited.throttles.good = new Throttle({ limit: 5 })
    delete limited.throttles.default
    expect(Object.keys(limited.throttles)).toEqual(['good'])
    expect(() => Object.defineProperty(limited.throttles, 'x', { value: 5, enumerable: true })).toThrow(TypeError)
  })

  test('may have any name', async () => {
    const limited = throttle(null)
    // biome-ignore lint/suspicious/noProto: this is the name of a throttle here
    limited.throttles.__proto__ = new Throttle({ limit: '1B/h' })
    limited.throttles.constructor = new Throttle({ limit: 1000 }) as never
    expect(Object.keys(limited.throttles).sort()).toEqual(['__proto__', 'constructor', 'default'])
    limited.resume()
    limited.write(Buffer.alloc(1000))
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(limited.stats.heldBy?.name).toBe('__proto__')
    limited.destroy()
  })

  test('charge a throttle once that has two names, and report to it once', () => {
    const watching = new Watching({ limit: 1e6 })
    const flow = new Flow({ a: watching, b: watching })
    expect(flow.tryAcquire(1000)).toBe(1000)
    flow.append(Buffer.alloc(1000))
    expect([watching.seen, watching.stats.bytes]).toEqual([1000, 1000])
  })
})

describe('Throttle.append()', () => {
  test('of an override that reports something else through the same throttle charges both once', () => {
    class Logging extends Throttle {
      readonly log = new Flow(this)
      #busy = false
      override append(data: Uint8Array | number, start?: number) {
        if (!this.#busy) {
          this.#busy = true
          this.log.tryAcquire(3)
          this.log.append(Buffer.from('log'))
        }
        super.append(data, start)
      }
    }
    const throttle = new Logging({ limit: 1e6 })
    const flow = new Flow(throttle)
    flow.tryAcquire(100)
    flow.append(Buffer.alloc(100))
    expect(throttle.stats.bytes).toBe(103)
  })

  test('of nothing leaves the turns of others alone', async () => {
    const clock = new VirtualClock()
    const throttle = new Watching({ limit: 1000, clock })
    await clock.run(async () => {
      throttle.append(100)
      await throttle.wait()
      const before = throttle.stats.bytes
      new Flow(throttle).append(new Uint8Array(0))
      expect(throttle.stats.bytes).toBe(before)
    })
  })
})

const noLimits = [undefined, [], new Map([['a', new Throttle()]]), new Date(), Promise.resolve(1), () => 1, true]
for (const wrong of noLimits) {
  test(`limits are refused that are ${Object.prototype.toString.call(wrong)}`, () => {
    expect(() => throttlesOf(wrong as unknown as string)).toThrow(TypeError)
    expect(() => streamThrottlesOf(wrong as unknown as string)).toThrow(TypeError)
  })
}

test('a StreamThrottle is refused where there is one direction only', () => {
  expect(() => throttlesOf(StreamThrottle.fromLimits() as unknown as string)).toThrow(/is StreamThrottle/)
})

test('a clock that steps back, or a rate beyond all use, stops nothing', () => {
  let now = 3_600_000
  const clock = { now: () => now, sleepUntil: () => () => {} }
  const throttle = new Throttle({ limit: 1_000_000, clock })
  expect(throttle.tryAcquire(5000)).toBe(5000)
  now = 0
  throttle.tryAcquire(1)
  now = 5
  expect(throttle.tryAcquire(4000)).toBe(4000)
  const fast = new Throttle({ limit: 1e306, clock })
  now = 10_000
  expect(fast.tryAcquire(1e9)).toBeGreaterThan(0)
  expect(fast.stats.bytes).not.toBeNaN()
})

for (const weights of [[1], [1000], [1e6], [1, 1000], [0.001, 1]]) {
  test(`weights of ${weights} make no burst and no stall`, async () => {
    const clock = new VirtualClock()
    const throttle = new Throttle({ limit: 1_000_000, clock })
    const draws: { at: number; bytes: number }[] = []
    await clock.run(() =>
      Promise.all(
        weights.map(async (weight) => {
          const flow = new Flow(throttle, { weight })
          while (clock.now() < 1000) draws.push({ bytes: await flow.acquire(65_536), at: clock.now() })
          flow.close()
        }),
      ),
    )
    let level = 0
    let last = 0
    for (const { at, bytes } of draws) {
      expect(at - last).toBeLessThanOrEqual(15)
      level = Math.max(0, level - (at - last) * 1000) + bytes
      last = at
      expect(level).toBeLessThanOrEqual(15_000)
    }
  })
}

test('Flow.refund() gives each throttle back what was drawn from it, though the flow has moved on to others', () => {
  const [a, b, c] = [new Throttle({ limit: 1e6 }), new Throttle({ limit: 1e6 }), new Throttle({ limit: 1e6 })]
  const flow = new Flow({ a })
  expect(flow.tryAcquire(5000)).toBe(5000)
  flow.update({ b })
  flow.update({ b, c })
  expect(flow.tryAcquire(3000)).toBe(3000)
  flow.refund(4000)
  expect([a, b, c].map(({ stats }) => stats.bytes)).toEqual([4000, 0, 0])
  expect([a, b, c].map(({ stats }) => stats.refunded)).toEqual([1000, 3000, 3000])
  flow.refund(4000)
  expect([a, b, c].map(({ stats }) => stats.bytes)).toEqual([0, 0, 0])
  expect(() => flow.refund(1)).toThrow(RangeError)
})

test('Flow.acquire() serves a hundred thousand who wait without looking through all of them for each', async () => {
  const throttle = new Throttle({ limit: 1e9 })
  const flow = new Flow(throttle)
  throttle.pause()
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  const aborted = Array.from({ length: 5000 }, () => flow.acquire(100, { signal: controller.signal }).catch(() => 0))
  const waiting = Array.from({ length: 100_000 }, () => flow.acquire(100))
  controller.abort()
  throttle.resume()
  expect(new Set(await Promise.all(aborted))).toEqual(new Set([0]))
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([100]))
})
