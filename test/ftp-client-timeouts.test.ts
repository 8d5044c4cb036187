import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { StreamThrottle, Throttle } from 'sluice'
import { Client, type ClientOptions, type Timeouts } from 'sluice/ftp'
import { type FtpAnswers, type FtpCall, ScriptedPeer } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { clientOptions, ftpPeer, scriptedFtp } from './fixtures/scripted-ftp.ts'

/** Ms: short, and long enough for a busy machine to answer in. */
const SHORT = 250

const silent = (call: FtpCall) => call.session.silence()

/** Serves a part of a file, and then nothing until the client gives up. */
const stalls = (part: string) => async (call: FtpCall) => {
  await call.reply('150 Here it comes')
  const data = await call.data()
  if (part) await data.send(part)
  await data.silence()
  return '426 Given up'
}

/** What a failure of `connect` or of `use` is to be. */
interface Silence {
  readonly title: string
  readonly phase: string
  readonly timeouts: Timeouts
  readonly answers: FtpAnswers
  readonly options?: ClientOptions
  /** @default reading a file to its end */
  readonly use?: (client: Client) => Promise<unknown>
  /** Whether the connection can be used after it. */
  readonly isUsable: boolean
}

const COMMANDS = /^(EPSV|RETR x|STOR up|MLSD)$/

/** What the message says: the command, its path, and the host. */
const NAMES = /^Cannot .* (EPSV|RETR x|STOR up|MLSD) (from|with|at) 127\.0\.0\.1: no progress for 250 ms$/

const upload = (client: Client) =>
  client.uploadStream('up', async (stream) => {
    for (let i = 0; i < 500; i++) await stream.write(Buffer.alloc(64 * 1024))
  })

const deaf = async (call: FtpCall) => {
  await call.reply('150 Send it')
  await call.data()
  await delay(3 * SHORT)
  return '426 Given up'
}

const silences: Silence[] = [
  {
    title: 'after a command',
    phase: 'command',
    timeouts: { command: SHORT },
    answers: { EPSV: silent },
    isUsable: false,
  },
  {
    title: 'instead of a preliminary reply',
    phase: 'command',
    timeouts: { command: SHORT },
    answers: { RETR: silent },
    isUsable: false,
  },
  {
    title: 'instead of a data connection',
    phase: 'data connect',
    timeouts: { dataConnect: SHORT },
    answers: { RETR: '150 Soon' },
    options: { mode: 'active' },
    isUsable: true,
  },
  {
    title: 'and so is the way to its port',
    phase: 'data connect',
    timeouts: { dataConnect: SHORT },
    answers: { RETR: '150 Soon' },
    options: {
      connect: ({ port, purpose }) =>
        purpose === 'data' ? new Promise(() => {}) : Promise.resolve(connect(port, '127.0.0.1')),
    },
    isUsable: true,
  },
  {
    title: 'instead of the handshake of a data connection',
    phase: 'tls',
    timeouts: { tls: SHORT },
    answers: { RETR: '150 Soon' },
    options: { tls: 'explicit' },
    isUsable: true,
  },
  {
    title: 'instead of the first byte',
    phase: 'first byte',
    timeouts: { firstByte: SHORT },
    answers: { RETR: stalls('') },
    isUsable: true,
  },
  {
    title: 'in the middle of a download',
    phase: 'stall',
    timeouts: { stall: SHORT },
    answers: { RETR: stalls('half') },
    isUsable: true,
  },
  {
    title: 'in the middle of a download under TLS',
    phase: 'stall',
    timeouts: { stall: SHORT },
    answers: { RETR: stalls('half') },
    options: { tls: 'explicit' },
    isUsable: true,
  },
  {
    title: 'in the middle of a listing',
    phase: 'stall',
    timeouts: { stall: SHORT },
    answers: { MLSD: stalls('type=file; a\r\n') },
    use: async (client) => await client.list(),
    isUsable: true,
  },
  {
    title: 'and takes nothing of an upload',
    phase: 'stall',
    timeouts: { stall: SHORT },
    answers: { STOR: deaf },
    use: upload,
    isUsable: true,
  },
  {
    title: 'after a download',
    phase: 'final reply',
    timeouts: { finalReply: SHORT },
    answers: {
      RETR: async (call) => {
        await call.reply('150 Here it comes')
        const data = await call.data()
        await data.send('all')
        data.end()
        await call.session.silence()
      },
    },
    isUsable: false,
  },
  {
    title: 'after an upload',
    phase: 'final reply',
    timeouts: { finalReply: SHORT },
    answers: {
      STOR: async (call) => {
        await call.reply('150 Send it')
        await (await call.data()).readAll()
        await call.session.silence()
      },
    },
    use: (client) => client.uploadStream('up', (stream) => stream.write('all')),
    isUsable: false,
  },
]

describe('Client, with a server that is silent', () => {
  for (const { title, phase, timeouts, answers, options, use, isUsable } of silences) {
    test(`fails with phase '${phase}' if that is ${title}`, async () => {
      await using ftp = await scriptedFtp(answers, { ...options, timeouts })
      const { client } = ftp
      const before = performance.now()
      const used = use ? use(client) : client.downloadStream('x', (stream) => stream.read())
      const error = await used.catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'ERR_SLUICE_TIMEOUT', phase, timeout: SHORT, host: '127.0.0.1' })
      expect(error).toMatchObject({ message: expect.stringMatching(NAMES), command: expect.stringMatching(COMMANDS) })
      expect(performance.now() - before).toBeGreaterThan(SHORT - 5)
      expect(client.isClosed).toBe(!isUsable)
      if (isUsable) expect(await client.currentDirectory()).toBe('/')
      else await expect(client.currentDirectory()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    })
  }

  const logins: { title: string; phase: string; answers: FtpAnswers; options?: ClientOptions }[] = [
    { title: 'before the greeting', phase: 'greeting', answers: { GREETING: silent } },
    {
      title: 'after it has asked for patience',
      phase: 'greeting',
      answers: {
        GREETING: async (call) => {
          await call.reply('120 Wait')
          await silent(call)
        },
      },
    },
    { title: 'after USER', phase: 'command', answers: { USER: silent } },
    { title: 'after PASS', phase: 'command', answers: { PASS: silent } },
    { title: 'after FEAT', phase: 'command', answers: { FEAT: silent } },
    {
      title: 'instead of the handshake',
      phase: 'tls',
      options: { tls: 'explicit' },
      answers: {
        AUTH: async (call) => {
          await call.reply('234 Go on')
          await call.session.silence()
        },
      },
    },
  ]
  for (const { title, phase, answers, options } of logins) {
    test(`Client.connect() fails with phase '${phase}' if that is ${title}, and leaves no connection`, async () => {
      await using peer = await ftpPeer(answers)
      const timeouts = { [phase]: SHORT }
      const connecting = Client.connect(peer.host, clientOptions(peer, { ...options, timeouts }))
      const error = await connecting.catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'ERR_SLUICE_TIMEOUT', phase, timeout: SHORT, host: '127.0.0.1' })
      const says =
        /^Cannot .* (server at|USER anonymous from|PASS \*{4} from|FEAT from|handshake with) 127\.0\.0\.1: no /
      expect(error).toMatchObject({ message: expect.stringMatching(says) })
      await peer.sessions[0]?.silence() // ends when the client has gone
    })
  }

  const transfers: { title: string; answers: FtpAnswers; run: (client: Client) => Promise<unknown>; says: string }[] = [
    {
      title: 'a download',
      answers: { RETR: stalls('part') },
      run: (client) => client.downloadBytes('deep/x'),
      says: 'Cannot go on with RETR deep/x at 127.0.0.1: no progress for 250 ms',
    },
    {
      title: 'a listing',
      answers: { MLSD: stalls('') },
      run: (client) => client.list('deep').then(),
      says: 'Cannot move the first byte of MLSD deep at 127.0.0.1: no progress for 250 ms',
    },
    {
      title: 'an upload',
      answers: { STOR: deaf },
      run: (client) => client.upload(Buffer.alloc(32 * 1024 * 1024), 'deep/up'),
      says: 'Cannot go on with STOR deep/up at 127.0.0.1: no progress for 250 ms',
    },
  ]
  for (const { title, answers, run, says } of transfers) {
    test(`names the command, the path and the host if that is in ${title}`, async () => {
      await using ftp = await scriptedFtp(answers, { timeouts: { stall: SHORT, firstByte: SHORT } })
      await expect(run(ftp.client)).rejects.toThrow(says)
    })
  }

  test(`Client.connect() fails with phase 'tls' if that is instead of the handshake of implicit TLS`, async () => {
    await using peer = await ScriptedPeer.listen((session) => session.silence())
    const options = clientOptions(peer, { tls: 'implicit', timeouts: { tls: SHORT } })
    await expect(Client.connect(peer.host, options)).rejects.toMatchObject({ phase: 'tls' })
  })
})

describe('Client, with a stall timeout', () => {
  const content = Buffer.alloc(8_000, 'x')
  const timeouts = { stall: 200, firstByte: 200 }

  for (const tls of [false, 'explicit'] as const) {
    test(`downloads and uploads at 10 kB/s, tls: ${tls}`, async () => {
      const throttles = { slow: StreamThrottle.fromLimits({ readSpeedLimit: 10_000, writeSpeedLimit: 10_000 }) }
      let stored: Buffer | undefined
      const answers: FtpAnswers = {
        RETR: (call) => call.serve(content),
        STOR: async (call) => {
          stored = await call.store()
        },
      }
      await using ftp = await scriptedFtp(answers, { tls, throttles, timeouts })
      const before = performance.now()
      expect(await ftp.client.downloadStream('x', (stream) => stream.read())).toEqual(content)
      await ftp.client.uploadStream('x', (stream) => stream.write(content))
      expect(stored).toEqual(content)
      expect(performance.now() - before).toBeGreaterThan(1_300)
    })
  }

  test('does not count a throttle that stands still, nor a caller who takes his time', async () => {
    const read = new Throttle()
    const write = new Throttle()
    const throttles = { held: new StreamThrottle(read, write) }
    const answers: FtpAnswers = { RETR: (call) => call.serve(content), STOR: (call) => call.store() }
    await using ftp = await scriptedFtp(answers, { throttles, timeouts })
    const downloaded = ftp.client.downloadStream('x', async (stream) => {
      const first = await stream.read(10)
      read.pause()
      setTimeout(() => read.resume(), 500)
      const rest = await stream.read(10)
      await delay(500)
      return Buffer.concat([first, rest, await stream.read()])
    })
    expect(await downloaded).toEqual(content)
    await ftp.client.uploadStream('x', async (stream) => {
      await stream.write('first')
      write.pause()
      setTimeout(() => write.resume(), 500)
      await stream.write('second')
      await delay(500)
      await stream.write('third')
    })
  })
})
