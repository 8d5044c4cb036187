import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { random } from '../../test/fixtures/late-clock.ts'
import { Trace } from '../../test/fixtures/trace.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Throttle } from './throttle.ts'

const KiB = 1024
const MiB = 1024 * KiB
const SECONDS = 10

/** Callers who move bytes by hand, each time as many as `size` gives; some transfers fail, and are not reported. */
async function callers(count: number, size: (dice: number) => number, failing = 0) {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, clock })
  const trace = new Trace()
  const dice = random(count)
  const caller = async () => {
    for (;;) {
      await throttle.wait()
      if (clock.now() >= SECONDS * 1000) return throttle.append(0)
      const start = clock.now()
      await clock.sleep(dice())
      if (dice() < failing) continue
      const bytes = size(dice())
      throttle.append(bytes, start)
      trace.add(clock.now(), bytes)
    }
  }
  await clock.run(() => Promise.all(Array.from({ length: count }, caller)))
  expect(clock.pending).toBe(0)
  return { throttle, trace, rate: trace.total / SECONDS / MiB }
}

// What a transfer takes is known only afterwards: one that is far larger than those before cannot be foreseen.
const sizes = [
  { title: 'small', size: () => 1000, most: 1.3 },
  { title: 'large', size: () => 64 * KiB, most: 2 },
  { title: 'mixed', size: (dice: number) => Math.floor(64 * KiB ** dice), most: 2 },
  { title: 'rarely large', size: (dice: number) => (dice < 0.05 ? 100 * KiB : 500), most: 10 },
]
for (const { title, size, most } of sizes) {
  for (const count of [1, 100, 1000]) {
    test(`Throttle.wait() and append() keep the rate for ${count}, with transfers that are ${title}`, async () => {
      const { rate, trace, throttle } = await callers(count, size)
      expect(rate).toBeGreaterThan(0.9)
      expect(rate).toBeLessThan(1.05)
      expect(trace.mostIn(100) / (0.1 * MiB)).toBeLessThan(most)
      expect(throttle.stats.bytes).toBe(trace.total)
    })
  }
}

for (const failing of [0.05, 0.5]) {
  for (const count of [1, 100, 1000]) {
    test(`Throttle.wait() whose transfer fails, and is not reported, in ${failing} of all cases, lets ${count} go on`, async () => {
      const { rate, trace } = await callers(count, () => 1000, failing)
      // A turn whose transfer is never reported counts as if it had moved what it paid for: some of it may have.
      expect(rate).toBeGreaterThan(0.9 * (1 - failing))
      expect(rate).toBeLessThan(1.02)
      expect(trace.mostIn(100) / (0.1 * MiB)).toBeLessThan(1.3)
    })
  }
}

test('Throttle.append() without wait() holds up those who wait until it is paid', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 1000, clock })
  await clock.run(async () => {
    throttle.append(new Uint8Array(5000))
    await throttle.wait()
    expect(clock.now() / 5000).toBeCloseTo(1, 1)
    throttle.append(0)
  })
  expect(throttle.stats.bytes).toBe(5000)
})

test('Throttle.append() only counts where there is no limit', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ clock })
  for (let i = 0; i < 10; i++) throttle.append(1e9)
  await throttle.wait()
  throttle.append(1)
  expect(throttle.stats.bytes).toBe(1e10 + 1)
  throttle.limit = 1000
  expect(throttle.tryAcquire(1)).toBe(1)
})

test('Throttle.wait() follows a limit that changes while it waits', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 10 * MiB, clock })
  await clock.run(async () => {
    await throttle.wait()
    throttle.append(MiB)
    const waiting = throttle.wait()
    throttle.limit = 1000
    await clock.sleep(1)
    const began = clock.now()
    await waiting
    // What a turn pays in advance is never more than comes in 250 ms at the present limit.
    expect(clock.now() - began).toBeLessThan(500)
    throttle.append(0)
    throttle.append(1000)
    const next = throttle.wait()
    throttle.limit = null
    const before = clock.now()
    await next
    expect(clock.now()).toBe(before)
  })
})

test('Throttle.wait() waits while paused, also without a limit', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ clock })
  throttle.pause()
  const waiting = throttle.wait()
  await clock.advance(60_000)
  expect(clock.pending).toBe(0)
  throttle.resume()
  await clock.run(waiting)
})

test('Throttle.wait() lets callers through in their order', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 10_000, clock })
  const order: number[] = []
  const caller = async (i: number) => {
    await throttle.wait()
    order.push(i)
    throttle.append(100)
  }
  await clock.run(() => Promise.all(Array.from({ length: 50 }, (_, i) => caller(i))))
  expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i))
})

test('Throttle.wait() that is aborted rejects with the reason, charges nothing and keeps nobody', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 1000, clock })
  await clock.run(async () => {
    await throttle.wait()
    throttle.append(500)
    const controllers = Array.from({ length: 3 }, () => new AbortController())
    const all = controllers.map(({ signal }, i) => throttle.wait({ signal }).then(() => i, String))
    const last = throttle.wait()
    await clock.sleep(1)
    // The one whose turn it is, and one who stands behind.
    controllers[0]?.abort('first')
    controllers[2]?.abort('third')
    expect(await Promise.all([all[0], all[2]])).toEqual(['first', 'third'])
    expect(clock.now()).toBe(1)
    expect(await all[1]).toBe(1)
    throttle.append(100)
    await last
    throttle.append(100)
    expect(throttle.stats.bytes).toBe(700)
    for (const { signal } of controllers) expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

const wrong = [-1, 0.5, Number.NaN, Infinity, 2 ** 53, 'abc', null, undefined, [], {}]
for (const data of wrong) {
  test(`Throttle.append() refuses ${JSON.stringify(data)} (${typeof data}), and charges nothing`, () => {
    const throttle = new Throttle({ limit: 1000 })
    expect(() => throttle.append(data as number)).toThrow('Cannot append a transfer')
    expect(throttle.stats.bytes).toBe(0)
  })
}

test('Throttle.append() refuses a start that is no time', () => {
  const throttle = new Throttle({ limit: 1000 })
  expect(() => throttle.append(1, Number.NaN)).toThrow(RangeError)
  expect(throttle.stats.bytes).toBe(0)
})
