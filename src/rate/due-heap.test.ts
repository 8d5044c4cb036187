import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Due, DueHeap } from './due-heap.ts'

interface Member extends Due {
  readonly name: number
}

const member = (name: number): Member => ({ name, due: Infinity, place: -1 })

/** Empties the heap. */
function drain(heap: DueHeap<Member>): Member[] {
  const drained: Member[] = []
  for (let first = heap.first; first; first = heap.first) {
    heap.remove(first)
    drained.push(first)
  }
  return drained
}

test('DueHeap.first is undefined while it is empty', () => {
  const heap = new DueHeap<Member>()
  expect([heap.first, heap.size]).toEqual([undefined, 0])
})

test('DueHeap.remove() of who is not there does nothing', () => {
  const heap = new DueHeap<Member>()
  const [a, b] = [member(1), member(2)]
  heap.set(a, 1)
  heap.remove(b)
  heap.remove(a)
  heap.remove(a)
  expect([heap.size, a.place, b.place]).toEqual([0, -1, -1])
})

test('DueHeap.set() moves who is there already, to the front and to the back', () => {
  const heap = new DueHeap<Member>()
  const [a, b, c] = [member(1), member(2), member(3)]
  heap.set(a, 10)
  heap.set(b, 20)
  heap.set(c, 30)
  heap.set(c, 5)
  heap.set(a, 25)
  expect(heap.size).toBe(3)
  expect(drain(heap)).toEqual([c, b, a])
})

test('DueHeap.set() takes times that never come', () => {
  const heap = new DueHeap<Member>()
  const [a, b] = [member(1), member(2)]
  heap.set(a, Infinity)
  heap.set(b, 1e300)
  expect(drain(heap)).toEqual([b, a])
})

test('DueHeap.first gives in the order that sorting gives', () => {
  const due = fc.oneof(fc.nat(20), fc.double({ noNaN: true }))
  fc.assert(
    fc.property(fc.array(due), (dues) => {
      const heap = new DueHeap<Member>()
      dues.forEach((due, name) => {
        heap.set(member(name), due)
      })
      const sorted = dues.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
      // -0 and 0 are the same time.
      expect(drain(heap).map(({ due }) => due + 0)).toEqual(sorted.map((due) => due + 0))
    }),
  )
})

test('DueHeap.first is the least after any setting, moving and removing', () => {
  const step = fc.record({ name: fc.nat(15), due: fc.nat(100), remove: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new DueHeap<Member>()
      const members = Array.from({ length: 16 }, (_, name) => member(name))
      const model = new Map<number, number>()
      for (const { name, due, remove } of steps) {
        const target = members[name] ?? member(name)
        if (remove) {
          heap.remove(target)
          model.delete(name)
        } else {
          heap.set(target, due)
          model.set(name, due)
        }
        expect(heap.size).toBe(model.size)
        expect(heap.first?.due ?? Infinity).toBe(Math.min(...model.values()))
        for (const { name, place } of members) expect(place >= 0).toBe(model.has(name))
      }
    }),
  )
})
