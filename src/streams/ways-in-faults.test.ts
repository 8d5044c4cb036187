import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reasons, ways } from '../../test/fixtures/ways-in.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Throttle } from '../throttle/throttle.ts'

const KiB = 1024

class SourceFailed extends Error {}
class SinkFailed extends Error {}

const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)
beforeAll(() => void process.on('unhandledRejection', note))
afterAll(() => void process.off('unhandledRejection', note))

const moment = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 2000 }))
const scenario = fc.record({
  rate: fc.constantFrom(20 * KiB, 1024 * KiB, null),
  /** Chunks of the source, and how long each lets wait for it. */
  chunks: fc.array(fc.tuple(fc.constantFrom(0, 1, 100, 5000, 70_000), fc.constantFrom(0, 0, 0, 3, 200)), {
    maxLength: 12,
  }),
  sourceEnds: fc.constantFrom('well', 'well', 'failing', 'never'),
  /** How long the sink takes for each piece. */
  sinkTakes: fc.constantFrom(0, 0, 1, 50),
  sinkFailsAfter: fc.option(fc.nat(100_000)),
  abortAt: moment,
  aborts: fc.boolean(),
  reason: fc.constantFrom(...reasons),
  /** What happens to the throttle meanwhile. */
  changes: fc.array(fc.tuple(moment, fc.constantFrom('faster', 'slower', 'pause', 'resume')), { maxLength: 4 }),
})

for (const { name, run } of ways) {
  test(`${name} neither hangs, nor leaves anything behind, nor loses count, whatever fails and whenever`, async () => {
    const outcomes = new Set<unknown>()
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const clock = new VirtualClock()
        const throttle = new Throttle({ limit: given.rate, clock })
        const aborter = new AbortController()
        const { signal } = aborter
        const source = async function* () {
          for (const [bytes, wait] of given.chunks) {
            if (wait > 0) await clock.sleep(wait)
            yield Buffer.alloc(bytes)
          }
          if (given.sourceEnds === 'failing') throw new SourceFailed()
          if (given.sourceEnds === 'never') await clock.sleep(100_000)
        }
        let taken = 0
        let largest = 0
        const sink = async (piece: Uint8Array) => {
          taken += piece.byteLength
          largest = Math.max(largest, piece.byteLength)
          if (given.sinkFailsAfter !== null && taken > given.sinkFailsAfter) throw new SinkFailed()
          if (given.sinkTakes > 0) await clock.sleep(given.sinkTakes)
        }
        if (given.aborts) clock.sleepUntil(given.abortAt, () => aborter.abort(given.reason))
        for (const [at, change] of given.changes) {
          clock.sleepUntil(at, () => {
            if (change === 'faster') throttle.limit = 10_240 * KiB
            else if (change === 'slower') throttle.limit = 5 * KiB
            else throttle[change]()
          })
        }
        // A pause must end some time.
        clock.sleepUntil(5000, () => throttle.resume())
        const outcome = await clock.run(() =>
          run(source(), throttle, { signal }, sink).then(
            () => 'done',
            (error: unknown) => ({ error }),
          ),
        )
        await clock.advance(200_000)

        const total = given.chunks.reduce((sum, [bytes]) => sum + bytes, 0)
        if (outcome === 'done') expect([taken, throttle.stats.bytes]).toEqual([total, total])
        else {
          const { error } = outcome as { error: unknown }
          const isReason = error === signal.reason || (!given.reason && (error as Error)?.name === 'AbortError')
          if (!(given.aborts && isReason)) expect([SourceFailed, SinkFailed]).toContain((error as object)?.constructor)
          // What was granted and did not come out was destroyed with the streams: a piece before the sink and one within the stream.
          expect(throttle.stats.bytes).toBeGreaterThanOrEqual(taken)
          expect(throttle.stats.bytes).toBeLessThanOrEqual(taken + 2 * 70_000)
          if (name === 'throttleIterable()') expect(throttle.stats.bytes).toBe(taken)
        }
        outcomes.add(outcome === 'done' ? 'done' : (outcome as { error: object }).error?.constructor)
        expect(throttle.stats.waiters).toBe(0)
        expect(clock.pending).toBe(0)
        expect(getEventListeners(signal, 'abort').length).toBe(0)
        expect(unhandled).toEqual([])
      }),
      { numRuns: 500 },
    )
    // All of it did happen.
    expect([...outcomes]).toEqual(expect.arrayContaining(['done', SourceFailed, SinkFailed, DOMException, Error]))
  })

  test(`${name} holds to each of several throttles, charges them alike, and takes their new limits in the midst of a chunk`, async () => {
    const clock = new VirtualClock()
    const make = (limit: number) => new Throttle({ limit, clock })
    const [slow, fast] = [make(10 * KiB), make(100 * KiB)]
    const source = async function* () {
      yield Buffer.alloc(1024 * KiB)
    }
    let taken = 0
    await clock.run(async () => {
      const aborter = new AbortController()
      const running = run(source(), { fast, slow }, { signal: aborter.signal }, (piece) => {
        taken += piece.byteLength
      }).catch((error: unknown) => error)
      await clock.sleep(1000)
      expect(taken / (10 * KiB)).toBeCloseTo(1, 1)
      slow.limit = 1000 * KiB
      await clock.sleep(1000)
      expect(taken / (110 * KiB)).toBeCloseTo(1, 1)
      aborter.abort('enough')
      expect(await running).toBe('enough')
    })
    expect([slow.stats.waiters, fast.stats.waiters, clock.pending]).toEqual([0, 0, 0])
    expect(slow.stats.bytes).toBe(fast.stats.bytes)
  })
}
