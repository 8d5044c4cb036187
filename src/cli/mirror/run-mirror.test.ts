import { expect, test } from 'vitest'
import { actionLine, readEnds } from './run-mirror.ts'

test('readEnds() tells the direction', () => {
  expect(readEnds('ftp://h/a/', 'b')).toMatchObject({ direction: 'download', folder: 'b', url: { path: 'a' } })
  expect(readEnds('b', 'ftp://h/a')).toMatchObject({ direction: 'upload', folder: 'b', url: { path: 'a' } })
})

test.each([
  ['a', 'b', 'none of them is a URL'],
  ['ftp://h', 'ftp://i', 'both are URLs'],
  ['', 'ftp://i', 'it must be the path of a folder'],
])('readEnds() refuses %s and %s', (from, to, says) => {
  expect(() => readEnds(from, to)).toThrow(says)
})

test('actionLine() tells what is done, to people and programs', () => {
  const upload = { action: 'upload', path: 'a/\nb', reason: 'missing', size: 2048 } as const
  expect(actionLine(upload, false)).toBe('upload            a/\\u000ab (2.00 KiB): missing\n')
  expect(JSON.parse(actionLine(upload, true))).toEqual(upload)
  const make = { action: 'make-directory', path: '', reason: 'missing', size: undefined } as const
  expect(actionLine(make, false)).toBe('make-directory    .: missing\n')
  expect(JSON.parse(actionLine(make, true))).toMatchObject({ path: '', size: null })
})
