import fc from 'fast-check'
import { expect, test } from 'vitest'
import { displayWidth, padTo, squeeze, squeezePath } from './display-width.ts'

const widths = [
  { text: 'web-1', width: 5 },
  { text: '名前', width: 4 },
  { text: 'e\u0301', width: 1 },
  { text: '🚀', width: 2 },
  { text: '❤\ufe0f', width: 2 },
  { text: '❤', width: 1 },
  { text: 'a\ufe0f', width: 1 },
  { text: 'a\u00adb', width: 3 },
  { text: '\u0600\u0661', width: 2 },
  { text: '', width: 0 },
]
for (const { text, width } of widths) {
  test(`displayWidth() of ${JSON.stringify(text)} is ${width}`, () => {
    expect(displayWidth(text)).toBe(width)
  })
}

const squeezed = [
  { text: 'web-frontend:4711', width: 17, unicode: true, shown: 'web-frontend:4711' },
  { text: 'web-frontend:4711', width: 10, unicode: true, shown: 'web-f…4711' },
  { text: 'web-frontend:4711', width: 10, unicode: false, shown: 'web-..4711' },
  { text: '名前名前名前', width: 7, unicode: true, shown: '名…前' },
  { text: 'a\nb\x1b[31m', width: 30, unicode: true, shown: 'a\\u000ab\\u001b[31m' },
  { text: 'abc', width: 1, unicode: true, shown: 'a' },
  { text: 'abc', width: 0, unicode: true, shown: '' },
]
for (const { text, width, unicode, shown } of squeezed) {
  test(`squeeze() shows ${JSON.stringify(text)} in ${width} columns${unicode ? '' : ' of ASCII'}`, () => {
    expect(squeeze(text, width, unicode)).toBe(shown)
  })
}

test('squeeze() bounds characters, not only columns', () => {
  for (const text of [`a${'\u0301'.repeat(5000)}`, '\u200d'.repeat(5000), 'name'.repeat(25_000)]) {
    for (const width of [0, 1, 10, Infinity]) {
      const shown = squeeze(text, width, true)
      expect(shown.length).toBeLessThanOrEqual(width === Infinity ? 4097 : 10 * (width + 1))
    }
  }
  expect(squeeze('🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}', 2, true)).toHaveLength(14)
})

test('squeeze() shows all that could turn a text around as escapes', () => {
  expect(squeeze('a\u061cb\u200e\u202e\u2067', 80, true)).toBe('a\\u061cb\\u200e\\u202e\\u2067')
})

test('squeeze() and padTo() make anything exactly as wide as asked, without control characters', () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  fc.assert(
    fc.property(text, fc.nat(50), fc.boolean(), (name, width, unicode) => {
      const shown = padTo(squeeze(name, width, unicode), width)
      expect(displayWidth(shown)).toBe(width)
      expect(shown).not.toMatch(/\p{Cc}/u)
    }),
  )
})

test.each([
  ['short', 10, true, 'short'],
  ['exactly 10', 10, true, 'exactly 10'],
  ['a long path', 10, true, '…long path'],
  ['a long path', 10, false, '...ng path'],
  ['a/報告.csv', 8, true, '…告.csv'],
])('squeezePath() makes of %s in %s columns (Unicode: %s) %s', (path, width, unicode, expected) => {
  expect(squeezePath(path, width, unicode)).toBe(expected)
})
