import type { Writable } from 'node:stream'
import { WritableStream } from 'node:stream/web'
import { describe, expect, test } from 'vitest'
import { recorder, type Sent, setUp, timed } from '../../../test/fixtures/recorder.ts'
import { systemClock } from '../../clock.ts'
import { ClosedError } from '../../errors.ts'
import { type Pacing, ThrottledStreamWriter, type WriteMode } from './throttled-stream-writer.ts'

for (const kind of ['node', 'web'] as const) {
  describe(`on a ${kind} stream`, () => {
    const cases: { title: string; writes: [string, WriteMode?][]; sends: Sent[] }[] = [
      { title: 'sends the first message at once', writes: [['a']], sends: [[0, 'a']] },
      {
        title: 'leaves the interval between messages',
        writes: [['a'], ['bc'], ['d']],
        sends: [
          [0, 'a'],
          [10, 'bc'],
          [20, 'd'],
        ],
      },
      {
        title: 'leaves the interval between bytes (bytewise)',
        writes: [
          ['ab', 'bytewise'],
          ['cd', 'bytewise'],
        ],
        sends: [
          [0, 'a'],
          [10, 'b'],
          [20, 'c'],
          [30, 'd'],
        ],
      },
      {
        title: 'cuts text into bytes, not into characters (bytewise)',
        writes: [['é', 'bytewise']],
        sends: [
          [0, Buffer.from([0xc3]).toString()],
          [10, Buffer.from([0xa9]).toString()],
        ],
      },
      {
        title: 'waits for no interval and starts none (no_throttle)',
        writes: [['a'], ['b', 'no_throttle'], ['c'], ['d', 'no_throttle'], ['e', 'no_throttle'], ['f']],
        sends: [
          [0, 'a'],
          [0, 'b'],
          [10, 'c'],
          [10, 'd'],
          [10, 'e'],
          [20, 'f'],
        ],
      },
      {
        title: 'starts no interval before the first throttled message (no_throttle)',
        writes: [['a', 'no_throttle'], ['b'], ['c']],
        sends: [
          [0, 'a'],
          [0, 'b'],
          [10, 'c'],
        ],
      },
      {
        title: 'keeps the place of each message, whatever its mode',
        writes: [['abc', 'bytewise'], ['NOW', 'no_throttle'], ['d']],
        sends: [
          [0, 'a'],
          [10, 'b'],
          [20, 'c'],
          [20, 'NOW'],
          [30, 'd'],
        ],
      },
      {
        title: 'counts an empty message as a send (whole)',
        writes: [['a'], [''], ['b']],
        sends: [
          [0, 'a'],
          [10, ''],
          [20, 'b'],
        ],
      },
      {
        title: 'makes no send of an empty message (bytewise)',
        writes: [['a'], ['', 'bytewise'], ['b']],
        sends: [
          [0, 'a'],
          [10, 'b'],
        ],
      },
    ]
    for (const { title, writes, sends } of cases) {
      for (const pacing of ['gap', 'steady'] as const) {
        test(`ThrottledStreamWriter.write() ${title}, ${pacing}`, async () => {
          const { clock, writer, sends: sent } = setUp({ pacing }, { kind })
          await clock.run(() => Promise.all(writes.map(([text, mode]) => writer.write(text, { mode }))))
          expect(sent).toEqual(sends)
          expect(writer.bytesWritten).toBe(Buffer.byteLength(writes.map(([text]) => text).join('')))
        })
      }
    }

    test('ThrottledStreamWriter.write() with drain waits until each send is taken', async () => {
      const { clock, writer, sends } = setUp({}, { kind, takes: 25 })
      const settled = await clock.run(() =>
        Promise.all([
          timed(clock, writer.write('ab', { mode: 'bytewise', drain: true })),
          timed(clock, writer.write('c', { mode: 'no_throttle', drain: true })),
          timed(clock, writer.write('d', { drain: true })),
        ]),
      )
      expect(sends).toEqual([
        [0, 'a'],
        [25, 'b'],
        [50, 'c'],
        [75, 'd'],
      ])
      expect(settled).toEqual(['50: done', '75: done', '100: done'])
    })

    test('ThrottledStreamWriter.write() waits when the stream is full, whatever the mode', async () => {
      const { clock, writer, sends } = setUp({ minSendIntervalMs: 0 }, { kind, takes: 100, highWaterMark: 4 })
      const settled = await clock.run(() =>
        Promise.all([
          timed(clock, writer.write('ab')),
          timed(clock, writer.write('cd')),
          timed(clock, writer.write('ef', { mode: 'no_throttle' })),
          timed(clock, writer.write('gh', { mode: 'bytewise' })),
          writer.drain(),
        ]),
      )
      expect(writer.bytesWritten).toBe(8)
      expect(sends.map(([, text]) => text).join('')).toBe('abcdefgh')
      // A Node stream has room again when it is empty, a web stream as soon as it is below the mark.
      expect(settled[0]).toBe('0: done')
      expect(settled[1]).toBe(kind === 'node' ? '200: done' : '100: done')
    })
  })
}

test('ThrottledStreamWriter.write() sends at once, within the call', () => {
  const { writer, sends } = setUp()
  void writer.write('a')
  expect(sends).toEqual([[0, 'a']])
})

test('ThrottledStreamWriter.write() hands over the bytes that it was given, not a copy', async () => {
  const chunks: Uint8Array[] = []
  const stream = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) })
  const bytes = new Uint8Array([1, 2, 3])
  await new ThrottledStreamWriter(stream).write(bytes)
  expect(chunks[0]).toBe(bytes)
})

test('ThrottledStreamWriter paces by 1 ms unless told otherwise', () => {
  const { stream } = recorder(systemClock)
  const writer = new ThrottledStreamWriter(stream)
  expect(writer.minSendIntervalMs).toBe(1)
  expect(writer.transport).toBe(stream)
  writer.setMinSendIntervalMs(-5)
  expect(writer.minSendIntervalMs).toBe(0)
})

test('ThrottledStreamWriter refuses wrong arguments before anything happens', async () => {
  const { stream, sends } = recorder(systemClock)
  expect(() => new ThrottledStreamWriter({} as Writable)).toThrow(TypeError)
  for (const options of [{ minSendIntervalMs: Number.NaN }, { pacing: 'fast' as Pacing }, { highWaterMark: -1 }]) {
    expect(() => new ThrottledStreamWriter(stream, options), JSON.stringify(options)).toThrow(RangeError)
  }
  const writer = new ThrottledStreamWriter(stream)
  expect(() => writer.setMinSendIntervalMs(Number.NaN)).toThrow(RangeError)
  expect(writer.minSendIntervalMs).toBe(1)
  const mode = 'sometimes' as WriteMode
  await expect(writer.write('a', { mode })).rejects.toThrow(
    "'mode' must be 'whole', 'bytewise' or 'no_throttle', not sometimes",
  )
  await expect(writer.write('a', { mode })).rejects.toBeInstanceOf(RangeError)
  await expect(writer.writeLines(['a'], { mode })).rejects.toBeInstanceOf(RangeError)
  await expect(writer.write(5 as unknown as string)).rejects.toBeInstanceOf(TypeError)
  await expect(writer.write(null as unknown as string)).rejects.toBeInstanceOf(TypeError)
  await expect(writer.writeLines('abc')).rejects.toBeInstanceOf(TypeError)
  await expect(writer.writeLines(['a', 5 as unknown as string])).rejects.toBeInstanceOf(TypeError)
  await expect(writer.writeLines(undefined as unknown as string[])).rejects.toBeInstanceOf(TypeError)
  expect(() => writer.toNodeWritable({ mode })).toThrow(RangeError)
  expect(() => writer.toWebWritable({ mode })).toThrow(RangeError)
  expect(sends).toEqual([])
})

test('ThrottledStreamWriter.writeLines() sends all through the throttle, with nothing between them', async () => {
  const { clock, writer, sends } = setUp()
  const lines = (function* () {
    yield 'one\n'
    yield Buffer.from('two\n')
  })()
  const settled = await clock.run(() =>
    Promise.all([
      timed(clock, writer.writeLines(lines)),
      timed(clock, writer.write('three\n', { mode: 'no_throttle' })),
      timed(clock, writer.writeLines([])),
      timed(clock, writer.writeLines(['4', '', '5'], { mode: 'bytewise' })),
    ]),
  )
  expect(sends).toEqual([
    [0, 'one\n'],
    [10, 'two\n'],
    [10, 'three\n'],
    [20, '4'],
    [30, '5'],
  ])
  expect(settled).toEqual(['10: done', '10: done', '10: done', '30: done'])
})

test('ThrottledStreamWriter.drain() waits for what is queued, and for the buffer to empty', async () => {
  const { clock, writer } = setUp({}, { takes: 25 })
  const settled = await clock.run(() =>
    Promise.all([
      timed(clock, writer.drain()),
      timed(clock, writer.write('ab', { mode: 'bytewise' })),
      timed(clock, writer.drain()),
    ]),
  )
  expect(settled).toEqual(['0: done', '10: done', '50: done'])
})

test('ThrottledStreamWriter.write() after the end of the stream by another hand is refused', async () => {
  const { writer, stream } = setUp()
  ;(stream as Writable).end()
  await expect(writer.write('a')).rejects.toBeInstanceOf(ClosedError)
  expect(writer.isClosing).toBe(true)
})
