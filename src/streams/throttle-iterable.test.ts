import { getEventListeners } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endless, reasons } from '../../test/fixtures/ways-in.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import type { Limits } from '../throttle/limits.ts'
import { Throttle, type ThrottleOptions } from '../throttle/throttle.ts'
import { type ByteIterable, throttleIterable } from './throttle-iterable.ts'
import type { ThrottleStreamOptions } from './throttle-transform.ts'

const KiB = 1024
const MiB = 1024 * KiB

function setUp(limit: ThrottleOptions['limit'] = MiB) {
  const clock = new VirtualClock()
  const limiter = new Throttle({ limit, clock })
  const aborter = new AbortController()
  return {
    clock,
    limiter,
    aborter,
    iterate: (source: ByteIterable, options?: ThrottleStreamOptions) => throttleIterable(source, limiter, options),
    leftovers: () => ({
      waiters: limiter.stats.waiters,
      sleepers: clock.pending,
      listeners: getEventListeners(aborter.signal, 'abort').length,
    }),
  }
}
const nothing = { waiters: 0, sleepers: 0, listeners: 0 }

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

/** A source that notes what is done to it. It answers as `next` says, and never if that is undefined. */
function noted(next: () => Promise<IteratorResult<Buffer>> | undefined, returned = async () => {}) {
  const log: string[] = []
  const source: AsyncIterable<Buffer> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        log.push('next')
        return next() ?? new Promise(() => {})
      },
      async return() {
        log.push('return')
        await returned()
        log.push('returned')
        return { done: true, value: undefined }
      },
    }),
  }
  return { source, log }
}
const chunk = async () => ({ done: false as const, value: Buffer.alloc(100) })

describe('throttleIterable()', () => {
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
        bytes.map((bytes) => new Uint16Array(bytes.slice(0, bytes.length & ~1).buffer)),
      ),
    )
    await fc.assert(
      fc.asyncProperty(
        chunks,
        fc.constantFrom(10 * KiB, MiB, null),
        fc.boolean(),
        async (chunks, limit, withSignal) => {
          const { clock, limiter, aborter, iterate, leftovers } = setUp(limit)
          const options = withSignal ? { signal: aborter.signal } : {}
          const got = await clock.run(() => collect(iterate(chunks as Uint8Array[], options)))
          const expected = Buffer.concat(chunks.map((chunk) => new Uint8Array(bufferOf(chunk))))
          expect(got.equals(expected)).toBe(true)
          expect(limiter.stats.bytes).toBe(expected.length)
          expect(leftovers()).toEqual(nothing)
        },
      ),
    )
  })

  test('passes a chunk of 256 MiB by reference, in pieces', async () => {
    const { clock, iterate } = setUp('1GiB/s')
    const chunk = Buffer.alloc(256 * MiB)
    let next = 0
    await clock.run(async () => {
      for await (const piece of iterate([chunk])) {
        expect(piece.buffer).toBe(chunk.buffer)
        expect(piece.byteOffset).toBe(next)
        next += piece.length
      }
    })
    expect(next).toBe(chunk.length)
    expect(clock.now()).toBeCloseTo(250, -1)
  })

  const sources: { title: string; source: () => ByteIterable; bytes: string }[] = [
    { title: 'an array', source: () => ['a', 'b', Buffer.from('c')], bytes: 'abc' },
    { title: 'a string', source: () => 'hällo 👋', bytes: 'hällo 👋' },
    { title: 'a Readable', source: () => Readable.from(['a', 'b']), bytes: 'ab' },
    { title: 'a web stream', source: () => ReadableStream.from(['a', 'b']) as unknown as ByteIterable, bytes: 'ab' },
    {
      title: 'promises of chunks',
      source: () => [Promise.resolve('a'), Promise.resolve('b')] as unknown as string[],
      bytes: 'ab',
    },
    { title: 'nothing', source: () => [], bytes: '' },
  ]
  for (const { title, source, bytes } of sources) {
    for (const withSignal of [false, true]) {
      test(`iterates over ${title} ${withSignal ? 'with' : 'without'} a signal`, async () => {
        const { clock, aborter, iterate, leftovers } = setUp()
        const pieces = iterate(source(), withSignal ? { signal: aborter.signal } : {})
        expect((await clock.run(() => collect(pieces))).toString()).toBe(bytes)
        expect(leftovers()).toEqual(nothing)
      })
    }
  }

  for (const withSignal of [false, true]) {
    const how = withSignal ? 'with' : 'without'
    test(`asks for nothing before it is asked, ${how} a signal`, async () => {
      const { clock, limiter, aborter, iterate } = setUp(10 * KiB)
      const { source, log } = noted(chunk)
      const pieces = iterate(source, withSignal ? { signal: aborter.signal } : {})
      expect(log).toEqual([])
      await clock.run(() => pieces.next())
      await clock.advance(10_000)
      expect(log).toEqual(['next'])
      expect(limiter.stats.bytes).toBe(100)
      expect(clock.pending).toBe(0)
      await pieces.return()
    })

    test(`ends the source and waits for that when the loop is left, ${how} a signal`, async () => {
      const { clock, limiter, aborter, iterate, leftovers } = setUp(10 * KiB)
      const { source, log } = noted(chunk, () => clock.sleep(100))
      let bytes = 0
      await clock.run(async () => {
        for await (const piece of iterate(source, withSignal ? { signal: aborter.signal } : {})) {
          bytes += piece.length
          if (bytes >= 1000) break
        }
      })
      expect(log.slice(-2)).toEqual(['return', 'returned'])
      expect(limiter.stats.bytes).toBe(bytes)
      expect(leftovers()).toEqual(nothing)
    })

    test(`throws what the end of the source throws when the loop is left, ${how} a signal`, async () => {
      const { aborter, iterate, leftovers } = setUp()
      const failure = new Error('cannot end')
      const { source } = noted(chunk, () => Promise.reject(failure))
      const leave = async () => {
        for await (const _ of iterate(source, withSignal ? { signal: aborter.signal } : {})) break
      }
      await expect(leave()).rejects.toBe(failure)
      expect(leftovers()).toEqual(nothing)
    })

    test(`throws what the source throws, and does not end it again, ${how} a signal`, async () => {
      const { clock, limiter, aborter, iterate, leftovers } = setUp()
      const failure = new Error('broken')
      let chunks = 0
      const { source, log } = noted(() => (chunks++ < 3 ? chunk() : Promise.reject(failure)))
      const pieces = iterate(source, withSignal ? { signal: aborter.signal } : {})
      await expect(clock.run(() => collect(pieces))).rejects.toBe(failure)
      expect(log).toEqual(['next', 'next', 'next', 'next'])
      expect(limiter.stats.bytes).toBe(300)
      expect(leftovers()).toEqual(nothing)
    })

    test(`fails with a chunk that is none, and ends the source, ${how} a signal`, async () => {
      const { aborter, iterate, leftovers } = setUp()
      const { source, log } = noted(async () => ({ done: false, value: 42 as unknown as Buffer }))
      const pieces = iterate(source, withSignal ? { signal: aborter.signal } : {})
      await expect(collect(pieces)).rejects.toThrow(
        new TypeError('Cannot take a chunk: must be a string or bytes, is number'),
      )
      expect(log).toEqual(['next', 'return', 'returned'])
      expect(leftovers()).toEqual(nothing)
    })
  }

  for (const reason of reasons) {
    const name = String(reason)
    test(`throws the reason ${name} of a signal that has aborted, and never begins`, async () => {
      const { iterate } = setUp()
      const signal = AbortSignal.abort(reason)
      const { source, log } = noted(chunk)
      expect(await thrownBy(iterate(source, { signal }).next())).toBe(signal.reason)
      expect(log).toEqual([])
      expect(getEventListeners(signal, 'abort').length).toBe(0)
    })

    test(`throws the reason ${name} of an abort while it waits for the source, and ends that`, async () => {
      const { aborter, iterate, leftovers, clock } = setUp()
      const { source, log } = noted(
        () => undefined,
        () => Promise.reject(new Error('too late')),
      )
      const next = thrownBy(iterate(source, { signal: aborter.signal }).next())
      await clock.advance(10)
      aborter.abort(reason)
      expect(await next).toBe(aborter.signal.reason)
      await clock.advance(10)
      expect(log).toEqual(['next', 'return'])
      expect(leftovers()).toEqual(nothing)
    })

    test(`throws the reason ${name} of an abort while it waits for a grant, and ends the source`, async () => {
      const { aborter, iterate, leftovers, clock, limiter } = setUp(10 * KiB)
      const { source, log } = noted(async () => ({ done: false, value: Buffer.alloc(MiB) }))
      const pieces = iterate(source, { signal: aborter.signal })
      let bytes = 0
      const loop = async () => {
        for await (const piece of pieces) bytes += piece.length
      }
      const failed = thrownBy(loop())
      await clock.advance(100)
      expect(limiter.stats.waiters).toBe(1)
      aborter.abort(reason)
      expect(await failed).toBe(aborter.signal.reason)
      expect(log).toEqual(['next', 'return', 'returned'])
      expect(limiter.stats.bytes).toBe(bytes)
      expect(leftovers()).toEqual(nothing)
    })

    test(`throws the reason ${name} of an abort while the loop's body runs, and ends the source`, async () => {
      const { aborter, iterate, leftovers, limiter } = setUp()
      const { source, log } = noted(chunk)
      let bytes = 0
      const loop = async () => {
        for await (const piece of iterate(source, { signal: aborter.signal })) {
          bytes += piece.length
          aborter.abort(reason)
        }
      }
      expect(await thrownBy(loop())).toBe(aborter.signal.reason)
      expect(bytes).toBe(100)
      expect(limiter.stats.bytes).toBe(100)
      expect(log).toEqual(['next', 'return', 'returned'])
      expect(leftovers()).toEqual(nothing)
    })
  }

  test('destroys a Node stream that does not answer when the signal aborts', async () => {
    const { aborter, iterate, leftovers } = setUp()
    const source = new Readable({ read() {} })
    const next = thrownBy(iterate(source, { signal: aborter.signal }).next())
    await new Promise((resolve) => setImmediate(resolve))
    aborter.abort('enough')
    expect(await next).toBe('enough')
    expect(source.destroyed).toBe(true)
    await new Promise((resolve) => setImmediate(resolve))
    expect(leftovers()).toEqual(nothing)
  })

  test('throws the reason of an abort even if the source throws at its end', async () => {
    const { aborter, iterate } = setUp()
    const { source } = noted(chunk, () => Promise.reject(new Error('cannot end')))
    const pieces = iterate(source, { signal: aborter.signal })
    await pieces.next()
    aborter.abort('enough')
    expect(await thrownBy(pieces.next())).toBe('enough')
  })

  test('keeps no chunk that has passed, though a signal listens', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const { aborter } = setUp()
    const passed: WeakRef<Buffer>[] = []
    const source = async function* () {
      for (let i = 0; i < 100; i++) yield Buffer.allocUnsafeSlow(1000)
    }
    const pieces = throttleIterable(source(), null, { signal: aborter.signal })
    for (let i = 0; i < 100; i++) {
      const { value } = await pieces.next()
      if (value) passed.push(new WeakRef(value))
    }
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    expect(passed.filter((piece) => piece.deref()).length).toBeLessThan(10)
    await pieces.return()
  })

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
    const pieces: unknown[] = []
    await clock.run(async () => {
      const chunks = [1, 0, 100, 20_000].map((size) => Buffer.alloc(size))
      for await (const piece of throttleIterable(chunks, { watching })) pieces.push([piece, clock.now()])
    })
    expect(pieces.length).toBeGreaterThan(20)
    expect(seen).toEqual(pieces)
    expect(watching.stats.bytes).toBe(20_101)
  })

  test('throws the error of an append that throws, ends the source, and gives the bytes back', async () => {
    const clock = new VirtualClock()
    class Failing extends Throttle {
      override append(): void {
        throw new Error('broken')
      }
    }
    const limiter = new Failing({ limit: MiB, clock })
    const { source, log } = noted(chunk)
    await expect(collect(throttleIterable(source, limiter))).rejects.toThrow('broken')
    expect(log).toEqual(['next', 'return', 'returned'])
    expect(limiter.stats).toMatchObject({ bytes: 0, waiters: 0 })
  })

  test('works as a step of a pipeline', async () => {
    const { clock, aborter, iterate, leftovers } = setUp()
    let bytes = 0
    const sink = new Writable({
      write(piece, _encoding, done) {
        bytes += piece.length
        done(bytes > 100_000 ? new Error('full') : null)
      },
    })
    const source = Readable.from(endless(30_000))
    const step = (chunks: AsyncIterable<Buffer>) => iterate(chunks, { signal: aborter.signal })
    await expect(clock.run(() => pipeline(source, step, sink))).rejects.toThrow('full')
    await clock.advance(100)
    expect(source.destroyed).toBe(true)
    expect(leftovers()).toEqual(nothing)
  })

  const wrong = [
    { title: 'no source', values: [undefined, 1], error: TypeError },
    { title: 'null', values: [null, 1], error: TypeError },
    { title: 'a number as source', values: [42, 1], error: /must be an iterable of chunks, is number/ },
    { title: 'bytes as source', values: [Buffer.from('x'), 1], error: /must be an iterable of chunks, is bytes/ },
    { title: 'an object as source', values: [{}, 1], error: TypeError },
    { title: 'a limit of 0', values: [[], 0], error: RangeError },
    { title: 'a text that is no rate', values: [[], '10 furlongs'], error: /10 furlongs/ },
    { title: 'a throttle that is none', values: [[], { a: 1 }], error: TypeError },
    { title: 'a weight of 0', values: [[], 1, { weight: 0 }], error: RangeError },
    { title: 'a signal that is none', values: [[], 1, { signal: 'stop' }], error: /signal: must be an AbortSignal/ },
    { title: 'options of null', values: [[], 1, null], error: TypeError },
  ]
  for (const { title, values, error } of wrong) {
    test(`refuses ${title}`, () => {
      expect(() => throttleIterable(...(values as unknown as [ByteIterable, Limits]))).toThrow(error)
    })
  }
})

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'nothing',
    (reason) => reason,
  )
}

function bufferOf(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  return new Uint8Array(chunk as ArrayBuffer)
}
