import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Meter } from './meter.ts'

const cases = [
  { title: 'is 0 before any time has passed', records: [[0, 500]], at: 0, window: 1000, rate: 0 },
  { title: 'is taken since the beginning where that is less', records: [[0, 500]], at: 250, window: 1000, rate: 2000 },
  {
    title: 'is taken over the window',
    records: [
      [0, 9999],
      [5050, 400],
    ],
    at: 6000,
    window: 1000,
    rate: 400,
  },
  { title: 'falls to 0 when nothing moves', records: [[0, 500]], at: 5000, window: 1000, rate: 0 },
  { title: 'forgets what is older than the span', records: [[0, 500]], at: 50_000, window: 60_000, rate: 0 },
  {
    title: 'takes back what did not move',
    records: [
      [0, 500],
      [10, -500],
    ],
    at: 100,
    window: 1000,
    rate: 0,
  },
  {
    title: 'is never negative',
    records: [
      [0, 500],
      [3000, -500],
    ],
    at: 3100,
    window: 1000,
    rate: 0,
  },
] as const
for (const { title, records, at, window, rate } of cases) {
  test(`Meter.rate() ${title}`, () => {
    for (const start of [0, 123.456, -70_000]) {
      const meter = new Meter(10_000, start)
      for (const [time, bytes] of records) meter.record(bytes, start + time)
      expect(meter.rate(window, start + at)).toBeCloseTo(rate, 6)
    }
  })
}

test('Meter.rate() of a steady stream is its rate, over any window and span', () => {
  const settings = fc.record({
    span: fc.integer({ min: 100, max: 600_000 }),
    part: fc.double({ min: 0.2, max: 1, noNaN: true }),
    start: fc.double({ min: 0, max: 1e9, noNaN: true }),
  })
  fc.assert(
    fc.property(settings, ({ span, part, start }) => {
      const meter = new Meter(span, start)
      const step = span / 500
      for (let i = 0; i < 1100; i++) meter.record(step * 10, start + i * step)
      const rate = meter.rate(span * part, start + 1100 * step)
      expect(rate).toBeGreaterThan(10_000 * 0.97)
      expect(rate).toBeLessThan(10_000 * 1.03)
    }),
  )
})

test('Meter.rate() is that of a model that remembers every record', () => {
  const step = fc.record({ bytes: fc.nat(10_000), idle: fc.oneof(fc.nat(300), fc.nat(20_000)) })
  fc.assert(
    fc.property(fc.integer({ min: 50, max: 30_000 }), fc.array(step), fc.nat(40_000), (span, steps, window) => {
      const meter = new Meter(span, 0)
      const slot = Math.max(Math.min(100, span / 10), span / 100)
      const records: { at: number; bytes: number }[] = []
      let now = 0
      for (const { bytes, idle } of steps) {
        now += idle
        meter.record(bytes, now)
        records.push({ at: now, bytes })
        // The window is as long as asked for, and begins with a slot: it is longer by less than one.
        const newest = Math.floor(now / slot)
        const full = Math.min(Math.ceil(Math.min(window, span) / slot), Math.ceil(span / slot))
        const since = Math.max(0, newest - full)
        const sum = records
          .filter(({ at }) => Math.floor(at / slot) >= since)
          .reduce((sum, { bytes }) => sum + bytes, 0)
        const elapsed = Math.min(now, now - (newest - full) * slot)
        expect(meter.rate(window, now)).toBeCloseTo(elapsed > 0 ? (sum * 1000) / elapsed : 0, 3)
      }
    }),
  )
})

test('Meter.record() remembers a steady number of slots, however long the span', () => {
  for (const span of [0.001, 1, 1000, 10_000, 1e12]) {
    const meter = new Meter(span, 0)
    meter.record(1000, 0)
    expect(meter.rate(span, span / 2)).toBeCloseTo(1_000_000 / (span / 2), 0)
  }
})
