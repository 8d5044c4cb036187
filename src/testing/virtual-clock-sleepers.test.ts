import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { VirtualClock } from './virtual-clock.ts'

test('VirtualClock.sleepUntil() wakes after the current call, at the same moment, when the time is in the past', async () => {
  const clock = new VirtualClock({ start: 1000 })
  const log: string[] = []
  await clock.run(async () => {
    clock.sleepUntil(1001, () => log.push(`later ${clock.now()}`))
    clock.sleepUntil(1, () => {
      log.push(`past ${clock.now()}`)
      clock.sleepUntil(2, () => log.push(`past of past ${clock.now()}`))
      log.push('returned')
    })
    log.push('call')
    await clock.sleep(2)
  })
  expect(log).toEqual(['call', 'past 1000', 'returned', 'past of past 1000', 'later 1001'])
})

test('VirtualClock.sleepUntil() wakes in order of time, then of registration, with what each sets free in between', async () => {
  const clock = new VirtualClock()
  const log: string[] = []
  for (const [time, name] of [
    [7, 'a'],
    [5, 'b'],
    [7, 'c'],
    [5, 'd'],
    [6, 'e'],
  ] as const) {
    clock.sleepUntil(time, () => {
      log.push(`${name}${clock.now()}`)
      void Promise.resolve().then(() => process.nextTick(() => log.push(name)))
    })
  }
  await clock.advance(10)
  expect(log.join(' ')).toBe('b5 b d5 d e6 e a7 a c7 c')
})

test('VirtualClock.sleepUntil() gives a function that cancels, also at the moment itself, once and for all', async () => {
  const clock = new VirtualClock()
  const woken: string[] = []
  const cancelB = clock.sleepUntil(5, () => woken.push('b'))
  cancelB()
  const cancelA = clock.sleepUntil(5, () => {
    woken.push('a')
    cancelC()
  })
  const cancelC = clock.sleepUntil(5, () => woken.push('c'))
  clock.sleepUntil(5, () => woken.push('d'))
  expect(clock.pending).toBe(3)
  await clock.advance(5)
  for (const cancel of [cancelA, cancelB, cancelC]) cancel()
  expect(woken).toEqual(['a', 'd'])
  expect(clock.pending).toBe(0)
})

test('VirtualClock.sleep() rejects with the reason of its signal, and leaves neither sleeper nor listener', async () => {
  const clock = new VirtualClock()
  const controller = new AbortController()
  const { signal } = controller
  const reason = new Error('stop')
  await clock.run(async () => {
    const sleeping = clock.sleep(100, { signal })
    clock.sleepUntil(40, () => controller.abort(reason))
    await expect(sleeping).rejects.toBe(reason)
    expect([clock.now(), clock.pending]).toEqual([40, 0])
    await expect(clock.sleep(100, { signal })).rejects.toBe(reason)
    const unused = new AbortController().signal
    await clock.sleep(100, { signal: unused })
    expect([signal, unused].map((one) => getEventListeners(one, 'abort').length)).toEqual([0, 0])
  })
  expect(clock.now()).toBe(140)
})

test('VirtualClock.sleepUntil() keeps 10,000 sleepers in order, with half of them cancelled', async () => {
  const clock = new VirtualClock()
  const woken: number[] = []
  const cancels: (() => void)[] = []
  const times = Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_007)
  for (const time of times) cancels.push(clock.sleepUntil(time, () => woken.push(clock.now())))
  cancels.forEach((cancel, i) => {
    if (i % 2 === 0) cancel()
  })
  expect(clock.pending).toBe(5000)
  await clock.advance(10_007)
  expect(woken).toEqual(times.filter((_, i) => i % 2 === 1).sort((a, b) => a - b))
})
