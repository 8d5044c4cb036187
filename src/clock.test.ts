import { describe, expect, test } from 'vitest'
import { systemClock } from './clock.ts'

const sleep = (time: number, slack?: number) => new Promise<void>((wake) => systemClock.sleepUntil(time, wake, slack))

describe('systemClock.sleepUntil()', () => {
  for (const slack of [undefined, 0, 0.5, 5]) {
    test(`never wakes early, with a slack of ${slack ?? 'its default'}`, async () => {
      for (const delay of [0.01, 0.4, 1, 1.5, 2.99, 7.3]) {
        const due = systemClock.now() + delay
        await sleep(due, slack)
        expect(systemClock.now()).toBeGreaterThanOrEqual(due)
      }
    })
  }

  test('wakes after the call has returned, however close the time is', async () => {
    for (let i = 0; i < 2000; i++) {
      let returned = false
      let woken = false
      await new Promise<void>((settle) => {
        // Some of these are past when they are looked at first, others a moment later.
        systemClock.sleepUntil(systemClock.now() + (i % 20) / 10_000, () => {
          woken = returned
          settle()
        })
        returned = true
      })
      expect(woken).toBe(true)
    }
  })

  test('wakes for a time in the past, and for one that no timer can hold', async () => {
    await sleep(systemClock.now() - 1000)
    const cancel = systemClock.sleepUntil(systemClock.now() + 2 ** 40, () => expect.unreachable())
    await sleep(systemClock.now() + 5)
    cancel()
  })

  test('does not wake who cancelled, nor mind a second cancel', async () => {
    for (const delay of [-1, 0.5, 3]) {
      const cancel = systemClock.sleepUntil(systemClock.now() + delay, () => expect.unreachable(), 0)
      cancel()
      cancel()
    }
    await sleep(systemClock.now() + 6)
  })
})
