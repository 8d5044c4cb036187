import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { scriptedFtp } from '../../../test/fixtures/scripted-ftp.ts'
import { type FtpAnswers, type FtpCall, VirtualClock } from '../../testing/index.ts'
import { StreamThrottle } from '../../throttle/stream-throttle.ts'
import { Throttle } from '../../throttle/throttle.ts'

const content = Buffer.alloc(200_000, 'content ')
const ANSWERS: FtpAnswers = {
  RETR: (call) => call.serve(content),
  STOR: (call) => call.store(),
  MLSD: (call) => call.serve('type=file; a\r\ntype=file; b\r\n'),
  SIZE: '213 200000',
}

describe('Client, with calls at the same time', () => {
  test('runs one after the other, in their order', async () => {
    await using ftp = await scriptedFtp(ANSWERS)
    const { client } = ftp
    const all = [
      client.downloadStream('x', (stream) => stream.read()),
      client.size('x'),
      client.list().then(), // which begins when it is awaited
      client.currentDirectory(),
    ]
    expect((await Promise.all(all)).map((each) => typeof each)).toEqual(['object', 'number', 'object', 'string'])
    // The place for the list, which waits, is asked for with the end of the download.
    expect(ftp.commands()).toEqual(['EPSV', 'RETR x', 'SIZE x', 'EPSV', 'SIZE x', 'MLSD', 'PWD'])
  })

  test('goes on with the others when one leaves the queue, or fails', async () => {
    await using ftp = await scriptedFtp(ANSWERS)
    const { client } = ftp
    const abort = new AbortController()
    const first = client.downloadStream('x', (stream) => stream.read())
    const left = client.size('x', { signal: abort.signal })
    const failing = client.removeFile('x')
    const last = client.currentDirectory()
    abort.abort('enough')
    await expect(left).rejects.toBe('enough')
    await expect(failing).rejects.toMatchObject({ replyCode: 502 })
    expect(await last).toBe('/')
    await first
  })

  test('refuses calls in the body of a stream, which would wait for themselves', async () => {
    await using ftp = await scriptedFtp({ ...ANSWERS, SIZE: '502 No' })
    const { client } = ftp
    const busy = {
      code: 'ERR_SLUICE_BUSY',
      message: expect.stringMatching(
        /the stream has the connection until it ends; end it first, or use another client/,
      ),
    }
    await client.downloadStream('x', async (stream) => {
      await expect(client.size('x')).rejects.toMatchObject(busy)
      await expect(client.downloadStream('y')).rejects.toMatchObject(busy)
      await expect(client.list().then()).rejects.toMatchObject(busy)
      await expect(client.quit()).rejects.toMatchObject(busy)
      await expect(client.reconnect()).rejects.toMatchObject(busy)
      await stream.read()
    })
    // What the body has left behind may call, and so may others meanwhile.
    let later: Promise<string> | undefined
    await client.uploadStream('x', () => {
      later = delay(20).then(() => client.currentDirectory())
    })
    expect(await later).toBe('/')
    expect(client.isClosed).toBe(false)
  })

  test('lets commands be called inside the loop over a listing', async () => {
    await using ftp = await scriptedFtp(ANSWERS)
    const sizes: number[] = []
    for await (const { path } of ftp.client.list('folder')) sizes.push(await ftp.client.size(path))
    expect(sizes).toEqual([200_000, 200_000])
  })
})

describe('Client.abort()', () => {
  test('ends what runs with its reason, and nothing that waits', async () => {
    const endless = async (call: FtpCall) => {
      await call.reply('150 Here it comes')
      await (await call.data()).silence()
      return '426 Broken off'
    }
    await using ftp = await scriptedFtp({ RETR: endless, MLSD: endless })
    const { client } = ftp
    for (const start of [() => client.downloadStream('x', (stream) => stream.read()), () => client.list().then()]) {
      for (const reason of [new Error('enough'), 'enough', null, 0]) {
        const running = start()
        const waiting = client.currentDirectory()
        await delay(10)
        client.abort(reason)
        await expect(running).rejects.toBe(reason)
        expect(await waiting).toBe('/')
      }
    }
    client.abort() // nothing runs
    expect(await client.currentDirectory()).toBe('/')
    const running = client.downloadStream('x', (stream) => stream.read())
    await delay(10)
    client.abort()
    await expect(running).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('Client, with keepAlive', () => {
  test('sends NOOP after that much quiet, and none more often', async () => {
    const clock = new VirtualClock()
    await clock.run(async () => {
      await using ftp = await scriptedFtp(ANSWERS, { keepAlive: 60_000, clock, timeout: null })
      await clock.sleep(59_000)
      expect(await ftp.client.currentDirectory()).toBe('/')
      await clock.sleep(59_000)
      expect(ftp.commands()).toEqual(['PWD'])
      await clock.sleep(8_000)
      expect(ftp.commands()).toEqual(['PWD', 'NOOP'])
      await clock.sleep(3_600_000)
      const noops = ftp.commands().filter((line) => line === 'NOOP').length
      expect(noops).toBeGreaterThan(50)
      expect(noops).toBeLessThanOrEqual(62)
    })
    expect(clock.pending).toBe(0)
  })

  for (const answersAtOnce of [true, false]) {
    test(`sends NOOP during a transfer, and knows its reply (at ${answersAtOnce ? 'once' : 'the end'})`, async () => {
      const answers: FtpAnswers = {
        ...ANSWERS,
        RETR: async (call) => {
          await call.reply('150 Here it comes')
          const data = await call.data()
          for (let i = 0; i < 5; i++) {
            await data.send('part ')
            await delay(40)
            if (answersAtOnce) await call.reply((await call.session.readLine()) === 'NOOP' ? '200 Fine' : '500 What')
          }
          data.end()
          return '226 Done'
        },
        SIZE: '213 25',
        PWD: '550 No',
      }
      await using ftp = await scriptedFtp(answers, { keepAlive: 20 })
      for (let i = 0; i < 3; i++) {
        expect(String(await ftp.client.downloadStream('x', (stream) => stream.read()))).toBe('part '.repeat(5))
        await expect(ftp.client.currentDirectory()).rejects.toMatchObject({ replyCode: 550 })
        expect(await ftp.client.size('x')).toBe(25)
      }
      expect(ftp.commands().filter((line) => line === 'NOOP').length).toBeGreaterThan(5)
      expect(ftp.peer.sessions).toHaveLength(1)
    })
  }

  test('stops asking a server that answers nothing for long', async () => {
    const clock = new VirtualClock()
    await clock.run(async () => {
      await using ftp = await scriptedFtp({ NOOP: () => {} }, { keepAlive: 1_000, clock, timeout: null })
      await clock.sleep(1_000_000)
      expect(ftp.commands().length).toBeGreaterThan(90)
      expect(ftp.commands().length).toBeLessThanOrEqual(100)
      expect(ftp.client.isClosed).toBe(false)
    })
  })
})

describe('Client.throttles', () => {
  test('hold for transfers that run: new ones, changed ones, and those that are gone', async () => {
    const answers: FtpAnswers = { ...ANSWERS, RETR: (call) => call.serve(Buffer.alloc(1_000_000)), SIZE: '213 1000000' }
    await using ftp = await scriptedFtp(answers)
    const { client } = ftp
    const held = new Throttle()
    held.pause()
    await client.downloadStream('x', async (stream) => {
      await stream.readExactly(1_000)
      client.throttles.held = new StreamThrottle(held, new Throttle())
      await expect(stream.readExactly(1_000, { signal: AbortSignal.timeout(30) })).rejects.toThrow('timeout')
      delete client.throttles.held
      await stream.readExactly(1_000)
      client.throttles.slow = StreamThrottle.fromLimits({ readSpeedLimit: 1 })
      const reading = stream.readExactly(500_000)
      await delay(20)
      client.throttles.slow.read.limit = null
      expect((await reading).length).toBe(500_000)
      await stream.read()
    })
    await expect(async () => {
      client.throttles.wrong = {} as never
    }).rejects.toThrow(TypeError)
  })

  test('do not replace those of a stream with the same name', async () => {
    await using ftp = await scriptedFtp(ANSWERS)
    const own = StreamThrottle.fromLimits({ readSpeedLimit: '1GB/s' })
    await ftp.client.downloadStream('x', { throttles: { both: own } }, async (stream) => {
      ftp.client.throttles.both = StreamThrottle.fromLimits({ readSpeedLimit: 1 })
      expect(stream.throttles.both).toBe(own)
      expect((await stream.read()).length).toBe(content.length)
      delete ftp.client.throttles.both
      expect(stream.throttles.both).toBe(own)
    })
  })

  test('limit listings, and count what they bring', async () => {
    const seen: number[] = []
    class Watch extends Throttle {
      override append(data: Uint8Array | number, start?: number): void {
        seen.push(typeof data === 'number' ? data : data.length)
        super.append(data, start)
      }
    }
    const throttles = { watch: new StreamThrottle(new Watch(), new Throttle()) }
    await using ftp = await scriptedFtp(ANSWERS, { throttles })
    await ftp.client.list()
    expect(seen.reduce((sum, count) => sum + count, 0)).toBe('type=file; a\r\ntype=file; b\r\n'.length)
  })
})
