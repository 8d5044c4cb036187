import { expect, test } from 'vitest'
import { FileError } from './file-error.ts'
import { partsOf } from './virtual-path.ts'

const everywhere = ['', 'a', 'a/b', '/a/', '//a', '/a//b', '/.', '/a/..', '/../a', '/a\0b']
const onWindows = ['/a\\b', '/C:', '/a:stream', '/a.', '/a ', '/a. /b', '/...']

for (const path of [...everywhere, ...onWindows]) {
  test(`partsOf() refuses ${JSON.stringify(path)} on Windows`, () => {
    expect(() => partsOf('open', path, 'win32')).toThrow(FileError)
  })
}
for (const path of everywhere) {
  test(`partsOf() refuses ${JSON.stringify(path)}`, () =>
    expect(() => partsOf('open', path, 'linux')).toThrow(FileError))
}
for (const path of [...onWindows, '/.a', '/a.b c']) {
  test(`partsOf() takes ${JSON.stringify(path)}`, () => {
    expect(partsOf('open', path, 'linux')).toEqual(path.slice(1).split('/'))
  })
}
