import { expect, test } from 'vitest'
import { canRedraw, hasColors, hasUnicode } from './terminal.ts'

const terminal = { isTTY: true, hasColors: () => true } as unknown as NodeJS.WriteStream
const file = { isTTY: false } as unknown as NodeJS.WriteStream

test.each([
  ['a terminal', terminal, {}, true],
  ['a terminal with NO_COLOR', terminal, { NO_COLOR: '1' }, false],
  ['a terminal with an empty NO_COLOR', terminal, { NO_COLOR: '' }, true],
  ['a file', file, {}, false],
])('hasColors() tells of %s', (_, stream, env, expected) => {
  expect(hasColors(stream, env)).toBe(expected)
})

test.each([
  [{ LANG: 'en_GB.UTF-8' }, 'linux', true],
  [{ LANG: 'C.utf8' }, 'linux', true],
  [{ LANG: 'en_GB.UTF-8', LC_ALL: 'C' }, 'linux', false],
  [{ LANG: 'en_GB.UTF-8', TERM: 'linux' }, 'linux', false],
  [{}, 'linux', false],
  [{ WT_SESSION: 'x' }, 'win32', true],
  [{}, 'win32', false],
])('hasUnicode() with %j on %s is %s', (env, platform, expected) => {
  expect(hasUnicode(env, platform)).toBe(expected)
})

test.each([
  ['a terminal', terminal, {}, true],
  ['a dumb terminal', terminal, { TERM: 'dumb' }, false],
  ['a file', file, {}, false],
])('canRedraw() tells of %s', (_, stream, env, expected) => {
  expect(canRedraw(stream, env)).toBe(expected)
})
