import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Sleeper, SleeperHeap } from './sleeper-heap.ts'

test('SleeperHeap.peek() gives what a sorted list would, however sleepers come and go', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ add: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ removeAt: fc.nat() }) },
    { weight: 1, arbitrary: fc.constant({ pop: true }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new SleeperHeap()
      let list: Sleeper[] = []
      steps.forEach((step, order) => {
        if ('add' in step) {
          const sleeper = { time: step.add, order, wake() {}, index: -1 }
          heap.add(sleeper)
          list.push(sleeper)
          list.sort((a, b) => a.time - b.time || a.order - b.order)
        } else {
          const gone = 'pop' in step ? heap.peek() : list[step.removeAt % Math.max(1, list.length)]
          if (gone) heap.remove(gone)
          list = list.filter((sleeper) => sleeper !== gone)
        }
        expect(heap.size).toBe(list.length)
        expect(heap.peek()).toBe(list[0])
      })
      while (list.length > 0) {
        const first = list.shift()
        expect(heap.peek()).toBe(first)
        if (first) heap.remove(first)
      }
      expect(heap.peek()).toBe(undefined)
    }),
  )
})

test('SleeperHeap.remove() does nothing the second time', () => {
  const heap = new SleeperHeap()
  const [a, b] = [1, 2].map((time) => ({ time, order: time, wake() {}, index: -1 })) as [Sleeper, Sleeper]
  heap.add(a)
  heap.add(b)
  heap.remove(a)
  heap.remove(a)
  expect(heap.size).toBe(1)
  expect(heap.peek()).toBe(b)
})
