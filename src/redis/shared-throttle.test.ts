import { expect, test, vi } from 'vitest'
import { greedy } from '../../test/fixtures/greedy.ts'
import { Trace } from '../../test/fixtures/trace.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Flow } from '../throttle/flow.ts'
import { StreamThrottle } from '../throttle/stream-throttle.ts'
import { Throttle } from '../throttle/throttle.ts'
import { OutageError } from './errors.ts'
import { SharedThrottle, type SharedThrottleOptions } from './shared-throttle.ts'
import { VirtualRedis } from './virtual-redis.ts'

const LIMIT = 1_000_000

function setUp(count: number, options: Partial<SharedThrottleOptions> = {}) {
  const clock = new VirtualClock()
  const redis = new VirtualRedis(clock)
  const throttles = Array.from(
    { length: count },
    (_, i) => new SharedThrottle(redis.client(), 'test', { limit: LIMIT, member: `p${i}`, clock, ...options }),
  )
  return { clock, redis, throttles, first: throttles[0] as SharedThrottle }
}

test('SharedThrottle of several processes lets the limit pass together, evenly, to streams of any chunk size', async () => {
  const { clock, throttles } = setUp(4)
  const trace = new Trace()
  const sizes = [100, 5000, 64 * 1024, 1024 * 1024]
  const sums = await clock.run(() =>
    Promise.all(
      throttles.map((throttle, i) =>
        greedy(new Flow(throttle), sizes[i] ?? 1, clock, 10_000, (bytes) => trace.add(clock.now(), bytes)),
      ),
    ),
  )
  expect(trace.bytesIn(1000, 10_000) / (9 * LIMIT)).toBeCloseTo(1, 2)
  expect(trace.burst(LIMIT, 1000)).toBeLessThan(50)
  for (const sum of sums) expect(sum / (10 * LIMIT)).toBeCloseTo(0.25, 2)
})

test('SharedThrottle asks Redis less than 12 times a second, also for who wants lumps of bytes now and then', async () => {
  const { clock, redis, throttles } = setUp(8)
  const [lump, demand] = [4000, (0.8 * LIMIT) / 8]
  const stop = { isAsked: false }
  const send = async (throttle: SharedThrottle, from: number) => {
    const flow = new Flow(throttle)
    for (let i = 0; !stop.isAsked; i++) {
      const due = from + (i * lump * 1000) / demand
      if (due > clock.now()) await clock.sleep(due - clock.now())
      for (let left = lump; left > 0; ) left -= await flow.acquire(left)
    }
    return flow.stats.bytes
  }
  const sums = throttles.map((throttle, i) => send(throttle, i * 7))
  await clock.advance(2000)
  const before = redis.calls
  await clock.advance(5000)
  expect((redis.calls - before) / 8 / 5).toBeLessThan(12)
  stop.isAsked = true
  await clock.advance(200)
  for (const sum of await Promise.all(sums)) expect(sum / (demand * 7)).toBeGreaterThan(0.97)
})

test('SharedThrottle in a chain with another shared and a local one goes as fast as the slowest', async () => {
  const { clock, redis, first } = setUp(1)
  const other = new SharedThrottle(redis.client(), 'other', { limit: LIMIT / 2, clock })
  const local = new Throttle({ limit: LIMIT / 4, clock })
  for (const [throttles, rate] of [
    [{ first, other }, LIMIT / 2],
    [{ first, other, local }, LIMIT / 4],
  ] as const) {
    const flow = new Flow(throttles)
    const began = clock.now()
    const bytes = await clock.run(() => greedy(flow, 10_000, clock, began + 4000))
    expect(bytes / (4 * rate)).toBeGreaterThan(0.96)
    expect(bytes / (4 * rate)).toBeLessThan(1.01)
    flow.close()
  }
})

test('SharedThrottle.burst is one for all: each holds its part of it while idle', async () => {
  const { clock, throttles } = setUp(4, { burst: 200_000 })
  await clock.advance(3000)
  const taken = throttles.map((throttle) => throttle.tryAcquire(1_000_000))
  for (const bytes of taken) expect(bytes / 50_000).toBeCloseTo(1, 0)
  expect(taken.reduce((a, b) => a + b)).toBeLessThan(200_000 + 0.05 * LIMIT)
})

test('SharedThrottle tells of an outage once, and of its end', async () => {
  const { clock, redis, first } = setUp(1)
  const told: unknown[][] = []
  first.on('outage', (error) => told.push(['outage', error]))
  first.on('recovered', (after) => told.push(['recovered', after]))
  const streams = greedy(new Flow(first), 1000, clock, 20_000)
  await clock.advance(2000)
  expect(first.sharing).toMatchObject({ state: 'joined', members: 1, weights: 1, outage: undefined, paused: false })
  expect(first.stats).toMatchObject({ limit: LIMIT, members: 1, outage: false, outages: 0 })
  expect(first.stats.share / LIMIT).toBeCloseTo(1, 1)
  redis.down = true
  await clock.advance(5000)
  expect(told).toHaveLength(1)
  expect(told[0]?.[1]).toBeInstanceOf(OutageError)
  expect(first.sharing.state).toBe('outage')
  expect(first.sharing.outage?.lasts).toBeGreaterThan(4700)
  expect(first.stats).toMatchObject({ outage: true, outages: 1, share: first.sharing.outageRate })
  redis.down = false
  await clock.advance(3000)
  expect(first.stats).toMatchObject({ outage: false, outages: 1 })
  expect(told[1]?.[0]).toBe('recovered')
  expect(first.sharing.state).toBe('joined')
  redis.stop()
  await clock.advance(3000)
  expect(told).toHaveLength(3)
  redis.continue()
  await clock.advance(8000)
  expect(told.map(([event]) => event)).toEqual(['outage', 'recovered', 'outage', 'recovered'])
  expect(first.stats.outages).toBe(2)
  await streams
})

test('SharedThrottle.stats show the floor as its share, once nobody keeps it any more in an outage', async () => {
  const { clock, redis, first } = setUp(1, { partitionTtl: 2000 })
  const streams = greedy(new Flow(first), 1000, clock, 8000)
  await clock.advance(2000)
  redis.down = true
  await clock.advance(4000)
  expect(first.stats.share).toBe(LIMIT / 10)
  expect(first.sharing.outageRate).toBe(LIMIT / 10)
  await clock.advance(3000)
  await streams
})

test('SharedThrottle.stats show that without a limit nothing is shared, nor kept back in an outage', async () => {
  const { clock, redis, first } = setUp(1, { limit: null, onOutage: 'closed' })
  first.on('outage', () => {})
  await clock.advance(2000)
  expect(first.stats).toMatchObject({ outage: false, share: 0 })
  redis.down = true
  await clock.advance(2000)
  expect(first.stats).toMatchObject({ outage: true, share: Infinity })
  expect(first.sharing.outageRate).toBe(Infinity)
  expect(first.tryAcquire(1_000_000)).toBe(1_000_000)
})

test('SharedThrottle warns of an outage, once, if nobody listens', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  try {
    const { clock, redis, first } = setUp(1)
    redis.down = true
    first.tryAcquire(1)
    await clock.advance(5000)
    expect(warn).toHaveBeenCalledTimes(1)
    expect(warn.mock.calls[0]?.[0]).toContain("Cannot reach the budget 'test': connect ECONNREFUSED")
  } finally {
    warn.mockRestore()
  }
})

test('SharedThrottle.limit set without Redis holds here at once, and for all once it is back', async () => {
  const { clock, redis, throttles, first } = setUp(2)
  for (const throttle of throttles) throttle.on('outage', () => {})
  const limits: (number | null)[] = []
  throttles[1]?.on('limit', (limit) => limits.push(limit))
  const streams = Promise.all(throttles.map((throttle) => greedy(new Flow(throttle), 1000, clock, 6000)))
  await clock.advance(1000)
  redis.down = true
  await clock.advance(1000)
  first.limit = 1234
  expect(first.limit).toBe(1234)
  await expect(clock.run(() => first.setLimit(4321))).rejects.toThrow(OutageError)
  await clock.advance(500)
  expect(throttles.map(({ limit }) => limit)).toEqual([4321, LIMIT])
  redis.down = false
  await clock.advance(1500)
  expect(throttles.map(({ limit }) => limit)).toEqual([4321, 4321])
  expect(limits).toEqual([4321])
  await clock.advance(3000)
  await streams
})

test('SharedThrottle.limit survives that Redis forgets it, or falls back to an older one', async () => {
  const { clock, redis, throttles, first } = setUp(2)
  await clock.run(() => first.setLimit(5000))
  await clock.advance(500)
  redis.flush()
  const late = new SharedThrottle(redis.client(), 'test', { limit: 7, clock })
  await clock.advance(1000)
  expect([...throttles, late].map(({ limit }) => limit)).toEqual([5000, 5000, 5000])
})

test('SharedThrottle.weight holds for the next round, in Redis too', async () => {
  const { clock, throttles, first } = setUp(2)
  const streams = throttles.map((throttle) => greedy(new Flow(throttle), 1000, clock, 5000))
  await clock.advance(500)
  first.weight = 3
  expect(first.weight).toBe(3)
  await clock.advance(500)
  const before = throttles.map(({ stats }) => stats.bytes)
  await clock.advance(4000)
  const parts = throttles.map(({ stats }, i) => (stats.bytes - (before[i] ?? 0)) / (4 * LIMIT))
  expect(parts[0]).toBeCloseTo(0.75, 2)
  expect(parts[1]).toBeCloseTo(0.25, 2)
  const members = await clock.run(() => first.members())
  expect(members.map(({ name, weight, waiting }) => [name, weight, waiting])).toEqual([
    ['p0', 3, 1],
    ['p1', 1, 1],
  ])
  await clock.advance(200)
  await Promise.all(streams)
})

test('SharedThrottle.close() gives its part to the others, lets nothing pass, and leaves no timer', async () => {
  const { clock, throttles, first } = setUp(2)
  const [, second] = throttles
  if (!second) throw new Error('no second')
  const flow = new Flow(first)
  greedy(flow, 1000, clock, 9000).catch(() => {})
  const stream = greedy(new Flow(second), 1000, clock, 3000)
  await clock.advance(1000)
  flow.close()
  await clock.run(() => first.close())
  await clock.run(() => first.close())
  const before = second.stats.bytes
  await clock.advance(1000)
  expect((second.stats.bytes - before) / LIMIT).toBeCloseTo(1, 1)
  expect(first.tryAcquire(1000)).toBe(0)
  expect(first.sharing.state).toBe('closed')
  await clock.advance(1500)
  await stream
  await clock.run(() => second[Symbol.asyncDispose]())
  expect(clock.pending).toBe(0)
})

test('SharedThrottle gives up waiting for Redis when a signal says so, and leaves no listener', async () => {
  const { clock, redis, first } = setUp(1)
  redis.stop()
  const reason = new Error('enough')
  const calls = [
    (options: { signal: AbortSignal }) => first.ready(options),
    (options: { signal: AbortSignal }) => first.members(options),
    (options: { signal: AbortSignal }) => first.setLimit(5, options),
    (options: { signal: AbortSignal }) => first.setWeight(2, options),
  ]
  for (const call of calls) {
    const controller = new AbortController()
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const failed = expect(call({ signal: controller.signal })).rejects.toBe(reason)
    await clock.advance(10)
    controller.abort(reason)
    await failed
    expect(removed).toHaveBeenCalled()
    await expect(call({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  }
  expect(first.limit).toBe(5)
  // Nor does a farewell take for ever.
  await clock.run(() => first.close())
  expect(clock.now()).toBeLessThan(1100)
})

test('SharedThrottle.pair() is a StreamThrottle of two budgets', async () => {
  const clock = new VirtualClock()
  const pair = SharedThrottle.pair(new VirtualRedis(clock).client(), 'test', {
    read: 1000,
    write: '2kB/s',
    weight: 2,
    clock,
  })
  expect(pair).toBeInstanceOf(StreamThrottle)
  expect([pair.read, pair.write].map((throttle) => throttle.limit)).toEqual([1000, 2000])
  expect((pair.write as SharedThrottle).name).toBe('test:write')
  expect((pair.write as SharedThrottle).weight).toBe(2)
})

const wrong = [
  { options: undefined, error: TypeError },
  { options: {}, error: TypeError },
  { options: { rate: 5 }, error: TypeError },
  { options: { limit: undefined }, error: TypeError },
  { options: { limit: 0 }, error: RangeError },
  { options: { limit: 'fast' }, error: RangeError },
  { options: { limit: 1, weight: 0 }, error: RangeError },
  { options: { limit: 1, weight: 1e308 }, error: RangeError },
  { options: { limit: 1, weight: 1e-9 }, error: RangeError },
  { options: { limit: 1e308 }, error: RangeError },
  { options: { limit: 1, weight: '1' }, error: TypeError },
  { options: { limit: 1, interval: 5 }, error: RangeError },
  { options: { limit: 1, interval: '1min' }, error: RangeError },
  { options: { limit: 1, partitionTtl: -1 }, error: RangeError },
  { options: { limit: 1, onOutage: 'open' }, error: RangeError },
  { options: { limit: 1, floor: 0 }, error: RangeError },
  { options: { limit: 1, member: '' }, error: RangeError },
]
test('SharedThrottle refuses wrong options before anything happens', () => {
  const clock = new VirtualClock()
  const redis = new VirtualRedis(clock)
  for (const { options, error } of wrong) {
    const given = options as unknown as SharedThrottleOptions
    expect(() => new SharedThrottle(redis.client(), 'test', given), JSON.stringify(options)).toThrow(error)
  }
  expect(() => new SharedThrottle(redis.client(), 'a}', { limit: 1 })).toThrow(RangeError)
  expect(clock.pending).toBe(0)
  expect(redis.calls).toBe(0)
})
