import { expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { StreamThrottle } from './stream-throttle.ts'
import { Throttle } from './throttle.ts'

test('StreamThrottle.fromLimits() makes a throttle for each way', () => {
  const clock = new VirtualClock()
  const pair = StreamThrottle.fromLimits({ readSpeedLimit: '1KiB/s', writeSpeedLimit: 2000, clock })
  expect([pair.read.limit, pair.write.limit]).toEqual([1024, 2000])
  expect([pair.read.clock, pair.write.clock]).toEqual([clock, clock])
  expect(pair.read).not.toBe(pair.write)
})

test('StreamThrottle.fromLimits() does not limit a way that is not named', () => {
  const { read, write } = StreamThrottle.fromLimits()
  expect([read.limit, write.limit]).toEqual([null, null])
  expect(StreamThrottle.fromLimits({ writeSpeedLimit: 5 }).read.limit).toBe(null)
})

for (const limit of [0, -1, Number.NaN, Infinity, '10 furlongs', {}, true]) {
  test(`StreamThrottle.fromLimits() refuses a limit of ${JSON.stringify(limit)} (${typeof limit})`, () => {
    const error = typeof limit === 'number' || typeof limit === 'string' ? RangeError : TypeError
    expect(() => StreamThrottle.fromLimits({ readSpeedLimit: limit as number })).toThrow(error)
    expect(() => StreamThrottle.fromLimits({ writeSpeedLimit: limit as number })).toThrow(error)
  })
}

for (const other of [undefined, null, 1000, '1MiB/s', { limit: 1 }, StreamThrottle.fromLimits()]) {
  test(`StreamThrottle refuses ${typeof other === 'object' ? `an object (${other?.constructor.name})` : other} as a throttle`, () => {
    const good = new Throttle()
    expect(() => new StreamThrottle(good, other as Throttle)).toThrow(TypeError)
    expect(() => new StreamThrottle(other as Throttle, good)).toThrow(TypeError)
  })
}

test('StreamThrottle.clone() has new throttles with the same settings', () => {
  const pair = StreamThrottle.fromLimits({ readSpeedLimit: 1000, writeSpeedLimit: 2000 })
  pair.read.tryAcquire(3)
  const clone = pair.clone()
  expect(clone).toBeInstanceOf(StreamThrottle)
  expect([clone.read.limit, clone.write.limit]).toEqual([1000, 2000])
  expect(clone.read.stats.bytes).toBe(0)
  clone.read.limit = 5
  expect(pair.read.limit).toBe(1000)
})

test('StreamThrottle.clone() of one throttle for both ways has one for both, too', () => {
  const both = new Throttle({ limit: 1000 })
  const clone = new StreamThrottle(both, both).clone()
  expect(clone.read).toBe(clone.write)
  expect(clone.read).not.toBe(both)
})
