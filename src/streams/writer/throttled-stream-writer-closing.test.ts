import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { PassThrough, Writable } from 'node:stream'
import { WritableStream } from 'node:stream/web'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listen } from '../../../test/fixtures/loopback.ts'
import { setUp, timed } from '../../../test/fixtures/recorder.ts'
import { ClosedError } from '../../errors.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
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

for (const kind of ['node', 'web'] as const) {
  describe(`on a ${kind} stream`, () => {
    test('ThrottledStreamWriter.close() lets queued writes end; later ones are refused', async () => {
      const { clock, writer, sends } = setUp({}, { kind })
      const settled = await clock.run(() => {
        const writes = [timed(clock, writer.write('a')), timed(clock, writer.write('bc', { mode: 'bytewise' }))]
        expect(writer.isClosing).toBe(false)
        writer.close()
        writer.close()
        expect(writer.isClosing).toBe(true)
        return Promise.all([
          ...writes,
          timed(clock, writer.write('late')),
          timed(clock, writer.writeLines(['late'])),
          timed(clock, writer.drain()),
          timed(clock, writer.writeEof()),
          timed(clock, writer.waitClosed()),
        ])
      })
      expect(settled).toEqual([
        '0: done',
        '20: done',
        '0: ClosedError',
        '0: ClosedError',
        '0: ClosedError',
        '20: done',
        '20: done',
      ])
      expect(sends.map(([, text]) => text)).toEqual(['a', 'b', 'c'])
      await writer.waitClosed()
      await expect(writer.write('later')).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    })

    test('ThrottledStreamWriter.destroy() rejects what is queued, and closes at once', async () => {
      const error = new TypeError('no more')
      for (const given of [error, undefined]) {
        const { clock, writer, sends } = setUp({}, { kind })
        const name = given ? 'TypeError' : 'ClosedError'
        clock.sleepUntil(15, () => writer.destroy(given))
        const settled = await clock.run(() =>
          Promise.all([
            timed(clock, writer.write('a')),
            timed(clock, writer.write('bcd', { mode: 'bytewise' })),
            timed(clock, writer.write('e', { mode: 'no_throttle' })),
            timed(clock, writer.drain()),
            timed(clock, writer.writeEof()),
            timed(clock, writer.waitClosed()),
          ]),
        )
        expect(settled).toEqual([
          '0: done',
          `15: ${name}`,
          `15: ${name}`,
          `15: ${name}`,
          `15: ${name}`,
          given ? '15: TypeError' : '15: done',
        ])
        expect(sends.map(([, text]) => text)).toEqual(['a', 'b'])
        expect(writer.isClosing).toBe(true)
        expect(clock.pending).toBe(0)
        if (given) await expect(writer.write('late')).rejects.toBe(given)
        await expect(writer.write('late')).rejects.toBeInstanceOf(given ? TypeError : ClosedError)
        writer.close()
        writer.destroy()
      }
    })

    test('ThrottledStreamWriter.writeEof() keeps its place in the queue', async () => {
      const { clock, writer } = setUp({}, { kind })
      expect(writer.canWriteEof()).toBe(true)
      const settled = await clock.run(() => {
        const calls = [writer.write('a'), writer.write('b'), writer.writeEof(), writer.writeEof(), writer.write('c')]
        expect(writer.canWriteEof()).toBe(false)
        return Promise.all(calls.map((call) => timed(clock, call)))
      })
      expect(settled).toEqual(['0: done', '10: done', '10: done', '10: done', '0: ClosedError'])
      expect(writer.bytesWritten).toBe(2)
    })

    test('ThrottledStreamWriter.writeEof() is taken back by an abort before its turn', async () => {
      const { clock, writer } = setUp({}, { kind })
      const abort = new AbortController()
      await clock.run(async () => {
        const writes = [writer.write('a'), writer.write('b')]
        const eof = timed(clock, writer.writeEof({ signal: abort.signal }))
        abort.abort('not yet')
        expect(await eof).toBe('0: not yet')
        expect(writer.canWriteEof()).toBe(true)
        await Promise.all([...writes, writer.write('c')])
        writer.close()
        await writer.waitClosed()
      })
      expect(writer.bytesWritten).toBe(3)
    })

    test('ThrottledStreamWriter is disposed of by closing and waiting', async () => {
      const { clock, writer, sends } = setUp({}, { kind })
      await clock.run(async () => {
        const written = writer.writeLines(['a', 'b'])
        await writer[Symbol.asyncDispose]()
        await writer[Symbol.asyncDispose]()
        await written
      })
      expect(sends.length).toBe(2)
    })

    test('ThrottledStreamWriter.waitClosed() can be given up', async () => {
      const { writer } = setUp({}, { kind })
      const abort = new AbortController()
      const waiting = writer.waitClosed({ signal: abort.signal })
      abort.abort('enough')
      await expect(waiting).rejects.toBe('enough')
      writer.close()
      await writer.waitClosed()
    })
  })
}

test('ThrottledStreamWriter rejects all that waits as soon as the stream fails, and tells it of every call after', async () => {
  const clock = new VirtualClock()
  const error = new Error('cable pulled')
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() })
  const writer = new ThrottledStreamWriter(stream, { minSendIntervalMs: 1000, clock })
  clock.sleepUntil(15, () => stream.destroy(error))
  const calls = () => [writer.write('a'), writer.write('b', { mode: 'no_throttle' }), writer.drain(), writer.writeEof()]
  await clock.run(async () => {
    await writer.write('first')
    const settled = await Promise.all([...calls(), writer.waitClosed()].map((call) => timed(clock, call)))
    expect(settled).toEqual(Array(5).fill('15: Error'))
    for (const call of [...calls(), writer.waitClosed()]) await expect(call).rejects.toBe(error)
  })
  expect(writer.isClosing).toBe(true)
  expect(clock.pending).toBe(0)
})

test('ThrottledStreamWriter rejects a write whose stream fails by it', async () => {
  const error = new Error('disk full')
  const stream = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => void setImmediate(done, error),
  })
  const writer = new ThrottledStreamWriter(stream, { minSendIntervalMs: 0 })
  await expect(writer.write('a')).rejects.toBe(error)
  await expect(writer.waitClosed()).rejects.toBe(error)
})

test('ThrottledStreamWriter survives an error that comes while nobody waits', async () => {
  const error = new Error('quietly')
  const stream = new WritableStream<Uint8Array>({ write: () => Promise.reject(error) }, { highWaterMark: 10 })
  const writer = new ThrottledStreamWriter(stream, { minSendIntervalMs: 0 })
  await writer.write('a')
  await turn()
  await expect(writer.write('b')).rejects.toBe(error)
  writer.close()
  await expect(writer.waitClosed()).rejects.toBe(error)
})

test('ThrottledStreamWriter goes on after a stream that throws, if that stays open', async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() })
  const { write } = stream
  const error = new Error('not today')
  let throws = true
  stream.write = ((...args: Parameters<typeof write>) => {
    if (throws) throw error
    return write.apply(stream, args)
  }) as typeof write
  const writer = new ThrottledStreamWriter(stream, { minSendIntervalMs: 0 })
  await expect(writer.write('a')).rejects.toBe(error)
  throws = false
  await writer.write('b')
  expect(writer.bytesWritten).toBe(1)
})

test('ThrottledStreamWriter takes calls from within the stream in their order', async () => {
  const got: string[] = []
  const inner: Promise<void>[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      got.push(String(chunk))
      if (got.length === 1) inner.push(writer.write('c'))
      done()
    },
  })
  const writer = new ThrottledStreamWriter(stream, { minSendIntervalMs: 0 })
  await writer.write('ab', { mode: 'bytewise' })
  await Promise.all(inner)
  expect(got).toEqual(['a', 'b', 'c'])
})

test('ThrottledStreamWriter.waitClosed() leaves what a transform gives to its reader', async () => {
  const pipe = new PassThrough()
  const writer = new ThrottledStreamWriter(pipe, { minSendIntervalMs: 0 })
  await writer.write('kept')
  writer.close()
  const closed = writer.waitClosed()
  await turn()
  expect(String(pipe.read())).toBe('kept')
  expect(pipe.read()).toBe(null)
  await closed
})

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

test('ThrottledStreamWriter.close() of a socket sends all and the end, and discards what nobody reads', async () => {
  await using server = await listen()
  const socket = await connected(server.port)
  const writer = new ThrottledStreamWriter(socket, { minSendIntervalMs: 2 })
  const peer = await server.accept()
  let got = ''
  peer.on('data', (chunk) => {
    got += chunk
  })
  peer.on('end', () => peer.end('bye'))
  peer.write(Buffer.alloc(100_000))
  const written = writer.write('all of it', { mode: 'bytewise' })
  writer.close()
  await written
  await writer.waitClosed()
  expect(got).toBe('all of it')
  expect(socket.destroyed).toBe(true)
})

test('ThrottledStreamWriter.writeEof() of a socket leaves the answer to be read', async () => {
  await using server = await listen()
  const socket = await connected(server.port)
  const writer = new ThrottledStreamWriter(socket)
  const peer = await server.accept()
  peer.resume().on('end', () => peer.end('answer'))
  await writer.write('question')
  await writer.writeEof()
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toBe('answer')
  writer.close()
  await writer.waitClosed()
})

test('ThrottledStreamWriter tells of a connection that the other side resets', async () => {
  await using server = await listen()
  const writer = new ThrottledStreamWriter(await connected(server.port), { minSendIntervalMs: 60_000 })
  const peer = await server.accept()
  await writer.write('a')
  const waiting = writer.write('b')
  await once(peer, 'readable')
  peer.resetAndDestroy()
  await expect(waiting).rejects.toMatchObject({ code: 'ECONNRESET' })
  await expect(writer.write('c')).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('ThrottledStreamWriter turns off the merging of small sends by TCP', async () => {
  await using server = await listen()
  const socket = await connected(server.port)
  const calls: unknown[] = []
  socket.setNoDelay = (...args) => {
    calls.push(...args)
    return socket
  }
  new ThrottledStreamWriter(socket).destroy()
  expect(calls).toEqual([true])
})
