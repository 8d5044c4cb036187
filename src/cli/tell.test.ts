import { expect, test } from 'vitest'
import { jsonText } from './tell.ts'

test('jsonText() has no raw character that steers a terminal or turns text around, and means the same', () => {
  const value = { name: 'a\u0000\u001b\u007f\u0085\u009b\u061c\u200e\u200f\u2028\u202e\u2069é🚀' }
  expect(jsonText(value)).toMatch(/^[^\p{Cc}\p{Bidi_Control}\u2028\u2029]*$/u)
  expect(JSON.parse(jsonText(value))).toEqual(value)
})
