import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { displayWidth } from '../progress/display-width.ts'
import type { RunningFile } from './board.ts'
import { boardLines, fileLine } from './board-lines.ts'

const style = { width: 90, height: 10, colors: false, unicode: true }
const file = (path: string, more: Partial<RunningFile> = {}): RunningFile => ({
  path,
  bytes: 12_900_000,
  size: 2 ** 25,
  rate: 2 ** 23,
  ...more,
})
const total = {
  ...{ files: 3, isSingle: false, bytes: 12_900_000, elapsed: 1000, rate: 2 ** 23, pace: 2 ** 23, limit: null },
  size: 2 ** 26,
  waitsFor: undefined,
}

test('fileLine() tells how a file stands', () => {
  expect(fileLine(file('reports/2026.csv'), style)).toBe(
    'reports/2026.csv                     12.3 MiB of 32.0 MiB   38%  8.00 MiB/s  ETA 0:03',
  )
  expect(fileLine(file('x', { size: undefined, rate: 0 }), style)).toMatch(/^x {30,}12\.3 MiB {25}0 B\/s {2}ETA -$/)
  expect(fileLine(file('empty', { size: 0, bytes: 0 }), style)).toMatch(/ 0 B of 0 B .*ETA 0:00$/)
})

test('fileLine() keeps the end of a long name, and the name alone where there is no room', () => {
  const long = `${'folder/'.repeat(20)}name.txt`
  expect(fileLine(file(long), style)).toMatch(/^….*folder\/name\.txt +12\.3 MiB/)
  expect(fileLine(file(long), { ...style, width: 30 })).toBe(
    '…/folder/folder/folder/name.txt'.slice(-30).replace(/^./, '…'),
  )
  expect(fileLine(file('\x1b[2Jname'), style)).toMatch(/^\\u001b\[2Jname /)
})

test('fileLine() counts columns, not characters', () => {
  expect(fileLine(file('報告.csv'), style)).toMatch(/^報告\.csv {29}12\.3 MiB/)
  expect(fileLine(file(`${'目'.repeat(40)}.csv`), style)).toMatch(/^…目{15}\.csv {2}12\.3 MiB/)
})

test('boardLines() has one line for a single file', () => {
  expect(boardLines([file('x')], { ...total, isSingle: true }, [], style)).toHaveLength(1)
})

test('boardLines() has a line for each file, and one for all', () => {
  const lines = boardLines([file('a'), file('b')], total, [2 ** 23], style)
  expect(lines).toHaveLength(3)
  expect(lines.at(-1)).toMatch(/^3 files done {2}12\.3 MiB of 64\.0 MiB {3}19% {2}8\.00 MiB\/s .*ETA 0:07$/)
})

test('boardLines() tells how many files there is no room for', () => {
  const files = Array.from({ length: 20 }, (_, i) => file(`file ${i}`))
  const lines = boardLines(files, total, [], { ...style, height: 5 })
  expect(lines).toHaveLength(5)
  expect(lines[3]).toBe('and 17 more')
  expect(boardLines(files, total, [], { ...style, height: 1 })).toHaveLength(1)
})

test('boardLines() fits into any terminal', () => {
  const files = fc.array(
    fc.record({
      path: fc.string({ unit: 'binary' }),
      bytes: fc.nat(),
      size: fc.option(fc.nat(), { nil: undefined }),
      rate: fc.double({ min: 0, max: 1e9, noNaN: true }),
    }),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(files, fc.integer({ min: 20, max: 200 }), fc.integer({ min: 1, max: 40 }), (running, width, height) => {
      const lines = boardLines(running, total, [1, 2, 3], { ...style, width, height, colors: true })
      expect(lines.length).toBeLessThanOrEqual(height)
      for (const line of lines) expect(displayWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(width)
    }),
  )
})
