import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Throttle, type ThrottleOptions } from './throttle.ts'

const KiB = 1024
const MiB = 1024 * KiB

const wrongOptions: { options: unknown; error: typeof TypeError | typeof RangeError; says: string }[] = [
  { options: { limit: 0 }, error: RangeError, says: '0' },
  { options: { limit: -1 }, error: RangeError, says: '-1' },
  { options: { limit: Number.NaN }, error: RangeError, says: 'NaN' },
  { options: { limit: Infinity }, error: RangeError, says: 'Infinity' },
  { options: { limit: '10 furlongs' }, error: RangeError, says: '10 furlongs' },
  { options: { limit: '' }, error: RangeError, says: '""' },
  { options: { limit: {} }, error: TypeError, says: 'object' },
  { options: { limit: true }, error: TypeError, says: 'boolean' },
  { options: { burst: -1 }, error: RangeError, says: '-1' },
  { options: { burst: 1.5 }, error: RangeError, says: '1.5' },
  { options: { burst: Number.NaN }, error: RangeError, says: 'NaN' },
  { options: { burst: '2 lots' }, error: RangeError, says: '2 lots' },
  { options: { burst: null }, error: TypeError, says: 'null' },
  { options: { resetRate: 0 }, error: RangeError, says: '0' },
  { options: { resetRate: -5 }, error: RangeError, says: '-5' },
  { options: { resetRate: Number.NaN }, error: RangeError, says: 'NaN' },
  { options: { resetRate: Infinity }, error: RangeError, says: 'Infinity' },
  { options: { resetRate: '10s' }, error: TypeError, says: '10s' },
  { options: { resetRate: 0.5 }, error: RangeError, says: '0.5' },
  { options: { clock: {} }, error: TypeError, says: 'clock' },
]
for (const { options, error, says } of wrongOptions) {
  test(`new Throttle() refuses ${JSON.stringify(options, (_, value) => (Number.isFinite(value) ? value : typeof value === 'number' ? String(value) : value))}`, () => {
    const make = () => new Throttle(options as ThrottleOptions)
    expect(make).toThrow(error)
    expect(make).toThrow(says)
  })
}

const goodLimits = [
  { limit: undefined, rate: null },
  { limit: null, rate: null },
  { limit: 1, rate: 1 },
  { limit: 0.5, rate: 0.5 },
  { limit: '1.5MiB/s', rate: 1.5 * MiB },
  { limit: '8 kbit/s', rate: 1000 },
  { limit: '60KiB/min', rate: KiB },
]
for (const { limit, rate } of goodLimits) {
  test(`new Throttle() reads a limit of ${limit} as ${rate}`, () => {
    expect(new Throttle({ limit }).limit).toBe(rate)
  })
}

test('Throttle.limit can be set as text, and keeps its value when what is set makes no sense', () => {
  const throttle = new Throttle({ limit: 1000 })
  throttle.limit = '2KiB/s'
  expect(throttle.limit).toBe(2048)
  for (const limit of [0, -1, Number.NaN, Infinity, '10 furlongs']) {
    expect(() => {
      throttle.limit = limit
    }).toThrow(RangeError)
  }
  expect(throttle.limit).toBe(2048)
  throttle.limit = null
  expect(throttle.limit).toBe(null)
})

const wrongBytes: { bytes: unknown; error: typeof TypeError | typeof RangeError; says: string }[] = [
  { bytes: -1, error: RangeError, says: '-1' },
  { bytes: 1.5, error: RangeError, says: '1.5' },
  { bytes: Number.NaN, error: RangeError, says: 'NaN' },
  { bytes: Infinity, error: RangeError, says: 'Infinity' },
  { bytes: 2 ** 53, error: RangeError, says: '9007199254740992' },
  { bytes: '100', error: TypeError, says: 'string' },
  { bytes: 100n, error: TypeError, says: 'bigint' },
  { bytes: undefined, error: TypeError, says: 'undefined' },
  { bytes: null, error: TypeError, says: 'object' },
]
for (const { bytes, error, says } of wrongBytes) {
  test(`Throttle.tryAcquire(), acquire() and refund() refuse ${typeof bytes === 'bigint' ? '100n' : String(bytes)}, and charge nothing`, async () => {
    const throttle = new Throttle({ limit: 1000 })
    const wrong = bytes as number
    expect(() => throttle.tryAcquire(wrong)).toThrow(error)
    expect(() => throttle.tryAcquire(wrong)).toThrow(says)
    await expect(throttle.acquire(wrong)).rejects.toThrow(error)
    await expect(throttle.acquire(wrong, { weight: 2 })).rejects.toThrow(error)
    expect(() => throttle.refund(wrong)).toThrow(RangeError)
    expect(throttle.stats.bytes).toBe(0)
  })
}

for (const weight of [0, -1, Number.NaN, Infinity, '2' as unknown as number]) {
  test(`Throttle.acquire() refuses a weight of ${typeof weight === 'string' ? `'${weight}'` : weight}`, async () => {
    await expect(new Throttle({ limit: 1000 }).acquire(1, { weight })).rejects.toThrow(/weight/)
  })
}

test('Throttle.tryAcquire() grants at once what an idle throttle holds, and no more', () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 100_000, clock })
  expect(throttle.tryAcquire(0)).toBe(0)
  expect(throttle.tryAcquire(200)).toBe(200)
  let rest = 0
  for (let bytes = throttle.tryAcquire(100); bytes > 0; bytes = throttle.tryAcquire(100)) rest += bytes
  expect(200 + rest).toBeLessThanOrEqual(500)
  expect(clock.pending).toBe(0)
})

test('Throttle.tryAcquire() alone draws the rate that it is asked for, up to the limit', async () => {
  for (const { every, size } of [
    { every: 1, size: 1000 },
    { every: 5, size: 64 * KiB },
    { every: 0.5, size: 100 },
  ]) {
    const clock = new VirtualClock()
    const throttle = new Throttle({ limit: MiB, clock })
    let bytes = 0
    await clock.run(async () => {
      while (clock.now() < 5000) {
        bytes += throttle.tryAcquire(size)
        await clock.sleep(every)
      }
    })
    const asked = Math.min(MiB, (size * 1000) / every)
    expect([every, bytes / (5 * asked)]).toEqual([every, expect.closeTo(1, 1)])
  }
})

test('Throttle.tryAcquire() draws the whole burst after an idle time, in pieces of any size', async () => {
  for (const size of [100, 1000, 64 * KiB, 10 * MiB]) {
    const clock = new VirtualClock()
    const throttle = new Throttle({ limit: MiB, burst: MiB, clock })
    await clock.advance(10_000)
    let bytes = 0
    for (let granted = throttle.tryAcquire(size); granted > 0; granted = throttle.tryAcquire(size)) bytes += granted
    expect([size, bytes / (1.005 * MiB)]).toEqual([size, expect.closeTo(1, 1.5)])
  }
})

test('Throttle.tryAcquire() of a throttle without a limit grants everything', () => {
  const throttle = new Throttle()
  for (const bytes of [1, 1000, MiB, 4 * MiB]) expect(throttle.tryAcquire(bytes)).toBe(bytes)
  let left = 1024 * MiB
  while (left > 0) {
    const bytes = throttle.tryAcquire(left)
    expect(bytes).toBeGreaterThan(0)
    left -= bytes
  }
  expect(throttle.stats.bytes).toBe(1024 * MiB + 5 * MiB + 1001)
})

test('Throttle.tryAcquire() grants nothing while others wait', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 1000, clock })
  await clock.run(async () => {
    const waiting = Promise.all(Array.from({ length: 20 }, () => throttle.acquire(1000)))
    await clock.sleep(20)
    expect(throttle.stats.waiters).toBeGreaterThan(0)
    expect(throttle.tryAcquire(1)).toBe(0)
    throttle.limit = null
    await waiting
  })
})

test('Throttle.acquire() grants part of a large request, and all of a small one', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 100_000, clock })
  await clock.run(async () => {
    expect(await throttle.acquire(0)).toBe(0)
    expect(clock.now()).toBe(0)
    const first = await throttle.acquire(10_000)
    expect(first).toBe(500)
    expect(clock.now()).toBe(0)
    const second = await throttle.acquire(10_000)
    expect(second).toBeGreaterThan(0)
    expect(second).toBeLessThanOrEqual(501)
    const before = clock.now()
    expect(await throttle.acquire(100)).toBe(100)
    expect(clock.now() - before).toBeLessThanOrEqual(1.01)
  })
})

test('Throttle.acquire() grants at least a byte, however low the limit', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 0.5, clock })
  const times: number[] = []
  await clock.run(async () => {
    for (let i = 0; i < 4; i++) {
      expect(await throttle.acquire(1000)).toBe(1)
      times.push(clock.now())
    }
  })
  expect(times).toEqual([0, expect.closeTo(2000), expect.closeTo(4000), expect.closeTo(6000)])
})

test('Throttle.acquire() rejects with the reason of a signal that has aborted, and charges nothing', async () => {
  const throttle = new Throttle({ limit: 1000 })
  const reason = { why: 'enough' }
  await expect(throttle.acquire(100, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  await expect(throttle.wait({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(throttle.stats.bytes).toBe(0)
})

test('Throttle.acquire() that is aborted while it waits charges nothing, and leaves the others going', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 1000, clock })
  await clock.run(async () => {
    const drawn = await throttle.acquire(1000)
    const controllers = Array.from({ length: 3 }, () => new AbortController())
    const order: string[] = []
    const all = controllers.map(({ signal }, i) =>
      throttle.acquire(10, { signal }).then(
        (bytes) => order.push(`${i}: ${bytes}`),
        (reason) => order.push(`${i}: ${reason}`),
      ),
    )
    await clock.sleep(1)
    controllers[0]?.abort('first')
    controllers[1]?.abort('second')
    await Promise.all(all)
    expect(order).toEqual(['0: first', '1: second', '2: 10'])
    expect(throttle.stats).toMatchObject({ bytes: drawn + 10, waiters: 0 })
    expect(clock.now()).toBeLessThanOrEqual(12)
    for (const { signal } of controllers) expect(getEventListeners(signal, 'abort')).toEqual([])
  })
  expect(clock.pending).toBe(0)
})

test('Throttle.acquire() leaves no listener on the signal', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 100_000, clock })
  const { signal } = new AbortController()
  await clock.run(async () => {
    for (let i = 0; i < 20; i++) await throttle.acquire(1000, { signal })
    for (let i = 0; i < 3; i++) await throttle.wait({ signal })
  })
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('Throttle.refund() makes what did not move available again, at once', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 1000, clock })
  await clock.run(async () => {
    const bytes = await throttle.acquire(1000)
    const waiting = throttle.acquire(bytes)
    await clock.sleep(1)
    throttle.refund(bytes)
    expect(await waiting).toBe(bytes)
    expect(clock.now()).toBeLessThan(3)
    expect(throttle.stats).toMatchObject({ bytes, refunded: bytes })
  })
})

test('Throttle.refund() refuses more than was granted', () => {
  const throttle = new Throttle({ limit: 100_000 })
  const bytes = throttle.tryAcquire(100)
  expect(() => throttle.refund(bytes + 1)).toThrow(RangeError)
  expect(() => throttle.refund(bytes + 1)).toThrow('101')
  throttle.refund(60)
  throttle.refund(0)
  expect(() => throttle.refund(41)).toThrow(RangeError)
  throttle.refund(40)
  expect(() => throttle.refund(1)).toThrow(RangeError)
  expect(throttle.stats).toMatchObject({ bytes: 0, refunded: 100 })
})

test('Throttle.stats tells limit, bytes, rates, waits and waiters', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: 100_000, resetRate: 5000, clock })
  expect(throttle.stats).toEqual({
    limit: 100_000,
    paused: false,
    bytes: 0,
    refunded: 0,
    rate: 0,
    meanRate: 0,
    waited: 0,
    waiters: 0,
  })
  let bytes = 0
  await clock.run(async () => {
    while (clock.now() < 4000) bytes += await throttle.acquire(10_000)
    expect(throttle.stats.rate / 100_000).toBeCloseTo(1, 1)
    expect(throttle.stats.meanRate / 100_000).toBeCloseTo(1, 1)
    expect(throttle.stats.waited).toBeCloseTo(clock.now(), -1)
    await clock.sleep(2000)
    expect(throttle.stats.rate).toBe(0)
    expect(throttle.stats.meanRate / 60_000).toBeCloseTo(1, 0)
    await clock.sleep(10_000)
    expect(throttle.stats.meanRate).toBe(0)
    expect(throttle.stats.bytes).toBe(bytes)
    throttle.pause()
    const waiting = [throttle.acquire(1), throttle.acquire(1)]
    expect(throttle.stats).toMatchObject({ paused: true, waiters: 2 })
    throttle.resume()
    await Promise.all(waiting)
    expect(throttle.stats).toMatchObject({ paused: false, waiters: 0 })
  })
})

test('Throttle.clone() has the same settings and shares nothing', () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: '1MiB/s', burst: 5000, resetRate: 3000, clock })
  throttle.tryAcquire(100)
  const clone = throttle.clone()
  expect(clone).toMatchObject({ limit: MiB, burst: 5000, resetRate: 3000, clock })
  expect(clone.stats.bytes).toBe(0)
  clone.limit = 5
  expect(throttle.limit).toBe(MiB)
  expect(new Throttle().clone().limit).toBe(null)
})

test('Throttle.clone() of a subclass is of that class', () => {
  class Counting extends Throttle {
    count = 7
  }
  const original = new Counting({ limit: 1000 })
  original.count = 8
  const clone = original.clone()
  expect(clone).toBeInstanceOf(Counting)
  expect([clone.limit, clone.count]).toEqual([1000, 7])
})
