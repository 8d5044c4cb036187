import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { greedy } from '../../test/fixtures/greedy.ts'
import { ClosedError } from '../errors.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Flow, type Throttles } from './flow.ts'
import { StreamThrottle } from './stream-throttle.ts'
import { Throttle } from './throttle.ts'

const strangers = [
  { title: 'null', throttle: null },
  { title: 'a number', throttle: 1000 },
  { title: 'text', throttle: '1MiB/s' },
  { title: 'a plain object', throttle: { limit: 1000 } },
  { title: 'a StreamThrottle', throttle: new StreamThrottle(new Throttle(), new Throttle()) },
  { title: 'what only inherits from a throttle', throttle: Object.create(new Throttle()) },
]
for (const { title, throttle } of strangers) {
  test(`Flow refuses ${title} as a throttle, and stays as it was`, () => {
    const own = new Throttle({ limit: 100_000 })
    const throttles = { own, other: throttle } as unknown as Throttles
    expect(() => new Flow(throttles)).toThrow(TypeError)
    const flow = new Flow({ own })
    expect(() => flow.update(throttles)).toThrow('Cannot use as a throttle')
    flow.tryAcquire(10)
    flow.close()
    expect(own.stats.bytes).toBe(10)
  })
}

test('Flow refuses throttles with different clocks', () => {
  const [a, b] = [new Throttle({ clock: new VirtualClock() }), new Throttle({ clock: new VirtualClock() })]
  expect(() => new Flow({ a, b })).toThrow(TypeError)
  expect(() => new Flow({ a, b })).toThrow('different clocks')
  const flow = new Flow({ a })
  expect(() => flow.update({ a, b })).toThrow(TypeError)
})

for (const weight of [0, -1, Number.NaN, Infinity, '1', {}]) {
  test(`Flow refuses a weight of ${JSON.stringify(weight)} (${typeof weight})`, () => {
    expect(() => new Flow({}, { weight: weight as number })).toThrow('Cannot set a weight')
  })
}

for (const bytes of [-1, 0.5, Number.NaN, Infinity, 2 ** 53, '1', null, undefined, {}]) {
  test(`Flow.tryAcquire(), acquire() and refund() refuse ${JSON.stringify(bytes)} bytes (${typeof bytes})`, async () => {
    const throttle = new Throttle({ limit: 100_000 })
    const flow = new Flow(throttle)
    flow.tryAcquire(10)
    expect(() => flow.tryAcquire(bytes as number)).toThrow('Cannot acquire bytes')
    await expect(flow.acquire(bytes as number)).rejects.toThrow('Cannot acquire bytes')
    expect(() => flow.refund(bytes as number)).toThrow('Cannot refund bytes')
    expect(throttle.stats.bytes).toBe(10)
    flow.close()
  })
}

test('Flow without throttles grants everything at once', async () => {
  const flow = new Flow()
  expect(flow.tryAcquire(64 * 1024)).toBe(64 * 1024)
  expect(await flow.acquire(1000)).toBe(1000)
  expect(flow.stats).toEqual({ bytes: 64 * 1024 + 1000, waited: 0, heldBy: undefined })
})

test('Flow.heldBy tells which throttle holds the flow up, and until when', async () => {
  const clock = new VirtualClock()
  const [fast, slow] = [new Throttle({ limit: 100_000, clock }), new Throttle({ limit: 1000, clock })]
  const flow = new Flow({ fast, slow })
  expect(flow.heldBy).toBe(undefined)
  await clock.run(async () => {
    await flow.acquire(1000)
    const waiting = flow.acquire(1000)
    expect(flow.heldBy?.name).toBe('slow')
    const until = flow.heldBy?.until ?? 0
    expect(until).toBeGreaterThan(clock.now())
    expect(flow.stats.heldBy).toEqual(flow.heldBy)
    await waiting
    expect(clock.now()).toBeGreaterThanOrEqual(until)
    const next = flow.acquire(1000)
    slow.pause()
    expect(flow.heldBy).toEqual({ name: 'slow', until: Infinity })
    slow.resume()
    await next
  })
  expect(flow.heldBy).toBe(undefined)
  expect(flow.stats.waited).toBeGreaterThan(5)
})

const updates: { title: string; to: (clock: VirtualClock) => Throttles; within: number }[] = [
  { title: 'faster ones', to: (clock) => ({ fast: new Throttle({ limit: 100_000, clock }) }), within: 1010 },
  { title: 'none', to: () => ({}), within: 1 },
  { title: 'one that does not limit', to: (clock) => ({ free: new Throttle({ clock }) }), within: 1 },
]
for (const { title, to, within } of updates) {
  test(`Flow.update() to ${title} re-times who waits`, async () => {
    const clock = new VirtualClock()
    const slow = new Throttle({ limit: 10, clock })
    const flow = new Flow({ slow })
    await clock.run(async () => {
      const all = (async () => {
        for (let rest = 100_000; rest > 0; ) rest -= await flow.acquire(rest)
      })()
      await clock.sleep(100)
      const before = slow.stats.bytes
      const began = clock.now()
      flow.update(to(clock))
      await all
      expect(clock.now() - began).toBeLessThan(within)
      expect(slow.stats).toMatchObject({ bytes: before, waiters: 0 })
    })
    expect(flow.stats.bytes).toBe(100_000)
    expect(clock.pending).toBe(0)
  })
}

test('Flow.update() to a slower throttle holds from then on, and gives credit back', async () => {
  const clock = new VirtualClock()
  const [fast, slow] = [new Throttle({ limit: 1_000_000, clock }), new Throttle({ limit: 10_000, clock })]
  const flow = new Flow({ fast })
  await clock.run(async () => {
    const before = await greedy(flow, 100, clock, 1000)
    flow.update({ fast, slow })
    const after = await greedy(flow, 100, clock, 2000)
    expect(before / 1_000_000).toBeCloseTo(1, 1)
    expect(after / 10_000).toBeCloseTo(1, 1)
  })
  flow.close()
  expect(slow.stats.bytes + (fast.stats.bytes - flow.stats.bytes)).toBeLessThan(11_000)
  expect(fast.stats.bytes).toBe(flow.stats.bytes)
})

test('Flow.acquire() serves requests in their order, and one that is aborted steps out', async () => {
  const clock = new VirtualClock()
  const flow = new Flow(new Throttle({ limit: 10_000, clock }))
  const controllers = Array.from({ length: 5 }, () => new AbortController())
  const order: string[] = []
  await clock.run(async () => {
    await flow.acquire(1000)
    const all = controllers.map(({ signal }, i) =>
      flow.acquire(50, { signal }).then(
        () => order.push(`${i}`),
        (reason) => order.push(reason),
      ),
    )
    await clock.sleep(1)
    controllers[0]?.abort('first')
    controllers[3]?.abort('fourth')
    await Promise.all(all)
  })
  expect(order).toEqual(['first', 'fourth', '1', '2', '4'])
  for (const { signal } of controllers) expect(getEventListeners(signal, 'abort')).toEqual([])
})

const over = new Error('over')
for (const { title, reason, error } of [
  { title: 'its reason', reason: over, error: over },
  { title: 'a ClosedError', reason: undefined, error: expect.any(ClosedError) },
]) {
  test(`Flow.close() fails all who wait with ${title}, and leaves neither timer nor credit`, async () => {
    const clock = new VirtualClock()
    const throttle = new Throttle({ limit: 10_000, clock })
    const flow = new Flow(throttle)
    await clock.run(async () => {
      await flow.acquire(1)
      const all = [flow.acquire(100_000), flow.acquire(1)].map((promise) => promise.catch((error) => error))
      const more = flow.acquire(100_000).catch((error) => error)
      await Promise.resolve()
      flow.close(reason)
      flow.close(new Error('again'))
      expect(await more).toEqual(error)
      await Promise.all(all)
    })
    expect(clock.pending).toBe(0)
    expect(() => flow.tryAcquire(1)).toThrow(ClosedError)
    await expect(flow.acquire(1)).rejects.toThrow(ClosedError)
    expect(throttle.stats).toMatchObject({ bytes: flow.stats.bytes, waiters: 0 })
  })
}

test('Flow.append() tells each throttle that watches of each transfer once, and charges nothing', () => {
  const clock = new VirtualClock({ start: 50 })
  const seen: [string, number, number][] = []
  class Monitored extends Throttle {
    name = ''
    override append(data: Uint8Array | number, start: number): void {
      seen.push([this.name, typeof data === 'number' ? data : data.byteLength, start])
      super.append(data, start)
    }
  }
  const [a, b, plain] = [new Monitored({ clock }), new Monitored({ clock }), new Throttle({ clock })]
  Object.assign(a, { name: 'a' })
  Object.assign(b, { name: 'b' })
  const flow = new Flow({ a, plain, b })
  expect(flow.watched).toBe(true)
  expect(flow.tryAcquire(10)).toBe(10)
  flow.append(new Uint8Array(10), 42)
  flow.append(new Uint8Array(0))
  expect(seen).toEqual([
    ['a', 10, 42],
    ['b', 10, 42],
    ['a', 0, 50],
    ['b', 0, 50],
  ])
  for (const throttle of [a, b, plain]) expect(throttle.stats.bytes).toBe(10)
  a.append(5, 43)
  expect(a.stats.bytes).toBe(15)
  flow.update({ plain })
  expect(flow.watched).toBe(false)
})

test('Flow.append() lets through what a throttle that watches throws, and later transfers are counted once all the same', () => {
  let broken = true
  class Broken extends Throttle {
    override append(data: Uint8Array | number, start: number): void {
      if (broken) throw new Error('no')
      super.append(data, start)
    }
  }
  const throttle = new Broken({ limit: 100_000 })
  const flow = new Flow(throttle)
  const bytes = flow.tryAcquire(10)
  expect(() => flow.append(new Uint8Array(bytes))).toThrow('no')
  broken = false
  throttle.append(7, 0)
  flow.close()
  expect(throttle.stats.bytes).toBe(17)
})
