import { expect, test } from 'vitest'
import { jain, Trace } from '../../test/fixtures/trace.ts'
import { endless, ways } from '../../test/fixtures/ways-in.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Throttle } from '../throttle/throttle.ts'

const KiB = 1024
const MiB = 1024 * KiB

class Enough extends Error {}

const flows = [
  { rate: 16 * KiB, size: 100, within: 0.003 },
  { rate: 256 * KiB, size: MiB, within: 0.003 },
  { rate: MiB, size: 64, within: 0.001 },
  { rate: MiB, size: 64 * KiB, within: 0.001 },
  { rate: 100 * MiB, size: 64 * KiB, within: 0.001 },
  { rate: 1024 * MiB, size: 256 * MiB, within: 0.001 },
]
const pauses = [
  { what: 'the source has been idle', idle: 4000, stall: 0 },
  { what: 'the sink has stalled', idle: 0, stall: 2000 },
  { what: 'the sink has stalled for a moment', idle: 0, stall: 60 },
]

for (const { name, run } of ways) {
  for (const { rate, size, within } of flows) {
    test(`${name} keeps a rate of ${rate} with chunks of ${size}, evenly`, async () => {
      const clock = new VirtualClock()
      const trace = new Trace()
      const sink = (piece: Uint8Array) => {
        if (clock.now() >= 5000) throw new Enough()
        trace.add(clock.now(), piece.length)
      }
      const running = clock.run(() => run(endless(size), new Throttle({ limit: rate, clock }), {}, sink))
      await expect(running).rejects.toThrow(Enough)
      expect(Math.abs(trace.total / (5 * rate) - 1)).toBeLessThan(within)
      expect(trace.burst(rate, 1000)).toBeLessThanOrEqual(15)
      expect(trace.burst(rate)).toBeLessThanOrEqual(25)
    })
  }

  for (const { what, idle, stall } of pauses) {
    for (const size of [1000, 64 * KiB, MiB]) {
      test(`${name} gives 25 ms of the rate at most when ${what} for ${idle + stall} ms, with chunks of ${size}`, async () => {
        const clock = new VirtualClock()
        const trace = new Trace()
        let paused = false
        const source = async function* () {
          for await (const chunk of endless(size)) {
            yield chunk
            if (idle > 0 && clock.now() >= 2000 && !paused) {
              paused = true
              await clock.sleep(idle)
            }
          }
        }
        const sink = async (piece: Uint8Array) => {
          if (clock.now() >= 8000) throw new Enough()
          trace.add(clock.now(), piece.length)
          if (stall > 0 && clock.now() >= 2000 && !paused) {
            paused = true
            await clock.sleep(stall)
          }
        }
        const running = clock.run(() => run(source(), new Throttle({ limit: MiB, clock }), {}, sink))
        await expect(running).rejects.toThrow(Enough)
        expect(trace.burst(MiB)).toBeLessThanOrEqual(25)
        expect(trace.mostIn(100)).toBeLessThan(1.25 * 0.1 * MiB)
        // It did pause (a chunk or two may still have been on their way), and the rate held again afterwards.
        expect(trace.longestGap(0, 8000)).toBeGreaterThan(stall > 0 ? stall - 5 : 1000)
        expect(trace.bytesIn(7000, 8000) / MiB).toBeCloseTo(1, 1)
      })
    }
  }

  test(`${name} goes on at once when the limit changes or a pause ends`, async () => {
    const clock = new VirtualClock()
    const throttle = new Throttle({ limit: '1KiB/s', clock })
    const trace = new Trace()
    const change = async () => {
      await clock.sleep(1000)
      throttle.limit = MiB
      await clock.sleep(1000)
      throttle.pause()
      await clock.sleep(1000)
      throttle.resume()
      await clock.sleep(1000)
      throw new Enough()
    }
    const aborter = new AbortController()
    const running = clock.run(() => {
      const changed = change().catch((error) => aborter.abort(error))
      const sink = (piece: Uint8Array) => trace.add(clock.now(), piece.length)
      return Promise.all([run(endless(64 * KiB), throttle, { signal: aborter.signal }, sink), changed])
    })
    await expect(running).rejects.toThrow(Enough)
    expect(trace.bytesIn(0, 999)).toBeLessThan(1200)
    expect(trace.longestGap(1000, 2000)).toBeLessThan(10)
    expect(trace.bytesIn(1000, 2000) / MiB).toBeCloseTo(1, 1)
    expect(trace.bytesIn(2000.001, 3000)).toBeLessThanOrEqual(8 * KiB)
    expect(trace.bytesIn(3000, 4000) / MiB).toBeCloseTo(1, 1)
  })
}

const crowds = [
  { rate: MiB, sizes: [64, 64 * KiB, MiB], weights: [1, 1, 1] },
  { rate: MiB, sizes: [MiB, 100, 64 * KiB], weights: [1, 1, 1] },
  { rate: 20 * MiB, sizes: [64 * KiB, MiB, 1460], weights: [1, 1, 1] },
  { rate: MiB, sizes: [1000, 1000, 1000], weights: [1, 2, 4] },
  { rate: 10 * MiB, sizes: [MiB, 1460, 64 * KiB], weights: [3, 1, 0.5] },
]
for (const { rate, sizes, weights } of crowds) {
  test(`throttle(), throttleWeb() and throttleIterable() share ${rate} by weights of ${weights} with chunks of ${sizes}`, async () => {
    const clock = new VirtualClock()
    const throttle = new Throttle({ limit: rate, clock })
    const shares = ways.map(() => 0)
    await clock.run(() =>
      Promise.all(
        ways.map(({ run }, i) => {
          const sink = (piece: Uint8Array) => {
            if (clock.now() >= 5000) throw new Enough()
            shares[i] = (shares[i] ?? 0) + piece.length
          }
          return expect(run(endless(sizes[i] ?? 1), throttle, { weight: weights[i] }, sink)).rejects.toThrow(Enough)
        }),
      ),
    )
    expect(jain(shares.map((bytes, i) => bytes / (weights[i] ?? 1)))).toBeGreaterThanOrEqual(0.999)
    expect(shares.reduce((a, b) => a + b) / (5 * rate)).toBeCloseTo(1, 2)
    expect(throttle.stats.waiters).toBe(0)
    expect(clock.pending).toBe(0)
  })
}
