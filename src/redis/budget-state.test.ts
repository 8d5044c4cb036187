import { expect, test } from 'vitest'
import { parseState } from './budget-state.ts'

const figures = ['1000', '1', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0']

test('parseState() reads what the script tells, and that there is nothing', () => {
  expect(parseState(['OK', '5000', figures, []])).toMatchObject({ now: 5, limit: 1000, members: [] })
  expect(parseState(['NONE'])).toBeUndefined()
})

const others: readonly (readonly unknown[])[] = [
  ['OK'],
  ['OK', '5000'],
  ['OK', '5000', []],
  ['OK', '5000', figures],
  ['OK', '5000', figures.slice(1), []],
  ['OK', '5000', figures, ['web-1']],
  ['OK', 'now', figures, []],
  ['OK', undefined, figures, []],
  [],
]
for (const reply of others) {
  test(`parseState() takes ${JSON.stringify(reply)} for no budget without a limit`, () => {
    expect(() => parseState(reply)).toThrow(TypeError)
    expect(() => parseState(reply)).toThrow('Cannot read the reply of Redis: ')
  })
}
