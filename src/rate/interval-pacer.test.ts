import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IntervalPacer, LONGEST_CATCH_UP, LONGEST_LATENESS, type Pacing } from './interval-pacer.ts'

/** Asks for a send at `asked` and carries it out, `late` ms after it was due. Returns when it went. */
function send(pacer: IntervalPacer, asked: number, late = 0): number {
  pacer.ask(asked)
  const went = Math.max(asked, pacer.due()) + late
  pacer.sent(went, went)
  return went
}

const cases: {
  title: string
  pacing: Pacing
  interval: number
  sends: { at: number; late?: number; went: number }[]
}[] = [
  { title: 'gap: lets the first send go at once', pacing: 'gap', interval: 10, sends: [{ at: 3, went: 3 }] },
  { title: 'steady: lets the first send go at once', pacing: 'steady', interval: 10, sends: [{ at: 3, went: 3 }] },
  {
    title: 'gap: counts from when the last send went',
    pacing: 'gap',
    interval: 10,
    sends: [
      { at: 0, went: 0 },
      { at: 0, late: 2, went: 12 },
      { at: 12, went: 22 },
    ],
  },
  {
    title: 'steady: counts from when the last send was planned',
    pacing: 'steady',
    interval: 10,
    sends: [
      { at: 0, went: 0 },
      { at: 0, late: 2, went: 12 },
      { at: 12, went: 20 },
    ],
  },
  {
    title: 'gap: a send asked for after its interval goes at once',
    pacing: 'gap',
    interval: 10,
    sends: [
      { at: 0, went: 0 },
      { at: 35, went: 35 },
      { at: 35, went: 45 },
    ],
  },
  {
    title: 'steady: catches up after a send that was late',
    pacing: 'steady',
    interval: 10,
    sends: [
      { at: 0, went: 0 },
      { at: 0, late: 25, went: 35 },
      { at: 35, went: 35 },
      { at: 35, went: 35 },
      { at: 35, went: 40 },
    ],
  },
  {
    title: 'steady: a plan that lies as far behind as allowed stands',
    pacing: 'steady',
    interval: 50,
    sends: [
      { at: 0, went: 0 },
      { at: 50 + LONGEST_CATCH_UP, went: 150 },
      { at: 150, went: 150 },
      { at: 150, went: 150 },
      { at: 150, went: 200 },
    ],
  },
  {
    title: 'steady: idle time is not banked',
    pacing: 'steady',
    interval: 50,
    sends: [
      { at: 0, went: 0 },
      { at: 50 + LONGEST_CATCH_UP + 1, went: 151 },
      { at: 151, went: 201 },
    ],
  },
  {
    title: 'steady: a process that stood still catches up, as it was not idle',
    pacing: 'steady',
    interval: 100,
    sends: [
      { at: 0, went: 0 },
      { at: 0, late: 350, went: 450 },
      { at: 450, went: 450 },
      { at: 450, went: 450 },
      { at: 450, went: 450 },
      { at: 450, went: 500 },
    ],
  },
  {
    title: 'steady: a process that slept for long does not catch up',
    pacing: 'steady',
    interval: 100,
    sends: [
      { at: 0, went: 0 },
      { at: 0, late: LONGEST_LATENESS + 250, went: 1350 },
      { at: 1350, went: 1350 },
      { at: 1350, went: 1450 },
    ],
  },
  {
    title: 'steady: lateness that was made up for excuses no idleness',
    pacing: 'steady',
    interval: 100,
    sends: [
      { at: 0, went: 0 },
      { at: 0, late: 150, went: 250 },
      { at: 250, went: 250 },
      { at: 250, went: 300 },
      { at: 501, went: 501 },
      { at: 501, went: 601 },
    ],
  },
  {
    title: 'steady: many short pauses bank no more than one',
    pacing: 'steady',
    interval: 10,
    sends: [
      { at: 0, went: 0 },
      { at: 70, went: 70 },
      { at: 110, went: 110 },
      { at: 150, went: 150 },
      { at: 150, went: 160 },
    ],
  },
  {
    title: 'steady: a plan less than one long interval behind stands',
    pacing: 'steady',
    interval: 1000,
    sends: [
      { at: 0, went: 0 },
      { at: 1900, went: 1900 },
      { at: 1900, went: 2000 },
    ],
  },
  {
    title: 'steady: intervals may be fractions of a millisecond',
    pacing: 'steady',
    interval: 0.25,
    sends: [
      { at: 1, went: 1 },
      { at: 1, late: 0.5, went: 1.75 },
      { at: 1.75, went: 1.75 },
      { at: 1.75, went: 1.75 },
      { at: 1.75, went: 2 },
    ],
  },
  {
    title: 'gap: an interval of 0 holds nothing up',
    pacing: 'gap',
    interval: 0,
    sends: [
      { at: 5, went: 5 },
      { at: 5, went: 5 },
    ],
  },
]
for (const { title, pacing, interval, sends } of cases) {
  test(`IntervalPacer.due() ${title}`, () => {
    const pacer = new IntervalPacer(interval, pacing)
    for (const { at, late, went } of sends) expect(send(pacer, at, late)).toBe(went)
  })
}

for (const pacing of ['gap', 'steady'] as const) {
  test(`IntervalPacer.interval applies to the send that waits (${pacing})`, () => {
    const pacer = new IntervalPacer(100, pacing)
    send(pacer, 0)
    pacer.ask(10)
    expect(pacer.due()).toBe(100)
    pacer.interval = 30
    expect(pacer.due()).toBe(30)
    pacer.interval = Number.POSITIVE_INFINITY
    expect(pacer.due()).toBe(Number.POSITIVE_INFINITY)
    pacer.interval = -1
    expect(pacer.interval).toBe(0)
    expect(pacer.due()).toBe(0)
  })
}

test('IntervalPacer.interval refuses NaN and what is not a number', () => {
  const pacer = new IntervalPacer(1, 'gap')
  expect(() => {
    pacer.interval = Number.NaN
  }).toThrow(RangeError)
  expect(() => {
    pacer.interval = '5' as unknown as number
  }).toThrow(TypeError)
  expect(() => new IntervalPacer(Number.NaN, 'gap')).toThrow(RangeError)
  expect(() => new IntervalPacer(1, 'fast' as Pacing)).toThrow("'pacing' must be 'gap' or 'steady', not fast")
  expect(pacer.interval).toBe(1)
})

/** Sends that come `idle` ms after the last, are late by `late` ms, under an interval that was just changed or not. */
const steps = fc.array(
  fc.record({
    idle: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 500, noNaN: true })),
    late: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 90, noNaN: true })),
  }),
)
const anyInterval = fc.double({ min: 0, max: 300, noNaN: true })

test('IntervalPacer (gap) never leaves a gap shorter than the interval', () => {
  fc.assert(
    fc.property(steps, fc.infiniteStream(anyInterval), (sends, intervals) => {
      const pacer = new IntervalPacer(0, 'gap')
      let last: number | undefined
      for (const { idle, late } of sends) {
        pacer.interval = intervals.next().value ?? 0
        const went = send(pacer, (last ?? 0) + idle, late)
        if (last !== undefined) expect(went).toBeGreaterThanOrEqual(last + pacer.interval)
        last = went
      }
    }),
  )
})

test('IntervalPacer (gap) never waits longer than the interval', () => {
  fc.assert(
    fc.property(steps, anyInterval, (sends, interval) => {
      const pacer = new IntervalPacer(interval, 'gap')
      let last: number | undefined
      for (const { idle } of sends) {
        const asked = (last ?? 0) + idle
        const went = send(pacer, asked)
        if (last !== undefined) expect(went).toBe(Math.max(asked, last + interval))
        last = went
      }
    }),
  )
})

test('IntervalPacer (steady) keeps to the plan however late sends go, as long as they are asked for in time', () => {
  fc.assert(
    fc.property(steps, fc.double({ min: 91, max: 300, noNaN: true }), (sends, interval) => {
      const pacer = new IntervalPacer(interval, 'steady')
      let went = send(pacer, 0)
      sends.forEach(({ late }, i) => {
        went = send(pacer, went, late)
        expect(went - late).toBeCloseTo((i + 1) * interval, 6)
      })
    }),
  )
})

test('IntervalPacer (steady) lets, in any window, at most the sends through that the interval allows and the longest catch-up', () => {
  fc.assert(
    fc.property(steps, fc.double({ min: 1, max: 300, noNaN: true }), (sends, interval) => {
      const pacer = new IntervalPacer(interval, 'steady')
      let now = 0
      const times = sends.map(({ idle, late }) => {
        now = send(pacer, now + idle, late)
        return now
      })
      // A send may be asked for as far behind its plan, and then go late itself; those that follow go until the plan is met.
      const behind = Math.max(LONGEST_CATCH_UP, interval) + LONGEST_LATENESS + 90
      times.forEach((first, i) => {
        times.slice(i).forEach((time, n) => {
          expect(n).toBeLessThanOrEqual((time - first + behind) / interval + 1e-6)
        })
      })
    }),
  )
})
