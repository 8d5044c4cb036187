import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { LoginBackOff } from './back-off.ts'

const create = (clock = new VirtualClock()) => ({
  clock,
  backOff: new LoginBackOff({ delay: 100, maxDelay: 1_000, clock }),
})
const ann = { name: 'ann', since: 0 }

test('LoginBackOff.failed() doubles the delay up to the longest', () => {
  const { backOff } = create()
  const times = Array.from({ length: 6 }, () => backOff.failed('a', ann))
  expect(times.map((time, i) => time - (times[i - 1] ?? 0))).toEqual([100, 200, 400, 800, 1_000, 1_000])
})

test('LoginBackOff.failed() counts each address for itself', () => {
  const { backOff } = create()
  backOff.failed('a', ann)
  expect(backOff.failed('b', ann)).toBe(100)
})

test('LoginBackOff.readyAt() holds up all who come from an address where one has failed', () => {
  const { backOff } = create()
  expect(backOff.readyAt('a')).toBe(-Infinity)
  const readyAt = backOff.failed('a', ann)
  expect(backOff.readyAt('a')).toBe(readyAt)
})

test('LoginBackOff.succeeded() forgets an address where only the same user has failed', () => {
  const { backOff } = create()
  const bob = { name: 'bob', since: 0 }
  const stranger = { name: 'a'.repeat(10_000), since: 0 }
  const cases = [
    { failures: [], next: 100 },
    { failures: [ann], next: 100 },
    { failures: [ann, ann], next: 100 },
    { failures: [bob], next: 300 },
    { failures: [ann, bob], next: 700 },
    { failures: [bob, ann, ann], next: 1_500 },
    { failures: [stranger], next: 300 },
  ]
  for (const [i, { failures, next }] of cases.entries()) {
    for (const failure of failures) backOff.failed(`${i}`, failure)
    backOff.succeeded(`${i}`, 'ann')
    expect(backOff.failed(`${i}`, ann)).toBe(next)
  }
})

test('LoginBackOff.failed() does not depend on how long a login was looked at, up to the delay', async () => {
  const { backOff, clock } = create()
  await clock.advance(60)
  expect(backOff.failed('a', ann)).toBe(100)
  expect(backOff.readyAt('a')).toBe(100)
  await clock.advance(1_000)
  expect(backOff.failed('b', ann)).toBe(1_060)
})

test('LoginBackOff.look() looks at a few logins from an address at a time, and at no more while refusals last', async () => {
  const { backOff, clock } = create()
  const looked: number[] = []
  const guess = (address: string) =>
    backOff.look(address, new AbortController().signal, async () => {
      looked.push(clock.now())
      backOff.failed(address, { name: 'ann', since: clock.now() })
    })
  const all = Array.from({ length: 20 }, () => guess('a'))
  await clock.advance(1_000_000)
  await Promise.all(all)
  // 0, then after each the longest wait there is.
  expect(looked[0]).toBe(0)
  expect(looked.filter((time) => time < 7_000).length).toBeLessThan(11)
  expect(looked.at(-1)).toBeGreaterThan(15_000)
})

test('LoginBackOff.look() does not wait for who looks at logins from elsewhere, and remembers nothing of good ones', async () => {
  const { backOff } = create()
  const { signal } = new AbortController()
  const hanging = Array.from({ length: 4 }, () => backOff.look('a', signal, () => new Promise<void>(() => {})))
  const waiting = new AbortController()
  const fifth = backOff.look('a', waiting.signal, async () => 'in')
  expect(await backOff.look('b', signal, async () => 'in')).toBe('in')
  waiting.abort('gone')
  await expect(fifth).rejects.toBe('gone')
  expect(hanging).toHaveLength(4)
  expect(backOff.size).toBe(0)
})

test('LoginBackOff.failed() begins anew after ten minutes', async () => {
  const { backOff, clock } = create()
  backOff.failed('a', ann)
  await clock.advance(600_101)
  expect(backOff.failed('a', { name: 'ann', since: clock.now() })).toBe(clock.now() + 100)
})

test('LoginBackOff remembers a bounded number of addresses, the youngest', () => {
  const { backOff } = create()
  for (let i = 0; i < 10_050; i++) backOff.failed(`${i}`, ann)
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
        const readyAt = backOff.failed(`${address}`, ann)
        expect(readyAt).toBeLessThanOrEqual(count * 1_000)
        expect(readyAt).toBeGreaterThanOrEqual(100 * count)
      }
    }),
  )
})
