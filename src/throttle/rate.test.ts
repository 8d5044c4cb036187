import { expect, test } from 'vitest'
import { greedy } from '../../test/fixtures/greedy.ts'
import { lateClock, random } from '../../test/fixtures/late-clock.ts'
import { Trace } from '../../test/fixtures/trace.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Flow } from './flow.ts'
import { Throttle } from './throttle.ts'

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/** A stream that always has more to send, for `seconds`. */
async function stream(rate: number, size: number, seconds: number) {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: rate, clock })
  const trace = new Trace()
  await clock.run(() =>
    greedy(new Flow(throttle), size, clock, seconds * 1000, (bytes) => trace.add(clock.now(), bytes)),
  )
  return { trace, throttle }
}

const means = [
  { rate: 16 * KiB, sizes: [1, 100, 64 * KiB, MiB], within: 0.003 },
  { rate: 256 * KiB, sizes: [1, 1460, 64 * KiB, MiB], within: 0.003 },
  { rate: MiB, sizes: [1, 1000, 5242, 64 * KiB, MiB], within: 0.001 },
  { rate: 10 * MiB, sizes: [16, 1000, 64 * KiB, MiB], within: 0.001 },
  { rate: 100 * MiB, sizes: [1000, 64 * KiB, MiB], within: 0.001 },
  { rate: GiB, sizes: [16 * KiB, 64 * KiB, MiB, 256 * MiB], within: 0.001 },
  { rate: 123_456.789, sizes: [777], within: 0.003 },
]
for (const { rate, sizes, within } of means) {
  for (const size of sizes) {
    test(`Flow.acquire() keeps a rate of ${rate} with chunks of ${size}, evenly`, async () => {
      const { trace, throttle } = await stream(rate, size, 10)
      const mean = trace.total / (10 * rate)
      expect(mean).toBeGreaterThan(1 - within)
      expect(mean).toBeLessThan(1 + within)
      expect(trace.burst(rate, 1000)).toBeLessThanOrEqual(15)
      expect(trace.burst(rate, 0)).toBeLessThanOrEqual(25)
      expect(trace.mostIn(100) / (0.1 * rate)).toBeLessThan(1.15)
      expect(trace.bytesIn(0, 1000)).toBeLessThan(rate * 1.025)
      expect(throttle.stats.meanRate / rate).toBeCloseTo(1, 1)
    })
  }
}

const latenesses = [
  { title: 'at most 1 ms', late: (dice: number) => dice, burst: 15 },
  { title: 'often 5 ms', late: (dice: number) => (dice < 0.5 ? 0.1 : 5), burst: 15 },
  { title: 'at most 14 ms', late: (dice: number) => dice * 14, burst: 25 },
]
for (const { title, late, burst } of latenesses) {
  for (const rate of [100, 20 * KiB, MiB, 100 * MiB]) {
    test(`Flow.acquire() keeps a rate of ${rate} though timers are late, ${title}`, async () => {
      const clock = new VirtualClock()
      const dice = random(1)
      const throttle = new Throttle({ limit: rate, clock: lateClock(clock, () => late(dice())) })
      const trace = new Trace()
      const flow = new Flow(throttle)
      await clock.run(() => greedy(flow, 64 * KiB, clock, 60_000, (bytes) => trace.add(clock.now(), bytes)))
      expect(trace.total / (60 * rate)).toBeGreaterThan(0.999)
      expect(trace.total / (60 * rate)).toBeLessThan(1.001)
      expect(trace.burst(rate)).toBeLessThanOrEqual(rate < 256 * KiB ? burst + 12 + 2000 / rate : burst)
    })
  }
}

const stalls = [
  { title: 'a moment', from: 2000, to: 2030 },
  { title: '2 s', from: 2000, to: 4000 },
  { title: 'an hour', from: 2000, to: 3_602_000 },
]
for (const { title, from, to } of stalls) {
  for (const rate of [256 * KiB, MiB, 100 * MiB]) {
    test(`Flow.tryAcquire() gives 25 ms of a rate of ${rate} at most when the sink has stalled for ${title}`, async () => {
      const clock = new VirtualClock()
      const trace = new Trace()
      const flow = new Flow(new Throttle({ limit: rate, clock }))
      await clock.run(async () => {
        const drawn = (bytes: number) => trace.add(clock.now(), bytes)
        await greedy(flow, 64 * KiB, clock, from, drawn)
        await clock.sleep(to - clock.now())
        await greedy(flow, 64 * KiB, clock, to + 2000, drawn)
      })
      expect(trace.burst(rate)).toBeLessThanOrEqual(25)
      expect(trace.mostIn(100)).toBeLessThan(0.125 * rate)
      expect(trace.bytesIn(to, to + 2000) / (2 * rate)).toBeCloseTo(1, 2)
    })
  }
}

test('Flow.acquire() grants no more than 25 ms of the rate at once, and 1.35 times the rate over 100 ms, when the whole process has stalled', async () => {
  const clock = new VirtualClock()
  let stall = false
  const late = lateClock(clock, () => (stall ? 2000 : 0))
  const trace = new Trace()
  const flow = new Flow(new Throttle({ limit: MiB, clock: late }))
  await clock.run(async () => {
    const done = greedy(flow, 64 * KiB, clock, 6000, (bytes) => trace.add(clock.now(), bytes))
    await clock.sleep(2000)
    stall = true
    await clock.sleep(1000)
    stall = false
    await done
  })
  expect(trace.longestGap(1500, 4500)).toBeGreaterThan(1900)
  expect(trace.mostIn(1)).toBeLessThanOrEqual(0.025 * MiB)
  expect(trace.mostIn(100)).toBeLessThan(0.135 * MiB)
})

test('Throttle.burst passes at once after an idle time, and again only after as long as it takes to fill', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, burst: MiB, clock })
  const flow = new Flow(throttle)
  const trace = new Trace()
  await clock.run(async () => {
    for (const until of [2000, 12_000]) {
      await greedy(flow, 64 * KiB, clock, until, (bytes) => trace.add(clock.now(), bytes))
      await clock.sleep(3000)
    }
  })
  for (const from of [0, 5000]) expect(trace.bytesIn(from, from + 50) / MiB).toBeCloseTo(1.05, 1)
  expect(trace.burst(MiB)).toBeLessThanOrEqual(1000 + 25)
})

const changes = [
  { from: MiB, to: GiB },
  { from: GiB, to: MiB },
  { from: 16 * KiB, to: 16 * MiB },
  { from: 16 * MiB, to: 16 * KiB },
  { from: 1, to: MiB },
]
for (const { from, to } of changes) {
  test(`Throttle.limit changed from ${from} to ${to} holds within a tick, without a stall or a burst`, async () => {
    const clock = new VirtualClock()
    const throttle = new Throttle({ limit: from, clock })
    const trace = new Trace()
    const flows = [64 * KiB, 1000].map((size) => ({ flow: new Flow(throttle), size }))
    const changed = 2003
    const until = changed + 2000
    await clock.run(async () => {
      const streams = flows.map(({ flow, size }) =>
        greedy(flow, size, clock, until, (bytes) => trace.add(clock.now(), bytes)),
      )
      await clock.sleep(changed)
      throttle.limit = to
      await Promise.all(streams)
    })
    const tick = Math.max(12, 1000 / to)
    expect(trace.longestGap(changed, until)).toBeLessThanOrEqual(tick + 1)
    expect(trace.burst(to, changed + 0.001)).toBeLessThanOrEqual(25)
    expect(trace.bytesIn(changed + 0.001, until) / (2 * to)).toBeCloseTo(1, 1)
  })
}

test('Throttle.limit taken away lets everybody go on at once; set again, it holds again', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, clock })
  const trace = new Trace()
  await clock.run(async () => {
    const flows = [64 * KiB, 1000].map((size) => ({ flow: new Flow(throttle), size }))
    const drawn = (bytes: number) => trace.add(clock.now(), bytes)
    const whole = flows.map(async ({ flow }) => {
      for (let left = 64 * MiB; left > 0; ) {
        const bytes = flow.tryAcquire(left) || (await flow.acquire(left))
        left -= bytes
        drawn(bytes)
      }
      return clock.now()
    })
    await clock.sleep(2003)
    throttle.limit = null
    expect(throttle.limit).toBe(null)
    for (const endedAt of await Promise.all(whole)) expect(endedAt).toBeLessThan(2004)
    throttle.limit = MiB
    await clock.sleep(1)
    await Promise.all(flows.map(({ flow, size }) => greedy(flow, size, clock, 4000, drawn)))
  })
  expect(trace.burst(MiB, 2004)).toBeLessThanOrEqual(25)
  expect(trace.bytesIn(2004, 4000) / MiB).toBeCloseTo(2, 1)
})

test('Throttle.limit may change at every moment, and what passes is what the limits allow', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, clock })
  const dice = random(7)
  let allowed = 0
  let passed = 0
  await clock.run(async () => {
    const streams = [5000, 64 * KiB].map((size) => greedy(new Flow(throttle), size, clock, 60_000))
    while (clock.now() < 60_000) {
      const limit = 2 ** (10 + 20 * dice())
      throttle.limit = limit
      const span = Math.min(60_000 - clock.now(), 100 * dice())
      await clock.sleep(span)
      allowed += (limit * span) / 1000
    }
    throttle.limit = MiB
    for (const bytes of await Promise.all(streams)) passed += bytes
  })
  expect(passed / allowed).toBeLessThan(1)
  expect(passed / allowed).toBeGreaterThan(0.95)
})

test('Throttle.pause() lets nothing pass and leaves no timer; resume() brings no burst', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, clock })
  const trace = new Trace()
  const flows = [1, 1000, 64 * KiB].map((size) =>
    greedy(new Flow(throttle), size, clock, 10_000, (bytes) => trace.add(clock.now(), bytes)),
  )
  await clock.advance(2001)
  throttle.pause()
  expect(throttle.paused).toBe(true)
  expect(clock.pending).toBe(0)
  await clock.advance(3000)
  expect(clock.pending).toBe(0)
  expect(trace.bytesIn(2001.001, Infinity)).toBe(0)
  throttle.resume()
  await clock.advance(10_000)
  await Promise.all(flows)
  expect(trace.longestGap(5001, 9999)).toBeLessThan(10)
  expect(trace.burst(MiB)).toBeLessThanOrEqual(25)
  expect(trace.bytesIn(5001, 10_000) / MiB).toBeCloseTo(4.999, 1)
  expect(clock.pending).toBe(0)
})

test('Throttle.pause() again and again brings nobody more than the time without pauses', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, clock })
  const done = Promise.all([100, 64 * KiB].map((size) => greedy(new Flow(throttle), size, clock, 10_000)))
  for (let i = 0; i < 1000; i++) {
    await clock.advance(3)
    throttle.pause()
    throttle.pause()
    await clock.advance(7)
    throttle.resume()
    throttle.resume()
  }
  await clock.advance(100)
  const [a = 0, b = 0] = await done
  expect((a + b) / (3 * MiB)).toBeLessThan(1.01)
  expect((a + b) / (3 * MiB)).toBeGreaterThan(0.99)
})
