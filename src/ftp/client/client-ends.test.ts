import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { clientOptions, ftpPeer, scriptedFtp } from '../../../test/fixtures/scripted-ftp.ts'
import type { FtpAnswers } from '../../testing/index.ts'
import { Client } from './client.ts'
import type { DataConnectionThrottleStreamIO } from './data/data-connection.ts'
import { ClientPool } from './pool/client-pool.ts'

const content = Buffer.alloc(200_000, 'content ')
const ANSWERS: FtpAnswers = {
  RETR: (call) => call.serve(content),
  STOR: (call) => call.store(),
  MLSD: (call) => call.serve('type=file; a\r\ntype=file; b\r\n'),
  SIZE: '213 200000',
}

describe('Client.reconnect()', () => {
  /** Where the connection is, as a server has it. */
  function withDirectories(isLost: () => boolean): FtpAnswers {
    const at = new WeakMap<object, string>()
    return {
      ...ANSWERS,
      PWD: ({ session }) => `257 "${at.get(session) ?? '/home'}"`,
      CDUP: ({ session }) => {
        at.set(session, (at.get(session) ?? '/home').replace(/\/[^/]*$/, '') || '/')
        return '250 Fine'
      },
      CWD: ({ session, argument }) => {
        if (argument.includes('none')) return '550 No'
        at.set(session, argument.startsWith('/') ? argument : `${at.get(session) ?? '/home'}/${argument}`)
        return '250 Fine'
      },
      NOOP: ({ session }) => {
        if (isLost()) session.reset()
        return isLost() ? undefined : '200 Fine'
      },
    }
  }
  const moves: { title: string; go: (client: Client) => Promise<unknown>; directory: string }[] = [
    { title: 'where it was told to go', go: (client) => client.changeDirectory('/a/b'), directory: '/a/b' },
    {
      title: 'where it has gone from an unknown place',
      go: (client) => client.changeDirectory('sub'),
      directory: '/home/sub',
    },
    {
      title: 'where it has gone step by step',
      go: async (client) => {
        await client.changeDirectory('/a')
        await client.changeDirectory('b')
        await client.changeDirectory('c/d')
        await client.changeDirectory()
      },
      directory: '/a/b/c',
    },
    {
      title: 'where it was before it could not go on',
      go: async (client) => {
        await client.changeDirectory('/a')
        await client.changeDirectory('none').catch(() => {})
      },
      directory: '/a',
    },
    { title: 'where it began', go: async () => {}, directory: '/home' },
  ]
  for (const { title, go, directory } of moves) {
    test(`opens a new connection, and goes back ${title}`, async () => {
      let isLost = false
      await using ftp = await scriptedFtp(withDirectories(() => isLost))
      const { client, peer } = ftp
      await go(client)
      expect(await client.currentDirectory()).toBe(directory)
      await client.reconnect() // is there, and does nothing
      expect(peer.sessions).toHaveLength(1)
      isLost = true
      await expect(client.command('NOOP')).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
      expect(client.isClosed).toBe(true)
      isLost = false
      await client.reconnect()
      expect(await client.currentDirectory()).toBe(directory)
      expect((await client.downloadStream('x', (stream) => stream.read())).length).toBe(content.length)
      expect(peer.sessions).toHaveLength(2)
    })
  }

  test('fails if the directory has gone, and leaves no connection', async () => {
    let isLost = false
    await using ftp = await scriptedFtp({
      ...withDirectories(() => isLost),
      CWD: () => (isLost ? '550 Gone' : '250 Fine'),
    })
    await ftp.client.changeDirectory('/a')
    isLost = true
    await ftp.client.command('NOOP').catch(() => {})
    await expect(ftp.client.reconnect()).rejects.toMatchObject({ replyCode: 550 })
    expect(ftp.client.isClosed).toBe(true)
    await ftp.peer.sessions[1]?.silence()
  })

  test('leaves no connection open if the client is closed meanwhile', async () => {
    let isLost = false
    const answers: FtpAnswers = {
      ...withDirectories(() => isLost),
      PASS: ({ session }) => {
        if (session.number === 0) return '230 Welcome'
        ftp.client.close()
        return session.silence()
      },
    }
    await using ftp = await scriptedFtp(answers, { timeout: null })
    isLost = true
    await ftp.client.command('NOOP').catch(() => {})
    await expect(ftp.client.reconnect()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    await ftp.peer.done // when all connections have gone
    expect(ftp.peer.sessions).toHaveLength(2)
    await expect(ftp.client.reconnect()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
  })
})

describe('Client, at its end', () => {
  test('Client.quit() lets what was called before end, refuses what comes later, and is joined', async () => {
    await using ftp = await scriptedFtp(ANSWERS)
    const { client } = ftp
    const before = [client.downloadStream('x', (stream) => stream.read()), client.size('x'), client.size('x')]
    const quits = [client.quit(), client.quit()]
    await expect(client.size('x')).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    await Promise.all([...before, ...quits])
    await client.quit()
    client.close()
    expect(ftp.commands().filter((line) => line === 'QUIT')).toHaveLength(1)
    await ftp.peer.done
  })

  const goodbyes: [string, FtpAnswers][] = [
    ['says 221', {}],
    ['refuses', { QUIT: '500 Stay' }],
    ['goes without a word', { QUIT: ({ session }) => session.end() }],
    ['resets', { QUIT: ({ session }) => session.reset() }],
  ]
  for (const [title, answers] of goodbyes) {
    test(`Client.quit() is fine with a server that ${title}`, async () => {
      await using ftp = await scriptedFtp(answers)
      await ftp.client.quit()
      expect(ftp.client.isClosed).toBe(true)
      await ftp.peer.sessions[0]?.silence()
    })
  }

  test('Client.quit() tells that the server was silent; the end of a scope does not', async () => {
    const answers: FtpAnswers = { QUIT: (call) => call.session.silence() }
    await using ftp = await scriptedFtp(answers, { timeouts: { command: 50 } })
    await expect(ftp.client.quit()).rejects.toMatchObject({ phase: 'command' })
    await using other = await scriptedFtp(answers, { timeouts: { command: 50 } })
    await other.client[Symbol.asyncDispose]()
    await other.client[Symbol.asyncDispose]()
    expect(other.client.isClosed).toBe(true)
  })

  test('the end of a scope does not wait for streams that nobody will finish', async () => {
    await using peer = await ftpPeer(ANSWERS)
    let stream: DataConnectionThrottleStreamIO | undefined
    const failing = async () => {
      await using client = await Client.connect(peer.host, clientOptions(peer))
      stream = await client.downloadStream('x')
      throw new Error('of the caller')
    }
    await expect(failing()).rejects.toThrow('of the caller')
    await expect(stream?.read()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    await peer.done
  })

  test('Client.context() gives what its body gives, and says goodbye in any case', async () => {
    await using peer = await ftpPeer(ANSWERS)
    expect(await Client.context(peer.host, clientOptions(peer), (client) => client.size('x'))).toBe(200_000)
    const failing = Client.context(peer.host, clientOptions(peer), () => Promise.reject(new Error('of the body')))
    await expect(failing).rejects.toThrow('of the body')
    await peer.done
    expect(peer.sessions.map(({ received }) => received.at(-1))).toEqual(['QUIT', 'QUIT'])
    await expect(Client.context(peer.host, undefined as never)).rejects.toThrow(TypeError)
  })
})

describe('Client, with wrong arguments', () => {
  const wrong: [string, (client: Client) => unknown][] = [
    ['a path that is none', (client) => client.size('')],
    ['a path that is no text', (client) => client.downloadStream(1 as never)],
    ['a line end in a path', (client) => client.removeFile('x\r\nDELE y')],
    ['a line end in a new name', (client) => client.rename('x', 'y\r\nDELE z')],
    ['a flag that is none', (client) => Client.connect(client.host, { allowForeignHost: 'no' as never })],
    ['NUL in a path', (client) => client.downloadStream('x\0')],
    ['a line end in a command', (client) => client.command('NOOP\r\nDELE y')],
    ['a wrong offset', (client) => client.downloadStream('x', { offset: -1 })],
    ['a wrong weight', (client) => client.downloadStream('x', { weight: 0 })],
    ['a wrong throttle', (client) => client.downloadStream('x', { throttles: { a: 1 as never } })],
    ['a wrong signal', (client) => client.downloadStream('x', { signal: 1 as never })],
    ['a wrong mask', (client) => client.command('NOOP', { expectedCodes: '2yz' })],
    ['a wrong algorithm', (client) => client.checksum('x', { algorithm: 'SHA-0' as never })],
  ]
  for (const [title, call] of wrong) {
    test(`refuses ${title} before anything is sent`, async () => {
      await using ftp = await scriptedFtp(ANSWERS)
      const failing = (async () => call(ftp.client))()
      await expect(failing).rejects.toSatisfy((error) => error instanceof TypeError || error instanceof RangeError)
      await ftp.client.quit()
      expect(ftp.commands()).toEqual(['QUIT'])
    })
  }
})

describe('await using, whose block returns a call', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-local-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const noise: unknown[] = []
  const hear = (reason: unknown) => void noise.push(reason)
  let others: NodeJS.UnhandledRejectionListener[] = []
  beforeEach(() => {
    noise.length = 0
    others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', hear)
  })
  afterEach(() => {
    process.off('unhandledRejection', hear)
    for (const other of others) process.on('unhandledRejection', other)
  })

  const NONE: FtpAnswers = { ...ANSWERS, RETR: '550 None', SIZE: '550 None', STOR: '550 None', MLSD: '550 None' }
  const calls: { title: string; call: (client: Client) => PromiseLike<unknown>; gives: unknown }[] = [
    {
      title: 'Client.download()',
      call: (client) => client.download('x', join(folder, 'x')),
      gives: expect.objectContaining({ files: 1, bytes: content.length }),
    },
    { title: 'Client.downloadBytes()', call: (client) => client.downloadBytes('x'), gives: content },
    {
      title: 'Client.upload()',
      call: (client) => client.upload(content, 'x'),
      gives: expect.objectContaining({ files: 1, bytes: content.length }),
    },
    {
      title: 'Client.downloadStream()',
      call: (client) => client.downloadStream('x', (stream) => stream.read()),
      gives: content,
    },
    {
      title: 'Client.list()',
      call: (client) => client.list().then((entries) => entries.map(({ name }) => name)),
      gives: ['a', 'b'],
    },
    { title: 'Client.size()', call: (client) => client.size('x'), gives: content.length },
  ]
  for (const { title, call, gives } of calls) {
    test(`waits for ${title}, and says goodbye behind it`, async () => {
      await using peer = await ftpPeer(ANSWERS)
      const work = async () => {
        await using client = await Client.connect(peer.host, clientOptions(peer))
        return call(client)
      }
      expect(await work()).toEqual(gives)
      expect(peer.sessions[0]?.received.at(-1)).toBe('QUIT')
    })

    test(`hands on what ${title} fails with, and leaves no rejection unhandled`, async () => {
      await using peer = await ftpPeer(NONE)
      const work = async () => {
        await using client = await Client.connect(peer.host, clientOptions(peer))
        return call(client)
      }
      await expect(work()).rejects.toMatchObject({ replyCode: 550 })
      expect(peer.sessions[0]?.received.at(-1)).toBe('QUIT')
      await setImmediate()
      expect(noise).toEqual([])
    })
  }

  test('hands on what a call of a pool fails with, and leaves no rejection unhandled', async () => {
    await using peer = await ftpPeer(NONE)
    const work = async () => {
      await using pool = new ClientPool(peer.host, clientOptions(peer))
      return pool.mirror('/', folder, { direction: 'download', onError: 'stop' })
    }
    await expect(work()).rejects.toMatchObject({ replyCode: 550 })
    await setImmediate()
    expect(noise).toEqual([])
  })

  test('says that an await is missing if a listing begins only when the client is closed', async () => {
    await using peer = await ftpPeer(ANSWERS)
    const work = async () => {
      await using client = await Client.connect(peer.host, clientOptions(peer))
      return client.list()
    }
    await expect(work()).rejects.toThrow(
      'Cannot use the client: it was closed before this call began; is an `await` missing?',
    )
  })

  test('refuses calls that are made later, and close() ends those that were made before', async () => {
    await using peer = await ftpPeer({ ...ANSWERS, RETR: (call) => call.session.silence() })
    const client = await Client.connect(peer.host, clientOptions(peer))
    const before = client.download('x', join(folder, 'y'))
    const failed = expect(before).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    const quitting = client.quit()
    expect(client.isClosed).toBe(true)
    for (const late of [client.size('x'), client.downloadBytes('x'), client.list().then(), client.uploadStream('x')]) {
      await expect(late).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    }
    client.close()
    await failed
    await quitting
  })
})
