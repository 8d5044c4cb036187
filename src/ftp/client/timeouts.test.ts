import { expect, test } from 'vitest'
import { timeoutSettings } from './timeouts.ts'

test('timeoutSettings() takes one time for all, and others for some', () => {
  expect(timeoutSettings(undefined)).toMatchObject({ connect: 30_000, finalReply: 30_000 })
  expect(timeoutSettings(null, { stall: 100 })).toMatchObject({ connect: undefined, stall: 100 })
  expect(timeoutSettings(500, { command: null })).toMatchObject({ connect: 500, command: undefined })
})

test('timeoutSettings() refuses what is no time, and names of which it knows none', () => {
  expect(() => timeoutSettings(0)).toThrow(RangeError)
  expect(() => timeoutSettings(undefined, { stall: -1 })).toThrow(RangeError)
  expect(() => timeoutSettings(undefined, { stal: 100 } as never)).toThrow(
    "'timeouts.stal' is no option; did you mean 'stall'?",
  )
})
