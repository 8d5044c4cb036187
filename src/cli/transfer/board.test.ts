import { expect, test } from 'vitest'
import type { TransferProgress } from '../../ftp/client/index.ts'
import { Board } from './board.ts'

const progress = (path: string, bytes: number, more: Partial<TransferProgress> = {}): TransferProgress => ({
  direction: 'download',
  path,
  bytes,
  size: 1000,
  totalBytes: bytes,
  totalSize: 1000,
  files: 0,
  rate: 0,
  eta: undefined,
  ...more,
})

function start(count: number, parallel: number) {
  let now = 0
  const board = new Board(count, parallel, () => now)
  return { board, at: (time: number) => (now = time) }
}

test('Board.running has the files that are under way, with their rates', () => {
  const { board, at } = start(2, 1)
  board.update('a', progress('x', 100))
  board.update('b', progress('y', 0))
  at(500)
  board.update('a', progress('x', 350))
  expect(board.running).toEqual([
    { path: 'x', bytes: 350, size: 1000, rate: 500 },
    { path: 'y', bytes: 0, size: 1000, rate: 0 },
  ])
})

test('Board.running counts no bytes that were there before', () => {
  const { board, at } = start(1, 1)
  board.update('a', progress('x', 900))
  at(500)
  expect(board.running).toMatchObject([{ bytes: 900, rate: 0 }])
})

test('Board.running leaves out what is done, and what nothing is heard of any more', () => {
  const { board } = start(1, 2)
  for (const path of ['x', 'y']) board.update('a', progress(path, 10))
  board.update('a', progress('x', 1000))
  expect(board.running.map(({ path }) => path)).toEqual(['y'])
  // Of y no end was told: it has failed. No more than two files move at a time.
  for (const path of ['z', 'w']) board.update('a', progress(path, 10))
  expect(board.running.map(({ path }) => path)).toEqual(['w', 'z'])
  board.end('a')
  expect(board.running).toEqual([])
})

test('Board.totals adds up transfers, with a size once all have told theirs', () => {
  const { board } = start(2, 1)
  expect(board.totals).toEqual({ files: 0, bytes: 0, size: undefined })
  board.update('a', progress('x', 10, { totalBytes: 500, totalSize: 2000, files: 3 }))
  expect(board.totals).toEqual({ files: 3, bytes: 500, size: undefined })
  board.update('b', progress('y', 10, { totalBytes: 7, totalSize: 100 }))
  expect(board.totals).toEqual({ files: 3, bytes: 507, size: 2100 })
  board.update('b', progress('y', 10, { totalBytes: 7, totalSize: undefined }))
  expect(board.totals).toEqual({ files: 3, bytes: 507, size: undefined })
})
