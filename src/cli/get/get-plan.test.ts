import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PathKind } from '../paths.ts'
import { parseRemoteUrl } from '../remote/remote-url.ts'
import { planGet } from './get-plan.ts'

const plan = (urls: readonly string[], output?: string, kind: PathKind = 'missing', recursive = false) =>
  planGet(urls.map(parseRemoteUrl), { output, recursive, kind }).map(({ to, isTree }) => [to, isTree])

const cases: readonly (readonly [
  title: string,
  urls: readonly string[],
  output: string | undefined,
  kind: PathKind,
  steps: readonly (readonly [string | undefined, boolean])[],
])[] = [
  ['a file under its name', ['ftp://h/a/f'], undefined, 'missing', [['f', false]]],
  ['a directory under its name', ['ftp://h/a/d/'], undefined, 'missing', [['d', true]]],
  ['where the login leads under the name of the host', ['ftp://h/'], undefined, 'missing', [['h', true]]],
  ['the root of an address of IPv6', ['ftp://[::1]//'], undefined, 'missing', [['__1', true]]],
  ['a file to a new name', ['ftp://h/f'], 'new', 'missing', [['new', false]]],
  ['a file in place of another', ['ftp://h/f'], 'old', 'file', [['old', false]]],
  ['a file into a folder', ['ftp://h/f'], 'dir', 'folder', [[join('dir', 'f'), false]]],
  ['a file into a folder that is to be made', ['ftp://h/f'], 'dir/', 'missing', [[join('dir', 'f'), false]]],
  ['a file to a device', ['ftp://h/f'], '/dev/null', 'device', [['/dev/null', false]]],
  ['a directory to a new name', ['ftp://h/d/'], 'new', 'missing', [['new', true]]],
  ['a directory to the same name again', ['ftp://h/d/'], 'new', 'folder', [['new', true]]],
  ['a directory into a folder', ['ftp://h/d/'], 'dir/', 'folder', [[join('dir', 'd'), true]]],
  [
    'several',
    ['ftp://h/f', 'ftp://h/d/'],
    'dir',
    'missing',
    [
      [join('dir', 'f'), false],
      [join('dir', 'd'), true],
    ],
  ],
  [
    'to standard output',
    ['ftp://h/a', 'ftp://h/b'],
    '-',
    'missing',
    [
      [undefined, false],
      [undefined, false],
    ],
  ],
]
for (const [title, urls, output, kind, steps] of cases) {
  test(`planGet() puts ${title}`, () => {
    expect(plan(urls, output, kind)).toEqual(steps)
  })
}

test('planGet() takes everything for a directory with --recursive', () => {
  expect(plan(['ftp://h/d'], undefined, 'missing', true)).toEqual([['d', true]])
  expect(plan(['ftp://h'], undefined, 'missing', true)).toEqual([['h', true]])
})

const wrong: readonly (readonly [urls: readonly string[], output: string | undefined, kind: PathKind, says: string])[] =
  [
    [
      ['ftp://h:21'],
      undefined,
      'missing',
      'Cannot get ftp://h:21: it names all that is there; add --recursive, or a slash',
    ],
    [['ftp://h/a/f', 'ftp://h/b/f'], undefined, 'missing', 'Cannot get two things to "f"'],
    [['ftp://h/f', 'ftp://h/g'], 'old', 'file', '--output: Cannot use "old" as a folder: it is a file'],
    [['ftp://h/d/'], '-', 'missing', 'Cannot get ftp://h/d/ to standard output: it is a directory'],
    [['ftp://h/..'], undefined, 'missing', "'..' leads out of the folder"],
    [['ftp://h/a/%5C'], undefined, 'missing', 'leads to another folder on Windows; name one with -o'],
  ]
for (const [urls, output, kind, says] of wrong) {
  test(`planGet() refuses ${urls.join(' ')} to ${output ?? 'here'}`, () => {
    expect(() => plan(urls, output, kind)).toThrow(says)
  })
}
