import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { LoginBackOff } from './back-off.ts'

const create = (clock = new VirtualClock()) => ({
  clock,
  backOff: new LoginBackOff({ delay: 100, maxDelay: 1_000, clock }),
})

test('LoginBackOff.failed() doubles the delay up to the longest', () => {
  const { backOff } = create()
  const times = Array.from({ length: 6 }, () => backOff.failed('a'))
  expect(times.map((time, i) => time - (times[i - 1] ?? 0))).toEqual([100, 200, 400, 800, 1_000, 1_000])
})

test('LoginBackOff.failed() counts each address for itself', () => {
  const { backOff } = create()
  backOff.failed('a')
  expect(backOff.failed('b')).toBe(100)
})

test('LoginBackOff.readyAt() holds up all who come from an address where one has failed', () => {
  const { backOff } = create()
  expect(backOff.readyAt('a')).toBe(-Infinity)
  const readyAt = backOff.failed('a')
  expect(backOff.readyAt('a')).toBe(readyAt)
})

test('LoginBackOff.succeeded() forgets an address', () => {
  const { backOff } = create()
  backOff.failed('a')
  backOff.succeeded('a')
  expect(backOff.failed('a')).toBe(100)
})

test('LoginBackOff.failed() begins anew after ten minutes', async () => {
  const { backOff, clock } = create()
  backOff.failed('a')
  await clock.advance(600_101)
  expect(backOff.failed('a')).toBe(clock.now() + 100)
})

test('LoginBackOff remembers a bounded number of addresses, the youngest', () => {
  const { backOff } = create()
  for (let i = 0; i < 10_050; i++) backOff.failed(`${i}`)
  expect(backOff.size).toBe(10_000)
  expect(backOff.readyAt('49')).toBe(-Infinity)
  expect(backOff.readyAt('10049')).toBe(100)
})

test('LoginBackOff.failed() never makes anybody wait longer than the longest for each failure', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { maxLength: 60 }), (addresses) => {
      const { backOff } = create()
      const failures = new Map<number, number>()
      for (const address of addresses) {
        const count = (failures.get(address) ?? 0) + 1
        failures.set(address, count)
        const readyAt = backOff.failed(`${address}`)
        expect(readyAt).toBeLessThanOrEqual(count * 1_000)
        expect(readyAt).toBeGreaterThanOrEqual(100 * count)
      }
    }),
  )
})
