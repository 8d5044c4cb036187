import { expect, test } from 'vitest'
import { type Served, ServiceLevel } from './service-level.ts'

const member = (weight = 1): Served => ({ weight, level: -Infinity })

/** A level of rounds that were worth 100 bytes each, 10 ms apart. */
function rounds(count: number): ServiceLevel {
  const level = new ServiceLevel()
  for (let i = 0; i < count; i++) {
    level.begin(100)
    level.rise(100)
    level.end(i * 10)
  }
  return level
}

test('ServiceLevel.due() is one turn for who begins, and who had what the others had', () => {
  const level = rounds(5)
  const one = member()
  expect(level.due(one)).toBe(1)
  for (let i = 0; i < 5; i++) {
    level.serve(one, 100)
    level.rise(100)
    expect(level.due(one)).toBe(1)
  }
})

const shares = [
  { title: 'less for who is ahead', served: 120, due: 0.8 },
  { title: 'more for who is behind', served: 30, due: 1.7 },
  { title: 'half a turn at least', served: 5000, due: 0.5 },
  { title: 'two turns at most', served: 0, due: 2 },
]
for (const { title, served, due } of shares) {
  for (const weight of [1, 3]) {
    test(`ServiceLevel.due() is ${title}, with a weight of ${weight}`, () => {
      const level = rounds(5)
      const one = member(weight)
      level.due(one)
      level.serve(one, served * weight)
      level.rise(100)
      expect(level.due(one)).toBeCloseTo(due)
    })
  }
}

test('ServiceLevel.owed() lets a member come one turn ahead of the others', () => {
  const level = rounds(5)
  const one = member(2)
  level.due(one)
  expect(level.owed(one)).toBe(200)
  level.serve(one, 150)
  expect(level.owed(one)).toBe(50)
  level.rise(100)
  expect(level.owed(one)).toBe(250)
})

test('ServiceLevel.serve() forgets what a member could not use for more than four turns', () => {
  const level = rounds(5)
  const one = member()
  level.due(one)
  level.rise(10_000)
  expect(level.owed(one)).toBe(10_100)
  level.serve(one, 100)
  expect(level.owed(one)).toBe(400)
})

test('ServiceLevel.untilTurn() is how long the others take to come as far', () => {
  const level = rounds(5)
  const one = member()
  level.due(one)
  expect(level.untilTurn(one, 1)).toBe(10)
  level.serve(one, 50)
  expect(level.untilTurn(one, 1)).toBe(15)
  level.rise(200)
  expect(level.untilTurn(one, 1)).toBe(0)
})

test('ServiceLevel.untilTurn() takes the level to rise no slower than it is told', () => {
  const level = new ServiceLevel()
  const one = member()
  level.begin(100)
  level.due(one)
  expect(level.untilTurn(one, 2)).toBe(50)
})

test('ServiceLevel.untilTurn() of who is not served yet is two turns at most, now at least', () => {
  const level = rounds(5)
  const one = member()
  expect(level.untilTurn(one, 1)).toBe(0)
  level.due(one)
  level.serve(one, 1e9)
  expect(level.untilTurn(one, 1)).toBe(20)
})

test('ServiceLevel.end() follows a pace that changes, and begins anew after a time without rounds', () => {
  const level = rounds(50)
  const one = member()
  for (let i = 50; i < 60; i++) {
    level.begin(100)
    level.rise(200)
    level.end(i * 10)
  }
  level.due(one)
  expect(level.untilTurn(one, 1)).toBeCloseTo(100 / 17.4, 0)
  level.rise(100_000)
  level.end(10_000)
  one.level += 100_000
  expect(level.untilTurn(one, 1)).toBeCloseTo(100 / (100_000 / 9410), 1)
})
