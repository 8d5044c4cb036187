import { PassThrough, Readable, Writable } from 'node:stream'
import { ReadableStream, WritableStream } from 'node:stream/web'
import { setTimeout as delay } from 'node:timers/promises'
import { StreamThrottle } from 'sluice'
import type { ChunkSource, Client, ClientOptions, TransferProgress } from 'sluice/ftp'
import type { FtpAnswer } from 'sluice/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { RemoteFiles } from './fixtures/remote-files.ts'
import { type ScriptedFtp, scriptedFtp } from './fixtures/scripted-ftp.ts'

const reason = new Error('enough')
const TEXT = 'the quick brown fox jumps over the lazy dog'
const LONG = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff))
const quick = { attempts: 3, delay: 1, jitter: 0 }

const remote = new RemoteFiles()
beforeEach(() => {
  remote.reset()
  remote.put('file', TEXT)
  remote.put('long', LONG)
})

const start = (
  first: Record<string, readonly (FtpAnswer | undefined)[]> = {},
  options: ClientOptions = {},
): Promise<ScriptedFtp> => scriptedFtp(remote.answers(first), options)

const works = async (client: Client) => expect((await client.downloadBytes('file')).toString()).toBe(TEXT)

const breakOff = (length: number) =>
  remote.cut(length, async (_call, data) => {
    await delay(30)
    data.reset()
    return '426 Broken off'
  })

/** Sends a part, and nothing more. */
const halt = (length: number) =>
  remote.cut(length, async (_call, data) => {
    await data.silence()
    return '426 Broken off'
  })

/** A Writable, and what it is given. */
function nodeSink(options: { readonly failsAt?: number; readonly slow?: number } = {}) {
  const chunks: Buffer[] = []
  const sink = new Writable({
    highWaterMark: 1000,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      const taken = chunks.reduce((sum, { length }) => sum + length, 0)
      const error = options.failsAt !== undefined && taken >= options.failsAt ? reason : null
      if (options.slow) setTimeout(done, options.slow, error)
      else done(error)
    },
  })
  sink.on('error', () => {})
  return { sink, content: () => Buffer.concat(chunks) }
}

function webSink() {
  const chunks: Uint8Array[] = []
  let ended: unknown
  const sink = new WritableStream<Uint8Array>({
    write: (chunk) => void chunks.push(chunk),
    close: () => {
      ended = 'closed'
    },
    abort: (why) => {
      ended = why
    },
  })
  return { sink, content: () => Buffer.concat(chunks), ended: () => ended }
}

describe('Client.download() to a stream', () => {
  test('ends a Writable when the file is whole', async () => {
    await using ftp = await start()
    const { sink, content } = nodeSink()
    const summary = await ftp.client.download('long', sink)
    expect(summary).toMatchObject({ files: 1, bytes: LONG.length })
    expect(content().equals(LONG)).toBe(true)
    expect(sink.writableFinished).toBe(true)
  })

  test('closes a WritableStream when the file is whole', async () => {
    await using ftp = await start()
    const { sink, content, ended } = webSink()
    await ftp.client.download('long', sink)
    expect(content().equals(LONG)).toBe(true)
    expect([ended(), sink.locked]).toEqual(['closed', false])
  })

  test('leaves a stream open with end: false, for the next file', async () => {
    await using ftp = await start()
    const { sink, content } = nodeSink()
    await ftp.client.download('file', sink, { end: false })
    await ftp.client.download('file', sink, { end: false })
    expect(sink.writable).toBe(true)
    expect(content().toString()).toBe(TEXT + TEXT)
    for (const event of ['error', 'close', 'drain']) expect(sink.listenerCount(event)).toBe(event === 'error' ? 1 : 0)
  })

  test('waits for a reader that is slow, and that is no silence of the server', async () => {
    await using ftp = await start({}, { timeouts: { stall: 100 } })
    const through = new PassThrough({ highWaterMark: 1000 })
    const run = ftp.client.download('long', through)
    await delay(400)
    // What is on its way to a reader that does not read lies in the stream, once its bound is passed: no more than a piece.
    expect(through.readableLength + through.writableLength).toBeLessThan(LONG.length + 1000)
    const chunks: Buffer[] = []
    for await (const chunk of through) chunks.push(chunk as Buffer)
    await run
    expect(Buffer.concat(chunks).equals(LONG)).toBe(true)
  })

  for (const [title, RETR, error] of [
    ['refuses', '550 No', { replyCode: 550 }],
    ['breaks off', breakOff(1000), { replyCode: 426 }],
  ] as const) {
    test(`destroys the stream when the server ${title}`, async () => {
      await using ftp = await start({ RETR: [RETR, RETR] })
      const { sink } = nodeSink()
      await expect(ftp.client.download('long', sink)).rejects.toMatchObject(error)
      expect(sink.errored).toMatchObject(error)
      const web = webSink()
      await expect(ftp.client.download('long', web.sink)).rejects.toMatchObject(error)
      expect(web.ended()).toMatchObject(error)
      await works(ftp.client)
    })
  }

  test('stops the transfer when the stream fails', async () => {
    await using ftp = await start({ RETR: [halt(399_000)] })
    const { sink } = nodeSink({ failsAt: 2000 })
    await expect(ftp.client.download('long', sink, { retry: quick })).rejects.toBe(reason)
    await works(ftp.client)
  })

  test('stops the transfer when the stream is closed, also while the server is silent', async () => {
    await using ftp = await start({ RETR: [halt(1000)] })
    const { sink } = nodeSink()
    const run = ftp.client.download('long', sink, { retry: quick })
    await delay(50)
    sink.destroy()
    await expect(run).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    await works(ftp.client)
  })

  test('ends by its signal, also while the stream takes nothing', async () => {
    await using ftp = await start()
    const abort = new AbortController()
    const stuck = new Writable({ highWaterMark: 1, write: () => {} })
    stuck.on('error', () => {})
    const run = ftp.client.download('long', stuck, { signal: abort.signal, retry: quick })
    await delay(50)
    abort.abort(reason)
    await expect(run).rejects.toBe(reason)
    expect(stuck.destroyed).toBe(true)
    await works(ftp.client)
  })

  test('goes on behind what the stream has, with retry', async () => {
    await using ftp = await start({ RETR: [breakOff(100_000), breakOff(100_000)] })
    const { sink, content } = nodeSink()
    await ftp.client.download('long', sink, { retry: quick })
    expect(content().equals(LONG)).toBe(true)
    expect(ftp.commands()).toContain('REST 200000')
  })

  test('gives up if the file has changed since its first part went to the stream', async () => {
    const change: FtpAnswer = async (call) => {
      const answer = breakOff(1000)
      const reply = typeof answer === 'function' ? await answer(call) : answer
      remote.put('long', LONG, '20250102030406')
      return reply
    }
    await using ftp = await start({ RETR: [change] })
    const { sink } = nodeSink()
    const run = ftp.client.download('long', sink, { retry: quick })
    await expect(run).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_CHANGED' })
    expect(sink.destroyed).toBe(true)
  })

  test('does not end the stream if the checksum differs', async () => {
    remote.features = [...remote.features, 'HASH SHA-256*']
    await using ftp = await start({ HASH: [undefined, `213 SHA-256 0-400000 ${'0'.repeat(64)} long`] })
    const good = nodeSink()
    expect(await ftp.client.download('long', good.sink, { checksum: true })).toMatchObject({ checked: 1 })
    const bad = nodeSink()
    const run = ftp.client.download('long', bad.sink, { checksum: true })
    await expect(run).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_CHECKSUM' })
    expect(bad.sink.writableFinished).toBe(false)
  })

  test('refuses what is no stream, and resume, before anything happens', async () => {
    await using ftp = await start()
    await expect(ftp.client.download('file', 5 as never)).rejects.toThrow(TypeError)
    await expect(ftp.client.download('file', '')).rejects.toThrow(TypeError)
    const { sink } = nodeSink()
    await expect(ftp.client.download('file', sink, { resume: true })).rejects.toThrow(TypeError)
    expect([ftp.commands(), sink.destroyed]).toEqual([[], false])
  })
})

describe('Client.downloadBytes()', () => {
  test('gives the bytes of a file', async () => {
    await using ftp = await start()
    expect((await ftp.client.downloadBytes('long')).equals(LONG)).toBe(true)
  })

  test('goes on where it was, with retry', async () => {
    await using ftp = await start({ RETR: [breakOff(100_000)] })
    expect((await ftp.client.downloadBytes('long', { retry: quick })).equals(LONG)).toBe(true)
    expect(ftp.commands()).toContain('REST 100000')
  })

  for (const maxLength of [1000, '1000', 0, 399_999]) {
    test(`refuses what is longer than ${JSON.stringify(maxLength)}`, async () => {
      await using ftp = await start()
      const run = ftp.client.downloadBytes('long', { maxLength, retry: quick })
      await expect(run).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_PROTOCOL' })
      await works(ftp.client)
    })
  }

  test('takes as many as it may', async () => {
    await using ftp = await start()
    expect(await ftp.client.downloadBytes('long', { maxLength: LONG.length })).toHaveLength(LONG.length)
    await expect(ftp.client.downloadBytes('long', { maxLength: -1 })).rejects.toThrow(RangeError)
  })
})

const pieces = [LONG.subarray(0, 1), LONG.subarray(1, 100_000), new Uint8Array(), LONG.subarray(100_000)]
async function* generated() {
  for (const piece of pieces) {
    await delay(1)
    yield piece
  }
}
const webSource = () =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) if (piece.length > 0) controller.enqueue(piece)
      controller.close()
    },
  })

describe('Client.upload() of what is no file', () => {
  const sources: { title: string; source: () => Uint8Array | ChunkSource }[] = [
    { title: 'bytes', source: () => LONG },
    { title: 'a Uint8Array', source: () => new Uint8Array(LONG) },
    { title: 'a Readable', source: () => Readable.from(pieces.filter(({ length }) => length > 0)) },
    { title: 'a Readable of bytes', source: () => Readable.from(generated(), { objectMode: false }) },
    { title: 'a ReadableStream', source: webSource },
    { title: 'an async generator', source: generated },
    { title: 'an array of bytes', source: () => pieces },
  ]
  for (const { title, source } of sources) {
    for (const size of [undefined, LONG.length]) {
      test(`sends ${title} with size ${size}`, async () => {
        await using ftp = await start()
        const summary = await ftp.client.upload(source(), 'copy', { size })
        expect(summary).toMatchObject({ files: 1, bytes: LONG.length })
        expect(remote.files.get('copy')?.content.equals(LONG)).toBe(true)
      })
    }
  }

  test('sends text as UTF-8', async () => {
    await using ftp = await start()
    await ftp.client.upload(['grün', ' & ', Buffer.from('blau')], 'copy')
    expect(remote.content('copy')).toBe('grün & blau')
  })

  test('sends nothing at all', async () => {
    await using ftp = await start()
    await ftp.client.upload([], 'copy')
    await ftp.client.upload(new Uint8Array(), 'other')
    expect([remote.content('copy'), remote.content('other')]).toEqual(['', ''])
  })

  for (const size of [0, 1000, 399_999, 400_001]) {
    test(`aborts if there are other than ${size} bytes`, async () => {
      await using ftp = await start()
      const run = ftp.client.upload(generated(), 'copy', { size, retry: quick })
      await expect(run).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_CHANGED' })
      await works(ftp.client)
      expect(ftp.commands()).toContain('ABOR')
    })
  }

  test('aborts when the source fails, and tells its error', async () => {
    await using ftp = await start()
    async function* failing() {
      yield 'some'
      await delay(10)
      throw reason
    }
    await expect(ftp.client.upload(failing(), 'copy', { retry: quick })).rejects.toBe(reason)
    const readable = Readable.from(failing())
    await expect(ftp.client.upload(readable, 'copy', { retry: quick })).rejects.toBe(reason)
    await works(ftp.client)
  })

  test('tells of a chunk that is neither text nor bytes', async () => {
    await using ftp = await start()
    await expect(ftp.client.upload([5 as never], 'copy')).rejects.toThrow(TypeError)
    await works(ftp.client)
  })

  test('destroys the source when the server refuses, and cancels a ReadableStream', async () => {
    await using ftp = await start({ STOR: ['553 No', '553 No', '553 No'] })
    const readable = new Readable({ read() {} })
    readable.on('error', () => {})
    await expect(ftp.client.upload(readable, 'copy')).rejects.toMatchObject({ replyCode: 553 })
    expect(readable.destroyed).toBe(true)
    let cancelled: unknown
    const stream = new ReadableStream<Uint8Array>({
      cancel: (why) => {
        cancelled = why
      },
    })
    await expect(ftp.client.upload(stream, 'copy')).rejects.toMatchObject({ replyCode: 553 })
    expect(cancelled).toMatchObject({ replyCode: 553 })
    let hasEnded = false
    function* generator() {
      try {
        yield 'x'
      } finally {
        hasEnded = true
      }
    }
    await expect(ftp.client.upload(generator(), 'copy')).rejects.toMatchObject({ replyCode: 553 })
    expect(hasEnded).toBe(false) // it was never begun
    await works(ftp.client)
  })

  for (const [title, make] of [
    ['a Readable', () => new Readable({ read() {} }).on('error', () => {})],
    ['a ReadableStream', () => new ReadableStream<Uint8Array>({})],
    [
      'an async iterable',
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<string>>(() => {}) }) }),
    ],
  ] as const) {
    test(`ends by its signal while ${title} gives nothing`, async () => {
      await using ftp = await start()
      const abort = new AbortController()
      const run = ftp.client.upload(make(), 'copy', { signal: abort.signal })
      await delay(50)
      abort.abort(reason)
      await expect(run).rejects.toBe(reason)
      await works(ftp.client)
    })

    test(`tells what the server says while ${title} gives nothing`, async () => {
      const full: FtpAnswer = async (call) => {
        await call.reply('150 Send it')
        await call.data()
        return '552 Full'
      }
      await using ftp = await start({ STOR: [full] })
      await expect(ftp.client.upload(make(), 'copy')).rejects.toMatchObject({ replyCode: 552 })
      await works(ftp.client)
    })
  }

  test('is tried again as long as nothing was taken from a stream', async () => {
    await using ftp = await start({ STOR: ['450 Later'] })
    await ftp.client.upload(generated(), 'copy', { retry: quick })
    expect(remote.files.get('copy')?.content.equals(LONG)).toBe(true)
  })

  test('is not tried again when a stream was begun', async () => {
    const STOR = remote.takeOnly(1000, (_call, data) => {
      data.reset()
      return '426 Broken off'
    })
    await using ftp = await start({ STOR: [STOR] })
    await expect(ftp.client.upload(generated(), 'copy', { retry: quick })).rejects.toMatchObject({ replyCode: 426 })
    expect(ftp.commands().filter((line) => line.startsWith('STOR'))).toHaveLength(1)
  })

  test('goes on with bytes where it was', async () => {
    const STOR = remote.takeOnly(100_000, (_call, data) => {
      data.reset()
      return '426 Broken off'
    })
    await using ftp = await start({ STOR: [STOR] })
    await ftp.client.upload(LONG, 'copy', { retry: quick, checksum: true, atomic: true })
    expect(remote.files.get('copy')?.content.equals(LONG)).toBe(true)
    expect(ftp.commands()).toContain('REST 100000')
  })

  for (const source of [5, null, undefined, {}]) {
    test(`refuses ${JSON.stringify(source)} before anything happens`, async () => {
      await using ftp = await start()
      await expect(ftp.client.upload(source as never, 'copy')).rejects.toThrow(TypeError)
      await expect(ftp.client.upload(LONG, 'copy', { resume: true })).rejects.toThrow(TypeError)
      expect(ftp.commands()).toEqual([])
    })
  }
})

describe('TransferProgress', () => {
  test('tells how far a download is, and how it ended', async () => {
    const told: TransferProgress[] = []
    await using ftp = await start()
    await ftp.client.download('long', nodeSink().sink, {
      onProgress: (progress) => told.push(progress),
      progressInterval: 0,
    })
    const last = told.at(-1)
    const { length } = LONG
    const done = { path: 'long', bytes: length, size: length, totalBytes: length, totalSize: length, files: 1, eta: 0 }
    expect(last).toMatchObject({ direction: 'download', ...done })
    expect(last?.rate).toBeGreaterThan(0)
    expect(told.map(({ bytes }) => bytes)).toEqual(told.map(({ bytes }) => bytes).sort((a, b) => a - b))
  })

  test('is told at most every so often, and at the end', async () => {
    const told: TransferProgress[] = []
    await using ftp = await start()
    await ftp.client.upload(generated(), 'copy', {
      onProgress: (progress) => told.push(progress),
      progressInterval: 60_000,
    })
    expect(told.map(({ bytes, files }) => [bytes, files])).toEqual([
      [expect.any(Number), 0],
      [LONG.length, 1],
    ])
  })

  test('is told the bytes of all attempts once', async () => {
    const told: TransferProgress[] = []
    await using ftp = await start({ RETR: [breakOff(100_000)] })
    await ftp.client.download('long', nodeSink().sink, {
      onProgress: (progress) => told.push(progress),
      progressInterval: 0,
      retry: quick,
    })
    expect(Math.max(...told.map(({ totalBytes }) => totalBytes))).toBe(LONG.length)
  })

  test('ends the transfer by what it throws', async () => {
    await using ftp = await start()
    const options = {
      retry: quick,
      onProgress: () => {
        throw reason
      },
    }
    await expect(ftp.client.download('long', nodeSink().sink, options)).rejects.toBe(reason)
    await expect(ftp.client.upload(generated(), 'copy', options)).rejects.toBe(reason)
    await works(ftp.client)
  })
})

describe('throttles of a transfer', () => {
  test('limit it, beside those of the client', async () => {
    await using ftp = await start()
    const mine = StreamThrottle.fromLimits({ readSpeedLimit: '1MB/s', writeSpeedLimit: '1MB/s' })
    const begin = performance.now()
    await ftp.client.download('long', nodeSink().sink, { throttles: { mine } })
    await ftp.client.upload(LONG, 'copy', { throttles: { mine } })
    expect(performance.now() - begin).toBeGreaterThan(600)
  })
})
