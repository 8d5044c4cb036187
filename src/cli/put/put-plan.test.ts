import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { Failure, UsageError } from '../failure.ts'
import { parseRemoteUrl } from '../remote/remote-url.ts'
import { type LocalThing, planPut } from './put-plan.ts'

const file = (path: string): LocalThing => ({ path, kind: 'file' })
const folder = (path: string): LocalThing => ({ path, kind: 'folder' })
const plan = (things: readonly LocalThing[], url: string, recursive = false, resume = false) =>
  planPut(things, parseRemoteUrl(url), { recursive, resume })

const cases: readonly (readonly [title: string, things: readonly LocalThing[], url: string, to: readonly string[]])[] =
  [
    ['a file under a name', [file('a/f')], 'ftp://h/dir/new', ['dir/new']],
    ['a file into a directory', [file('a/f')], 'ftp://h/dir/', ['dir/f']],
    ['a file where the login leads', [file('a/f')], 'ftp://h', ['f']],
    ['a file into the root', [file('a/f')], 'ftp://h//', ['/f']],
    ['several', [file('a'), file('b/c')], 'ftp://h/dir', ['dir/a', 'dir/c']],
    ['a folder under a name', [folder('a/d/')], 'ftp://h/new', ['new']],
    ['a folder into a directory', [folder('a/d/')], 'ftp://h/dir/', ['dir/d']],
    ['this folder', [folder('./')], 'ftp://h/dir/', [`dir/${basename(process.cwd())}`]],
    ['a pipe', [{ path: '/dev/stdin', kind: 'device' }], 'ftp://h/f', ['f']],
  ]
for (const [title, things, url, to] of cases) {
  test(`planPut() puts ${title}`, () => {
    expect(plan(things, url).map((step) => step.to)).toEqual(to)
  })
}

test('planPut() takes - for standard input, and a folder with --recursive', () => {
  expect(plan([{ path: '-', kind: 'missing' }], 'ftp://h/f')).toEqual([{ from: undefined, isTree: false, to: 'f' }])
  expect(plan([folder('d')], 'ftp://h/x', true)).toEqual([{ from: 'd', isTree: true, to: 'x' }])
})

test('planPut() refuses what can not be meant', () => {
  const stdin: LocalThing = { path: '-', kind: 'missing' }
  expect(() => plan([folder('d')], 'ftp://h/x')).toThrow(
    new UsageError('Cannot put "d": it is a folder; add --recursive, or a slash to its end'),
  )
  expect(() => plan([stdin], 'ftp://h/x/')).toThrow('Cannot put standard input to ftp://h/x/: name one file')
  expect(() => plan([stdin, file('f')], 'ftp://h/x')).toThrow('Cannot put standard input')
  expect(() => plan([stdin], 'ftp://h/x', false, true)).toThrow('Cannot use --resume with standard input')
  expect(() => plan([file('a/f'), file('b/f')], 'ftp://h/x')).toThrow('Cannot put two things to "x/f"')
  expect(() => plan([{ path: 'gone', kind: 'missing' }], 'ftp://h/x')).toThrow(Failure)
})
