import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteBucket, GRACE_TIME, QUANTUM_TIME } from './byte-bucket.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Takes what is there, up to `wanted`. */
function draw(bucket: ByteBucket, wanted: number, now: number, depth = bucket.idleDepth): number {
  bucket.refill(now, depth)
  const bytes = Math.max(0, Math.min(wanted, bucket.available))
  bucket.take(bytes)
  return bytes
}

const draws = [
  { title: 'holds one quantum to begin with', draws: [{ wanted: 99_999, at: 0, drawn: 500 }] },
  {
    title: 'brings what the rate gives',
    draws: [
      { wanted: 500, at: 0, drawn: 500 },
      { wanted: 500, at: 2, drawn: 200 },
      { wanted: 500, at: 4.5, drawn: 250 },
    ],
  },
  {
    title: 'brings no more than the depth, however long it was idle',
    draws: [
      { wanted: 500, at: 0, drawn: 500 },
      { wanted: 99_999, at: 3_600_000, drawn: 500 },
    ],
  },
  {
    title: 'keeps what was not taken',
    draws: [
      { wanted: 400, at: 0, drawn: 400 },
      { wanted: 50, at: 1, drawn: 50 },
      { wanted: 999, at: 1, drawn: 150 },
    ],
  },
  {
    title: 'keeps fractions of a byte',
    draws: [
      { wanted: 500, at: 0, drawn: 500 },
      { wanted: 500, at: 0.015, drawn: 1 },
      { wanted: 500, at: 0.02, drawn: 1 },
    ],
  },
]
for (const { title, draws: steps } of draws) {
  test(`ByteBucket.refill() ${title}`, () => {
    const bucket = new ByteBucket(100_000, 0, 0)
    for (const { wanted, at, drawn } of steps) expect(draw(bucket, wanted, at)).toBe(drawn)
  })
}

test('ByteBucket.refill() takes nothing away that is beyond the depth', () => {
  const bucket = new ByteBucket(100_000, 0, 0)
  bucket.refill(20, bucket.waitingDepth)
  expect(bucket.available).toBe(2001)
  bucket.refill(1000, bucket.idleDepth)
  expect(bucket.available).toBe(2001)
})

test('ByteBucket.skip() lets time pass that brings nothing', () => {
  const bucket = new ByteBucket(100_000, 0, 0)
  bucket.take(500)
  bucket.skip(1000)
  bucket.refill(1001, bucket.idleDepth)
  expect(bucket.available).toBe(100)
})

test('ByteBucket.give() puts back no more than fits while somebody waits', () => {
  const bucket = new ByteBucket(100_000, 0, 0)
  bucket.give(100)
  expect(bucket.available).toBe(600)
  bucket.give(1_000_000)
  expect(bucket.available).toBe(2001)
  bucket.give(1)
  expect(bucket.available).toBe(2001)
})

test('ByteBucket.take() goes into debt, which time pays back', () => {
  const bucket = new ByteBucket(100_000, 0, 0)
  bucket.take(1500)
  expect(bucket.available).toBe(-1000)
  expect(bucket.readyAt(500, 0)).toBeCloseTo(15)
  bucket.refill(14, bucket.idleDepth)
  expect(bucket.available).toBe(400)
})

const readiness = [
  { title: 'is now, if it holds as much', rate: 100_000, bytes: 500, at: 7, ready: 7 },
  { title: 'is when time has brought the rest', rate: 100_000, bytes: 1500, at: 7, ready: 17 },
  { title: 'is now without a limit', rate: Infinity, bytes: 2 ** 50, at: 7, ready: 7 },
  { title: 'is never closer than what moves a timestamp', rate: 1e15, bytes: 5e12 + 1, at: 7, ready: 7.001 },
]
for (const { title, rate, bytes, at, ready } of readiness) {
  test(`ByteBucket.readyAt() ${title}`, () => {
    const bucket = new ByteBucket(rate, 0, 0)
    bucket.refill(at, bucket.idleDepth)
    expect(bucket.readyAt(bytes, at)).toBeCloseTo(ready, 9)
  })
}

test('ByteBucket.readyAt() names the time at which the bytes are there', () => {
  const step = fc.record({
    rate: fc.double({ min: 0.01, max: 1e12, noNaN: true }),
    bytes: fc.integer({ min: 1, max: 1e9 }),
  })
  fc.assert(
    fc.property(step, fc.double({ min: 0, max: 1e7, noNaN: true }), ({ rate, bytes }, now) => {
      const bucket = new ByteBucket(rate, 1e9, now)
      draw(bucket, Infinity, now)
      const ready = bucket.readyAt(bytes, now)
      bucket.refill(ready, Infinity)
      // Time in floating point is as fine as one bit of `ready`.
      const finest = (2 ** -52 * ready * rate) / 1000
      expect(bucket.available).toBeGreaterThanOrEqual(Math.floor(bytes - finest))
      expect(ready).toBeGreaterThan(now)
    }),
  )
})

const rates = [
  // Where a quantum of 5 ms would be a handful of bytes it grows, to 12 ms at most.
  { rate: 1, quantum: 1, smallestTurn: 1 },
  { rate: 1000, quantum: 12, smallestTurn: 12 },
  { rate: 16 * KiB, quantum: 196, smallestTurn: 196 },
  { rate: 64 * KiB, quantum: 327, smallestTurn: 256 },
  { rate: MiB, quantum: 5242, smallestTurn: 256 },
  { rate: 100 * MiB, quantum: 524_288, smallestTurn: 1310 },
  { rate: 1024 * MiB, quantum: 5_368_709, smallestTurn: 13_421 },
]
for (const { rate, quantum, smallestTurn } of rates) {
  test(`new ByteBucket() divides a rate of ${rate} into quanta of ${quantum}`, () => {
    const bucket = new ByteBucket(rate, 0, 0)
    expect([bucket.quantum, bucket.smallestTurn, bucket.idleDepth]).toEqual([quantum, smallestTurn, quantum])
    expect(bucket.waitingDepth).toBeGreaterThanOrEqual((rate * GRACE_TIME) / 1000)
    expect(bucket.waitingDepth).toBeGreaterThanOrEqual(bucket.quantum)
  })
}

test('new ByteBucket() holds the burst beyond one quantum', () => {
  const bucket = new ByteBucket(100_000, 7000, 0)
  expect(bucket.available).toBe(7500)
  expect([bucket.idleDepth, bucket.waitingDepth]).toEqual([7500, 7500])
})

test('ByteBucket.refill() loses nothing to late timers, at any rate', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 2 ** 30, noNaN: true }),
      fc.array(fc.double({ min: 0, max: 8, noNaN: true }), { minLength: 50, maxLength: 50 }),
      (rate, lateness) => {
        const bucket = new ByteBucket(rate, 0, 0)
        let drawn = draw(bucket, Infinity, 0)
        let now = 0
        for (const late of lateness) {
          // Whoever waits is woken for a quantum; what more there is by then it gets too.
          now = bucket.readyAt(bucket.quantum, now) + late
          drawn += draw(bucket, Infinity, now, bucket.waitingDepth)
        }
        const due = bucket.quantum + (now * rate) / 1000
        expect(drawn).toBeGreaterThan(due - 1 - 1e-6)
        expect(drawn).toBeLessThanOrEqual(due + 1e-3)
      },
    ),
  )
})

test('ByteBucket.refill() and give() never let more through than depth + rate x time, in any window', () => {
  const step = fc.record({
    idle: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 50, noNaN: true }), fc.nat(5000)),
    wanted: fc.nat(5 * KiB),
    back: fc.nat(1000),
    waiting: fc.boolean(),
  })
  const setting = fc.record({ rate: fc.integer({ min: 1, max: 200_000 }), burst: fc.nat(3000) })
  fc.assert(
    fc.property(setting, fc.array(step, { maxLength: 60 }), ({ rate, burst }, steps) => {
      const bucket = new ByteBucket(rate, burst, 0)
      let now = 0
      const net = steps.map(({ idle, wanted, back, waiting }) => {
        now += idle
        const drawn = draw(bucket, wanted, now, waiting ? bucket.waitingDepth : bucket.idleDepth)
        const given = Math.min(back, drawn)
        bucket.give(given)
        return { at: now, bytes: drawn - given }
      })
      net.forEach((first, i) => {
        net.slice(i).reduce((sum, { at, bytes }) => {
          const most = bucket.waitingDepth + (rate * (at - first.at)) / 1000
          expect(sum + bytes).toBeLessThanOrEqual(most + 1e-3)
          return sum + bytes
        }, 0)
      })
    }),
  )
})

test('ByteBucket.setRate() holds from that moment on', () => {
  const bucket = new ByteBucket(100_000, 0, 0)
  draw(bucket, Infinity, 0)
  bucket.setRate(1_000_000, 1)
  expect(bucket.available).toBe(100)
  bucket.refill(2, bucket.idleDepth)
  expect(bucket.available).toBe(1100)
  bucket.setRate(100_000, 2)
  bucket.refill(3, bucket.idleDepth)
  expect(bucket.available).toBe(500)
})

test('ByteBucket.setRate() cuts what it holds to what it can hold at the new rate', () => {
  const bucket = new ByteBucket(100 * MiB, 0, 0)
  bucket.setRate(100_000, 0)
  expect(bucket.available).toBe(500)
})

test('ByteBucket.setRate() to and from Infinity limits nothing, then limits again', () => {
  const bucket = new ByteBucket(100_000, 0, 0)
  bucket.take(1_000_000)
  bucket.setRate(Infinity, 0)
  bucket.refill(0, bucket.idleDepth)
  expect(bucket.available).toBe(Infinity)
  bucket.take(2 ** 53)
  bucket.give(5)
  expect(bucket.available).toBe(Infinity)
  bucket.setRate(100_000, 10)
  expect(bucket.available).toBe(500)
})

const debts = [
  { title: 'is paid back in the same time at a lower rate', from: 1_000_000, to: 1000, at: 100 },
  { title: 'is the same bytes at a higher rate', from: 1000, to: 1_000_000, at: 0.1 },
]
for (const { title, from, to, at } of debts) {
  test(`ByteBucket.setRate() sees to it that a debt ${title}`, () => {
    const bucket = new ByteBucket(from, 0, 0)
    draw(bucket, Infinity, 0)
    bucket.take(from === 1000 ? 100 : 100_000)
    bucket.setRate(to, 0)
    expect(bucket.readyAt(0, 0)).toBeCloseTo(at, 6)
  })
}

test('ByteBucket.quantum is what the rate gives in QUANTUM_TIME', () => {
  const bucket = new ByteBucket(1_000_000, 0, 0)
  expect(bucket.quantum).toBe((1_000_000 * QUANTUM_TIME) / 1000)
})
