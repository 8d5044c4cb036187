import { getEventListeners, once } from 'node:events'
import nodeStream, { Duplex, PassThrough, Readable, type Stream, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { finished, pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reasons } from '../../test/fixtures/ways-in.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Throttle, type ThrottleOptions } from '../throttle/throttle.ts'
import { throttle } from './throttle.ts'
import type { ThrottleTransform, ThrottleTransformOptions } from './throttle-transform.ts'

// In Node since 16, but not in its types for 20.
const { compose } = nodeStream as unknown as { compose(...streams: Stream[]): Duplex }

const KiB = 1024
const MiB = 1024 * KiB

function setUp(limit: ThrottleOptions['limit'] = MiB, options: ThrottleTransformOptions = {}) {
  const clock = new VirtualClock()
  const limiter = new Throttle({ limit, clock })
  return { clock, limiter, limited: throttle(limiter, options) }
}

/** How a stream ended. */
const endOf = (stream: Stream) =>
  finished(stream as Duplex).then(
    () => 'ended',
    (error: unknown) => error,
  )

function leftovers({ clock, limiter }: { clock: VirtualClock; limiter: Throttle }, signal?: AbortSignal) {
  const listeners = signal ? getEventListeners(signal, 'abort').length : 0
  return { waiters: limiter.stats.waiters, sleepers: clock.pending, listeners }
}
const nothing = { waiters: 0, sleepers: 0, listeners: 0 }

describe('throttle()', () => {
  test('passes any bytes unchanged and in order', async () => {
    const chunk = fc.oneof(
      fc.constant(''),
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array({ maxLength: 3 }),
      fc.uint8Array({ maxLength: 20_000 }).map((bytes) => Buffer.from(bytes)),
      fc.constant(Buffer.alloc(0)),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunk),
        fc.constantFrom(10 * KiB, MiB, null),
        fc.nat(20),
        async (chunks, limit, hwm) => {
          const { clock, limiter, limited } = setUp(limit, { highWaterMark: hwm })
          const bytes = await clock.run(() => {
            const all = buffer(limited)
            for (const chunk of chunks) limited.write(chunk)
            limited.end()
            return all
          })
          const expected = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as Uint8Array)))
          expect(bytes.equals(expected)).toBe(true)
          expect(limited.stats).toMatchObject({ bytes: expected.length, heldBy: undefined })
          expect(limiter.stats.bytes).toBe(expected.length)
          expect(leftovers({ clock, limiter })).toEqual(nothing)
        },
      ),
    )
  })

  test('passes a chunk of 256 MiB by reference, in pieces', async () => {
    const { clock, limited } = setUp('1GiB/s')
    const chunk = Buffer.alloc(256 * MiB)
    let next = 0
    let pieces = 0
    limited.on('data', (piece: Buffer) => {
      // No more than a quantum, and from where the last one ended.
      if (piece.buffer !== chunk.buffer || piece.byteOffset !== next || piece.length > 8 * MiB)
        throw new Error('copied')
      next += piece.length
      pieces++
    })
    limited.end(chunk)
    await clock.run(() => once(limited, 'end'))
    expect(next).toBe(chunk.length)
    expect(pieces).toBeGreaterThan(32)
    expect(clock.now()).toBeCloseTo(250, -1)
  })

  test('passes chunks whole and at once while the limit does not bind', () => {
    const { limited } = setUp('100GiB/s')
    const chunks = [Buffer.alloc(64 * KiB), Buffer.alloc(1), Buffer.alloc(0)]
    const seen: Buffer[] = []
    limited.on('data', (piece) => seen.push(piece))
    limited.read(0)
    for (const chunk of chunks) limited.write(chunk)
    expect(seen.every((piece, i) => piece === chunks[i])).toBe(true)
    expect(seen.length).toBeGreaterThanOrEqual(2)
  })

  for (const highWaterMark of [undefined, 1, 100_000]) {
    test(`draws nothing and holds one piece while nobody reads, with a high-water mark of ${highWaterMark}`, async () => {
      const { clock, limiter, limited } = setUp(MiB, highWaterMark === undefined ? {} : { highWaterMark })
      let written = 0
      const write = () => {
        for (let more = true; more; written += 10_000) more = limited.write(Buffer.alloc(10_000))
        limited.once('drain', write)
      }
      write()
      await clock.advance(10_000)
      const quantum = (MiB * 5) / 1000 + 256
      expect(limited.readableLength).toBeLessThanOrEqual(quantum)
      expect(limiter.stats.bytes).toBe(limited.readableLength)
      expect(limited.writableLength).toBeLessThanOrEqual((highWaterMark ?? limited.writableHighWaterMark) + 10_000)
      expect(clock.pending).toBe(0)
      // Each read sets one piece free, also at the seam of two chunks.
      for (let i = 0; i < 100; i++) {
        const had = limiter.stats.bytes - limited.readableLength
        const piece: Buffer | null = limited.read()
        await clock.advance(1000)
        expect(limited.readableLength).toBeLessThanOrEqual(quantum)
        expect(limiter.stats.bytes).toBe(had + (piece?.length ?? 0) + limited.readableLength)
      }
      expect(written).toBeGreaterThan(100_000)
      limited.destroy()
    })
  }

  const moments = [
    { title: 'while it is idle', act: async () => {} },
    {
      title: 'while it waits for a grant',
      act: async (limited: ThrottleTransform, clock: VirtualClock) => {
        limited.resume()
        limited.write(Buffer.alloc(MiB))
        await clock.advance(50)
        expect(limited.stats.heldBy?.name).toBe('default')
      },
    },
    {
      title: 'while it waits for the reader',
      act: async (limited: ThrottleTransform, clock: VirtualClock) => {
        limited.write(Buffer.alloc(MiB))
        await clock.advance(50)
        expect(limited.stats.heldBy).toBe(undefined)
        expect(limited.readableLength).toBeGreaterThan(0)
      },
    },
    {
      title: 'while a grant is on its way',
      act: async (limited: ThrottleTransform, clock: VirtualClock) => {
        limited.resume()
        limited.write(Buffer.alloc(MiB))
        clock.sleepUntil(clock.now() + 20, () => limited.emit('due'))
        await clock.advance(19)
        await clock.advance(1)
      },
    },
  ]
  for (const { title, act } of moments) {
    for (const reason of reasons) {
      test(`is destroyed with the reason ${String(reason)} of an abort ${title}`, async () => {
        const aborter = new AbortController()
        const { clock, limiter, limited } = setUp(10 * KiB, { signal: aborter.signal })
        const failed = endOf(limited)
        await act(limited, clock)
        aborter.abort(reason)
        // A Node stream takes a reason that is falsy for none.
        const expected = reason || expect.objectContaining({ name: 'AbortError' })
        expect(await clock.run(() => failed)).toEqual(expected)
        expect(leftovers({ clock, limiter }, aborter.signal)).toEqual(nothing)
      })
    }
    test(`gives back what it did not pass on when it is destroyed ${title}`, async () => {
      const set = setUp(10 * KiB)
      const { clock, limiter, limited } = set
      let pushed = 0
      const push = limited.push
      limited.push = (piece: Buffer | null) => {
        pushed += piece?.length ?? 0
        return push.call(limited, piece)
      }
      await act(limited, clock)
      limited.destroy()
      await clock.advance(100)
      expect(limiter.stats.bytes).toBe(pushed)
      expect(limited.stats).toMatchObject({ bytes: pushed, heldBy: undefined })
      expect(leftovers(set)).toEqual(nothing)
    })
  }

  for (const reason of reasons) {
    test(`is destroyed from the beginning when the signal has aborted with ${String(reason)}`, async () => {
      const { clock, limiter, limited } = setUp(MiB, { signal: AbortSignal.abort(reason) })
      const expected = reason || expect.objectContaining({ name: 'AbortError' })
      expect(limited.destroyed).toBe(true)
      expect(await endOf(limited)).toEqual(expected)
      const sink = new PassThrough()
      await expect(pipeline(Readable.from(['x']), limited, sink)).rejects.toBeDefined()
      expect(leftovers({ clock, limiter })).toEqual(nothing)
    })
  }

  test('takes no notice of an abort after the end', async () => {
    const aborter = new AbortController()
    const { clock, limiter, limited } = setUp(MiB, { signal: aborter.signal })
    limited.end('x')
    expect((await clock.run(() => buffer(limited))).toString()).toBe('x')
    await clock.advance(0)
    expect(leftovers({ clock, limiter }, aborter.signal)).toEqual(nothing)
    aborter.abort()
    expect(limited.errored).toBe(null)
  })

  test('can be destroyed by whoever gets a piece', async () => {
    const set = setUp(100 * KiB)
    const { clock, limiter, limited } = set
    const reason = new Error('seen enough')
    let seen = 0
    limited.on('data', (piece) => {
      seen += piece.length
      if (seen > 10_000) limited.destroy(reason)
    })
    limited.write(Buffer.alloc(MiB))
    expect(await clock.run(() => endOf(limited))).toBe(reason)
    expect(limiter.stats.bytes).toBe(seen)
    expect(leftovers(set)).toEqual(nothing)
  })

  const faults = [
    { title: 'a source that fails', source: true, sink: false },
    { title: 'a sink that fails', source: false, sink: true },
  ]
  for (const { title, source, sink } of faults) {
    test(`ends in a pipeline with ${title}`, async () => {
      const set = setUp(100 * KiB)
      const { clock, limited } = set
      const failure = new Error('broken')
      let chunks = 0
      const from = new Readable({
        read() {
          if (source && chunks++ === 3) this.destroy(failure)
          else this.push(Buffer.alloc(10 * KiB))
        },
      })
      let taken = 0
      const to = new Writable({
        write(piece, _encoding, done) {
          taken += piece.length
          done(sink && taken > 10_000 ? failure : null)
        },
      })
      await expect(clock.run(() => pipeline(from, limited, to))).rejects.toBe(failure)
      expect([from.destroyed, limited.destroyed, to.destroyed]).toEqual([true, true, true])
      expect(leftovers(set)).toEqual(nothing)
    })
  }

  test('reports each piece exactly once, with its bytes and its start, to throttles that watch', async () => {
    const clock = new VirtualClock()
    const seen: { bytes: Buffer; start: number }[] = []
    class Watching extends Throttle {
      override append(data: Uint8Array | number, start?: number): void {
        seen.push({ bytes: data as Buffer, start: start ?? Number.NaN })
        super.append(data, start)
      }
    }
    const watching = new Watching({ limit: 100 * KiB, clock })
    const limited = throttle({ plain: new Throttle({ clock }), watching })
    const pieces: { bytes: Buffer; start: number }[] = []
    limited.on('data', (bytes: Buffer) => pieces.push({ bytes, start: clock.now() }))
    for (const size of [1, 0, 100, 20_000, 0, 50_000]) limited.write(Buffer.alloc(size, size))
    limited.end()
    await clock.run(() => once(limited, 'end'))
    expect(pieces.length).toBeGreaterThan(70)
    expect(seen).toEqual(pieces.filter(({ bytes }) => bytes.length > 0))
    expect(watching.stats.bytes).toBe(70_101)
  })

  for (const [title, after] of [
    ['the first piece', 0],
    ['a piece that came after a wait', 5],
  ] as const) {
    test(`is destroyed with the error of an append that throws at ${title}`, async () => {
      const clock = new VirtualClock()
      const failure = new Error('broken')
      let appends = 0
      class Failing extends Throttle {
        override append(): void {
          if (appends++ === after) throw failure
        }
      }
      const limiter = new Failing({ limit: 100 * KiB, clock })
      const limited = throttle(limiter)
      let got = 0
      limited.on('data', (piece) => {
        got += piece.length
      })
      limited.write(Buffer.alloc(MiB))
      expect(await clock.run(() => endOf(limited))).toBe(failure)
      expect(limiter.stats.bytes).toBe(got)
      expect(leftovers({ clock, limiter })).toEqual(nothing)
    })
  }

  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
  const source = () => Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)])
  const uses = [
    { use: 'pipe', pass: (limited: Duplex) => buffer(source().pipe(limited)) },
    { use: 'for await', pass: async (limited: Duplex) => Buffer.concat(await source().pipe(limited).toArray()) },
    { use: 'compose', pass: (limited: Duplex) => buffer(compose(source(), limited, new PassThrough())) },
    { use: 'Readable.toWeb', pass: (limited: Duplex) => buffer(Readable.toWeb(source().pipe(limited))) },
    {
      use: 'Duplex.toWeb',
      pass: (limited: Duplex) => {
        const pair = Duplex.toWeb(limited) as unknown as { writable: WritableStream; readable: ReadableStream }
        return buffer(Readable.toWeb(source()).pipeThrough(pair as never) as unknown as NodeJS.ReadableStream)
      },
    },
    {
      use: 'Readable.fromWeb',
      pass: (limited: Duplex) => buffer(Readable.fromWeb(Readable.toWeb(source())).pipe(limited)),
    },
    {
      use: 'pipeline with a generator',
      pass: async (limited: Duplex) => {
        const parts: Buffer[] = []
        await pipeline(source(), limited, async (pieces: AsyncIterable<Buffer>) => {
          for await (const piece of pieces) parts.push(piece)
        })
        return Buffer.concat(parts)
      },
    },
  ]
  for (const { use, pass } of uses) {
    test(`works with ${use}`, async () => {
      const set = setUp(MiB)
      const got = await set.clock.run(() => pass(set.limited))
      expect(got.equals(bytes)).toBe(true)
      expect(set.clock.now()).toBeGreaterThan(260)
      expect(set.clock.now()).toBeLessThan(300)
      await set.clock.advance(0)
      expect(leftovers(set)).toEqual(nothing)
    })
  }

  const wrong = [
    { title: 'a limit of 0', values: [0], error: RangeError },
    { title: 'a negative limit', values: [-1], error: RangeError },
    { title: 'NaN', values: [Number.NaN], error: RangeError },
    { title: 'a text that is no rate', values: ['10 furlongs'], error: /10 furlongs/ },
    { title: 'true', values: [true], error: TypeError },
    { title: 'a throttle that is none', values: [{ a: 1 }], error: TypeError },
    { title: 'no throttle under a name', values: [{ a: undefined }], error: TypeError },
    { title: 'a weight of 0', values: [1, { weight: 0 }], error: RangeError },
    { title: 'a weight of NaN', values: [1, { weight: Number.NaN }], error: RangeError },
    {
      title: 'a signal that is none',
      values: [1, { signal: 'stop' }],
      error: /signal: must be an AbortSignal, is string/,
    },
    { title: 'a negative high-water mark', values: [1, { highWaterMark: -1 }], error: RangeError },
    { title: 'options of null', values: [1, null], error: TypeError },
  ]
  for (const { title, values, error } of wrong) {
    test(`refuses ${title}`, () => {
      expect(() => throttle(...(values as unknown as Parameters<typeof throttle>))).toThrow(error)
    })
  }

  test('refuses throttles of different clocks', () => {
    const [a, b] = [new Throttle({ clock: new VirtualClock() }), new Throttle({ clock: new VirtualClock() })]
    expect(() => throttle({ a, b })).toThrow(TypeError)
  })
})
