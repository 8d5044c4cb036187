import { expect, test } from 'vitest'
import { ServerTime } from './server-time.ts'

test('ServerTime.note() tells server time by the fastest reply, whatever the clocks differ by', () => {
  const time = new ServerTime()
  expect(time.note(5_000_000, 100, 104)).toBe(104)
  expect(time.note(5_001_000, 1100, 1102)).toBe(1102)
  // A reply that dawdles on its way back does not shift what was sold.
  expect(time.note(5_002_000, 2100, 2160)).toBe(2102)
})

test('ServerTime.note() stays between sending and receiving when a clock jumps', () => {
  const time = new ServerTime()
  time.note(1000, 100, 101)
  for (const [serverNow, sentAt] of [
    [999_000, 200],
    [500, 300],
    [800, 400],
  ] as const) {
    const told = time.note(serverNow, sentAt, sentAt + 2)
    expect(told).toBeGreaterThanOrEqual(sentAt)
    expect(told).toBeLessThanOrEqual(sentAt + 2)
  }
})

test('ServerTime.usual is not moved by the first call, nor by one that waits for long, but by two in a row', () => {
  const time = new ServerTime()
  let now = 0
  const call = (ms: number) => {
    now += 1000
    time.note(now, now, now + ms)
  }
  call(900)
  expect(time.usual).toBe(0)
  for (let i = 0; i < 10; i++) call(2)
  call(5000)
  expect(time.usual).toBe(2)
  call(2)
  call(200)
  call(201)
  expect(time.usual).toBe(200)
  call(2)
  expect(time.usual).toBe(2)
})
