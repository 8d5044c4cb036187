import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EachOf } from './each-of.ts'

/** Parts as they come, and whether who gives them was told to stop. */
function partsOf<T>(all: readonly (readonly T[])[], failure?: Error) {
  const state = { given: 0, isOver: false }
  async function* parts() {
    try {
      for (const part of all) {
        state.given++
        yield part
      }
      if (failure) throw failure
    } finally {
      state.isOver = true
    }
  }
  return { state, each: new EachOf(parts()) }
}

const DONE = { done: true, value: undefined }

test('EachOf.next() gives the items of all parts in their order, and then the end', async () => {
  const parts = fc.array(fc.array(fc.oneof(fc.integer(), fc.constant(undefined))))
  await fc.assert(
    fc.asyncProperty(parts, async (all) => {
      const { each } = partsOf(all)
      const items: unknown[] = []
      for await (const item of each) items.push(item)
      expect(items).toEqual(all.flat())
      expect(await each.next()).toEqual(DONE)
    }),
  )
})

test('EachOf.next() gives each item once and in order to calls that do not wait for each other', async () => {
  const calls = fc.array(fc.boolean(), { minLength: 20, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer(), { maxLength: 4 }), { maxLength: 6 }),
      calls,
      async (all, waits) => {
        const { each } = partsOf(all)
        const results = []
        for (const isWaitedFor of waits) {
          const result = each.next()
          results.push(result)
          if (isWaitedFor) await result
        }
        const items = all.flat().map((value) => ({ done: false, value }))
        const expected = [...items, ...Array.from({ length: waits.length }, () => DONE)].slice(0, waits.length)
        expect(await Promise.all(results)).toEqual(expected)
      },
    ),
  )
})

test('EachOf.next() takes a part only when all before are used up', async () => {
  const { each, state } = partsOf([[1, 2], [3]])
  expect(state.given).toBe(0)
  await each.next()
  await each.next()
  expect(state.given).toBe(1)
  await each.next()
  expect(state.given).toBe(2)
})

test('EachOf.next() throws what the parts throw, once, and then tells the end', async () => {
  const failure = new Error('broken')
  const { each } = partsOf([[1]], failure)
  const results = await Promise.allSettled([each.next(), each.next(), each.next()])
  expect(results).toEqual([
    { status: 'fulfilled', value: { done: false, value: 1 } },
    { status: 'rejected', reason: failure },
    { status: 'fulfilled', value: DONE },
  ])
})

const ends: Record<string, (each: EachOf<number>) => Promise<unknown>> = {
  'return()': async (each) => expect(await each.return()).toEqual(DONE),
  'throw()': (each) => expect(each.throw(new Error('enough'))).rejects.toThrow('enough'),
  '[Symbol.asyncDispose]()': (each) => each[Symbol.asyncDispose](),
}
for (const [title, end] of Object.entries(ends)) {
  test(`EachOf.${title} stops who gives the parts, and forgets what is left`, async () => {
    const { each, state } = partsOf([[1, 2], [3]])
    await each.next()
    await end(each)
    expect(state).toEqual({ given: 1, isOver: true })
    expect(await each.next()).toEqual(DONE)
  })
}

test('EachOf.return() comes after the calls before it', async () => {
  const { each, state } = partsOf([[1, 2], [3]])
  expect(await Promise.all([each.next(), each.return(), each.next()])).toEqual([{ done: false, value: 1 }, DONE, DONE])
  expect(await each.next()).toEqual(DONE)
  expect(state).toEqual({ given: 1, isOver: true })
})
