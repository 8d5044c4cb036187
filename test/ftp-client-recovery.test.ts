import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ClientOptions, DataConnectionThrottleStreamIO } from 'sluice/ftp'
import type { FtpAnswers, FtpCall, PeerStream } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { memory } from '../src/ftp/transfer/memory-pool.ts'
import { type ScriptedFtp, scriptedFtp } from './fixtures/scripted-ftp.ts'

const modes: ClientOptions[] = [{ mode: 'passive' }, { mode: 'active' }, { tls: 'explicit' }]
const nameOf = ({ mode = 'passive', tls = false }: ClientOptions) => `${mode}, tls: ${tls}`
const reason = new Error('enough')

function* forever(chunk: string): Generator<string> {
  for (;;) yield chunk
}

/** Sends without end. When the client has gone, 426. */
const endless = (chunk: string) => async (call: FtpCall) => {
  await call.reply('150 Here it comes')
  const data = await dataOf(call)
  if (!data) return '425 No connection'
  await data.sendForever(forever(chunk))
  return '426 Broken off'
}

/** In active mode the client may have gone before the server has called it. */
const dataOf = (call: FtpCall): Promise<PeerStream | undefined> => call.data().catch(() => undefined)

const ANSWERS: FtpAnswers = {
  RETR: ({ argument, ...call }) => {
    if (argument === 'refused') return '550 No'
    if (argument === 'locked') return '450 Later'
    return argument === 'endless' ? endless('x'.repeat(10_000))({ argument, ...call }) : call.serve('content')
  },
  STOR: async (call) => {
    await call.reply('150 Send it')
    const data = await dataOf(call)
    if (!data) return '425 No connection'
    await data.silence()
    if (call.argument === 'slow') await delay(100)
    data.end()
    return data.error ? '426 Broken off' : '226 Done'
  },
  MLSD: ({ argument, ...call }) =>
    argument === 'endless' ? endless('type=file;size=1; name\r\n'.repeat(100))({ argument, ...call }) : call.serve(''),
}

/** What is given up, and what its call rejects with, if it does. */
const givenUp: { title: string; use: (client: Client) => Promise<unknown>; rejects?: unknown }[] = [
  {
    title: 'a download aborted by its signal',
    use: async (client) => {
      const abort = new AbortController()
      await client.downloadStream('endless', { signal: abort.signal }, async (stream) => {
        for await (const _block of stream.iterByBlock()) abort.abort(reason)
      })
    },
    rejects: reason,
  },
  {
    title: 'a download aborted while it waits',
    use: async (client) => {
      const stream = await client.downloadStream('endless')
      const reading = stream.read()
      setTimeout(() => client.abort(reason), 5)
      await reading
    },
    rejects: reason,
  },
  {
    title: 'a download whose body throws',
    use: (client) =>
      client.downloadStream('endless', () => {
        throw reason
      }),
    rejects: reason,
  },
  {
    title: 'a download that is closed early',
    use: async (client) => {
      const stream = await client.downloadStream('endless')
      await stream.read(10)
      await stream.close()
    },
  },
  {
    title: 'a download that is not read to its end',
    use: async (client) => {
      await using stream = await client.downloadStream('endless')
      await stream.read(10)
    },
  },
  {
    title: 'a Node stream that is destroyed',
    use: async (client) => {
      for await (const _chunk of (await client.downloadStream('endless')).toNodeReadable()) break
    },
  },
  {
    title: 'a web stream that is cancelled',
    use: async (client) => {
      for await (const _chunk of (await client.downloadStream('endless')).toWebReadable()) break
    },
  },
  {
    title: 'a download that is refused',
    use: (client) => client.downloadStream('refused'),
    rejects: { replyCode: 550 },
  },
  {
    title: 'a download that is put off',
    use: (client) => client.downloadStream('locked'),
    rejects: { replyCode: 450 },
  },
  {
    title: 'a command that is refused',
    use: (client) => client.removeFile('x'),
    rejects: { replyCode: 502 },
  },
  {
    title: 'a stream that can not be made',
    use: (client) => client.downloadStream('x', { weight: -1 }),
    rejects: expect.any(RangeError),
  },
  {
    title: 'an upload whose body throws',
    use: (client) =>
      client.uploadStream('x', async (stream) => {
        await stream.write('half')
        throw reason
      }),
    rejects: reason,
  },
  {
    title: 'an upload whose end is aborted',
    use: async (client) => {
      const abort = new AbortController()
      const stream = await client.uploadStream('slow')
      await stream.write('all')
      const finishing = stream.finish({ signal: abort.signal })
      setTimeout(() => abort.abort(reason), 10)
      await finishing
    },
    rejects: reason,
  },
  {
    title: 'an upload that is aborted while it ends',
    use: async (client) => {
      const written = client.uploadStream('slow', (stream) => stream.write('all'))
      setTimeout(() => client.abort(reason), 20)
      await written
    },
    rejects: reason,
  },
  {
    title: 'an upload that is not finished',
    use: async (client) => {
      await using stream = await client.uploadStream('x')
      await stream.write('half')
    },
  },
  {
    title: 'an upload that is destroyed',
    use: async (client) => (await client.uploadStream('x')).destroy(),
  },
  {
    title: 'a listing that is left early',
    use: async (client) => {
      for await (const _entry of client.list('endless')) break
    },
  },
  {
    title: 'a listing that is aborted',
    use: async (client) => {
      const abort = new AbortController()
      for await (const _entry of client.list('endless', { signal: abort.signal })) abort.abort(reason)
    },
    rejects: reason,
  },
]

async function goesOn({ client, peer }: ScriptedFtp) {
  expect(await client.downloadStream('x', (stream) => stream.read())).toEqual(Buffer.from('content'))
  expect(await client.currentDirectory()).toBe('/')
  expect(peer.sessions).toHaveLength(1)
}

describe('Client, on the same connection', () => {
  for (const options of modes) {
    for (const { title, use, rejects } of givenUp) {
      test(`goes on after ${title} (${nameOf(options)})`, async () => {
        await using ftp = await scriptedFtp(ANSWERS, options)
        const used = use(ftp.client)
        if (rejects === undefined) await used
        else if (rejects === reason) await expect(used).rejects.toBe(reason)
        else
          await expect(used).rejects.toEqual(
            rejects instanceof Object && 'replyCode' in rejects ? expect.objectContaining(rejects) : rejects,
          )
        await goesOn(ftp)
      })
    }
  }

  const ways: Record<string, (stream: DataConnectionThrottleStreamIO) => unknown> = {
    'is destroyed': (stream) => stream.destroy(),
    'is destroyed by an error': (stream) => stream.destroy(reason),
    'is closed': (stream) => stream.close(),
  }
  for (const options of modes) {
    for (const [way, end] of Object.entries(ways)) {
      test(`resets the data of an upload that ${way}: it must not look whole (${nameOf(options)})`, async () => {
        let told: string | undefined
        let hasRead = false
        const answers: FtpAnswers = {
          STOR: async (call) => {
            await call.reply('150 Send it')
            const data = await call.data()
            hasRead = (await data.read()) !== undefined
            await data.silence()
            await delay(5)
            told = (data.error as NodeJS.ErrnoException | undefined)?.code
            return told ? '426 Broken off' : '226 Done'
          },
        }
        await using ftp = await scriptedFtp(answers, options)
        const stream = await ftp.client.uploadStream('x')
        await stream.write('half')
        // With bytes before it, Node 20 takes a reset for an end.
        await expect.poll(() => hasRead).toBe(true)
        await end(stream)
        expect(await ftp.client.currentDirectory()).toBe('/')
        expect(told).toBe('ECONNRESET')
      })
    }
  }
})

const beginnings: Record<string, (client: Client) => Promise<DataConnectionThrottleStreamIO>> = {
  'an upload': async (client) => {
    const stream = await client.uploadStream('x')
    await stream.write('all')
    return stream
  },
  'a download': async (client) => {
    const stream = await client.downloadStream('x')
    await stream.readExactly(7)
    return stream
  },
}
for (const [title, begin] of Object.entries(beginnings)) {
  for (const options of modes) {
    test(`Client.abort() ends ${title} at any moment of its end (${nameOf(options)})`, async () => {
      await using ftp = await scriptedFtp(ANSWERS, { ...options, timeouts: { finalReply: 2_000 } })
      for (let i = 0; i < 60; i++) {
        const finishing = (await begin(ftp.client)).finish()
        for (let turn = 0; turn < i; turn++) await (i % 2 ? Promise.resolve() : new Promise(setImmediate))
        ftp.client.abort(reason)
        await finishing.catch((error) => expect(error).toBe(reason))
        expect(await ftp.client.currentDirectory()).toBe('/')
      }
      expect(ftp.peer.sessions).toHaveLength(1)
    })
  }
}

describe('Client, stopping a transfer', () => {
  const afterReset = (data: PeerStream) => data.sendForever(forever('x'.repeat(10_000)))
  /** What the server says from the reset of the data connection on. */
  const servers: Record<string, FtpAnswers> = {
    'says 426 and 226': { RETR: withEnd('426 No'), ABOR: '226 Stopped' },
    'says 226 and 226': { RETR: withEnd('226 Done'), ABOR: '226 Stopped' },
    'says 226 and 225': { RETR: withEnd('226 Done'), ABOR: '225 Nothing' },
    'says 426 and 502': { RETR: withEnd('426 No'), ABOR: '502 What' },
    'says 226 alone': { RETR: withEnd(undefined), ABOR: '226 Stopped' },
    'says 225 alone': { RETR: withEnd(undefined), ABOR: '225 Stopped' },
    'says 426 alone': { RETR: withEnd('426 No'), ABOR: () => {} },
    'says 426 twice, and 226': {
      RETR: withEnd('426 No'),
      ABOR: async (call) => {
        await call.reply('426 No')
        await call.reply('226 Stopped')
      },
    },
    'says nothing of it': { RETR: withEnd(undefined), ABOR: () => {} },
    'takes its time': {
      RETR: withEnd(undefined),
      ABOR: async (call) => {
        await delay(50)
        await call.reply('426 No')
        await delay(50)
        await call.reply('226 Stopped')
      },
    },
  }
  function withEnd(reply: string | undefined) {
    return async (call: FtpCall) => {
      await call.reply('150 Here it comes')
      await afterReset(await call.data())
      return reply
    }
  }
  for (const [title, answers] of Object.entries(servers)) {
    test(`goes on with a server that ${title}`, async () => {
      const others: FtpAnswers = { MDTM: '213 20200101000000', CWD: '550 No', SIZE: '213 5' }
      await using ftp = await scriptedFtp({ ...answers, ...others })
      for (let i = 0; i < 3; i++) {
        await using stream = await ftp.client.downloadStream('x')
        await stream.read(10)
        await stream.close()
        expect(await ftp.client.size('x')).toBe(5)
        await expect(ftp.client.changeDirectory('x')).rejects.toMatchObject({ replyCode: 550 })
      }
      expect(ftp.peer.sessions).toHaveLength(1)
    })
  }

  test('closes the connection of a server that answers nothing any more, and says so; reconnect() helps', async () => {
    const answers: FtpAnswers = { RETR: withEnd(undefined), ABOR: (call) => call.session.silence() }
    await using ftp = await scriptedFtp(answers, { timeouts: { command: 200 } })
    const { client, peer } = ftp
    const stream = await client.downloadStream('x')
    await stream.close()
    expect(client.isClosed).toBe(true)
    await expect(client.size('x')).rejects.toMatchObject({
      code: 'ERR_SLUICE_CLOSED',
      cause: { code: 'ERR_SLUICE_TIMEOUT', phase: 'command' },
    })
    await client.reconnect()
    expect(await client.currentDirectory()).toBe('/')
    expect(peer.sessions).toHaveLength(2)
  })

  test('sends ABOR for a transfer that runs, and not for one that is done or was refused', async () => {
    await using ftp = await scriptedFtp(ANSWERS)
    await ftp.client.downloadStream('x', (stream) => stream.read())
    await ftp.client.downloadStream('refused').catch(() => {})
    expect(ftp.commands()).not.toContain('ABOR')
    await (await ftp.client.downloadStream('endless')).close()
    expect(ftp.commands().slice(-3)).toEqual(['RETR endless', 'ABOR', 'PWD'])
  })
})

describe('a client whose transfers go on or break off', () => {
  test('gives the memory of listings back that are refused', async () => {
    await using ftp = await scriptedFtp({ LIST: '550 No', MLSD: '550 No' })
    for (let i = 0; i < 12; i++) await expect(ftp.client.list('/x')).rejects.toMatchObject({ replyCode: 550 })
    expect([memory.isBusy, memory.isScarce]).toEqual([false, false])
  })

  test('leaves no timer of a listing that its reader ends by an error', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const list = async (call: FtpCall) => {
      await call.reply('150 Here it comes')
      const data = await call.data()
      await delay(50)
      await data.send('rubbish\r\n')
      await data.silence()
      return '426 Broken off'
    }
    {
      await using ftp = await scriptedFtp({ LIST: list, MLSD: list }, { timeout: 9000 })
      const onUnreadable = () => {
        throw reason
      }
      const read = async () => {
        for await (const _ of ftp.client.list('/', { onUnreadable })) break
      }
      await expect(read()).rejects.toThrow(reason)
    }
    await expect.poll(timers, { timeout: 2000 }).toBeLessThanOrEqual(before)
  })

  test('opens nothing for a reconnect() that had to wait when the client was closed', async () => {
    let isFirst = true
    await using ftp = await scriptedFtp({
      NOOP: (call) => call.session.end(),
      USER: async () => {
        if (!isFirst) await delay(200)
        isFirst = false
        return '230 In'
      },
    })
    await expect(ftp.client.command('NOOP')).rejects.toThrow()
    const both = [ftp.client.reconnect(), ftp.client.reconnect()].map((done) =>
      done.catch((error: Error) => error.name),
    )
    await delay(50)
    ftp.client.close()
    expect(await Promise.all(both)).toEqual(['ClosedError', 'ClosedError'])
    expect(ftp.peer.sessions.length).toBe(2)
  })
})
