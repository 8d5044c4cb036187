import { expect, test } from 'vitest'
import { random } from '../../test/fixtures/late-clock.ts'
import { Trace } from '../../test/fixtures/trace.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Throttle } from './throttle.ts'

const KiB = 1024
const MiB = 1024 * KiB
const SECONDS = 10

interface Habits {
  readonly count: number
  /** Bytes of a transfer. */
  readonly size: (dice: () => number) => number
  /** How long a transfer takes, in ms. */
  readonly takes?: number
  /** How often one appends without having waited. */
  readonly rushes?: number
}

/** Callers who move bytes by hand, each `wait()`, I/O, `append()`. */
async function move({ count, size, takes = 1, rushes = 0 }: Habits) {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, clock })
  const trace = new Trace()
  const caller = async (i: number) => {
    const dice = random(i + 1)
    for (let sum = 0; ; ) {
      if (dice() >= rushes) await throttle.wait()
      if (clock.now() >= SECONDS * 1000) return sum
      const start = clock.now()
      await clock.sleep(takes)
      const bytes = size(dice)
      throttle.append(bytes, start)
      trace.add(clock.now(), bytes)
      sum += bytes
    }
  }
  const sums = await clock.run(() => Promise.all(Array.from({ length: count }, (_, i) => caller(i))))
  expect(clock.pending).toBe(0)
  return { trace, sums, mean: trace.total / (SECONDS * MiB) }
}

const habits = [
  { title: 'of 64 KiB each', size: () => 64 * KiB },
  { title: 'of all sizes up to 64 KiB', size: (dice: () => number) => 1 + Math.floor(dice() * 64 * KiB) },
  { title: 'that are small, and now and then large', size: (dice: () => number) => (dice() < 0.1 ? 64 * KiB : 512) },
  { title: 'of which every other one is empty', size: (dice: () => number) => (dice() < 0.5 ? 0 : 32 * KiB) },
  { title: 'of a second each, or none', size: (dice: () => number) => (dice() < 0.5 ? 0 : MiB) },
]
for (const { title, size } of habits) {
  for (const count of [1, 100]) {
    // Whoever is alone can have no more than one transfer at a time.
    for (const takes of count === 1 ? [0.1, 1] : [0.1, 1, 20]) {
      test(`Throttle.wait() and append() keep the rate for ${count} with transfers ${title}, in ${takes} ms`, async () => {
        const { trace, mean } = await move({ count, size, takes })
        const largest = size(() => 0) + size(() => 0.999)
        expect(mean).toBeGreaterThan(0.93)
        expect(mean).toBeLessThan(1.03 + largest / (SECONDS * MiB))
        // Some that are under way at a time may prove to be large.
        expect(trace.mostIn(100)).toBeLessThan(0.15 * MiB + (takes > 1 ? 6 : 3) * largest)
      })
    }
  }
}

test('Throttle.wait() and append() share the rate evenly among callers', async () => {
  const { sums } = await move({ count: 20, size: () => 4 * KiB })
  expect(Math.max(...sums) / Math.min(...sums)).toBeLessThan(1.05)
})

test('Throttle.append() without wait() now and then is a debt that those pay who wait', async () => {
  const { trace, mean } = await move({ count: 10, size: () => 4 * KiB, rushes: 0.3, takes: 20 })
  expect(mean).toBeGreaterThan(0.9)
  expect(mean).toBeLessThan(1.05)
  expect(trace.mostIn(100)).toBeLessThan(0.25 * MiB)
})

test('Throttle.append() after turns that were never settled goes free for what was paid lately only', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, clock })
  await clock.run(async () => {
    await throttle.wait()
    throttle.append(8 * KiB)
    // Two minutes in which every transfer fails, then some that have not waited.
    while (clock.now() < 120_000) await throttle.wait()
    for (let i = 0; i < 2000; i++) throttle.append(8 * KiB)
    const before = clock.now()
    await throttle.acquire(1)
    expect(clock.now() - before).toBeGreaterThan((2000 * 8 * KiB * 1000) / MiB - throttle.resetRate - 500)
  })
})

test('Throttle.append() of one huge transfer holds up the next as long as it takes', async () => {
  const clock = new VirtualClock()
  const throttle = new Throttle({ limit: MiB, clock })
  await clock.run(async () => {
    await throttle.wait()
    throttle.append(10 * MiB)
    await throttle.wait()
    expect(clock.now()).toBeGreaterThan(9900)
    expect(clock.now()).toBeLessThan(10_500)
  })
})

test('Throttle.append() by hand reaches a subclass once for each transfer, with its bytes and its start', async () => {
  const clock = new VirtualClock()
  const seen: unknown[] = []
  class Watching extends Throttle {
    override append(data: Uint8Array | number, start?: number): void {
      super.append(data, start)
      seen.push([typeof data === 'number' ? data : data.byteLength, start])
    }
  }
  const throttle = new Watching({ limit: 10_000, clock })
  const times: number[] = []
  await clock.run(async () => {
    for (let i = 0; i < 50; i++) {
      await throttle.wait()
      times.push(clock.now())
      throttle.append(i % 2 ? 200 : Buffer.alloc(200), clock.now())
    }
  })
  expect(seen).toEqual(times.map((time) => [200, time]))
  expect(throttle.stats.bytes).toBe(10_000)
  expect(clock.now()).toBeGreaterThan(950)
  expect(clock.now()).toBeLessThan(1010)
})
