import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clockTime, progressLine, type Snapshot } from './progress-line.ts'

const MIB = 2 ** 20
const now: Snapshot = {
  bytes: 12_897_485,
  elapsed: 1540,
  rate: 8 * MIB,
  pace: 8 * MIB,
  limit: 8 * MIB,
  size: 32 * MIB,
  waitsFor: undefined,
}
const rates = [0, 4 * MIB, 8 * MIB, 20 * MIB]
const plain = { colors: false, unicode: true }

const lines: { title: string; change: Partial<Snapshot>; width: number; line: string }[] = [
  {
    title: 'tells all where there is room',
    change: {},
    width: 100,
    line: '12.3 MiB of 32.0 MiB   38%  8.00 MiB/s of 8 MiB/s                       ▄▇█  0:01  ETA 0:03',
  },
  {
    title: 'shrinks the graph, and leaves out what is told least',
    change: {},
    width: 60,
    line: '12.3 MiB   38%  8.00 MiB/s of 8 MiB/s      ▄▇█  ETA 0:03',
  },
  {
    title: 'tells how the share of a budget stands',
    change: { limit: null, share: { text: 'uplink: one of 8, 2.50 MiB/s', isAlarm: false } },
    width: 120,
    line: '12.3 MiB of 32.0 MiB   38%  8.00 MiB/s                       ▂▃▇  0:01  ETA 0:03      uplink: one of 8, 2.50 MiB/s',
  },
  {
    title: 'tells an outage rather than how the graph was',
    change: { limit: null, share: { text: 'Redis out of reach', isAlarm: true } },
    width: 60,
    line: '12.3 MiB   38%  8.00 MiB/s  ETA 0:03      Redis out of reach',
  },
  { title: 'keeps bytes and rate', change: {}, width: 24, line: '12.3 MiB  8.00 MiB/s' },
  { title: 'keeps the bytes', change: {}, width: 10, line: '12.3 MiB' },
  { title: 'is empty rather than too long', change: {}, width: 5, line: '' },
  {
    title: 'leaves out what is not known',
    change: { size: undefined, limit: null },
    width: 80,
    line: '12.3 MiB  8.00 MiB/s                       ▂▃▇  0:01',
  },
  {
    title: 'names the end that is silent',
    change: { waitsFor: 'input', rate: 0 },
    width: 80,
    line: '12.3 MiB of 32.0 MiB   38%       0 B/s of 8 MiB/s        ▄▇█  0:01  input silent',
  },
  {
    title: 'has no ETA before anything moves',
    change: { bytes: 0, rate: 0, pace: 0 },
    width: 90,
    line: '     0 B of 32.0 MiB    0%       0 B/s of 8 MiB/s                  ▄▇█  0:01  ETA -',
  },
]
for (const { title, change, width, line } of lines) {
  test(`progressLine() ${title}`, () => {
    expect(progressLine({ ...now, ...change }, rates, { ...plain, width })).toBe(line)
  })
}

test('progressLine() says 100% only when all has come', () => {
  const style = { ...plain, width: 80 }
  expect(progressLine({ ...now, bytes: 32 * MIB - 1 }, rates, style)).toContain(' 99%')
  expect(progressLine({ ...now, bytes: 32 * MIB }, rates, style)).toContain('100%')
  expect(progressLine({ ...now, bytes: 33 * MIB }, rates, style)).toContain('100%')
})

test('progressLine() colours nothing but with colours on', () => {
  const colored = progressLine(now, rates, { colors: true, unicode: true, width: 90 })
  const uncolored = progressLine(now, rates, { colors: false, unicode: true, width: 90 })
  expect(colored).not.toBe(uncolored)
  expect(stripVTControlCharacters(colored)).toBe(uncolored)
})

const snapshots = fc.record({
  bytes: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  elapsed: fc.nat(1e9),
  rate: fc.nat(2 ** 40),
  pace: fc.nat(2 ** 40),
  limit: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 2 ** 40 })),
  size: fc.oneof(fc.constant(undefined), fc.nat({ max: Number.MAX_SAFE_INTEGER })),
  waitsFor: fc.constantFrom(undefined, 'input' as const, 'output' as const),
})

test('progressLine() is never longer than the width', () => {
  const anyRates = fc.array(fc.nat(2 ** 40), { maxLength: 30 })
  fc.assert(
    fc.property(snapshots, anyRates, fc.integer({ min: 1, max: 200 }), (snapshot, rates, width) => {
      expect(progressLine(snapshot, rates, { ...plain, width }).length).toBeLessThanOrEqual(width)
    }),
  )
})

test.each([
  [0, '0:00'],
  [59_999, '0:59'],
  [61_000, '1:01'],
  [3_600_000, '1:00:00'],
  [3_723_000, '1:02:03'],
  [86_400_000, '1d 00:00'],
  [273_900_000, '3d 04:05'],
])('clockTime() writes %d ms as %s', (ms, text) => {
  expect(clockTime(ms)).toBe(text)
})
