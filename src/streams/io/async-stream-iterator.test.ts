import { expect, test } from 'vitest'
import { AsyncStreamIterator } from './async-stream-iterator.ts'

const over = (...parts: (string | Error)[]) => {
  const rest = [...parts]
  const iterator = new AsyncStreamIterator(async () => {
    const part = rest.shift() ?? ''
    if (part instanceof Error) throw part
    return Buffer.from(part)
  })
  return { iterator, rest }
}

test('AsyncStreamIterator.next() gives the parts up to the first empty one, and reads no further', async () => {
  const { iterator, rest } = over('a', 'b', '', 'c')
  const seen: string[] = []
  for await (const part of iterator) seen.push(part.toString())
  expect(seen).toEqual(['a', 'b'])
  expect(await iterator.next()).toEqual({ done: true, value: undefined })
  expect(rest).toEqual(['c'])
})

test('AsyncStreamIterator.return() ends the loop and reads nothing more', async () => {
  const { iterator, rest } = over('a', 'b', 'c')
  for await (const part of iterator) if (part.toString() === 'b') break
  expect(rest).toEqual(['c'])
  expect(await iterator.next()).toEqual({ done: true, value: undefined })
  expect(rest).toEqual(['c'])
})

test('AsyncStreamIterator.next() can be called again after an error', async () => {
  const { iterator } = over('a', new Error('silence'), 'b')
  expect((await iterator.next()).value?.toString()).toBe('a')
  await expect(iterator.next()).rejects.toThrow('silence')
  expect((await iterator.next()).value?.toString()).toBe('b')
})

test('AsyncStreamIterator iterates itself', () => {
  const { iterator } = over()
  expect(iterator[Symbol.asyncIterator]()).toBe(iterator)
})
