import { expect, test } from 'vitest'
import { type OnOutage, outageRate, parseOnOutage } from './outage.ts'

const part = { limit: 1000, rate: 300, fair: 250, floor: undefined, kept: true }
const cases = [
  { title: 'what it had', policy: 'hold-share' as const, changes: {}, rate: 300 },
  { title: 'its part by weight', policy: 'fair-share' as const, changes: {}, rate: 250 },
  { title: 'nothing', policy: 'closed' as const, changes: {}, rate: 0 },
  { title: 'a rate', policy: { rate: 42 }, changes: {}, rate: 42 },
  {
    title: 'a hundredth, if it never reached Redis',
    policy: 'hold-share' as const,
    changes: { rate: undefined },
    rate: 10,
  },
  {
    title: 'its floor, if it never did',
    policy: 'fair-share' as const,
    changes: { rate: undefined, floor: 50 },
    rate: 50,
  },
  { title: 'a tenth of its part, once it lapsed', policy: 'hold-share' as const, changes: { kept: false }, rate: 25 },
  { title: 'its floor, once it lapsed', policy: 'hold-share' as const, changes: { kept: false, floor: 60 }, rate: 60 },
  { title: 'its floor at least', policy: 'hold-share' as const, changes: { rate: 5, floor: 60 }, rate: 60 },
  { title: 'the limit at most', policy: 'hold-share' as const, changes: { rate: 0, floor: 5000 }, rate: 1000 },
]
for (const { title, policy, changes, rate } of cases) {
  test(`outageRate() is ${title}`, () => {
    expect(outageRate(policy, { ...part, ...changes })).toBe(rate)
  })
}

test('parseOnOutage() reads words and rates, and refuses the rest', () => {
  expect(parseOnOutage('closed')).toBe('closed')
  expect(parseOnOutage('1kB/s')).toEqual({ rate: 1000 })
  for (const wrong of ['open', 0, -1, Number.NaN, '']) expect(() => parseOnOutage(wrong)).toThrow(RangeError)
  for (const wrong of [null, {}, true]) expect(() => parseOnOutage(wrong as unknown as OnOutage)).toThrow(TypeError)
})
