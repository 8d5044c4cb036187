import { expect, test } from 'vitest'
import { greedy } from '../../test/fixtures/greedy.ts'
import { jain } from '../../test/fixtures/trace.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Flow } from './flow.ts'
import { Throttle } from './throttle.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** `count` greedy streams behind one throttle, with chunks of all `sizes`, for `seconds`. Returns what each got. */
async function share(
  count: number,
  rate: number,
  sizes: readonly number[],
  seconds = 5,
  weights: readonly number[] = [1],
) {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: rate, clock })
  const shares = await clock.run(() => {
    const streams = Array.from({ length: count }, (_, i) => {
      const flow = new Flow(throttle, { weight: weights[i % weights.length] })
      return greedy(flow, sizes[i % sizes.length] ?? 1, clock, seconds * 1000)
    })
    return Promise.all(streams)
  })
  return { shares, total: shares.reduce((a, b) => a + b, 0), clock }
}

const mixed = [1, 1024, 64 * KiB, MiB]
const crowds = [
  { count: 2, rate: MiB, sizes: [1, MiB] },
  { count: 2, rate: 10 * MiB, sizes: [1000, 64 * KiB] },
  { count: 10, rate: MiB, sizes: mixed },
  { count: 10, rate: 100 * MiB, sizes: [1460, 64 * KiB] },
  { count: 100, rate: 10 * MiB, sizes: mixed },
  { count: 1000, rate: 10 * MiB, sizes: mixed },
  { count: 10_000, rate: 100 * MiB, sizes: [100, 1024, 64 * KiB, MiB] },
]
for (const { count, rate, sizes } of crowds) {
  test(`Flow.acquire() shares ${rate} among ${count} streams with chunks of ${sizes}`, async () => {
    const { shares, total } = await share(count, rate, sizes)
    expect(jain(shares)).toBeGreaterThanOrEqual(0.999)
    expect(Math.min(...shares)).toBeGreaterThan(0.9 * (total / count))
    expect(total / (5 * rate)).toBeCloseTo(1, 2)
  })
}

const weighted = [
  { count: 2, weights: [1, 3], sizes: [64 * KiB] },
  { count: 10, weights: [1, 2, 3, 4, 5], sizes: [1000, 64 * KiB, MiB] },
  { count: 3, weights: [0.1, 1, 10], sizes: [100, 64 * KiB] },
  { count: 100, weights: [1, 10], sizes: [1000, 64 * KiB, MiB] },
]
for (const { count, weights, sizes } of weighted) {
  test(`Flow.acquire() shares among ${count} streams in proportion to weights of ${weights}`, async () => {
    const { shares } = await share(count, 10 * MiB, sizes, 5, weights)
    const perWeight = shares.map((bytes, i) => bytes / (weights[i % weights.length] ?? 1))
    expect(jain(perWeight)).toBeGreaterThanOrEqual(0.999)
  })
}

test('Flow.acquire() does the same, to the bit, each time', async () => {
  const runs = [await share(50, MiB, [7, 1000, 64 * KiB], 3), await share(50, MiB, [7, 1000, 64 * KiB], 3)]
  expect(runs[0]?.shares).toEqual(runs[1]?.shares)
})

const lights = [
  { count: 10, share: 0.05 },
  { count: 1000, share: 0.0005 },
  { count: 1000, share: 0.0009 },
]
for (const { count, share } of lights) {
  test(`Flow.acquire() gives ${count} light streams (${share} of the rate each) what they ask, and heavy ones the rest`, async () => {
    const rate = 10 * MiB
    const clock = new VirtualClock()
    const throttle = new Throttle({ limit: rate, clock })
    const period = 100
    const size = Math.floor((share * rate * period) / 1000)
    const light = async (i: number) => {
      const flow = new Flow(throttle)
      let sum = 0
      await clock.sleep((period * i) / count)
      for (let next = clock.now() + period; ; next += period) {
        for (let left = size; left > 0; ) left -= flow.tryAcquire(left) || (await flow.acquire(left))
        if (clock.now() >= 5000) return sum
        sum += size
        await clock.sleep(Math.max(0, next - clock.now()))
      }
    }
    const [lights, heavy] = await clock.run(() => {
      const lights = Array.from({ length: count }, (_, i) => light(i))
      return Promise.all([Promise.all(lights), greedy(new Flow(throttle), 64 * KiB, clock, 5000)])
    })
    const total = lights.reduce((a, b) => a + b, heavy)
    // A stream that begins late in the period asks once less.
    expect(Math.min(...lights)).toBeGreaterThanOrEqual(size * 48)
    expect(total / (5 * rate)).toBeGreaterThan(0.99)
    expect(total / (5 * rate)).toBeLessThan(1.01)
  })
}

test('Flow.acquire() gives those who pause and return neither less nor more than the others', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, clock })
  const shares = await clock.run(() => {
    const steady = Array.from({ length: 4 }, () => greedy(new Flow(throttle), 64 * KiB, clock, 10_000))
    const pausing = async () => {
      const flow = new Flow(throttle)
      let sum = 0
      for (let i = 0; i < 10; i++) {
        sum += await greedy(flow, 64 * KiB, clock, i * 1000 + 500)
        await clock.sleep(i * 1000 + 1000 - clock.now())
      }
      return sum
    }
    return Promise.all([...steady, pausing()])
  })
  // While all five are there each has a fifth, else the four have a quarter each.
  for (const share of shares.slice(0, 4)) expect(share / (10 * MiB)).toBeCloseTo(0.225, 2)
  expect((shares[4] ?? 0) / (10 * MiB)).toBeCloseTo(0.1, 2)
})

test('Throttle.acquire() shares among callers without a flow, by bytes and by weight', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, clock })
  const weights = [1, 1, 2, 4]
  const caller = async (weight: number) => {
    let sum = 0
    for (;;) {
      const bytes = await throttle.acquire(64 * KiB, { weight })
      if (clock.now() >= 5000) return sum
      sum += bytes
    }
  }
  const shares = await clock.run(() => Promise.all(weights.map(caller)))
  expect(jain(shares.map((bytes, i) => bytes / (weights[i] ?? 1)))).toBeGreaterThanOrEqual(0.999)
  expect(shares.reduce((a, b) => a + b) / (5 * MiB)).toBeCloseTo(1, 2)
})

test('Throttle.acquire() serves callers and flows alike', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, clock })
  const source = { tryAcquire: () => 0, acquire: (bytes: number) => throttle.acquire(bytes) }
  const sources = [source, new Flow(throttle), source, new Flow(throttle)]
  const shares = await clock.run(() => Promise.all(sources.map((source) => greedy(source, 64 * KiB, clock, 5000))))
  expect(jain(shares)).toBeGreaterThanOrEqual(0.99)
})
