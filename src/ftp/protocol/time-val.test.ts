import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTimeVal, parseTimeVal } from './time-val.ts'

const time = fc.date({
  min: new Date('1000-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
})

test('formatTimeVal() writes what parseTimeVal() reads, to the second', () => {
  fc.assert(
    fc.property(time, (time) => {
      const second = Math.floor(time.getTime() / 1000) * 1000
      expect(parseTimeVal(formatTimeVal(time))?.getTime()).toBe(second)
    }),
  )
})

const good: readonly (readonly [text: string, time: string])[] = [
  ['20240229123456', '2024-02-29T12:34:56.000Z'],
  ['20240229123456.7', '2024-02-29T12:34:56.700Z'],
  ['20240229123456.789', '2024-02-29T12:34:56.789Z'],
  ['20240229123456.7899999', '2024-02-29T12:34:56.789Z'],
  [' 19700101000000\r', '1970-01-01T00:00:00.000Z'],
  ['191000101000000', '2000-01-01T00:00:00.000Z'],
  ['191241231235959', '2024-12-31T23:59:59.000Z'],
  ['19100101000000', '1910-01-01T00:00:00.000Z'],
  ['20161231235960', '2017-01-01T00:00:00.000Z'],
  ['10000101000000', '1000-01-01T00:00:00.000Z'],
]
for (const [text, time] of good) {
  test(`parseTimeVal() reads ${JSON.stringify(text)}`, () => expect(parseTimeVal(text)?.toISOString()).toBe(time))
}

const bad = [
  '',
  '2024',
  '20240229',
  '2024022912345',
  '202402291234567',
  '20230229000000',
  '20240431000000',
  '20240001000000',
  '20241301000000',
  '20240100000000',
  '20240132000000',
  '20240101240000',
  '20240101006000',
  '20240101000061',
  '00000000000000',
  '20240101000000.',
  '20240101000000Z',
  '20240101000000 a',
  '2024010100000a',
  '-2024010100000',
  '192001010000000',
]
for (const text of bad) {
  test(`parseTimeVal() refuses ${JSON.stringify(text)}`, () => expect(parseTimeVal(text)).toBeUndefined())
}

test('parseTimeVal() gives a valid date or undefined', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 14, maxLength: 16 })
  fc.assert(
    fc.property(fc.oneof(digits, fc.string()), (text) => {
      const time = parseTimeVal(text)
      if (time) expect(time.getTime()).not.toBeNaN()
    }),
    { numRuns: 1000 },
  )
})

test('formatTimeVal() writes 14 digits, without milliseconds', () => {
  expect(formatTimeVal(new Date('2024-02-29T12:34:56.000Z'))).toBe('20240229123456')
  expect(formatTimeVal(new Date('2024-02-29T12:34:56.999Z'))).toBe('20240229123456')
})

for (const time of [new Date(Number.NaN), new Date('0999-12-31T23:59:59Z'), new Date(8.64e15)]) {
  test(`formatTimeVal() refuses ${time.getTime()}`, () => expect(() => formatTimeVal(time)).toThrow(RangeError))
}
