import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PortPool } from './port-pool.ts'

test('PortPool.take() gives each port once, until it is released', () => {
  const pool = new PortPool({ from: 5_000, to: 5_002 })
  const ports = [pool.take(), pool.take(), pool.take()]
  expect([...ports].sort()).toEqual([5_000, 5_001, 5_002])
  expect(pool.take()).toBeUndefined()
  pool.release(5_001)
  expect(pool.take()).toBe(5_001)
})

test('PortPool.take() gives away nothing of the port that is next', () => {
  const pool = new PortPool({ from: 10_000, to: 29_999 })
  const ports = Array.from({ length: 10 }, () => pool.take() ?? 0)
  expect(ports.some((port, i) => i > 0 && port !== (ports[i - 1] ?? 0) + 1)).toBe(true)
})

test('PortPool.take() never gives a port that is taken', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.boolean(), { maxLength: 60 }), (size, steps) => {
      const pool = new PortPool({ from: 100, to: 99 + size })
      const taken: number[] = []
      for (const takes of steps) {
        if (!takes) {
          const port = taken.shift()
          if (port !== undefined) pool.release(port)
          continue
        }
        const port = pool.take()
        if (port === undefined) expect(taken).toHaveLength(size)
        else {
          expect(taken).not.toContain(port)
          expect(port).toBeGreaterThanOrEqual(100)
          expect(port).toBeLessThan(100 + size)
          taken.push(port)
        }
      }
      expect(pool.taken).toBe(taken.length)
    }),
  )
})

for (const [from, to] of [
  [0, 5],
  [10, 9],
  [1, 65_536],
  [1.5, 3],
  [Number.NaN, 3],
] as const) {
  test(`PortPool() refuses ${from} to ${to}`, () => {
    expect(() => new PortPool({ from, to })).toThrow(RangeError)
  })
}
