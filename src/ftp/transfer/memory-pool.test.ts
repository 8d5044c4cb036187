import { expect, test } from 'vitest'
import { MemoryPool } from './memory-pool.ts'

test('MemoryPool.borrow() gives a block again that came back, and to one at a time', () => {
  const pool = new MemoryPool()
  const first = pool.borrow(1024)
  expect(first.length).toBe(1024)
  expect(pool.borrow(1024)).not.toBe(first)
  pool.giveBack(first)
  expect(pool.borrow(2048)).not.toBe(first)
  expect(pool.borrow(1024)).toBe(first)
  expect(pool.borrow(1024)).not.toBe(first)
})

test('MemoryPool.giveBack() keeps no more than 16 MiB', () => {
  const pool = new MemoryPool()
  const size = 1024 * 1024
  const blocks = Array.from({ length: 20 }, () => pool.borrow(size))
  for (const block of blocks) pool.giveBack(block)
  const again = Array.from({ length: 20 }, () => pool.borrow(size))
  expect(again.filter((block) => blocks.includes(block)).length).toBe(16)
})

test('MemoryPool.isScarce while 32 MiB are lent', () => {
  const pool = new MemoryPool()
  const blocks = Array.from({ length: 4 }, () => pool.borrow(8 * 1024 * 1024))
  expect(pool.isScarce).toBe(true)
  pool.giveBack(blocks[0] as Buffer)
  expect(pool.isScarce).toBe(false)
  const other = pool.borrow(8 * 1024 * 1024)
  expect(pool.isScarce).toBe(true)
  pool.abandon(other)
  expect(pool.isScarce).toBe(false)
})

test('MemoryPool.isBusy while 4 MiB are lent', () => {
  const pool = new MemoryPool()
  const block = pool.borrow(4 * 1024 * 1024)
  expect(pool.isBusy).toBe(true)
  pool.giveBack(block)
  expect(pool.isBusy).toBe(false)
})
