import { expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Scheduler, type Wakeable } from './scheduler.ts'
import { schedulerOf } from './schedulers.ts'
import { Throttle } from './throttle.ts'

/** Something that notes when it is woken. */
function sleeper(
  clock: VirtualClock,
  woken: (now: number) => void = () => {},
): Wakeable & { readonly times: number[] } {
  const times: number[] = []
  const wake = (now: number) => {
    expect(now).toBe(clock.now())
    times.push(now)
    woken(now)
  }
  return { due: Infinity, place: -1, times, wake }
}

test('Scheduler wakes each at its time, with one timer for all', async () => {
  const clock = new VirtualClock()
  const scheduler = new Scheduler(clock)
  const all = [30, 10, 20].map((due) => {
    const one = sleeper(clock)
    scheduler.arm(one, due)
    return one
  })
  await clock.advance(5)
  expect(clock.pending).toBe(1)
  await clock.advance(100)
  expect(all.map(({ times }) => times)).toEqual([[30], [10], [20]])
  expect(clock.pending).toBe(0)
})

test('Scheduler.arm() moves what is armed already, earlier or later', async () => {
  const clock = new VirtualClock()
  const scheduler = new Scheduler(clock)
  const [earlier, later] = [sleeper(clock), sleeper(clock)]
  scheduler.arm(earlier, 50)
  scheduler.arm(later, 10)
  scheduler.arm(earlier, 5)
  scheduler.arm(later, 40)
  await clock.advance(100)
  expect([earlier.times, later.times]).toEqual([[5], [40]])
})

test('Scheduler.disarm() of the last leaves no timer', () => {
  const clock = new VirtualClock()
  const scheduler = new Scheduler(clock)
  const one = sleeper(clock)
  scheduler.disarm(one)
  scheduler.arm(one, 10)
  expect(clock.pending).toBe(1)
  scheduler.disarm(one)
  expect(clock.pending).toBe(0)
})

test('Scheduler.arm() from a wake wakes again, and for now lets others run before', async () => {
  const clock = new VirtualClock()
  const scheduler = new Scheduler(clock)
  const order: string[] = []
  const again = sleeper(clock, (now) => {
    order.push('again')
    if (order.length < 4) scheduler.arm(again, now)
  })
  const other = sleeper(clock, () => order.push('other'))
  scheduler.arm(again, 10)
  scheduler.arm(other, 10)
  await clock.advance(20)
  expect(order.slice(0, 2).sort()).toEqual(['again', 'other'])
  expect(again.times).toEqual([10, 10, 10])
  expect(clock.pending).toBe(0)
})

test('Scheduler.sweep() lets lapse who has been idle for more than 20 ms, and nobody else', () => {
  const clock = new VirtualClock()
  const scheduler = new Scheduler(clock)
  const lapsed: string[] = []
  const idler = (name: string) => ({
    touchedAt: 0,
    idlePrevious: undefined,
    idleNext: undefined,
    lapse: (now: number) => lapsed.push(`${name} at ${now}`),
  })
  const [a, b, c, d] = [idler('a'), idler('b'), idler('c'), idler('d')] as const
  for (const [i, each] of [a, b, c, d].entries()) scheduler.touch(each, i)
  scheduler.touch(b, 15)
  scheduler.forget(c)
  scheduler.sweep(20)
  expect(lapsed).toEqual([])
  scheduler.sweep(30)
  expect(lapsed).toEqual(['a at 30', 'd at 30'])
  scheduler.sweep(100)
  scheduler.sweep(200)
  expect(lapsed).toEqual(['a at 30', 'd at 30', 'b at 100'])
})

test('schedulerOf() is one for each clock', () => {
  const [a, b] = [new VirtualClock(), new VirtualClock()]
  expect(schedulerOf(a)).toBe(schedulerOf(a))
  expect(schedulerOf(a)).not.toBe(schedulerOf(b))
})

test('Throttle has one timer for all who wait, and none when nobody does or while it is paused', async () => {
  const clock = new VirtualClock()
  const throttles = Array.from({ length: 20 }, (_, i) => new Throttle({ limit: 1000 + i, clock }))
  for (const throttle of throttles) throttle.tryAcquire(10)
  expect(clock.pending).toBe(0)
  const waiting = throttles.flatMap((throttle) => Array.from({ length: 10 }, () => throttle.acquire(1000)))
  await Promise.resolve()
  expect(clock.pending).toBe(1)
  for (const throttle of throttles) throttle.pause()
  expect(clock.pending).toBe(0)
  for (const throttle of throttles) throttle.resume()
  expect(clock.pending).toBe(1)
  await clock.run(Promise.all(waiting))
  expect(clock.pending).toBe(0)
})
