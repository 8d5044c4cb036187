import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { type AnswerFtpOptions, answerFtp, type FtpAnswers, type FtpCommand, ScriptedPeer } from '../index.ts'

const read = (name: string) => readFileSync(new URL(`../../../test/fixtures/${name}`, import.meta.url), 'utf8')
const tls = { key: read('localhost-key.pem'), cert: read('localhost-cert.pem') }

/** Lines out, lines in. */
function dialogueOf(socket: Socket) {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const next = async () => (await lines.next()).value as string | undefined
  return {
    next,
    ask(command: string) {
      socket.write(`${command}\r\n`, 'latin1')
      return next()
    },
  }
}

async function withPeer(
  answers: FtpAnswers,
  body: (ask: (command: string) => Promise<string | undefined>, next: () => Promise<string | undefined>) => unknown,
  options?: AnswerFtpOptions,
): Promise<FtpCommand | undefined> {
  let stoppedAt: FtpCommand | undefined
  await using peer = await ScriptedPeer.listen(async (session) => {
    stoppedAt = await answerFtp(session, answers, options)
  })
  const socket = connect(peer.port, peer.host)
  const { ask, next } = dialogueOf(socket)
  await body(ask, next)
  socket.end()
  await peer.done
  return stoppedAt
}

const portOf = (reply: string | undefined) => Number(/\|\|\|(\d+)\|/.exec(reply ?? '')?.[1])

describe('answerFtp()', () => {
  test('greets, logs in, and answers the rest by 502 up to QUIT', async () => {
    await withPeer({}, async (ask, next) => {
      expect(await next()).toBe('220 Ready')
      expect(await ask('USER me')).toBe('331 Password')
      expect(await ask('pass x')).toBe('230 Welcome')
      expect(await ask('SITE x')).toBe('502 Not implemented')
      expect(await ask('\xFF\xF4\xFF\xF2ABOR')).toBe('226 Nothing to abort')
      expect(await ask('QUIT')).toBe('221 Bye')
      expect(await next()).toBeUndefined()
    })
  })

  test('takes the answers of the table: text, text that is returned, and what is done', async () => {
    const answers: FtpAnswers = {
      GREETING: '120 Wait\r\n220 Now\r\n',
      SIZE: ({ argument }) => `213 ${argument.length}`,
      DELE: async ({ reply }) => {
        await reply('450 Busy')
      },
    }
    await withPeer(answers, async (ask, next) => {
      expect([await next(), await next()]).toEqual(['120 Wait', '220 Now'])
      expect(await ask('SIZE a name')).toBe('213 6')
      expect(await ask('DELE x')).toBe('450 Busy')
    })
  })

  test('stops at the verb of `until`, and leaves it to the script', async () => {
    const left = await withPeer(
      {},
      async (ask, next) => {
        await next()
        expect(await ask('NOOP')).toBe('200 Fine')
        void ask('retr a b')
      },
      { until: 'RETR' },
    )
    expect(left).toEqual({ verb: 'RETR', argument: 'a b' })
  })

  test('cuts replies', async () => {
    await using peer = await ScriptedPeer.listen((session) => answerFtp(session, {}, { cut: 1 }))
    const socket = connect(peer.port, peer.host)
    const [first] = (await once(socket, 'data')) as [Buffer]
    expect(String(first)).toBe('2')
    socket.end()
    await peer.done
  })

  test('serves over EPSV and PASV, and stores', async () => {
    let stored = ''
    const answers: FtpAnswers = {
      RETR: (call) => call.serve('content'),
      STOR: async (call) => {
        stored = String(await call.store())
      },
    }
    await withPeer(answers, async (ask, next) => {
      await next()
      for (const verb of ['EPSV', 'PASV']) {
        const reply = await ask(verb)
        const [, high, low] = /\(127,0,0,1,(\d+),(\d+)\)/.exec(reply ?? '') ?? []
        const data = connect(portOf(reply) || Number(high) * 256 + Number(low), '127.0.0.1')
        expect(await ask('RETR x')).toBe('150 Here it comes')
        expect(await text(data)).toBe('content')
        expect(await next()).toBe('226 Done')
      }
      const data = connect(portOf(await ask('EPSV')), '127.0.0.1')
      expect(await ask('STOR x')).toBe('150 Send it')
      data.end('sent')
      expect(await next()).toBe('226 Done')
    })
    expect(stored).toBe('sent')
  })

  test('calls the client after EPRT and PORT', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await withPeer({ RETR: (call) => call.serve('content') }, async (ask, next) => {
      await next()
      for (const command of [`EPRT |1|127.0.0.1|${port}|`, `PORT 127,0,0,1,${port >> 8},${port & 255}`]) {
        expect(await ask(command)).toBe('200 Fine')
        const [reply, [data]] = (await Promise.all([ask('RETR x'), once(server, 'connection')])) as [string, [Socket]]
        expect(reply).toBe('150 Here it comes')
        expect(await text(data)).toBe('content')
        expect(await next()).toBe('226 Done')
      }
    })
    server.close()
  })

  test('fails for a transfer without a port', async () => {
    const asked = withPeer({ RETR: (call) => call.serve('x') }, async (ask, next) => {
      await next()
      await ask('RETR x')
    })
    await expect(asked).rejects.toThrow('it expects EPSV, PASV, EPRT or PORT before, "RETR" came')
  })

  test('grants AUTH TLS, and TLS of data connections after PROT P, whose sessions it resumes', async () => {
    await using peer = await ScriptedPeer.listen((session) =>
      answerFtp(session, { RETR: (call) => call.serve('content') }, { tls }),
    )
    const plain = connect(peer.port, peer.host)
    await once(plain, 'data')
    plain.write('AUTH TLS\r\n')
    expect(String((await once(plain, 'data'))[0])).toBe('234 Go on\r\n')
    const control = connectTls({ socket: plain, ca: tls.cert, servername: 'localhost' })
    let session: Buffer | undefined
    control.on('session', (ticket) => {
      session = ticket
    })
    const { ask, next } = dialogueOf(control)
    await ask('PBSZ 0')
    await ask('PROT P')
    const raw = connect(portOf(await ask('EPSV')), '127.0.0.1')
    expect(await ask('RETR x')).toBe('150 Here it comes')
    const data: TLSSocket = connectTls({
      socket: raw,
      ca: tls.cert,
      servername: 'localhost',
      ...(session && { session }),
    })
    let isReused: boolean | undefined
    data.on('secureConnect', () => {
      isReused = data.isSessionReused()
    })
    expect(await text(data)).toBe('content')
    expect(isReused).toBe(true)
    expect(await next()).toBe('226 Done')
    expect(await ask('QUIT')).toBe('221 Bye')
    control.end()
    await peer.done
  })
})
