import { once } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { setUp, timed } from '../../../test/fixtures/recorder.ts'
import { ThrottledStreamWriter } from './throttled-stream-writer.ts'

const unhandled: unknown[] = []
const note = (error: unknown) => unhandled.push(error)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
})
afterEach(async () => {
  await turn()
  process.off('unhandledRejection', note)
  process.off('uncaughtException', note)
  expect(unhandled).toEqual([])
})

const source = () => Readable.from(['ab', 'cd'].map((text) => Buffer.from(text)))
const endless = () => new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(Buffer.from('x')) })

for (const kind of ['node', 'web'] as const) {
  test(`ThrottledStreamWriter.toNodeWritable() serves pipeline, on a ${kind} stream`, async () => {
    const { clock, writer, sends } = setUp({}, { kind })
    await clock.run(() => pipeline(source(), writer.toNodeWritable()))
    expect(sends).toEqual([
      [0, 'ab'],
      [10, 'cd'],
    ])
    expect(writer.isClosing).toBe(true)
    await writer.waitClosed()
  })

  test(`ThrottledStreamWriter.toWebWritable() serves pipeTo, on a ${kind} stream`, async () => {
    const { clock, writer, sends } = setUp({}, { kind })
    await clock.run(() =>
      ReadableStream.from(['ab', Buffer.from('cd')]).pipeTo(writer.toWebWritable({ mode: 'bytewise' })),
    )
    expect(sends).toEqual([
      [0, 'a'],
      [10, 'b'],
      [20, 'c'],
      [30, 'd'],
    ])
    expect(writer.isClosing).toBe(true)
    await writer.waitClosed()
  })
}

for (const view of ['toNodeWritable', 'toWebWritable'] as const) {
  const pump = (writer: ThrottledStreamWriter, options: Parameters<ThrottledStreamWriter['toNodeWritable']>[0]) =>
    view === 'toNodeWritable'
      ? pipeline(source(), writer.toNodeWritable(options))
      : (Readable.toWeb(source()) as ReadableStream<Uint8Array>).pipeTo(writer.toWebWritable(options))

  test(`ThrottledStreamWriter.${view}() sends as its options say`, async () => {
    const { clock, writer, sends } = setUp({}, { takes: 25 })
    await clock.run(() => pump(writer, { mode: 'bytewise', drain: true }))
    expect(sends.map(([at]) => at)).toEqual([0, 25, 50, 75])
    const free = setUp()
    await free.clock.run(() => pump(free.writer, { mode: 'no_throttle' }))
    expect(free.sends.map(([at]) => at)).toEqual([0, 0])
  })

  test(`ThrottledStreamWriter.${view}() shares the queue with other calls`, async () => {
    const { clock, writer, text } = setUp()
    await clock.run(() => Promise.all([writer.write('123', { mode: 'bytewise' }), pump(writer, {})]))
    expect(text()).toBe('123abcd')
  })

  test(`ThrottledStreamWriter.${view}() takes no more in than its high-water mark`, async () => {
    const { clock, writer, sends } = setUp({ highWaterMark: 4 })
    let pulled = 0
    const chunks = (async function* () {
      for (; pulled < 100; pulled++) yield Buffer.from('x')
    })()
    const pumped =
      view === 'toNodeWritable'
        ? pipeline(Readable.from(chunks, { highWaterMark: 1 }), writer.toNodeWritable())
        : ReadableStream.from(chunks).pipeTo(writer.toWebWritable())
    await clock.advance(100)
    expect(sends.length).toBe(11)
    expect(pulled).toBeLessThanOrEqual(11 + 4 + 3)
    await clock.run(() => pumped)
    expect(sends.length).toBe(100)
  })
}

test('ThrottledStreamWriter.toNodeWritable() fails when the source does, and destroys', async () => {
  const { clock, writer, stream } = setUp()
  const error = new Error('source broke')
  const broken = new PassThrough()
  const piped = pipeline(broken, writer.toNodeWritable())
  broken.write('a')
  await turn()
  const waiting = timed(clock, writer.write('b'))
  broken.destroy(error)
  await expect(piped).rejects.toBe(error)
  expect(await waiting).toBe('0: Error')
  await expect(writer.waitClosed()).rejects.toBe(error)
  expect((stream as Writable).destroyed).toBe(true)
})

test('ThrottledStreamWriter.toNodeWritable() fails when the stream does', async () => {
  const { clock, writer, stream } = setUp()
  const error = new Error('cable pulled')
  clock.sleepUntil(25, () => void (stream as Writable).destroy(error))
  await expect(clock.run(() => pipeline(endless(), writer.toNodeWritable()))).rejects.toBe(error)
  const idle = setUp()
  const view = idle.writer.toNodeWritable()
  const failed = once(view, 'error')
  ;(idle.stream as Writable).destroy(error)
  expect((await failed)[0]).toBe(error)
})

test('ThrottledStreamWriter.toNodeWritable() closes early when the stream does without an error', async () => {
  const { writer } = setUp()
  const view = writer.toNodeWritable()
  const piped = pipeline(new PassThrough(), view)
  writer.destroy()
  await expect(piped).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

test('ThrottledStreamWriter.toNodeWritable() aborts at the signal of pipeline', async () => {
  const { clock, writer } = setUp()
  const abort = new AbortController()
  clock.sleepUntil(25, () => abort.abort())
  const piped = clock.run(() => pipeline(endless(), writer.toNodeWritable(), { signal: abort.signal }))
  await expect(piped).rejects.toMatchObject({ name: 'AbortError' })
  expect(writer.isClosing).toBe(true)
  expect(writer.bytesWritten).toBe(3)
})

test('ThrottledStreamWriter.toNodeWritable() leaves the receiving half of a socket alone when it has ended', async () => {
  const socket = new PassThrough() // stands in for a socket: ends only when it is read
  const writer = new ThrottledStreamWriter(socket, { minSendIntervalMs: 0 })
  const view = writer.toNodeWritable()
  view.end('abc')
  await once(view, 'close')
  expect(socket.destroyed).toBe(false)
  expect(String(socket.read())).toBe('abc')
})

test('ThrottledStreamWriter.toWebWritable() fails when the source does, and destroys', async () => {
  const { writer, stream } = setUp()
  const error = new Error('source broke')
  const broken = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(error) })
  await expect(broken.pipeTo(writer.toWebWritable())).rejects.toBe(error)
  await expect(writer.waitClosed()).rejects.toBe(error)
  expect((stream as Writable).destroyed).toBe(true)
})

test('ThrottledStreamWriter.toWebWritable() cuts a write that waits short when aborted', async () => {
  const { clock, writer, sends } = setUp({ minSendIntervalMs: 1000 })
  const view = writer.toWebWritable().getWriter()
  await view.write('a')
  const waiting = view.write('b')
  waiting.catch(() => {})
  await clock.advance(500)
  await view.abort('enough')
  await expect(waiting).rejects.toBe('enough')
  expect(sends).toEqual([[0, 'a']])
  expect(clock.pending).toBe(0)
  await expect(writer.waitClosed()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED', cause: 'enough' })
})

test('ThrottledStreamWriter.toWebWritable() lets an aborted pipeTo end with the chunk that waits', async () => {
  const { clock, writer, sends } = setUp({ minSendIntervalMs: 1000 })
  const abort = new AbortController()
  clock.sleepUntil(2500, () => abort.abort('enough'))
  const piped = clock.run(() => endless().pipeTo(writer.toWebWritable(), { signal: abort.signal }))
  await expect(piped).rejects.toBe('enough')
  expect(clock.now()).toBe(3000)
  expect(sends.length).toBe(4)
  expect(writer.isClosing).toBe(true)
})

test('ThrottledStreamWriter.toWebWritable() fails when the stream does', async () => {
  const { clock, writer, stream } = setUp()
  const error = new Error('cable pulled')
  clock.sleepUntil(25, () => void (stream as Writable).destroy(error))
  await expect(clock.run(() => endless().pipeTo(writer.toWebWritable()))).rejects.toBe(error)
  const idle = setUp()
  const view = idle.writer.toWebWritable().getWriter()
  idle.writer.destroy()
  await expect(view.closed).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
})

test('ThrottledStreamWriter.toWebWritable() fails when the end of the stream does', async () => {
  const error = new Error('cannot sync')
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(), final: (done) => done(error) })
  const view = new ThrottledStreamWriter(stream).toWebWritable()
  await expect(view.close()).rejects.toBe(error)
})
