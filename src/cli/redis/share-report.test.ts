import { expect, test } from 'vitest'
import type { Sharing } from '../../redis/index.ts'
import { type ShareFigures, shareNote, shareSummary } from './share-report.ts'

const sharing: Sharing = {
  ...{ state: 'joined', member: 'a', weight: 1, members: 8, weights: 8, rate: 5, outageRate: 5, paused: false },
  ...{ interval: 100, roundTrip: 1, calls: 1, outage: undefined },
}
const MIB = 2 ** 20

const notes = [
  { title: 'its part', changes: {}, limit: 20 * MIB, text: 'uplink: one of 8, 2.50 MiB/s' },
  {
    title: 'its part by weight',
    changes: { weight: 3, weights: 10 },
    limit: 20 * MIB,
    text: 'uplink: one of 8, 6.00 MiB/s',
  },
  { title: 'that there is no limit', changes: {}, limit: null, text: 'uplink: one of 8, no limit' },
  { title: 'a pause', changes: { paused: true }, limit: MIB, text: 'uplink: paused' },
  { title: 'that it is idle', changes: { state: 'idle' }, limit: MIB, text: 'uplink: idle' },
  {
    title: 'that it joins',
    changes: { state: 'joining', members: 0, weights: 0 },
    limit: MIB,
    text: 'uplink: joining',
  },
  { title: 'an outage', changes: { state: 'outage', paused: true }, limit: MIB, text: 'Redis out of reach' },
] as const
for (const { title, changes, limit, text } of notes) {
  test(`shareNote() tells ${title}`, () => {
    const isAlarm = text === 'Redis out of reach'
    expect(shareNote('uplink', { ...sharing, ...changes }, limit)).toEqual({ text, isAlarm })
  })
}

test('shareNote() shortens a long name, and shows what would turn it around', () => {
  expect(shareNote('a'.repeat(256), sharing, null).text).toBe(
    `${'a'.repeat(11)}..${'a'.repeat(11)}: one of 8, no limit`,
  )
  expect(shareNote('up\u202elink', sharing, null).text).toBe('up\\u202elink: one of 8, no limit')
})

const figures: ShareFigures = {
  ...{ budget: 'uplink', member: 'a', state: 'joined', members: 3, weight: 1, limitBytesPerSecond: 20 * MIB },
  ...{ bytesPerSecond: 5, bytes: 5, outages: 0, outageMs: 0, calls: 1 },
}
test('shareSummary() tells the budget, its limit and how many share it', () => {
  expect(shareSummary(figures)).toBe('one of 3 in uplink (20 MiB/s)')
  expect(shareSummary({ ...figures, limitBytesPerSecond: null })).toBe('one of 3 in uplink (no limit)')
})

test('shareSummary() tells outages', () => {
  expect(shareSummary({ ...figures, outages: 1 })).toBe('one of 3 in uplink (20 MiB/s), 1 outage of Redis')
  expect(shareSummary({ ...figures, members: 0, outages: 2 })).toBe('one of 1 in uplink (20 MiB/s), 2 outages of Redis')
})
