import { expect, test } from 'vitest'
import { TimeoutError } from '../../errors.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { StallWatch } from './stall-watch.ts'

function start(timeout: number | undefined) {
  const clock = new VirtualClock()
  const stalls: { phase: string; at: number }[] = []
  const watch = new StallWatch(clock, timeout, (phase, error) => {
    expect(error).toBeInstanceOf(TimeoutError)
    stalls.push({ phase, at: clock.now() })
  })
  return { clock, watch, stalls }
}

test('StallWatch reports an end that is silent for the timeout', async () => {
  const { clock, watch, stalls } = start(100)
  watch.waitFor('read')
  await clock.advance(99)
  expect(stalls).toEqual([])
  await clock.advance(1)
  expect(stalls).toEqual([{ phase: 'read', at: 100 }])
})

test('StallWatch counts from the last progress', async () => {
  const { clock, watch, stalls } = start(100)
  for (let i = 0; i < 10; i++) {
    watch.waitFor('write')
    await clock.advance(90)
    watch.rest()
  }
  watch.waitFor('write')
  await clock.advance(1000)
  expect(stalls).toEqual([{ phase: 'write', at: 1000 }])
})

test('StallWatch counts no time in which it is for nobody to go on', async () => {
  const { clock, watch, stalls } = start(100)
  watch.waitFor('read')
  await clock.advance(50)
  watch.rest()
  await clock.advance(10_000)
  watch.waitFor('write')
  await clock.advance(99)
  expect(stalls).toEqual([])
  expect(watch.turn).toEqual({ phase: 'write', since: 10_050 })
})

test('StallWatch.close() leaves no timer, nor does a watch without a timeout have one', async () => {
  const { clock, watch, stalls } = start(100)
  watch.waitFor('read')
  watch.close()
  await clock.advance(1000)
  expect(stalls).toEqual([])
  const without = start(undefined)
  without.watch.waitFor('read')
  await without.clock.advance(1e9)
  expect(without.stalls).toEqual([])
})
