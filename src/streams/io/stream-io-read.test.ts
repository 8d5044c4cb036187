import { Duplex, PassThrough, Readable, Writable } from 'node:stream'
import { ReadableStream, WritableStream } from 'node:stream/web'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ClosedError } from '../../errors.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { StreamIO } from './stream-io.ts'
import type { StreamIOOptions } from './stream-options.ts'

/** A stream that the test feeds. */
interface Fed {
  readonly stream: StreamIO
  feed(text: string | Buffer): void
  end(): void
  fail(error: Error): void
}

const bytes = (text: string | Buffer) => Buffer.from(text)

function fedNode(options?: StreamIOOptions): Fed {
  const duplex = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  return {
    stream: new StreamIO(duplex, options),
    feed: (text) => duplex.push(bytes(text)),
    end: () => duplex.push(null),
    fail: (error) => duplex.destroy(error),
  }
}

function fedNodePair(options?: StreamIOOptions): Fed {
  const reader = new Readable({ read() {} })
  const writer = new Writable({ write: (_chunk, _encoding, done) => done() })
  return {
    stream: new StreamIO(reader, writer, options),
    feed: (text) => reader.push(bytes(text)),
    end: () => reader.push(null),
    fail: (error) => reader.destroy(error),
  }
}

function fedWeb(options?: StreamIOOptions): Fed {
  let controller: { enqueue(chunk: Uint8Array): void; close(): void; error(error: Error): void } | undefined
  const readable = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given
    },
  })
  return {
    stream: new StreamIO({ readable, writable: new WritableStream<Uint8Array>() }, options),
    feed: (text) => controller?.enqueue(bytes(text)),
    end: () => controller?.close(),
    fail: (error) => controller?.error(error),
  }
}

const kinds = [
  ['a Duplex', fedNode],
  ['a Readable and a Writable', fedNodePair],
  ['web streams', fedWeb],
] as const

const text = async (read: Promise<Buffer>) => (await read).toString()

describe.each(kinds)('StreamIO over %s', (_name, open) => {
  test('read() gives what has come, up to count, and nothing at the end', async () => {
    const { stream, feed, end } = open()
    feed('hello')
    expect(await text(stream.read(3))).toBe('hel')
    expect(await text(stream.read(100))).toBe('lo')
    const next = stream.read(100)
    feed('world')
    expect(await text(next)).toBe('world')
    end()
    expect(await text(stream.read(100))).toBe('')
    expect(await text(stream.read(100))).toBe('')
    await stream.close()
  })

  test('read() without a count reads to the end', async () => {
    const { stream, feed, end } = open()
    const all = stream.read()
    for (const part of ['a', 'b', 'c']) {
      feed(part)
      await turn()
    }
    end()
    expect(await text(all)).toBe('abc')
    expect(await text(stream.read(-1))).toBe('')
    await stream.close()
  })

  test('read() of 0 bytes gives an empty Buffer at once', async () => {
    const { stream } = open()
    expect(await stream.read(0)).toHaveLength(0)
    expect(await stream.readExactly(0)).toHaveLength(0)
    await stream.close()
  })

  test('readline() gives lines however they are cut, then the rest, then nothing', async () => {
    const { stream, feed, end } = open()
    const lines: string[] = []
    const reading = (async () => {
      for await (const line of stream.iterByLine()) lines.push(line.toString())
    })()
    for (const part of ['one\r', '\ntwo', '\n\nth', 'r', 'ee']) {
      feed(part)
      await turn()
    }
    end()
    await reading
    expect(lines).toEqual(['one\r\n', 'two\n', '\n', 'three'])
    expect(await text(stream.readline())).toBe('')
    await stream.close()
  })

  test('readUntil() gives the part with its separator; the rest comes in the error', async () => {
    const { stream, feed, end } = open()
    const first = stream.readUntil('\r\n\r\n')
    for (const part of ['a\r', '\n', '\r', '\nb--c']) {
      feed(part)
      await turn()
    }
    expect(await text(first)).toBe('a\r\n\r\n')
    expect(await text(stream.readUntil(new Uint8Array([45, 45])))).toBe('b--')
    end()
    const rest = stream.readUntil('--')
    await expect(rest).rejects.toMatchObject({ partial: Buffer.from('c'), expected: undefined })
    expect(await text(stream.readline())).toBe('')
    await stream.close()
  })

  test('readExactly() gives that many bytes; fewer come in the error', async () => {
    const { stream, feed, end } = open()
    const first = stream.readExactly(5)
    for (const part of ['abc', 'def']) {
      feed(part)
      await turn()
    }
    expect(await text(first)).toBe('abcde')
    end()
    await expect(stream.readExactly(5)).rejects.toMatchObject({
      code: 'ERR_SLUICE_INCOMPLETE_READ',
      partial: Buffer.from('f'),
      expected: 5,
    })
    expect(await text(stream.read())).toBe('')
    await stream.close()
  })

  test('readline() refuses a line that is too long, and leaves its bytes', async () => {
    const { stream, feed, end } = open({ maxLineLength: 8 })
    feed('1234567\n12345678\n')
    expect(await text(stream.readline())).toBe('1234567\n')
    await expect(stream.readline()).rejects.toMatchObject({ code: 'ERR_SLUICE_LINE_TOO_LONG', limit: 8 })
    await expect(stream.readline()).rejects.toMatchObject({ limit: 8 })
    expect(await text(stream.read(8))).toBe('12345678')
    expect(await text(stream.readline())).toBe('\n')
    feed('12345678')
    end()
    expect(await text(stream.readline())).toBe('12345678')
    await stream.close()
  })

  test('an aborted call loses no bytes', async () => {
    const { stream, feed, end } = open()
    const calls = [
      (signal: AbortSignal) => stream.read(-1, { signal }),
      (signal: AbortSignal) => stream.readExactly(100, { signal }),
      (signal: AbortSignal) => stream.readline({ signal }),
      (signal: AbortSignal) => stream.readUntil('--', { signal }),
    ]
    for (const [index, call] of calls.entries()) {
      const abort = new AbortController()
      const waiting = call(abort.signal)
      feed(`${index} `)
      await turn()
      abort.abort(index)
      await expect(waiting).rejects.toBe(index)
    }
    end()
    expect(await text(stream.read())).toBe('0 1 2 3 ')
    await stream.close()
  })

  test('an aborted signal refuses the call before anything happens', async () => {
    const { stream, feed } = open()
    feed('abc')
    await expect(stream.read(1, { signal: AbortSignal.abort('before') })).rejects.toBe('before')
    expect(await text(stream.read(3))).toBe('abc')
    await stream.close()
  })

  test('a read times out after silence, loses no bytes, and can go on', async () => {
    const clock = new VirtualClock()
    const { stream, feed, end } = open({ timeout: 1000, clock })
    for (const time of [900, 1800, 2700]) clock.sleepUntil(time, () => feed(`${time} `))
    await clock.run(async () => {
      const all = stream.read()
      await expect(all).rejects.toMatchObject({ code: 'ERR_SLUICE_TIMEOUT', phase: 'read', timeout: 1000 })
      expect(clock.now()).toBe(3700)
      await expect(stream.readExactly(50)).rejects.toMatchObject({ phase: 'read' })
      expect(clock.now()).toBe(4700)
      await expect(stream.readline()).rejects.toMatchObject({ phase: 'read' })
      expect(await text(stream.readExactly(4))).toBe('900 ')
      end()
      expect(await text(stream.read())).toBe('1800 2700 ')
    })
    expect(clock.pending).toBe(0)
    await stream.close()
  })

  test('time between the calls does not count', async () => {
    const clock = new VirtualClock()
    const { stream, feed } = open({ timeout: 1000, clock })
    await clock.run(async () => {
      feed('ab')
      expect(await text(stream.read(1))).toBe('a')
      await clock.sleep(60_000)
      expect(await text(stream.read(1))).toBe('b')
      await clock.sleep(60_000)
      const late = stream.read(1)
      await clock.sleep(999)
      feed('c')
      expect(await text(late)).toBe('c')
    })
    await stream.close()
  })

  test('a second reader is refused at once, and disturbs nothing', async () => {
    const { stream, feed } = open()
    const first = stream.readExactly(2)
    for (const call of [
      () => stream.read(1),
      () => stream.readline(),
      () => stream.readExactly(1),
      () => stream.readUntil('x'),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'ERR_SLUICE_BUSY' })
    }
    feed('ab')
    expect(await text(first)).toBe('ab')
    await stream.close()
  })

  test('bytes that came before an error are read before it is told', async () => {
    const { stream, feed, fail } = open()
    const waiting = stream.readExactly(100)
    feed('some bytes')
    await turn()
    fail(new Error('reset'))
    await expect(waiting).rejects.toThrow('reset')
    expect(await text(stream.read(4))).toBe('some')
    await expect(stream.readline()).rejects.toThrow('reset')
    expect(await text(stream.read(100))).toBe(' bytes')
    await expect(stream.read(100)).rejects.toThrow('reset')
    await stream.close()
  })

  test('close() rejects a read that waits, and later ones', async () => {
    const { stream, feed } = open()
    const waiting = stream.readExactly(100)
    feed('abc')
    await turn()
    const closing = stream.close()
    await expect(waiting).rejects.toThrow(ClosedError)
    await closing
    await expect(stream.read(1)).rejects.toThrow(ClosedError)
    await expect(stream.readline()).rejects.toThrow(ClosedError)
  })

  test('destroy() rejects a read that waits with its error', async () => {
    const { stream } = open()
    const waiting = stream.read(1)
    const error = new Error('enough')
    stream.destroy(error)
    await expect(waiting).rejects.toBe(error)
    await expect(stream.read(1)).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED', cause: error })
    await stream.close()
  })

  test('iterByBlock() gives blocks up to count, and leaving the loop leaves the stream usable', async () => {
    const { stream, feed, end } = open()
    feed('abcdefgh')
    const blocks: string[] = []
    for await (const block of stream.iterByBlock(3)) if (blocks.push(block.toString()) === 2) break
    expect(blocks).toEqual(['abc', 'def'])
    end()
    for await (const block of stream.iterByBlock()) blocks.push(block.toString())
    expect(blocks).toEqual(['abc', 'def', 'gh'])
    await stream.close()
  })
})

describe('StreamIO', () => {
  test.each([
    ['read()', (stream: StreamIO) => stream.read(-2), RangeError],
    ['read()', (stream: StreamIO) => stream.read(1.5), RangeError],
    ['read()', (stream: StreamIO) => stream.read(Number.NaN), RangeError],
    ['read()', (stream: StreamIO) => stream.read('5' as unknown as number), TypeError],
    ['readExactly()', (stream: StreamIO) => stream.readExactly(-1), RangeError],
    ['readUntil()', (stream: StreamIO) => stream.readUntil(''), RangeError],
    ['readUntil()', (stream: StreamIO) => stream.readUntil(5 as unknown as string), TypeError],
    ['write()', (stream: StreamIO) => stream.write(5 as unknown as string), TypeError],
    ['iterByBlock()', async (stream: StreamIO) => stream.iterByBlock(0), RangeError],
  ])('%s refuses a wrong argument (%#)', async (_name, call, error) => {
    const { stream } = fedNode()
    await expect(call(stream)).rejects.toThrow(error)
    await stream.close()
  })

  test.each([
    [{ timeout: 0 }, RangeError],
    [{ timeout: -1 }, RangeError],
    [{ readTimeout: Number.NaN }, RangeError],
    [{ writeTimeout: 0, timeout: 5 }, RangeError],
    [{ timeout: '5' as unknown as number }, TypeError],
    [{ maxLineLength: 0 }, RangeError],
    [{ maxLineLength: 'a mile' }, RangeError],
  ])('new StreamIO() refuses %j, and touches nothing', (options, error) => {
    const duplex = new PassThrough()
    const before = duplex.eventNames().length
    expect(() => new StreamIO(duplex, options)).toThrow(error)
    expect(duplex.eventNames()).toHaveLength(before)
  })

  test('new StreamIO() lets go of the reader if the writer is none', () => {
    const reader = new ReadableStream<Uint8Array>()
    const writer = new WritableStream<Uint8Array>()
    writer.getWriter()
    expect(() => new StreamIO(reader, writer)).toThrow(TypeError)
    expect(() => new StreamIO(reader, {} as unknown as Writable)).toThrow(TypeError)
    expect(() => new StreamIO(undefined as unknown as Duplex)).toThrow(TypeError)
    expect(reader.locked).toBe(false)
  })

  test.each([
    [{ timeout: 1000, readTimeout: null }, undefined],
    [{ timeout: 1000, readTimeout: 20 }, 20],
    [{ timeout: 1000, readTimeout: undefined }, 1000],
    [{ timeout: null }, undefined],
    [{ timeout: Infinity }, undefined],
    [{}, undefined],
  ])('with %j a read times out after %s ms', async (options, expected) => {
    const clock = new VirtualClock()
    const { stream } = fedNode({ ...options, clock })
    const read = stream.read(1)
    await turn()
    expect(clock.pending).toBe(expected === undefined ? 0 : 1)
    if (expected === undefined) stream.destroy(new Error('no timeout'))
    await clock.run(() => expect(read).rejects.toThrow(expected === undefined ? 'no timeout' : `${expected} ms`))
    expect(clock.now()).toBe(expected ?? 0)
  })

  test('the memory that a line takes is bounded', async () => {
    let produced = 0
    const reader = new Readable({
      read() {
        produced += 1000
        this.push(Buffer.alloc(1000, 'x'))
      },
    })
    const stream = new StreamIO(reader, new PassThrough(), { maxLineLength: '8KiB' })
    for (let round = 0; round < 100; round++) await expect(stream.readline()).rejects.toThrow('8192')
    expect(produced).toBeLessThan(8192 + 2 * reader.readableHighWaterMark + 2000)
    stream.destroy()
  })

  test('read() gives large blocks as slices of what came', async () => {
    const { stream, feed } = fedNode()
    const chunk = Buffer.alloc(65_536)
    const seen: Buffer[] = []
    for (let round = 0; round < 3; round++) {
      feed(chunk)
      seen.push(await stream.read(40_000), await stream.read(40_000))
    }
    expect(seen.map(({ length }) => length)).toEqual([40_000, 25_536, 40_000, 25_536, 40_000, 25_536])
    expect(seen[0]?.buffer).toBe(seen[1]?.buffer)
    await stream.close()
  })
})
