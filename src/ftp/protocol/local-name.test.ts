import { posix, win32 } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UnsafeNameError } from '../errors.ts'
import { checkLocalName } from './local-name.ts'

for (const name of [
  'a',
  'a.txt',
  '.hidden',
  '..a',
  'a..',
  '-rf',
  ' a ',
  'a b',
  'ab:c',
  ':',
  '1:',
  'ü',
  '~',
  '%2e%2e',
  '\uDCE9',
  'a\nb',
]) {
  test(`checkLocalName() accepts ${JSON.stringify(name)}`, () => expect(checkLocalName(name)).toBe(name))
}

const refused: readonly (readonly [name: string, reason: string])[] = [
  ['', 'empty'],
  ['.', 'the folder itself'],
  ['..', 'out of the folder'],
  ['...', 'dots and spaces'],
  ['.. ', 'dots and spaces'],
  [' ', 'dots and spaces'],
  ['/', "'/'"],
  ['/etc/passwd', "'/'"],
  ['a/b', "'/'"],
  ['../a', "'/'"],
  ['a/', "'/'"],
  ['..\\a', "'\\'"],
  ['\\\\host\\share', "'\\'"],
  ['C:', 'drive'],
  ['c:a', 'drive'],
  ['a\0', 'NUL'],
]
for (const [name, reason] of refused) {
  test(`checkLocalName() refuses ${JSON.stringify(name)} and says why`, () => {
    expect(() => checkLocalName(name)).toThrow(UnsafeNameError)
    expect(() => checkLocalName(name)).toThrow(reason)
  })
}

test('checkLocalName() lets nothing through that leaves the folder', () => {
  const name = fc.array(fc.constantFrom('.', '..', '/', '\\', 'C', ':', 'a', ' ', '\0')).map((parts) => parts.join(''))
  fc.assert(
    fc.property(name, (name) => {
      try {
        checkLocalName(name)
      } catch (error) {
        expect(error).toBeInstanceOf(UnsafeNameError)
        return
      }
      expect(posix.relative('/folder', posix.resolve('/folder', name))).toBe(name)
      expect(win32.dirname(win32.resolve('D:\\folder', name))).toBe('D:\\folder')
    }),
    { numRuns: 1000 },
  )
})
