import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteBucket } from './byte-bucket.ts'

test('ByteBucket.feed() brings what the supply has, at its rate, and no more', () => {
  const bucket = new ByteBucket(1000, 0, 0)
  bucket.take(bucket.available)
  bucket.feed(1000, 50, 0)
  bucket.refill(20, bucket.waitingDepth)
  expect(bucket.available).toBe(20)
  expect(bucket.supply).toBeCloseTo(30)
  bucket.take(20)
  bucket.refill(1000, 1000)
  expect(bucket.available).toBe(30)
  expect(bucket.supply).toBe(0)
})

test('ByteBucket.feed() keeps in the supply what is beyond the depth of the bucket', () => {
  const bucket = new ByteBucket(100_000, 0, 0)
  bucket.take(bucket.available)
  bucket.feed(100_000, 5000, 0)
  bucket.refill(1000, bucket.idleDepth)
  expect(bucket.available).toBe(500)
  expect(bucket.supply).toBe(4500)
  bucket.give(4000)
  expect(bucket.available + bucket.supply).toBe(9000)
})

test('ByteBucket.readyAt() is never, if the supply is too little', () => {
  const bucket = new ByteBucket(1000, 0, 0)
  bucket.take(bucket.available)
  bucket.feed(1000, 10, 0)
  expect(bucket.readyAt(10, 0)).toBe(10)
  expect(bucket.readyAt(11, 0)).toBe(Infinity)
})

test('ByteBucket.feed() ends what a bucket without a limit held', () => {
  const bucket = new ByteBucket(Infinity, 0, 0)
  bucket.feed(1000, 3, 0)
  expect(bucket.available).toBe(3)
})

test('ByteBucket.feed() loses and invents no byte', () => {
  const step = fc.record({
    wait: fc.nat(100),
    does: fc.constantFrom('take', 'give', 'feed', 'wait'),
    bytes: fc.nat(5000),
    rate: fc.integer({ min: 1, max: 1_000_000 }),
  })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const bucket = new ByteBucket(1000, 0, 0)
      bucket.feed(1000, 0, 0)
      let sum = bucket.available
      let now = 0
      for (const { wait, does, bytes, rate } of steps) {
        now += wait
        bucket.refill(now, bytes % 2 === 0 ? bucket.idleDepth : bucket.waitingDepth)
        if (does === 'take') {
          bucket.take(bytes)
          sum -= bytes
        } else if (does === 'give') {
          bucket.give(bytes)
          sum += bytes
        } else if (does === 'feed') {
          bucket.feed(rate, bucket.supply + bytes, 0)
          sum += bytes
        }
        expect(Math.abs(bucket.available + bucket.supply - sum)).toBeLessThan(1.001)
      }
    }),
  )
})
