import { getEventListeners } from 'node:events'
import { ReadableStream, type WritableStream } from 'node:stream/web'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reasons } from '../../test/fixtures/ways-in.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Throttle, type ThrottleOptions } from '../throttle/throttle.ts'
import { throttleWeb } from './throttle.ts'
import type { ThrottleStreamOptions } from './throttle-transform.ts'

const KiB = 1024
const MiB = 1024 * KiB

function setUp(limit: ThrottleOptions['limit'] = MiB, options: ThrottleStreamOptions = {}) {
  const clock = new VirtualClock()
  const limiter = new Throttle({ limit, clock })
  const limited = throttleWeb(limiter, options)
  const leftovers = (signal?: AbortSignal) => ({
    waiters: limiter.stats.waiters,
    sleepers: clock.pending,
    listeners: signal ? getEventListeners(signal, 'abort').length : 0,
  })
  return { clock, limiter, limited, leftovers }
}
const nothing = { waiters: 0, sleepers: 0, listeners: 0 }

async function collect(readable: ReadableStream<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of readable) all.push(piece)
  return Buffer.concat(all)
}

const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'nothing',
    (reason) => reason,
  )

type Writer = ReturnType<WritableStream['getWriter']>
type Reader = { read(): Promise<{ value?: Uint8Array | undefined }>; cancel(reason?: unknown): Promise<void> }

/** What can be going on when something ends a stream. Each returns the write that is going on, if any, in a box. */
const moments = [
  { title: 'while it is idle', act: async () => ({ writing: undefined }) },
  {
    title: 'while it waits for a grant',
    act: async (clock: VirtualClock, writer: Writer, reader: Reader) => {
      const writing = thrownBy(writer.write(Buffer.alloc(MiB)))
      for (let i = 0; i < 4; i++) void reader.read().catch(() => {})
      await clock.advance(1)
      return { writing }
    },
  },
  {
    title: 'while it waits for the reader',
    act: async (clock: VirtualClock, writer: Writer, reader: Reader) => {
      const writing = thrownBy(writer.write(Buffer.alloc(MiB)))
      void reader.read()
      await clock.advance(1000)
      return { writing }
    },
  },
  {
    title: 'while the reader asks after a wait',
    act: async (clock: VirtualClock, writer: Writer, reader: Reader) => {
      const writing = thrownBy(writer.write(Buffer.alloc(MiB)))
      void reader.read()
      await clock.advance(1000)
      reader.read().catch(() => {})
      return { writing }
    },
  },
  {
    title: 'while the reader asks and stalls again',
    act: async (clock: VirtualClock, writer: Writer, reader: Reader) => {
      const writing = thrownBy(writer.write(Buffer.alloc(MiB)))
      void reader.read()
      await clock.advance(1000)
      reader.read().catch(() => {})
      await Promise.resolve()
      return { writing }
    },
  },
]

describe('throttleWeb()', () => {
  test('passes any bytes unchanged and in order', async () => {
    const bytes = fc.uint8Array({ maxLength: 20_000 })
    const chunks = fc.array(
      fc.oneof(
        fc.constant(''),
        fc.string({ unit: 'grapheme' }),
        fc.uint8Array({ maxLength: 2 }),
        bytes,
        bytes.map((bytes) => Buffer.from(bytes)),
        bytes.map((bytes) => new DataView(bytes.buffer)),
        bytes.map((bytes) => bytes.slice().buffer),
      ),
    )
    await fc.assert(
      fc.asyncProperty(chunks, fc.constantFrom(10 * KiB, MiB, null), async (chunks, limit) => {
        const { clock, limiter, limited, leftovers } = setUp(limit)
        const got = await clock.run(async () => {
          const all = collect(limited.readable)
          const writer = limited.writable.getWriter()
          for (const chunk of chunks) void writer.write(chunk as Uint8Array)
          await writer.close()
          return all
        })
        const expected = Buffer.concat(
          chunks.map((chunk) => {
            if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
            return Buffer.from(chunk as string)
          }),
        )
        expect(got.equals(expected)).toBe(true)
        expect(limited.stats).toMatchObject({ bytes: expected.length, heldBy: undefined })
        expect(limiter.stats.bytes).toBe(expected.length)
        expect(leftovers()).toEqual(nothing)
      }),
    )
  })

  test('passes a chunk of 256 MiB by reference, in pieces', async () => {
    const { clock, limited } = setUp('1GiB/s')
    const chunk = Buffer.alloc(256 * MiB)
    let next = 0
    const writer = limited.writable.getWriter()
    void writer.write(chunk).then(() => writer.close())
    await clock.run(async () => {
      for await (const piece of limited.readable) {
        if (piece.buffer !== chunk.buffer || piece.byteOffset !== next) throw new Error('copied')
        next += piece.byteLength
      }
    })
    expect(next).toBe(chunk.length)
    expect(clock.now()).toBeCloseTo(250, -1)
  })

  test('draws nothing while nobody reads, and one piece for each read', async () => {
    const { clock, limiter, limited } = setUp()
    let pulled = 0
    const source = new ReadableStream({
      pull(controller) {
        pulled++
        controller.enqueue(Buffer.alloc(64 * KiB))
      },
    })
    const reader = source.pipeThrough(limited).getReader()
    await clock.advance(10_000)
    expect(limiter.stats.bytes).toBe(0)
    let bytes = 0
    for (let i = 0; i < 100; i++) {
      const { value } = await clock.run(() => reader.read())
      bytes += value?.byteLength ?? 0
      await clock.advance(1000)
      expect(limiter.stats.bytes).toBe(bytes)
    }
    expect(clock.pending).toBe(0)
    // One chunk in work, one before it, and one that the source has ready.
    expect(pulled * 64 * KiB).toBeLessThanOrEqual(bytes + 4 * 64 * KiB)
    await reader.cancel()
  })

  for (const { title, act } of moments) {
    for (const reason of reasons) {
      const name = String(reason)
      test(`fails on both sides with the reason ${name} of an abort by signal ${title}`, async () => {
        const aborter = new AbortController()
        const { clock, limited, limiter, leftovers } = setUp(10 * KiB, { signal: aborter.signal })
        const writer = limited.writable.getWriter()
        const reader = limited.readable.getReader()
        const ends = [thrownBy(writer.closed), thrownBy(reader.closed)]
        const { writing } = await act(clock, writer, reader)
        aborter.abort(reason)
        const expected = aborter.signal.reason
        expect(await clock.run(() => Promise.all(ends))).toEqual([expected, expected])
        if (writing) expect(await writing).toBe(expected)
        expect(limiter.stats.bytes).toBe(limited.stats.bytes)
        expect(leftovers(aborter.signal)).toEqual(nothing)
      })

      test(`ends at once when the writer aborts with ${name} ${title}`, async () => {
        const aborter = new AbortController()
        const { clock, limited, leftovers } = setUp(10 * KiB, { signal: aborter.signal })
        const writer = limited.writable.getWriter()
        const reader = limited.readable.getReader()
        const ends = [thrownBy(writer.closed), thrownBy(reader.closed)]
        const { writing } = await act(clock, writer, reader)
        const aborted = writer.abort(reason)
        // The platform itself makes an AbortError of no reason.
        const expected = reason === undefined ? expect.objectContaining({ name: 'AbortError' }) : reason
        expect(await clock.run(() => Promise.all(ends))).toEqual([reason, expected])
        await aborted
        if (writing) expect(await writing).toEqual(expected)
        expect(leftovers(aborter.signal)).toEqual(nothing)
      })

      test(`ends at once when the reader cancels with ${name} ${title}`, async () => {
        const aborter = new AbortController()
        const { clock, limited, leftovers } = setUp(10 * KiB, { signal: aborter.signal })
        const writer = limited.writable.getWriter()
        const reader = limited.readable.getReader()
        const end = thrownBy(writer.closed)
        const { writing } = await act(clock, writer, reader)
        await reader.cancel(reason)
        expect(await clock.run(() => end)).toBe(reason)
        if (writing) expect(await writing).toBe(reason)
        expect(leftovers(aborter.signal)).toEqual(nothing)
      })
    }
  }

  test('ends, and keeps count, whichever side gives up at whichever microtask', async () => {
    const given = fc.record({
      rate: fc.constantFrom(10 * KiB, MiB, 100 * MiB),
      size: fc.constantFrom(10, 3000, 200_000),
      who: fc.constantFrom('signal', 'writer', 'reader'),
      reads: fc.nat(4),
      at: fc.constantFrom(0, 1, 5, 12, 40),
      before: fc.nat(12),
      after: fc.nat(12),
    })
    await fc.assert(
      fc.asyncProperty(given, async ({ rate, size, who, reads, at, before, after }) => {
        const aborter = new AbortController()
        const { clock, limiter, limited, leftovers } = setUp(rate, { signal: aborter.signal })
        const writer = limited.writable.getWriter()
        const reader = limited.readable.getReader()
        const ends = [thrownBy(writer.closed), thrownBy(reader.closed)]
        let got = 0
        const read = () =>
          void reader.read().then(
            ({ value }) => {
              got += value?.byteLength ?? 0
            },
            () => {},
          )
        const writes = [0, 1, 2].map(() => thrownBy(writer.write(Buffer.alloc(size))))
        for (let i = 0; i < reads; i++) read()
        await clock.advance(at)
        for (let i = 0; i < before; i++) await undefined
        read()
        for (let i = 0; i < after; i++) await undefined
        const acted =
          who === 'signal'
            ? aborter.abort('enough')
            : who === 'writer'
              ? writer.abort('enough')
              : reader.cancel('enough')
        const [written] = await clock.run(() => Promise.all([Promise.all(writes), Promise.all(ends), acted]))
        for (const outcome of written) expect(['nothing', 'enough']).toContain(outcome)
        expect(await ends[0]).toBe('enough')
        // Nothing was drawn, let alone reported, that nobody has got.
        expect(limiter.stats.bytes).toBe(got)
        expect(leftovers(aborter.signal)).toEqual(nothing)
      }),
      { numRuns: 1000 },
    )
  })

  for (const reason of reasons) {
    test(`fails from the beginning when the signal has aborted with ${String(reason)}`, async () => {
      const signal = AbortSignal.abort(reason)
      const { limited, leftovers } = setUp(MiB, { signal })
      expect(await thrownBy(limited.readable.getReader().read())).toBe(signal.reason)
      expect(await thrownBy(limited.writable.getWriter().write('x'))).toBe(signal.reason)
      expect(leftovers(signal)).toEqual(nothing)
    })
  }

  test('takes no notice of an abort after the end', async () => {
    const aborter = new AbortController()
    const { clock, limited, leftovers } = setUp(MiB, { signal: aborter.signal })
    const writer = limited.writable.getWriter()
    const all = collect(limited.readable)
    void writer.write('x')
    await clock.run(() => writer.close())
    expect(leftovers(aborter.signal)).toEqual(nothing)
    aborter.abort()
    expect((await all).toString()).toBe('x')
  })

  for (const [title, chunk] of [
    ['a number', 42],
    ['null', null],
    ['an object', {}],
  ] as const) {
    test(`fails on both sides when it is written ${title}`, async () => {
      const aborter = new AbortController()
      const { clock, limited, leftovers } = setUp(MiB, { signal: aborter.signal })
      const writer = limited.writable.getWriter()
      const ended = thrownBy(collect(limited.readable))
      const error = new TypeError(`Cannot take a chunk: must be a string or bytes, is ${title.replace(/^an? /, '')}`)
      const closed = thrownBy(writer.closed)
      expect(await clock.run(() => thrownBy(writer.write(chunk as unknown as string)))).toEqual(error)
      expect(await clock.run(() => ended)).toEqual(error)
      expect(await closed).toEqual(error)
      expect(leftovers(aborter.signal)).toEqual(nothing)
    })
  }

  test('reports each piece exactly once, with its bytes and its start, to a throttle that watches', async () => {
    const clock = new VirtualClock()
    const seen: unknown[] = []
    class Watching extends Throttle {
      override append(data: Uint8Array | number, start?: number): void {
        seen.push([data, start])
        super.append(data, start)
      }
    }
    const watching = new Watching({ limit: 100 * KiB, clock })
    const limited = throttleWeb({ watching })
    const pieces: unknown[] = []
    const writer = limited.writable.getWriter()
    for (const size of [1, 0, 100, 20_000]) void writer.write(Buffer.alloc(size))
    void writer.close()
    await clock.run(async () => {
      for await (const piece of limited.readable) pieces.push([piece, clock.now()])
    })
    expect(pieces.length).toBeGreaterThan(20)
    expect(seen).toEqual(pieces)
    expect(watching.stats.bytes).toBe(20_101)
  })

  for (const [title, after] of [
    ['the first piece', 0],
    ['a piece that came after a wait', 5],
  ] as const) {
    test(`fails on both sides with the error of an append that throws at ${title}`, async () => {
      const clock = new VirtualClock()
      const failure = new Error('broken')
      let appends = 0
      class Failing extends Throttle {
        override append(): void {
          if (appends++ === after) throw failure
        }
      }
      const limiter = new Failing({ limit: 100 * KiB, clock })
      const limited = throttleWeb(limiter)
      let got = 0
      const reading = async () => {
        for await (const piece of limited.readable) got += piece.byteLength
      }
      const read = thrownBy(reading())
      const writer = limited.writable.getWriter()
      const closed = thrownBy(writer.closed)
      expect(await clock.run(() => thrownBy(writer.write(Buffer.alloc(after === 0 ? 10 : MiB))))).toBe(failure)
      expect(await clock.run(() => read)).toBe(failure)
      expect(await closed).toBe(failure)
      expect(limiter.stats).toMatchObject({ bytes: got, waiters: 0 })
      expect(clock.pending).toBe(0)
    })
  }

  const wrong = [
    { title: 'a limit of 0', values: [0], error: RangeError },
    { title: 'a text that is no rate', values: ['10 furlongs'], error: /10 furlongs/ },
    { title: 'true', values: [true], error: TypeError },
    { title: 'a throttle that is none', values: [{ a: 1 }], error: TypeError },
    { title: 'a weight of 0', values: [1, { weight: 0 }], error: RangeError },
    {
      title: 'a signal that is none',
      values: [1, { signal: 'stop' }],
      error: /signal: must be an AbortSignal, is string/,
    },
    { title: 'options of null', values: [1, null], error: TypeError },
  ]
  for (const { title, values, error } of wrong) {
    test(`refuses ${title}`, () => {
      expect(() => throttleWeb(...(values as unknown as Parameters<typeof throttleWeb>))).toThrow(error)
    })
  }
})

test('throttleWeb() refuses to be transferred, which would lose its limit', () => {
  const limited = throttleWeb('1KiB/s')
  expect(() => structuredClone(limited, { transfer: [limited as unknown as ArrayBuffer] })).toThrow()
})
