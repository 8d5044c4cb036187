import { EventEmitter } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type ByteSource, byteSource } from './byte-source.ts'

/** A stream that the test feeds. */
interface Fed {
  readonly stream: Readable | ReadableStream<Uint8Array>
  feed(chunk: unknown): void
  end(): void
  fail(error: Error): void
  destroyed(): boolean
}

function fedNode(options: { readonly objectMode?: boolean } = {}): Fed {
  const stream = new Readable({ ...options, read() {} })
  return {
    stream,
    feed: (chunk) => stream.push(chunk),
    end: () => stream.push(null),
    fail: (error) => stream.destroy(error),
    destroyed: () => stream.destroyed,
  }
}

function fedWeb(): Fed {
  let cancelled = false
  let controller: { enqueue(chunk: unknown): void; close(): void; error(error: Error): void } | undefined
  const stream = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given
    },
    cancel() {
      cancelled = true
    },
  })
  return {
    stream,
    feed: (chunk) => controller?.enqueue(chunk),
    end: () => controller?.close(),
    fail: (error) => controller?.error(error),
    destroyed: () => cancelled,
  }
}

/** Everything up to the end, as text. */
async function drain(source: ByteSource): Promise<string> {
  const chunks: Buffer[] = []
  for (;;) {
    const chunk = source.pull()
    if (chunk) {
      expect(chunk).not.toHaveLength(0)
      chunks.push(chunk)
    } else if (source.ended) return Buffer.concat(chunks).toString()
    else await source.ready()
  }
}

const kinds = [
  ['Readable', fedNode],
  ['Readable in object mode', () => fedNode({ objectMode: true })],
  ['ReadableStream', fedWeb],
] as const

describe.each(kinds)('byteSource() over a %s', (name, open) => {
  test('pulls what has come, then tells the end', async () => {
    const { stream, feed, end } = open()
    const source = byteSource(stream)
    expect(source.pull()).toBeUndefined()
    const all = drain(source)
    feed(Buffer.from('one '))
    await turn()
    feed(Buffer.from('two'))
    end()
    expect(await all).toBe('one two')
    expect(source.ended).toBe(true)
  })

  test('loses nothing by a wait that is given up', async () => {
    const { stream, feed, end } = open()
    const source = byteSource(stream)
    for (let round = 0; round < 3; round++) {
      const abort = new AbortController()
      const wait = source.ready(abort.signal)
      abort.abort('enough')
      await expect(wait).rejects.toBe('enough')
    }
    feed(Buffer.from('still '))
    await turn()
    feed(Buffer.from('here'))
    end()
    expect(await drain(source)).toBe('still here')
  })

  test('does not take an empty chunk for the end', async () => {
    const { stream, feed, end } = open()
    const source = byteSource(stream)
    feed(Buffer.alloc(0))
    const all = drain(source)
    await turn()
    feed(Buffer.alloc(0))
    feed(Buffer.from('a'))
    end()
    expect(await all).toBe('a')
  })

  test('tells an error of the stream, again and again, and is never at the end', async () => {
    const { stream, fail } = open()
    const source = byteSource(stream)
    const wait = source.ready()
    fail(new Error('broken'))
    await expect(wait.then(() => source.ready())).rejects.toThrow('broken')
    await expect(source.ready()).rejects.toThrow('broken')
    expect([source.ended, source.pull()]).toEqual([false, undefined])
  })

  test('takes every kind of bytes, and text', async () => {
    const { stream, feed, end } = open()
    const source = byteSource(stream)
    const all = drain(source)
    const whole = new TextEncoder().encode('--view--')
    const chunks: unknown[] = [Buffer.from('buffer '), whole.subarray(2, 6)]
    if (name !== 'Readable') chunks.push(new DataView(whole.buffer, 0, 2), whole.buffer, ' text ä')
    for (const chunk of chunks) feed(chunk)
    end()
    expect(await all).toBe(name === 'Readable' ? 'buffer view' : 'buffer view----view-- text ä')
  })

  test('refuses a chunk that is no bytes, and what comes behind it', async () => {
    if (name === 'Readable') return // refuses it itself
    const { stream, feed, destroyed } = open()
    const source = byteSource(stream)
    for (const chunk of [Buffer.from('a'), 7, Buffer.from('b')]) feed(chunk)
    let text = ''
    await expect(async () => {
      for (;;) {
        const chunk = source.pull()
        if (chunk) text += chunk.toString()
        else await source.ready()
      }
    }).rejects.toThrow(TypeError)
    await turn()
    expect([text, destroyed()]).toEqual(['a', true])
  })

  test('destroy() closes the stream; waiting is over then', async () => {
    const { stream, destroyed } = open()
    const source = byteSource(stream)
    const wait = source.ready()
    source.destroy()
    await source.waitClosed()
    await wait
    await expect(source.ready()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    expect([destroyed(), source.ended]).toEqual([true, false])
  })

  test('release() leaves no listener and no lock', async () => {
    const { stream } = open()
    const source = byteSource(stream)
    const wait = source.ready(AbortSignal.timeout(1))
    await expect(wait).rejects.toThrow()
    source.release()
    await turn()
    if (stream instanceof EventEmitter) {
      expect(['readable', 'end', 'error', 'close'].map((event) => stream.listenerCount(event))).toEqual([0, 0, 0, 0])
    } else expect((stream as ReadableStream).locked).toBe(false)
  })
})

describe('byteSource() over a Readable', () => {
  test('tells a premature close as an error, after the bytes before it', async () => {
    const stream = new Readable({ read() {} })
    const source = byteSource(stream)
    stream.push('half')
    await turn()
    stream.destroy()
    await turn()
    await source.ready()
    expect(source.pull()?.toString()).toBe('half')
    await expect(source.ready()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    expect(source.ended).toBe(false)
  })

  test('tells what happened before it was there', async () => {
    const ended = Readable.from([])
    for await (const _ of ended);
    expect(byteSource(ended).ended).toBe(true)

    const failed = new Readable({ read() {} })
    failed.on('error', () => {})
    failed.destroy(new Error('broken'))
    await turn()
    await expect(byteSource(failed).ready()).rejects.toThrow('broken')

    const destroyed = new Readable({ read() {} })
    destroyed.destroy()
    await expect(byteSource(destroyed).ready()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
  })

  test('gives chunks as they are, without a copy', async () => {
    const stream = new PassThrough()
    const source = byteSource(stream)
    const chunk = Buffer.alloc(100_000)
    stream.write(chunk)
    await source.ready()
    expect(source.pull()?.buffer).toBe(chunk.buffer)
  })

  test('turns text back into bytes by the encoding of the stream', async () => {
    const stream = new PassThrough({ encoding: 'latin1' })
    const source = byteSource(stream)
    stream.end(Buffer.from([0, 128, 255]))
    await source.ready()
    expect(source.pull()).toEqual(Buffer.from([0, 128, 255]))
  })

  test('reads no further than the high-water mark of the stream', async () => {
    let produced = 0
    const stream = new Readable({
      highWaterMark: 1000,
      read() {
        produced += 100
        this.push(Buffer.alloc(100))
      },
    })
    byteSource(stream)
    for (let round = 0; round < 50; round++) await turn()
    expect(produced).toBeLessThanOrEqual(1100)
  })

  test('waitClosed() does not wait for a stream that never says so', async () => {
    const source = byteSource(new Readable({ read() {}, emitClose: false }))
    source.destroy()
    await source.waitClosed()
    source.release()
  })
})

describe('byteSource()', () => {
  test('reads at most one chunk of a ReadableStream ahead', async () => {
    let pulls = 0
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls++
          controller.enqueue(new Uint8Array(10))
        },
      },
      { highWaterMark: 0 },
    )
    const source = byteSource(stream)
    await turn()
    expect(pulls).toBe(0)
    await source.ready()
    await source.ready()
    expect(pulls).toBe(1)
  })

  test.each([[undefined], [null], [7], ['text'], [{}], [new EventEmitter()]])('refuses %j', (stream) => {
    expect(() => byteSource(stream as unknown as Readable)).toThrow(TypeError)
  })

  test('refuses a ReadableStream that is locked', () => {
    const stream = new ReadableStream()
    stream.getReader()
    expect(() => byteSource(stream)).toThrow(/locked/)
  })
})
