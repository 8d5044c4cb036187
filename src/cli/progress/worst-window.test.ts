import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WorstWindow } from './worst-window.ts'

const cases = [
  { title: 'is 0 at first', events: [], most: 0 },
  {
    title: 'adds what passes within 100 ms',
    events: [
      [0, 5],
      [99, 7],
    ],
    most: 12,
  },
  {
    title: 'forgets what passed before',
    events: [
      [0, 5],
      [100, 7],
    ],
    most: 7,
  },
  {
    title: 'remembers the fullest',
    events: [
      [0, 50],
      [500, 7],
      [550, 7],
    ],
    most: 50,
  },
  {
    title: 'survives long silence',
    events: [
      [0, 5],
      [1e6, 7],
      [1e6 + 50, 1],
    ],
    most: 8,
  },
] as const
for (const { title, events, most } of cases) {
  test(`WorstWindow.rate ${title}`, () => {
    const window = new WorstWindow(3000.5)
    for (const [at, bytes] of events) window.record(bytes, 3000.5 + at)
    expect(window.rate).toBe(most * 10)
  })
}

test('WorstWindow.rate is that of the fullest 100 slots of 1 ms', () => {
  const event = fc.record({ wait: fc.nat(250), bytes: fc.nat(1000) })
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const window = new WorstWindow(0)
      let now = 0
      const seen = events.map(({ wait, bytes }) => {
        now += wait
        window.record(bytes, now + 0.9)
        return { at: now, bytes }
      })
      const sums = seen.map(({ at }) =>
        seen.filter((other) => other.at <= at && other.at > at - 100).reduce((sum, { bytes }) => sum + bytes, 0),
      )
      expect(window.rate).toBe(Math.max(0, ...sums) * 10)
    }),
  )
})
