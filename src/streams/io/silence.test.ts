import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { Silence } from './silence.ts'

/** A watch whose ends are written down with their time. */
function setUp() {
  const clock = new VirtualClock()
  const silence = new Silence(clock)
  const ends: [string, number][] = []
  const watch = (phase: 'read' | 'write' | 'connect', timeout: number | undefined, progress?: () => unknown) =>
    silence.watch({ phase, timeout, ...(progress && { progress }) }, (error) => ends.push([error.phase, clock.now()]))
  return { clock, silence, ends, watch }
}

describe('Silence.watch()', () => {
  test('ends each of several waits at its own time, with one timer', async () => {
    const { clock, ends, watch } = setUp()
    watch('read', 3000)
    watch('write', 1000)
    watch('connect', 2000)
    expect(clock.pending).toBe(1)
    await clock.run(() => clock.sleep(10_000))
    expect(ends).toEqual([
      ['write', 1000],
      ['connect', 2000],
      ['read', 3000],
    ])
    expect(clock.pending).toBe(0)
  })

  test('lets waits end well, one after the other, without a timer for each', async () => {
    const { clock, ends, watch } = setUp()
    await clock.run(async () => {
      for (let i = 0; i < 100; i++) {
        const stop = watch('read', 1000)
        await clock.sleep(500)
        stop()
        expect(clock.pending).toBeLessThanOrEqual(1)
      }
    })
    expect(ends).toEqual([])
  })

  test('counts from the beginning of a wait, not from that of the timer', async () => {
    const { clock, ends, watch } = setUp()
    await clock.run(async () => {
      const stop = watch('read', 1000)
      await clock.sleep(900)
      stop()
      watch('write', 1000)
      await clock.sleep(5000)
    })
    expect(ends).toEqual([['write', 1900]])
  })

  test('counts from the last progress of each wait alone', async () => {
    const { clock, ends, watch } = setUp()
    let progress = 0
    await clock.run(async () => {
      watch('read', 1000, () => progress)
      watch('write', 1000, () => 0)
      for (let i = 0; i < 8; i++) {
        await clock.sleep(250)
        progress++
      }
      await clock.sleep(5000)
    })
    expect(ends.map(([phase]) => phase)).toEqual(['write', 'read'])
    expect(ends[0]?.[1]).toBe(1000)
    // Progress is looked for every quarter of the timeout.
    expect(ends[1]?.[1]).toBeGreaterThanOrEqual(3000)
    expect(ends[1]?.[1]).toBeLessThanOrEqual(3250)
  })

  test('waits for ever without a timeout', () => {
    const { clock, watch } = setUp()
    watch('read', undefined)()
    expect(clock.pending).toBe(0)
  })

  test('takes further waits when one has ended others', async () => {
    const clock = new VirtualClock()
    const silence = new Silence(clock)
    const ends: string[] = []
    silence.watch({ phase: 'read', timeout: 1000 }, () => {
      silence.end()
      silence.watch({ phase: 'connect', timeout: 1000 }, ({ phase }) => ends.push(`${phase} ${clock.now()}`))
    })
    silence.watch({ phase: 'write', timeout: 1000 }, ({ phase }) => ends.push(phase))
    await clock.run(() => clock.sleep(5000))
    expect([ends, clock.pending]).toEqual([['connect 2000'], 0])
  })
})

test('Silence.watch() goes on for others when one that was told has ended the next', async () => {
  const { clock, silence, ends, watch } = setUp()
  const stop = watch('write', 1500)
  silence.watch({ phase: 'read', timeout: 1000 }, stop)
  watch('connect', 2000)
  await clock.run(() => clock.sleep(5000))
  expect(ends).toEqual([['connect', 2000]])
})

test('Silence.watch() after the end ends waits all the same, and takes its timer with it', async () => {
  const { clock, silence, ends, watch } = setUp()
  silence.end()
  const stop = watch('read', 1000)
  watch('write', 2000)()
  expect(clock.pending).toBe(1)
  stop()
  expect(clock.pending).toBe(0)
  watch('connect', 500)
  await clock.run(() => clock.sleep(5000))
  expect(ends).toEqual([['connect', 500]])
})

test('Silence.end() leaves no timer, and nobody is told', async () => {
  const { clock, silence, ends, watch } = setUp()
  watch('read', 1000)
  silence.end()
  expect(clock.pending).toBe(0)
  await clock.run(() => clock.sleep(2000))
  expect(ends).toEqual([])
})
