import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Linked, LinkedQueue } from './linked-queue.ts'

interface Member extends Linked<Member> {
  readonly id: number
}

test('LinkedQueue is in the order, of the size and has the members that a list would have', () => {
  const step = fc.record({ add: fc.boolean(), at: fc.nat(100) })
  void fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new LinkedQueue<Member>()
      const model: Member[] = []
      for (const [id, { add, at }] of steps.entries()) {
        if (add) {
          const member = { id }
          expect(queue.has(member)).toBe(false)
          queue.pushTail(member)
          model.push(member)
        } else {
          const [member] = model.splice(at % Math.max(1, model.length), 1)
          if (!member) continue
          expect(queue.has(member)).toBe(true)
          queue.remove(member)
          expect(queue.has(member)).toBe(false)
        }
        expect([...queue]).toEqual(model)
        expect([queue.head, queue.size]).toEqual([model[0], model.length])
      }
    }),
  )
})

test('LinkedQueue[Symbol.iterator]() goes on when members leave on the way', () => {
  const queue = new LinkedQueue<Member>()
  for (const id of [1, 2, 3]) queue.pushTail({ id })
  const seen: number[] = []
  for (const member of queue) {
    queue.remove(member)
    seen.push(member.id)
  }
  expect([seen, queue.size]).toEqual([[1, 2, 3], 0])
})
