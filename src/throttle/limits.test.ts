import { expect, test } from 'vitest'
import { directionOf, type Limits, type StreamLimits, streamThrottlesOf, throttlesOf } from './limits.ts'
import { StreamThrottle } from './stream-throttle.ts'
import { Throttle } from './throttle.ts'

const rates = [
  { limit: 1000, rate: 1000 },
  { limit: '2KiB/s', rate: 2048 },
  { limit: null, rate: null },
]
for (const { limit, rate } of rates) {
  test(`throttlesOf() and streamThrottlesOf() make new throttles of a limit of ${limit}`, () => {
    expect(throttlesOf(limit).default?.limit).toBe(rate)
    const { read, write } = streamThrottlesOf(limit).default ?? {}
    expect([read?.limit, write?.limit]).toEqual([rate, rate])
    expect(read).not.toBe(write)
  })
}

test('throttlesOf() takes a throttle, or several by name, as they are', () => {
  const [a, b] = [new Throttle(), new Throttle()]
  expect(throttlesOf(a)).toEqual({ default: a })
  const named = { a, b }
  const taken = throttlesOf(named)
  expect(taken.a).toBe(a)
  expect(taken.b).toBe(b)
  expect(taken).not.toBe(named)
})

test('streamThrottlesOf() holds the sum of both ways to one throttle, and takes pairs as they are', () => {
  const one = new Throttle()
  const both = streamThrottlesOf(one).default
  expect(both?.read).toBe(one)
  expect(both?.write).toBe(one)
  const pair = StreamThrottle.fromLimits()
  expect(streamThrottlesOf(pair).default).toBe(pair)
  expect(streamThrottlesOf({ pair }).pair).toBe(pair)
})

test('directionOf() names the throttles of one way', () => {
  const [a, b] = [StreamThrottle.fromLimits(), StreamThrottle.fromLimits()]
  expect(directionOf({ a, b }, 'read')).toEqual({ a: a.read, b: b.read })
  expect(directionOf({ a, b }, 'write').b).toBe(b.write)
})

const throttle = new Throttle()
const wrong: { title: string; limits: unknown }[] = [
  { title: '0', limits: 0 },
  { title: 'a negative number', limits: -1 },
  { title: 'NaN', limits: Number.NaN },
  { title: 'Infinity', limits: Infinity },
  { title: 'text that is no rate', limits: '10 furlongs' },
  { title: 'undefined', limits: undefined },
  { title: 'true', limits: true },
  { title: 'a function', limits: () => 1000 },
  { title: 'an array', limits: [throttle] },
  { title: 'a Map', limits: new Map([['a', throttle]]) },
  { title: 'rates by name', limits: { a: 1000 } },
  { title: 'null by name', limits: { a: null } },
]
for (const { title, limits } of wrong) {
  test(`throttlesOf() and streamThrottlesOf() refuse ${title}`, () => {
    const error = typeof limits === 'number' || typeof limits === 'string' ? RangeError : TypeError
    expect(() => throttlesOf(limits as Limits)).toThrow(error)
    expect(() => streamThrottlesOf(limits as StreamLimits)).toThrow(error)
  })
}

test('throttlesOf() refuses pairs, and streamThrottlesOf() throttles, by name', () => {
  const pair = StreamThrottle.fromLimits()
  expect(() => throttlesOf({ pair } as unknown as Limits)).toThrow(TypeError)
  expect(() => streamThrottlesOf({ throttle } as unknown as StreamLimits)).toThrow("'throttle'")
})
