import { connect, createServer, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { localhost } from '../../../../test/fixtures/loopback.ts'
import { clientOptions, ftpPeer, scriptedFtp } from '../../../../test/fixtures/scripted-ftp.ts'
import type { FtpAnswers, FtpCall } from '../../../testing/index.ts'
import { Client } from '../client.ts'
import type { ClientOptions, ConnectTarget } from '../client-options.ts'

const ANSWERS: FtpAnswers = {
  RETR: (call) => call.serve('content'),
  STOR: (call) => call.store(),
  MLSD: (call) => call.serve('type=file; a\r\n'),
}
const read = async (client: Client) => String(await client.downloadStream('x', (stream) => stream.read()))

/** Uses the connection for all that moves data. */
async function exercise(client: Client): Promise<void> {
  expect(await read(client)).toBe('content')
  await client.uploadStream('x', (stream) => stream.write('content'))
  expect(await client.list()).toHaveLength(1)
}

describe('passiveChannel()', () => {
  const refusals = [
    ...['502 What', '500 What', '522 No', '425 Later', '451 Later', '200 Fine', '229 Come in'],
    ...['229 (|||0|)', '229 (|||70000|)', '229 (||127.0.0.1|20|)', '229 nonsense (|||x|)'],
  ]
  for (const EPSV of refusals) {
    for (const cut of [undefined, 1]) {
      test(`goes by PASV after ${EPSV}, and remembers that (${cut ? 'cut' : 'whole'})`, async () => {
        await using ftp = await scriptedFtp({ ...ANSWERS, EPSV }, {}, { cut })
        await exercise(ftp.client)
        const asked = ftp.commands().filter((line) => /^(EPSV|PASV)/.test(line))
        expect(asked).toEqual(['EPSV', 'PASV', 'PASV', 'PASV'])
      })
    }
  }

  test('goes by EPSV each time if that works, and by PASV only if told so', async () => {
    await using ftp = await scriptedFtp(ANSWERS)
    await exercise(ftp.client)
    expect(ftp.commands()).not.toContain('PASV')
    await using other = await scriptedFtp(ANSWERS, { epsv: false })
    await exercise(other.client)
    expect(other.commands()).not.toContain('EPSV')
  })

  for (const { title, patience, asked } of [
    { title: 'asks for the next transfer before that begins, if it waits already', patience: 0, asked: 1 },
    { title: 'asks again if it did so more than a second ago', patience: 1100, asked: 2 },
  ]) {
    test(title, async () => {
      const PWD = async () => {
        await delay(patience)
        return '257 "/"'
      }
      await using ftp = await scriptedFtp({ ...ANSWERS, SIZE: '213 7', PWD })
      const { client } = ftp
      const contents = [read(client), client.currentDirectory(), read(client)]
      expect(await Promise.all(contents)).toEqual(['content', '/', 'content'])
      const again = Array.from({ length: asked - 1 }, () => 'EPSV')
      const retrieval = ['RETR x', 'SIZE x']
      expect(ftp.commands()).toEqual(['EPSV', ...retrieval, 'EPSV', 'PWD', ...again, ...retrieval])
    })
  }

  for (const { title, refusals, again } of [
    { title: 'asks again if what was asked ahead came too early', refusals: 1, again: ['EPSV'] },
    {
      title: 'goes by PASV if what was asked ahead is refused, and refused again',
      refusals: 2,
      again: ['EPSV', 'PASV'],
    },
  ]) {
    test(title, async () => {
      let asked = 0
      let accept: (() => Promise<Awaited<ReturnType<FtpCall['data']>>>) | undefined
      const EPSV = async (call: FtpCall) => {
        asked++
        accept = undefined
        if (asked > 1 && asked <= 1 + refusals) return '450 Not now'
        const port = await call.session.openData()
        accept = () => port.accept()
        return `229 (|||${port.port}|)`
      }
      const RETR = async (call: FtpCall) => {
        await call.reply('150 Here it comes')
        const data = await (accept ? accept() : call.data())
        await data.send('content')
        data.end()
        return '226 Done'
      }
      await using ftp = await scriptedFtp({ EPSV, RETR, SIZE: '213 7' })
      expect(await Promise.all([read(ftp.client), read(ftp.client)])).toEqual(['content', 'content'])
      const retrieval = ['RETR x', 'SIZE x']
      expect(ftp.commands()).toEqual(['EPSV', ...retrieval, 'EPSV', ...again, ...retrieval])
    })
  }

  test('asks for no transfer that does not wait', async () => {
    await using ftp = await scriptedFtp({ ...ANSWERS, SIZE: '213 7' })
    await Promise.all([read(ftp.client), ftp.client.size('y')])
    expect(ftp.commands()).toEqual(['EPSV', 'RETR x', 'SIZE x', 'SIZE y'])
  })

  const asPassive = (host: string) => async (call: FtpCall) => {
    const port = await call.session.openData()
    accepted.set(call.session, () => port.accept())
    return `227 Come to (${host},${port.port >> 8},${port.port & 255})`
  }
  const accepted = new WeakMap<object, () => ReturnType<FtpCall['data']>>()
  const RETR = async (call: FtpCall) => {
    await call.reply('150 Here it comes')
    const data = await accepted.get(call.session)?.()
    await data?.send('content')
    data?.end()
    return '226 Done'
  }

  test('goes to the server, wherever PASV points to', async () => {
    const notes: string[] = []
    const logger = ({ text }: { text: string }) => void notes.push(text)
    await using ftp = await scriptedFtp({ PASV: asPassive('192,0,2,1'), RETR }, { epsv: false, logger })
    expect(await read(ftp.client)).toBe('content')
    expect(notes).toContain('PASV names 192.0.2.1, which is replaced by 127.0.0.1')
  })

  for (const tls of [false, 'explicit'] as const) {
    test(`goes where PASV points to if told so, tls: ${tls}`, async () => {
      const options = { tls, epsv: false, allowForeignHost: true, timeouts: { dataConnect: 500 } }
      const answers: FtpAnswers = {
        PASV: asPassive('127,0,0,2'),
        RETR: async (call) => {
          await call.reply('150 Soon')
          await delay(50)
          return '425 Nobody came'
        },
      }
      await using ftp = await scriptedFtp(answers, options)
      // Nobody listens there: the port is open at 127.0.0.1 alone.
      const refused = { code: 'ECONNREFUSED', address: '127.0.0.2' }
      await expect(read(ftp.client)).rejects.toMatchObject(refused)
      await expect(ftp.client.downloadBytes('x')).rejects.toMatchObject(refused)
      expect(await ftp.client.currentDirectory()).toBe('/')
    })
  }

  for (const PASV of ['227 nothing', '227 (1,2,3,4,5)', '227 (127,0,0,1,0,0)', '227 (127,0,0,1,999,1)']) {
    test(`fails by ${PASV}, and the next command works`, async () => {
      await using ftp = await scriptedFtp({ ...ANSWERS, PASV }, { epsv: false })
      await expect(read(ftp.client)).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_PROTOCOL' })
      expect(await ftp.client.currentDirectory()).toBe('/')
    })
  }

  test('tells that the port is closed, and the next command works', async () => {
    const answers: FtpAnswers = {
      ...ANSWERS,
      EPSV: async (call) => {
        const port = await call.session.openData()
        port.close()
        return `229 Come in (|||${port.port}|)`
      },
      RETR: '425 Nobody came',
    }
    await using ftp = await scriptedFtp(answers)
    await expect(read(ftp.client)).rejects.toMatchObject({ code: expect.stringMatching(/ECONNREFUSED|FTP_REPLY/) })
    expect(await ftp.client.currentDirectory()).toBe('/')
  })

  test('goes over IPv6, where there is no PASV', async () => {
    await using ftp = await scriptedFtp(ANSWERS, {}, { host: '::1' })
    await exercise(ftp.client)
    await using refused = await scriptedFtp({ ...ANSWERS, EPSV: '502 No' }, {}, { host: '::1' })
    await expect(read(refused.client)).rejects.toMatchObject({ replyCode: 502, command: 'EPSV' })
    expect(await refused.client.currentDirectory()).toBe('/')
  })
})

describe('activeChannel()', () => {
  const refusals: [string, FtpAnswers][] = [
    ['502', { EPRT: '502 What' }],
    ['522', { EPRT: '522 No' }],
    ['425', { EPRT: '425 Later' }],
  ]
  for (const [code, answers] of refusals) {
    test(`goes by PORT after ${code} to EPRT, and remembers that`, async () => {
      await using ftp = await scriptedFtp({ ...ANSWERS, ...answers }, { mode: 'active' })
      await exercise(ftp.client)
      const asked = ftp.commands().filter((line) => /^(EPRT|PORT)/.test(line))
      expect(asked.map((line) => line.slice(0, 4))).toEqual(['EPRT', 'PORT', 'PORT', 'PORT'])
    })
  }

  test('goes over IPv6 and under TLS', async () => {
    await using ftp = await scriptedFtp(ANSWERS, { mode: 'active', tls: 'explicit' }, { host: '::1' })
    await exercise(ftp.client)
    expect(ftp.commands()[0]).toMatch(/^EPRT \|2\|::1\|\d+\|$/)
  })

  test('listens on the ports that it is given, and fails if none is free', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port: from } = taken.address() as { port: number }
    try {
      const active = { ports: { from, to: Math.min(65_535, from + 20) } }
      await using ftp = await scriptedFtp(ANSWERS, { mode: 'active', active })
      await exercise(ftp.client)
      const ports = ftp.commands().flatMap((line) => /^EPRT .*\|(\d+)\|$/.exec(line)?.[1] ?? [])
      for (const port of ports.map(Number)) {
        expect(port).toBeGreaterThan(from)
        expect(port).toBeLessThanOrEqual(active.ports.to)
      }
      await using full = await scriptedFtp(ANSWERS, { mode: 'active', active: { ports: { from, to: from } } })
      await expect(read(full.client)).rejects.toMatchObject({ code: 'EADDRINUSE' })
      expect(await full.client.currentDirectory()).toBe('/')
    } finally {
      taken.close()
    }
  })

  test('tells the address that it is given', async () => {
    const active = { address: '192.0.2.1' }
    await using ftp = await scriptedFtp({ ...ANSWERS, EPRT: '200 Fine', RETR: '425 No' }, { mode: 'active', active })
    await expect(read(ftp.client)).rejects.toMatchObject({ replyCode: 425 })
    expect(ftp.commands()[0]).toMatch(/^EPRT \|1\|192\.0\.2\.1\|/)
  })

  test('turns a stranger away who comes before the server', async () => {
    const strangers: Promise<unknown>[] = []
    const answers: FtpAnswers = {
      RETR: async (call) => {
        const [, port] = /\|(\d+)\|$/.exec(call.session.received.at(-2) ?? '') ?? []
        const stranger = connect({ port: Number(port), host: '127.0.0.1', localAddress: '127.0.0.9' })
        stranger.on('error', () => {})
        stranger.on('connect', () => stranger.end('poison'))
        strangers.push(new Promise((resolve) => stranger.on('close', resolve)))
        await delay(30)
        await call.serve('content')
      },
    }
    await using ftp = await scriptedFtp(answers, { mode: 'active' })
    expect(await read(ftp.client)).toBe('content')
    expect(strangers).toHaveLength(1)
    await Promise.all(strangers)
  })

  test('fails at once when the server gives up calling', async () => {
    const RETR = async (call: FtpCall) => {
      await call.reply('150 Soon')
      await delay(20)
      return '425 Nobody answers'
    }
    await using ftp = await scriptedFtp({ RETR }, { mode: 'active', timeout: null })
    await expect(read(ftp.client)).rejects.toMatchObject({ replyCode: 425 })
    expect(await ftp.client.currentDirectory()).toBe('/')
  })
})

describe("the option 'connect'", () => {
  /** As a proxy would: the socket goes elsewhere than the address says. */
  const through = (port: (target: ConnectTarget) => number) => (target: ConnectTarget) => {
    const socket = connect({ port: port(target), host: '127.0.0.1' })
    return Promise.resolve(socket)
  }

  for (const tls of [false, 'explicit', 'implicit'] as const) {
    test(`opens control and data connections, tls: ${tls}`, async () => {
      await using peer = await ftpPeer(ANSWERS, { tls: localhost, isImplicit: tls === 'implicit' })
      const targets: ConnectTarget[] = []
      const dial = through(({ port }) => (port === 2121 ? peer.port : port))
      const options = clientOptions(peer, {
        port: 2121,
        tls,
        connect: (target) => {
          targets.push(target)
          return dial(target)
        },
      })
      await using client = await Client.connect('localhost', options)
      await exercise(client)
      // The server's name, though the sockets know only the way to it.
      expect(targets.map(({ host, purpose }) => [host, purpose])).toEqual([
        ['localhost', 'control'],
        ...Array(3).fill(['localhost', 'data']),
      ])
    })
  }

  test('fails as it fails, for control and data, and the connection goes on', async () => {
    const options = { connect: () => Promise.reject(new Error('no way')) }
    await expect(Client.connect('localhost', options)).rejects.toThrow('no way')
    let isBroken = false
    const connecting: ClientOptions['connect'] = async ({ port }) => {
      if (isBroken) throw new Error('no way')
      return connect({ port, host: '127.0.0.1' })
    }
    const answers: FtpAnswers = {
      ...ANSWERS,
      RETR: (call) => (isBroken ? '425 Nobody came' : call.serve('content')),
      MLSD: (call) => (isBroken ? '150 Soon\r\n425 Nobody came\r\n' : call.serve('type=file; a\r\n')),
    }
    await using ftp = await scriptedFtp(answers, { connect: connecting })
    isBroken = true
    await expect(read(ftp.client)).rejects.toThrow(/no way|425/)
    await expect(ftp.client.list().then()).rejects.toThrow(/no way|425/)
    isBroken = false
    await exercise(ftp.client)
    expect(ftp.peer.sessions).toHaveLength(1)
  })

  for (const wrong of [undefined, {}, 'socket']) {
    test(`fails if it gives ${JSON.stringify(wrong)}`, async () => {
      const options = { connect: () => Promise.resolve(wrong as never) }
      await expect(Client.connect('localhost', options)).rejects.toThrow(TypeError)
      await expect(Client.connect('localhost', { connect: wrong ? (wrong as never) : (1 as never) })).rejects.toThrow(
        "'connect' must be a function",
      )
    })
  }

  test('is waited for no longer than allowed; what it gives then is destroyed', async () => {
    await using peer = await ftpPeer({})
    const late: Socket[] = []
    const signals: AbortSignal[] = []
    const options = clientOptions(peer, {
      timeouts: { connect: 50 },
      connect: async ({ signal }) => {
        signals.push(signal)
        await delay(100)
        late.push(connect(peer.port, peer.host))
        return late[0] as Socket
      },
    })
    await expect(Client.connect('localhost', options)).rejects.toMatchObject({ phase: 'connect' })
    await expect.poll(() => late[0]?.destroyed).toBe(true)
    expect(signals[0]?.aborted).toBe(true)
  })

  test('may give a socket that is still connecting, which is destroyed if that takes too long', async () => {
    const socket = new Socket()
    Object.defineProperty(socket, 'connecting', { value: true })
    const options = { timeouts: { connect: 50 }, connect: () => Promise.resolve(socket) }
    await expect(Client.connect('localhost', options)).rejects.toMatchObject({ phase: 'connect' })
    expect(socket.destroyed).toBe(true)
    expect(socket.listenerCount('connect')).toBe(0)
  })
})
