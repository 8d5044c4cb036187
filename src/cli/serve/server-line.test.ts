import { expect, test } from 'vitest'
import { serverLine } from './server-line.ts'
import { localTime } from './server-log.ts'

const now = {
  connections: 3,
  transfers: 1,
  sent: { rate: 2 ** 23, bytes: 2 ** 30 },
  received: { rate: 0, bytes: 0 },
  limit: 2 ** 23,
}
const style = { width: 100, colors: false, unicode: true }

test('serverLine() tells who is there and what moves', () => {
  expect(serverLine(now, [0, 2 ** 23], style)).toBe(
    '  3 connections    1 transfer   out 8.00 MiB/s 1.00 GiB  in      0 B/s      0 B                 ▇',
  )
})

test('serverLine() tells of a share in a budget', () => {
  const share = { text: 'uplink: one of 8, 2.50 MiB/s', isAlarm: false }
  expect(serverLine({ ...now, share }, [2 ** 23], { ...style, width: 120 })).toContain(
    '  in      0 B/s      0 B  uplink: one of 8, 2.50 MiB/s',
  )
  const alarm = { text: 'Redis out of reach', isAlarm: true }
  const line = serverLine({ ...now, share: alarm }, [2 ** 23], { ...style, width: 60, colors: true })
  expect(line).toContain('\x1b[33m  Redis out of reach\x1b[39m')
})

test('serverLine() leaves the end out where there is no room', () => {
  for (let width = 1; width < 120; width++) {
    expect(serverLine(now, [1], { ...style, width }).length).toBeLessThanOrEqual(width)
  }
  expect(serverLine(now, [1], { ...style, width: 50 })).toBe('  3 connections    1 transfer ')
})

test('localTime() is the time here', () => {
  expect(localTime(new Date(2026, 0, 2, 3, 4, 5))).toBe('2026-01-02 03:04:05')
})
