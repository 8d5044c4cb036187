import { expect, test } from 'vitest'
import { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import { Throttle } from '../../../throttle/throttle.ts'
import { StreamThrottlePattern } from './throttle-pattern.ts'

test('StreamThrottlePattern sets what it is set to on the copies there are and on those to come', () => {
  const pattern = new StreamThrottlePattern(StreamThrottle.fromLimits({ writeSpeedLimit: 1_000 }))
  const before = pattern.copy()
  expect([before.read.limit, before.write.limit]).toEqual([null, 1_000])
  pattern.write.limit = '2kB/s'
  pattern.read.pause()
  const after = pattern.copy()
  expect([before, after].map(({ write }) => write.limit)).toEqual([2_000, 2_000])
  expect([before, after].map(({ read }) => read.paused)).toEqual([true, true])
  pattern.read.resume()
  expect([pattern, before, after].map(({ read }) => read.paused)).toEqual([false, false, false])
  expect(pattern.write.limit).toBe(2_000)
})

test('StreamThrottlePattern leaves copies alone once they are dropped', () => {
  const pattern = new StreamThrottlePattern(new StreamThrottle(new Throttle(), new Throttle()))
  const copy = pattern.copy()
  pattern.drop(copy)
  pattern.write.limit = 5
  expect(copy.write.limit).toBeNull()
})

test('StreamThrottlePattern refuses a limit that can not be read, and changes nothing', () => {
  const pattern = new StreamThrottlePattern(StreamThrottle.fromLimits({ writeSpeedLimit: 1_000 }))
  const copy = pattern.copy()
  expect(() => {
    pattern.write.limit = 0
  }).toThrow(RangeError)
  expect(copy.write.limit).toBe(1_000)
})

test('StreamThrottlePattern keeps one throttle for both directions one', () => {
  const both = new Throttle({ limit: 1_000 })
  const copy = new StreamThrottlePattern(new StreamThrottle(both, both)).copy()
  expect(copy.read).toBe(copy.write)
  expect(copy.read).not.toBe(both)
})
