import { Writable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { setUp, timed } from '../../../test/fixtures/recorder.ts'
import type { Clock } from '../../clock.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { ThrottledStreamWriter, type WriteMode } from './throttled-stream-writer.ts'

test('ThrottledStreamWriter.write() refuses a signal that is aborted already', async () => {
  const { writer, sends } = setUp()
  await expect(writer.write('a', { signal: AbortSignal.abort('early') })).rejects.toBe('early')
  await expect(writer.drain({ signal: AbortSignal.abort('early') })).rejects.toBe('early')
  await expect(writer.writeEof({ signal: AbortSignal.abort('early') })).rejects.toBe('early')
  await expect(writer.waitClosed({ signal: AbortSignal.abort('early') })).rejects.toBe('early')
  expect(sends).toEqual([])
  expect(writer.canWriteEof()).toBe(true)
})

test('ThrottledStreamWriter.write() leaves the queue when aborted, wherever it stands in it', async () => {
  const { clock, writer, sends } = setUp()
  const abort = new AbortController()
  clock.sleepUntil(15, () => abort.abort('enough'))
  const { signal } = abort
  const settled = await clock.run(() =>
    Promise.all([
      timed(clock, writer.write('abcd', { mode: 'bytewise', signal })),
      timed(clock, writer.write('x', { signal })),
      timed(clock, writer.write('e')),
      timed(clock, writer.writeLines(['y', 'z'], { signal })),
      timed(clock, writer.drain({ signal })),
      timed(clock, writer.write('f')),
    ]),
  )
  expect(settled).toEqual(['15: enough', '15: enough', '20: done', '15: enough', '15: enough', '30: done'])
  expect(sends).toEqual([
    [0, 'a'],
    [10, 'b'],
    [20, 'e'],
    [30, 'f'],
  ])
  expect(writer.bytesWritten).toBe(4)
})

test('ThrottledStreamWriter.write() rejects while it waits for room or for the drain', async () => {
  const { clock, writer, sends } = setUp({ minSendIntervalMs: 0 }, { takes: 100, highWaterMark: 2 })
  const abort = new AbortController()
  clock.sleepUntil(50, () => abort.abort('enough'))
  const { signal } = abort
  const settled = await clock.run(() =>
    Promise.all([
      timed(clock, writer.write('a', { drain: true, signal })),
      timed(clock, writer.write('b', { signal })),
      timed(clock, writer.write('cc')),
      timed(clock, writer.write('d')),
    ]),
  )
  expect(settled).toEqual(['50: enough', '50: enough', '200: done', '200: done'])
  expect(sends.map(([, text]) => text)).toEqual(['a', 'cc', 'd'])
})

test('ThrottledStreamWriter takes its listeners off the signal', async () => {
  const { clock, writer } = setUp()
  const { signal } = new AbortController()
  const listeners = new Set<unknown>()
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners.add(args[1])
    addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners.delete(args[1])
    removeEventListener.apply(signal, args)
  }
  await clock.run(async () => {
    const writes = [writer.write('a', { signal }), writer.write('b', { signal, drain: true }), writer.drain({ signal })]
    expect(listeners.size).toBeGreaterThan(0)
    await Promise.all(writes)
    await writer.writeEof({ signal })
    writer.close()
    await writer.waitClosed({ signal })
  })
  expect(listeners.size).toBe(0)
  expect(clock.pending).toBe(0)
})

/** A stream that notes what it is handed, as it is handed over: of which message, and when. */
class Handed extends Writable {
  readonly chunks: { readonly at: number; readonly message: number | undefined; readonly length: number }[] = []
  /** The most that was buffered when more came. */
  fullest = 0
  readonly #clock: Clock
  readonly #takes: number
  constructor(clock: Clock, takes: number, highWaterMark: number) {
    super({ highWaterMark })
    this.#clock = clock
    this.#takes = takes
  }
  override write(...args: unknown[]): boolean {
    const chunk = args[0] as Buffer
    this.chunks.push({ at: this.#clock.now(), message: chunk[0], length: chunk.length })
    this.fullest = Math.max(this.fullest, this.writableLength)
    return (super.write as (...args: unknown[]) => boolean)(...args)
  }
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.#takes === 0) done()
    else this.#clock.sleepUntil(this.#clock.now() + this.#takes, done)
  }
}

const call = fc.record({
  at: fc.nat(200),
  length: fc.nat(6),
  mode: fc.constantFrom<WriteMode>('whole', 'bytewise', 'no_throttle'),
  drain: fc.boolean(),
  abortAfter: fc.option(fc.nat(100), { nil: undefined }),
})
const setting = fc.record({
  interval: fc.constantFrom(0, 0.5, 7, 20),
  takes: fc.constantFrom(0, 3, 30),
  highWaterMark: fc.integer({ min: 1, max: 8 }),
})

test('ThrottledStreamWriter keeps order, bytes, gaps and bounds under any mix of calls, aborts and sinks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 12 }), setting, async (calls, { interval, takes, highWaterMark }) => {
      const clock = new VirtualClock()
      const sink = new Handed(clock, takes, highWaterMark)
      const writer = new ThrottledStreamWriter(sink, { minSendIntervalMs: interval, clock })
      const inOrder = calls.toSorted((a, b) => a.at - b.at)
      const outcomes = await clock.run(() =>
        Promise.all(
          inOrder.map(async ({ at, length, mode, drain, abortAfter }, message) => {
            await clock.sleep(at)
            const abort = new AbortController()
            if (abortAfter !== undefined) clock.sleepUntil(at + abortAfter, () => abort.abort('enough'))
            return timed(clock, writer.write(Buffer.alloc(length, message), { mode, drain, signal: abort.signal }))
          }),
        ),
      )
      const sent = sink.chunks.filter(({ length }) => length > 0)
      const messages = sent.map(({ message = -1 }) => message)
      expect(messages, 'in order and unmixed').toEqual(messages.toSorted((a, b) => a - b))
      for (const [i, outcome] of outcomes.entries()) {
        const wanted = inOrder[i]?.length ?? 0
        const bytes = sent.reduce((sum, { message, length }) => (message === i ? sum + length : sum), 0)
        if (outcome.endsWith(': done')) expect(bytes).toBe(wanted)
        else {
          expect(outcome.endsWith(': enough'), outcome).toBe(true)
          expect(bytes).toBeLessThanOrEqual(wanted)
        }
      }
      expect(writer.bytesWritten).toBe(sent.reduce((sum, { length }) => sum + length, 0))
      expect(sink.fullest, 'what was buffered when more was sent').toBeLessThan(highWaterMark)
      const throttled = sent.filter(({ message = 0 }) => inOrder[message]?.mode !== 'no_throttle')
      for (const [i, { at }] of throttled.slice(1).entries()) {
        expect(at - (throttled[i]?.at ?? 0)).toBeGreaterThanOrEqual(interval - 1e-9)
      }
    }),
    { numRuns: 60 },
  )
})
