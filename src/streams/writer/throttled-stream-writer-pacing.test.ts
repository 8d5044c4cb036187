import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { recorder, type Sent, setUp } from '../../../test/fixtures/recorder.ts'
import { type Clock, systemClock } from '../../clock.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { ThrottledStreamWriter } from './throttled-stream-writer.ts'

for (const pacing of ['gap', 'steady'] as const) {
  const changes: { title: string; interval: number; sends: Sent[] }[] = [
    {
      title: 'shortens',
      interval: 300,
      sends: [
        [0, 'a'],
        [300, 'b'],
        [600, 'c'],
      ],
    },
    {
      title: 'ends',
      interval: 50,
      sends: [
        [0, 'a'],
        [100, 'b'],
        [pacing === 'gap' ? 150 : 100, 'c'],
      ],
    },
    {
      title: 'lengthens',
      interval: 5000,
      sends: [
        [0, 'a'],
        [5000, 'b'],
        [10_000, 'c'],
      ],
    },
    {
      title: 'ends, when negative,',
      interval: -1,
      sends: [
        [0, 'a'],
        [100, 'b'],
        [100, 'c'],
      ],
    },
  ]
  for (const { title, interval, sends } of changes) {
    test(`ThrottledStreamWriter.setMinSendIntervalMs() ${title} the wait of what waits already (${pacing})`, async () => {
      const { clock, writer, sends: sent } = setUp({ pacing, minSendIntervalMs: 1000 })
      clock.sleepUntil(100, () => writer.setMinSendIntervalMs(interval))
      await clock.run(() => writer.writeLines(['a', 'b', 'c']))
      expect(sent).toEqual(sends)
    })
  }
}

/** A clock whose wake-ups are late, as those of real timers are. */
function lateClock(clock: VirtualClock, lateness: () => number): Clock {
  return {
    now: () => clock.now(),
    sleepUntil: (time, wake) => clock.sleepUntil(Math.max(time, clock.now()) + lateness(), wake),
  }
}

test('ThrottledStreamWriter (steady) takes 20.0 s for 10,000 sends at 2 ms, however late each is', async () => {
  const clock = new VirtualClock()
  const { stream, sends } = recorder(clock)
  let seed = 1
  const lateness = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return (seed % 1000) / 200 // up to 5 ms
  }
  const writer = new ThrottledStreamWriter(stream, {
    minSendIntervalMs: 2,
    pacing: 'steady',
    clock: lateClock(clock, lateness),
  })
  await clock.run(() => writer.write(Buffer.alloc(10_001), { mode: 'bytewise' }))
  expect(sends.length).toBe(10_001)
  const took = (sends.at(-1)?.[0] ?? 0) - (sends[0]?.[0] ?? 0)
  expect(took).toBeGreaterThanOrEqual(20_000)
  expect(took).toBeLessThanOrEqual(20_005)
})

test('ThrottledStreamWriter (steady) does not bank idle time', async () => {
  const { clock, writer, sends } = setUp({ pacing: 'steady' })
  await clock.run(async () => {
    await writer.write('a')
    await clock.sleep(500)
    await writer.write('bcd', { mode: 'bytewise' })
  })
  expect(sends).toEqual([
    [0, 'a'],
    [500, 'b'],
    [510, 'c'],
    [520, 'd'],
  ])
})

test('ThrottledStreamWriter (gap) counts from the end of a send that blocks', async () => {
  const clock = new VirtualClock()
  let blocked = 0
  const slow: Clock = {
    now: () => clock.now() + blocked,
    sleepUntil: (time, wake) => clock.sleepUntil(time - blocked, wake),
  }
  const starts: number[] = []
  const stream = new Writable({
    write(_chunk, _encoding, done) {
      starts.push(slow.now())
      blocked += 3
      done()
    },
  })
  const writer = new ThrottledStreamWriter(stream, { minSendIntervalMs: 10, clock: slow })
  await clock.run(() => writer.writeLines(['a', 'b', 'c']))
  expect(starts).toEqual([0, 13, 26])
})

for (const pacing of ['gap', 'steady'] as const) {
  test(`ThrottledStreamWriter keeps intervals of less than 1 ms (${pacing})`, async () => {
    const { clock, writer, sends } = setUp({ minSendIntervalMs: 0.25, pacing })
    await clock.run(() => writer.write('abcde', { mode: 'bytewise' }))
    expect(sends.map(([at]) => at)).toEqual([0, 0.25, 0.5, 0.75, 1])
  })
}

test('ThrottledStreamWriter (gap) leaves no shorter gap by the clock of the system', async () => {
  for (const interval of [0.3, 2]) {
    const { stream, sends } = recorder(systemClock)
    const writer = new ThrottledStreamWriter(stream, { minSendIntervalMs: interval })
    await writer.write(Buffer.alloc(100), { mode: 'bytewise' })
    const gaps = sends.slice(1).map(([at], i) => at - (sends[i]?.[0] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(interval)
  }
})

test('ThrottledStreamWriter (steady) is never ahead of its plan by the clock of the system', async () => {
  const { stream, sends } = recorder(systemClock)
  const writer = new ThrottledStreamWriter(stream, { minSendIntervalMs: 0.5, pacing: 'steady' })
  await writer.write(Buffer.alloc(200), { mode: 'bytewise' })
  const start = sends[0]?.[0] ?? 0
  // The plan starts when the first write has returned, which lies after the first send.
  for (const [i, [at]] of sends.entries()) expect(at - start).toBeGreaterThanOrEqual(i * 0.5)
})

test('ThrottledStreamWriter sends bytewise without a timer or a promise for each byte when no interval is set', async () => {
  let sleeps = 0
  let writes = 0
  const clock: Clock = {
    now: () => systemClock.now(),
    sleepUntil(time, wake, slack) {
      sleeps++
      return systemClock.sleepUntil(time, wake, slack)
    },
  }
  const stream = new Writable({
    write(_chunk, _encoding, done) {
      writes++
      done()
    },
  })
  const writer = new ThrottledStreamWriter(stream, { minSendIntervalMs: 0, clock })
  await writer.write(Buffer.alloc(2 ** 18), { mode: 'bytewise' })
  expect(writes).toBe(2 ** 18)
  expect(sleeps).toBeLessThan(writes / 500)
})

test('ThrottledStreamWriter lets others have their turn, and be aborted, in a long bytewise write', async () => {
  const { stream } = recorder(systemClock)
  const writer = new ThrottledStreamWriter(stream, { minSendIntervalMs: 0 })
  const abort = new AbortController()
  setImmediate(() => abort.abort('enough'))
  await expect(writer.write(Buffer.alloc(2 ** 20), { mode: 'bytewise', signal: abort.signal })).rejects.toBe('enough')
  expect(writer.bytesWritten).toBeLessThan(2 ** 20)
})
