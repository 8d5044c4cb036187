import { expect, test } from 'vitest'
import { greedy } from '../../test/fixtures/greedy.ts'
import { Trace } from '../../test/fixtures/trace.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Flow, type Throttles } from './flow.ts'
import { Throttle } from './throttle.ts'

const KiB = 1024
const MiB = 1024 * KiB

test('Flow charges all throttles of a chain alike', async () => {
  const clock = new VirtualClock()
  const chain = {
    a: new Throttle({ limit: MiB, clock }),
    b: new Throttle({ limit: 2 * MiB, clock }),
    c: new Throttle({ clock }),
  }
  const flow = new Flow(chain)
  const bytes = await clock.run(() => greedy(flow, 64 * KiB, clock, 3000))
  expect(bytes / (3 * MiB)).toBeCloseTo(1, 2)
  flow.close()
  for (const throttle of Object.values(chain)) expect(throttle.stats.bytes).toBe(flow.stats.bytes)
})

test('Flow charges a throttle once that it has under two names', () => {
  const throttle = new Throttle({ limit: MiB, clock: new VirtualClock() })
  const flow = new Flow({ a: throttle, b: throttle })
  expect(flow.tryAcquire(1000)).toBe(1000)
  expect(throttle.stats.bytes).toBe(1000)
})

test('Flow.tryAcquire() charges none if one has nothing', () => {
  const clock = new VirtualClock()
  const [full, paused] = [new Throttle({ limit: MiB, clock }), new Throttle({ clock })]
  paused.pause()
  const flow = new Flow({ full, paused })
  expect(flow.tryAcquire(1000)).toBe(0)
  expect([full.stats.bytes, paused.stats.bytes]).toEqual([0, 0])
})

const waits = [
  { title: 'two equal ones', limits: [64 * KiB, 64 * KiB] },
  { title: 'three equal ones', limits: [64 * KiB, 64 * KiB, 64 * KiB] },
  { title: 'different ones', limits: [MiB, 64 * KiB, 100 * KiB] },
  { title: 'one that does not limit', limits: [null, 64 * KiB] },
]
for (const { title, limits } of waits) {
  test(`Flow.acquire() waits for the longest of ${title}, not for the sum`, async () => {
    const clock = new VirtualClock()
    const entries = limits.map((limit, i) => [`${i}`, new Throttle({ limit, clock })] as const)
    const flow = new Flow(Object.fromEntries(entries))
    const bytes = await clock.run(() => greedy(flow, 64 * KiB, clock, 10_000))
    expect(bytes / (10 * 64 * KiB)).toBeGreaterThan(0.998)
    expect(bytes / (10 * 64 * KiB)).toBeLessThan(1.002)
  })
}

test('Flow.acquire() waits alike on a clock that begins below 0', async () => {
  const rates: number[][] = []
  for (const start of [0, -1_000_000]) {
    const clock = new VirtualClock({ start })
    const shared = new Throttle({ limit: MiB, clock })
    const streams = [64 * KiB, 100 * KiB, null].map((limit) => {
      const flow = new Flow({ shared, own: new Throttle({ limit, clock }) })
      return greedy(flow, 64 * KiB, clock, start + 3000)
    })
    rates.push(await clock.run(() => Promise.all(streams)))
  }
  // Fractions of a millisecond are less exact far from 0.
  rates[0]?.forEach((bytes, i) => {
    expect((rates[1]?.[i] ?? 0) / bytes).toBeCloseTo(1, 2)
  })
})

test('Flow.acquire() that waits for one slow throttle waits once', async () => {
  const clock = new VirtualClock()
  const limits = { a: 100_000, b: 100_000, c: 100_000 }
  const throttles = Object.fromEntries(
    Object.entries(limits).map(([name, limit]) => [name, new Throttle({ limit, clock })]),
  )
  const flow = new Flow(throttles)
  for (const throttle of Object.values(throttles)) while (throttle.tryAcquire(1000) > 0);
  const took = await clock.run(async () => {
    await flow.acquire(500)
    return clock.now()
  })
  expect(took).toBeLessThanOrEqual(5.01)
})

const held = [
  { title: 'slow', hold: (throttle: Throttle) => Object.assign(throttle, { limit: 1000 }) },
  { title: 'paused', hold: (throttle: Throttle) => throttle.pause() },
]
for (const { title, hold } of held) {
  for (const size of [1000, 64 * KiB]) {
    test(`Flow.acquire() held up by ${title} throttles of their own holds up nobody else, with chunks of ${size}`, async () => {
      const clock = new VirtualClock()
      const shared = new Throttle({ limit: MiB, clock })
      const owns = Array.from({ length: 20 }, () => new Throttle({ limit: MiB, clock }))
      const flows = owns.map((own) => new Flow({ shared, own }))
      const free = [new Flow(shared), new Flow({ shared })]
      const bytes = await clock.run(async () => {
        const streams = flows.map((flow) => greedy(flow, size, clock, 5000).catch(() => 0))
        await clock.sleep(100)
        for (const own of owns) hold(own)
        const before = shared.stats.bytes
        const others = await Promise.all(free.map((flow) => greedy(flow, size, clock, 5000)))
        for (const own of owns) own.resume()
        for (const flow of flows) flow.close()
        await Promise.all(streams)
        expect((shared.stats.bytes - before) / (4.9 * MiB)).toBeCloseTo(1, 2)
        return others
      })
      const slow = title === 'slow' ? 20 * 1000 * 4.9 : 0
      for (const part of bytes) expect(part / ((4.9 * MiB - slow) / 2)).toBeCloseTo(1, 1)
    })
  }
}

/** Streams in groups, each of which goes through the throttles named; returns each group's bytes per second. */
async function groups(limits: Record<string, number>, groups: Record<string, { count: number; size: number }>) {
  const clock = new VirtualClock()
  const seconds = 5
  const throttles: Throttles = Object.fromEntries(
    Object.entries(limits).map(([name, limit]) => [name, new Throttle({ limit, clock })]),
  )
  const of = (names: string) => Object.fromEntries(Object.entries(throttles).filter(([name]) => names.includes(name)))
  const rates = await clock.run(() =>
    Promise.all(
      Object.entries(groups).map(async ([names, { count, size }]) => {
        const streams = Array.from({ length: count }, () => greedy(new Flow(of(names)), size, clock, seconds * 1000))
        return [names, (await Promise.all(streams)).map((bytes) => bytes / seconds)] as const
      }),
    ),
  )
  expect(clock.pending).toBe(0)
  return Object.fromEntries(rates)
}

const crossings = [
  {
    title: 'equal limits',
    limits: { A: MiB, B: MiB },
    groups: { A: { count: 5, size: 64 * KiB }, B: { count: 5, size: 64 * KiB }, AB: { count: 5, size: 64 * KiB } },
    fair: { A: MiB / 10, B: MiB / 10, AB: MiB / 10 },
  },
  {
    title: 'mixed chunks',
    limits: { A: MiB, B: MiB },
    groups: { A: { count: 5, size: 1000 }, B: { count: 5, size: 64 * KiB }, AB: { count: 5, size: 1000 } },
    fair: { A: MiB / 10, B: MiB / 10, AB: MiB / 10 },
  },
  {
    title: 'unequal limits',
    limits: { A: 4 * MiB, B: MiB },
    groups: { A: { count: 5, size: 64 * KiB }, B: { count: 5, size: 64 * KiB }, AB: { count: 5, size: 64 * KiB } },
    fair: { A: (3.5 / 5) * MiB, B: MiB / 10, AB: MiB / 10 },
  },
  {
    title: 'unequal groups',
    limits: { A: MiB, B: MiB },
    groups: { A: { count: 1, size: 64 * KiB }, B: { count: 20, size: 1000 }, AB: { count: 4, size: 64 * KiB } },
    fair: { A: (1 - 4 / 24) * MiB, B: MiB / 24, AB: MiB / 24 },
  },
  {
    title: 'a triangle of three',
    limits: { A: MiB, B: MiB, C: MiB },
    groups: { AB: { count: 4, size: 64 * KiB }, BC: { count: 4, size: 5000 }, AC: { count: 4, size: 64 * KiB } },
    fair: { AB: MiB / 8, BC: MiB / 8, AC: MiB / 8 },
  },
  {
    title: 'only those who pass both',
    limits: { A: MiB, B: MiB },
    groups: { AB: { count: 10, size: 64 * KiB } },
    fair: { AB: MiB / 10 },
  },
  {
    title: 'a hundred in each group',
    limits: { A: 10 * MiB, B: 10 * MiB },
    groups: { A: { count: 100, size: 64 * KiB }, B: { count: 100, size: 1000 }, AB: { count: 100, size: 64 * KiB } },
    fair: { A: MiB / 20, B: MiB / 20, AB: MiB / 20 },
  },
]
for (const { title, limits, groups: groupsOf, fair } of crossings) {
  test(`Flow.acquire() is fair by max-min where saturated throttles cross: ${title}`, async () => {
    const rates = await groups(limits, groupsOf)
    for (const [names, each] of Object.entries(fair)) {
      const group = rates[names] ?? []
      const mean = group.reduce((a, b) => a + b, 0) / group.length
      expect([names, mean / each]).toEqual([names, expect.closeTo(1, 1.3)])
      // Whoever comes first finds a full bucket, and is a quantum ahead ever after.
      expect([names, Math.min(...group) / each]).toEqual([names, expect.closeTo(1, 1)])
    }
  })
}

test('Flow.acquire() brings no burst at its own throttle when a shared one has held it up', async () => {
  const clock = new VirtualClock()
  const [shared, own] = [new Throttle({ limit: 100 * MiB, clock }), new Throttle({ limit: MiB, clock })]
  const trace = new Trace()
  await clock.run(async () => {
    const flow = new Flow({ shared, own })
    const stream = greedy(flow, MiB, clock, 30_000, (bytes) => trace.add(clock.now(), bytes))
    for (const span of [2000, 1, 5000, 10_000]) {
      await clock.sleep(100)
      shared.pause()
      await clock.sleep(span)
      shared.resume()
    }
    await stream
  })
  expect(trace.burst(MiB)).toBeLessThanOrEqual(25)
})

test('Flow.acquire() keeps the rate of its own throttle where a shared one is crowded', async () => {
  const clock = new VirtualClock()
  const shared = new Throttle({ limit: 10 * MiB, clock })
  const own = new Throttle({ limit: 8 * KiB, clock })
  const bytes = await clock.run(async () => {
    const crowd = Array.from({ length: 1000 }, () => greedy(new Flow(shared), 64 * KiB, clock, 5000))
    const mine = greedy(new Flow({ shared, own }), 64 * KiB, clock, 5000)
    await Promise.all(crowd)
    return mine
  })
  // A fair part would be 10 KiB/s.
  expect(bytes / (5 * 8 * KiB)).toBeGreaterThan(0.95)
  expect(bytes / (5 * 8 * KiB)).toBeLessThan(1.02)
})
