import { expect, test } from 'vitest'
import { sparkline } from './sparkline.ts'

const cases = [
  { title: 'draws a rate at its limit one below the highest', values: [100, 100], width: 2, drawn: '▇▇' },
  { title: 'keeps the highest for what exceeds the limit', values: [100, 104, 150, 1e9], width: 4, drawn: '▇▇██' },
  { title: 'rises with the value', values: [1, 20, 40, 60, 80, 100], width: 6, drawn: '▁▂▃▅▆▇' },
  { title: 'leaves nothing blank', values: [0, 50, 0], width: 3, drawn: ' ▄ ' },
  { title: 'puts the newest at the right', values: [100], width: 4, drawn: '   ▇' },
  { title: 'leaves out the oldest', values: [100, 1, 1], width: 2, drawn: '▁▁' },
  { title: 'is empty without values', values: [], width: 3, drawn: '   ' },
]
for (const { title, values, width, drawn } of cases) {
  test(`sparkline() ${title}`, () => {
    expect(sparkline(values, width, 100, true)).toBe(drawn)
  })
}

test('sparkline() keeps to ASCII where it must', () => {
  expect(sparkline([0, 1, 20, 40, 60, 80, 100, 200], 8, 100, false)).toBe(' .:-+*#@')
})
