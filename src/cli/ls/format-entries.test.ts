import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byName, inColumns, longColumns, markedName, type NamedEntry, toJson } from './format-entries.ts'

const entry = (name: string, more: Partial<NamedEntry> = {}): NamedEntry => ({
  name,
  type: 'file',
  size: undefined,
  bigSize: undefined,
  modified: undefined,
  modifiedTo: undefined,
  mode: undefined,
  owner: undefined,
  group: undefined,
  target: undefined,
  facts: undefined,
  line: '',
  ...more,
})
const time = new Date(2026, 10, 22, 8, 40)

test('longColumns() aligns what is known', () => {
  const entries = [
    entry('a', { mode: 0o644, owner: 'ann', group: 'staff', bigSize: 5n, modified: time, modifiedTo: 's' }),
    entry('d', { type: 'directory', mode: 0o1777, owner: 'x', group: 'y', bigSize: 4096n, modified: time }),
    entry('l', { type: 'symlink', mode: 0o777, bigSize: 12n ** 15n }),
  ]
  expect(longColumns(entries).rows).toEqual([
    '-rw-r--r--  ann  staff  5  2026-11-22 08:40',
    'drwxrwxrwt  x    y      -  2026-11-22 08:40',
    'lrwxrwxrwx              -                  ',
  ])
})

test('longColumns() leaves out what nothing is known of, and shows days where no more is known', () => {
  const day = { modified: new Date('2020-01-02T00:00:00Z'), modifiedTo: 'day' } as const
  expect(longColumns([entry('a', { ...day, bigSize: 2n ** 60n }), entry('b', { type: 'other' })]).rows).toEqual([
    '-  1152921504606846976  2020-01-02',
    '?                    -            ',
  ])
})

test('longColumns() keeps the columns of what stands above', () => {
  const { widths } = longColumns([entry('a', { mode: 0o644, owner: 'somebody', bigSize: 12_345n })])
  const below = longColumns([entry('b', { mode: 0o600, owner: 'ann', bigSize: 7n })], widths)
  expect(below.rows).toEqual(['-rw-------  ann           7'])
  expect(longColumns([entry('c', { bigSize: 1n })], [0, 0, 0, 10, 0]).rows).toEqual(['-           1'])
})

test('inColumns() fills lines down and across', () => {
  const names = ['one', 'two', 'three', 'four', 'five']
  expect(inColumns(names, 80)).toEqual(['one  two  three  four  five'])
  expect(inColumns(names, 20)).toEqual(['one  three  five', 'two  four'])
  expect(inColumns(names, 5)).toEqual(names)
  expect(inColumns([], 80)).toEqual([])
})

test('inColumns() shows each name once, in lines that fit if one alone does', () => {
  const name = fc.stringMatching(/^[a-z]{1,12}$/)
  fc.assert(
    fc.property(fc.array(name), fc.integer({ min: 12, max: 100 }), (names, width) => {
      const lines = inColumns(names, width)
      expect(lines.join(' ').split(/\s+/).filter(Boolean).sort()).toEqual([...names].sort())
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
    }),
  )
})

test('byName() sorts, markedName() marks directories', () => {
  const entries = [entry('b'), entry('a', { type: 'directory' }), entry('B')]
  expect(entries.sort(byName).map(markedName)).toEqual(['B', 'a/', 'b'])
})

test('toJson() has null for what is not known', () => {
  const known = { size: 5, modified: new Date(0), mode: 0o644, owner: 'ann', group: 'staff', target: 'x' }
  expect(JSON.parse(toJson(entry('a', known)))).toEqual({
    ...{ name: 'a', type: 'file', size: 5, modified: '1970-01-01T00:00:00.000Z', mode: '0644' },
    ...{ owner: 'ann', group: 'staff', target: 'x' },
  })
  const unknown = { size: null, modified: null, mode: null, owner: null, group: null, target: null }
  expect(JSON.parse(toJson(entry('b')))).toEqual({ name: 'b', type: 'file', ...unknown })
})
