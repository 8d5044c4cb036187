import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FairQueue, type Queued } from './fair-queue.ts'

interface Member extends Queued<Member> {
  readonly name: number
}

const member = (name: number, weight = 1): Member => ({ name, weight, turn: 0, previous: undefined, next: undefined })
const names = (queue: FairQueue<Member>) => [...queue].map(({ name }) => name)

test('FairQueue.pushTail() puts behind the others', () => {
  const queue = new FairQueue<Member>()
  for (const name of [1, 2, 3]) queue.pushTail(member(name))
  expect(names(queue)).toEqual([1, 2, 3])
})

const removals = [
  { title: 'the first', name: 1, left: [2, 3] },
  { title: 'one in the middle', name: 2, left: [1, 3] },
  { title: 'the last', name: 3, left: [1, 2] },
]
for (const { title, name, left } of removals) {
  test(`FairQueue.remove() takes out ${title}, who can come again`, () => {
    const queue = new FairQueue<Member>()
    const members = [member(1), member(2), member(3)]
    for (const one of members) queue.pushTail(one)
    const removed = members[name - 1] ?? member(0)
    queue.remove(removed)
    expect(names(queue)).toEqual(left)
    expect([removed.previous, removed.next]).toEqual([undefined, undefined])
    queue.pushTail(removed)
    expect(names(queue)).toEqual([...left, name])
  })
}

test('FairQueue[Symbol.iterator]() goes on when members leave on the way', () => {
  const queue = new FairQueue<Member>()
  for (const name of [1, 2, 3]) queue.pushTail(member(name))
  const seen: number[] = []
  for (const one of queue) {
    seen.push(one.name)
    queue.remove(one)
  }
  expect([seen, queue.size, queue.head]).toEqual([[1, 2, 3], 0, undefined])
})

const turns = [
  { title: 'shares bytes out', weights: [1, 1], bytes: 1000, smallest: 100, turn: 500 },
  { title: 'shares them out by weight', weights: [1, 3], bytes: 1000, smallest: 100, turn: 250 },
  { title: 'is never worth less than the smallest', weights: [1, 1, 1], bytes: 10, smallest: 256, turn: 256 },
  { title: 'keeps fractions', weights: [1, 1, 1], bytes: 10, smallest: 1, turn: 10 / 3 },
]
for (const { title, weights, bytes, smallest, turn } of turns) {
  test(`FairQueue.turnOf() ${title}`, () => {
    const queue = new FairQueue<Member>()
    for (const [name, weight] of weights.entries()) queue.pushTail(member(name, weight))
    expect(queue.turnOf(bytes, smallest)).toBe(turn)
  })
}

test('FairQueue is in the order, of the size and of the weight that a list would have', () => {
  const step = fc.record({ name: fc.nat(9), action: fc.constantFrom('add', 'remove', 'rotate') })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const queue = new FairQueue<Member>()
      const members = Array.from({ length: 10 }, (_, name) => member(name, 0.1 + name / 3))
      let model: Member[] = []
      for (const { name, action } of steps) {
        const one = members[name] ?? member(name)
        const isIn = model.includes(one)
        if (action === 'add' && !isIn) {
          queue.pushTail(one)
          model.push(one)
        } else if (action === 'remove' && isIn) {
          queue.remove(one)
          model = model.filter((other) => other !== one)
        } else if (action === 'rotate' && queue.head) {
          const { head } = queue
          queue.remove(head)
          queue.pushTail(head)
          model.push(...model.splice(0, 1))
        }
        expect([...queue]).toEqual(model)
        expect(queue.head).toBe(model[0])
        expect(queue.size).toBe(model.length)
        expect(queue.weight).toBeCloseTo(
          model.reduce((sum, { weight }) => sum + weight, 0),
          9,
        )
      }
      for (const one of model) queue.remove(one)
      expect([queue.head, queue.size, queue.weight]).toEqual([undefined, 0, 0])
    }),
  )
})
