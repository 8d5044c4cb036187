import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../clock.ts'
import { type PeerSession, ScriptedPeer, VirtualClock } from '../../../testing/index.ts'
import { textCodec } from '../../protocol/codec.ts'
import { Log, type LogEntry } from '../log.ts'
import { ControlConnection, type ReplyOptions } from './control-connection.ts'
import { OverlookedError } from './exchange.ts'

const patience: ReplyOptions = { phase: 'command', timeout: 2_000 }
const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})

/** A control connection, and the other end of it, which does what the test tells it. */
async function setUp(clock: Clock = systemClock) {
  const come: PeerSession[] = []
  const peer = await ScriptedPeer.listen((session) => {
    come.push(session)
    return session.silence()
  })
  const socket = connect(peer.port, peer.host)
  open.push({
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await peer[Symbol.asyncDispose]()
    },
  })
  await once(socket, 'connect')
  const entries: LogEntry[] = []
  const log = new Log('peer', (entry) => entries.push(entry))
  const control = new ControlConnection(socket, { codec: textCodec('utf8'), clock, log })
  while (come.length === 0) await delay(1)
  const session = come[0] as PeerSession
  return { control, session, socket, entries, say: (text: string) => session.send(text) }
}

/** What a promise settles with, in a word. */
const outcome = (promise: Promise<{ readonly code: number }>) =>
  promise.then(
    ({ code }) => code,
    (error) => error.code as string,
  )

test('ControlConnection.together() lets commands go out in one go', async () => {
  const { control, socket, say } = await setUp()
  const commands = control.together(() => {
    const sent = [control.send('SIZE', 'a'), control.send('EPSV')]
    expect(socket.writableLength).toBe('SIZE a\r\nEPSV\r\n'.length)
    return sent
  })
  await say('213 1\r\n229 x\r\n')
  const replies = await Promise.all(commands.map((command) => control.reply(command, patience)))
  expect(replies.map(({ code }) => code)).toEqual([213, 229])
})

describe('ControlConnection.reply(), of a command sent in one go with another one', () => {
  for (const timeout of [undefined, 60_000, 300]) {
    test(`says after ${timeout ?? 'no'} ms, and 5 s at most, that it was overlooked, and closes nothing`, async () => {
      const clock = new VirtualClock()
      const { control, say } = await setUp(clock)
      const patient = { ...patience, timeout: undefined }
      const [size, epsv] = control.together(() => [control.send('SIZE', 'a'), control.send('EPSV')])
      await say('213 1\r\n')
      expect((await control.reply(size, patient)).code).toBe(213)
      const reply = control.reply(epsv, { ...patience, timeout })
      reply.catch(() => {})
      await clock.advance(Math.min(timeout ?? 5000, 5000) * 1.6)
      await expect(reply).rejects.toBeInstanceOf(OverlookedError)
      expect(control.failure).toBeUndefined()
      const resynced = control.resync(patient)
      await say('229 Late\r\n257 "/"\r\n')
      await resynced
      expect(control.unanswered).toBe(0)
    })
  }

  test('is as patient as ever with the first one', async () => {
    const clock = new VirtualClock()
    const { control, say } = await setUp(clock)
    const [size] = control.together(() => [control.send('SIZE', 'a'), control.send('EPSV')])
    const reply = control.reply(size, { ...patience, timeout: 60_000 })
    await clock.advance(50_000)
    await say('213 1\r\n')
    expect((await reply).code).toBe(213)
  })
})

describe('ControlConnection.reply()', () => {
  test('takes no reply to NOOP for a sign that something else goes on', async () => {
    const clock = new VirtualClock()
    const { control, say, socket } = await setUp(clock)
    const retr = control.send('RETR', 'x')
    await say('150 Here it comes\r\n')
    await control.reply(retr, { ...patience, timeout: undefined })
    const final = outcome(control.reply(retr, { ...patience, timeout: 1000 }))
    for (let i = 0; i < 3; i++) {
      control.send('NOOP').abandon()
      const come = once(socket, 'data')
      await say('200 Fine\r\n')
      await come
      await clock.advance(450)
    }
    expect(await final).toBe('ERR_SLUICE_TIMEOUT')
  })

  const said = '120-Wait\r\n 220 not yet\r\n120 a moment\r\n220-Hi\r\n\r\n331 no\r\n220 there\r\n257 "/"\r\n550 No\r\n'
  for (const cut of [1, 2, 3, 5, 7, 11, said.length]) {
    test(`gives the same replies when they come in packets of ${cut}`, async () => {
      const { control, session } = await setUp()
      const greeting = control.expectGreeting()
      const commands = [control.send('PWD'), control.send('CWD', 'x')]
      void session.send(said, { cut })
      const lines = [(await control.reply(greeting, patience)).lines, (await control.reply(greeting, patience)).lines]
      expect(lines).toEqual([
        ['Wait', ' 220 not yet', 'a moment'],
        ['Hi', '', '331 no', 'there'],
      ])
      for (const [i, code] of [257, 550].entries()) {
        expect((await control.reply(commands[i] as (typeof commands)[0], patience)).code).toBe(code)
      }
      expect(control.unanswered).toBe(0)
    })
  }

  test('gives replies to commands in their order, in whatever order they are asked for', async () => {
    const { control, say } = await setUp()
    const commands = [1, 2, 3, 4].map((n) => control.send('CWD', String(n)))
    await say('251 a\r\n252 b\r\n253 c\r\n254 d\r\n')
    const replies = await Promise.all(commands.toReversed().map((command) => control.reply(command, patience)))
    expect(replies.map(({ code }) => code)).toEqual([254, 253, 252, 251])
  })

  test('does not give the late reply of an aborted command to the next one', async () => {
    const { control, say } = await setUp()
    const abort = new AbortController()
    const first = control.send('MKD', 'a')
    const waiting = control.reply(first, { ...patience, signal: abort.signal })
    abort.abort('enough')
    await expect(waiting).rejects.toBe('enough')
    const second = control.send('CWD', 'b')
    await say('150 still\r\n257 "a"\r\n250 b\r\n')
    expect((await control.reply(second, patience)).code).toBe(250)
    expect(control.failure).toBeUndefined()
  })

  test('closes the connection of a server that is silent, and says so to the next command', async () => {
    const { control, socket } = await setUp()
    const first = control.send('NOOP')
    const second = control.send('CWD', 'x')
    const waiting = [
      expect(control.reply(first, { phase: 'command', timeout: 40 })).rejects.toMatchObject({
        code: 'ERR_SLUICE_TIMEOUT',
        phase: 'command',
        timeout: 40,
      }),
      expect(control.reply(second, { ...patience, timeout: undefined })).rejects.toMatchObject({
        code: 'ERR_SLUICE_CLOSED',
        cause: { code: 'ERR_SLUICE_TIMEOUT' },
      }),
    ]
    await Promise.all(waiting)
    expect(socket.destroyed).toBe(true)
    expect(() => control.send('PWD')).toThrow(expect.objectContaining({ code: 'ERR_SLUICE_CLOSED' }))
  })

  test('is patient with a reply that comes slowly', async () => {
    const { control, say } = await setUp()
    const reply = control.reply(control.send('STAT'), { phase: 'command', timeout: 200 })
    for (let i = 0; i < 5; i++) {
      await say(`211-${i}\r\n`)
      await delay(60)
    }
    await say('211 end\r\n')
    expect((await reply).lines).toHaveLength(6)
  })

  test('rejects with the reason when it was given up by another, and not as a lost connection', async () => {
    const { control } = await setUp()
    const exchange = control.send('RETR', 'x')
    const waiting = control.reply(exchange, { ...patience, timeout: undefined })
    exchange.abandon()
    await expect(waiting).rejects.toThrow('Cannot RETR x: it was given up')
    await expect(control.reply(exchange, patience)).rejects.toThrow('Cannot RETR x: it was given up')
    expect(control.failure).toBeUndefined()
  })
})

describe('ControlConnection, with NOOP on its way', () => {
  const cases = [
    { title: 'answered during the transfer', before: '150 go\r\n', after: '200 noop\r\n226 done\r\n', code: 226 },
    { title: 'answered after the transfer', before: '150 go\r\n', after: '226 done\r\n200 noop\r\n', code: 226 },
    { title: 'refused during the transfer', before: '150 go\r\n', after: '500 busy\r\n226 done\r\n', code: 226 },
    { title: 'refused after a transfer that fails', before: '150 go\r\n', after: '426 no\r\n502 what\r\n', code: 426 },
    { title: 'behind a command that is done', before: '', after: '200 site\r\n200 noop\r\n', code: 200 },
    { title: 'behind a command that is unknown', before: '', after: '500 what\r\n200 noop\r\n', code: 500 },
    { title: 'behind a command that needs a login', before: '', after: '530 login\r\n200 noop\r\n', code: 530 },
  ]
  for (const { title, before, after, code } of cases) {
    test(`never confuses the replies: ${title}`, async () => {
      const { control, say } = await setUp()
      const command = control.send('RETR', 'x')
      await say(before)
      if (before) expect((await control.reply(command, patience)).code).toBe(150)
      control.send('NOOP').abandon()
      const reply = control.finalReply(command, patience)
      await say(after)
      expect((await reply).code).toBe(code)
      const next = control.send('CWD', 'y')
      await say('250 y\r\n')
      expect((await control.reply(next, patience)).code).toBe(250)
      expect(control.unanswered).toBe(0)
    })
  }
})

describe('ControlConnection, with a server that is no good', () => {
  test('fails by a 421 that nobody has asked for, and closes its socket', async () => {
    const { control, socket, say } = await setUp()
    await say('421 Timeout\r\n')
    await once(socket, 'close')
    expect(control.failure).toMatchObject({ code: 'ERR_SLUICE_FTP_REPLY', replyCode: 421 })
    expect(() => control.send('NOOP')).toThrow(expect.objectContaining({ replyCode: 421 }))
  })

  test('gives a 421 to the command that waits', async () => {
    const { control, say } = await setUp()
    const reply = control.reply(control.send('PWD'), patience)
    await say('421 Go away\r\n')
    expect((await reply).code).toBe(421)
    expect(control.failure).toMatchObject({ replyCode: 421 })
  })

  const garbage = [
    { title: 'another protocol', bytes: 'HTTP/1.1 400 Bad Request\r\n\r\n' },
    { title: 'another protocol that sends no line end', bytes: 'SSH-2.0' },
    { title: 'TLS', bytes: '\x16\x03\x01\x00\xff' },
    { title: 'a code out of range', bytes: '999 no\r\n' },
    { title: 'a line without end', bytes: `220 ${'x'.repeat(70_000)}` },
    { title: 'lines without end', bytes: `220-x\r\n${'x\r\n'.repeat(30_000)}` },
    { title: 'preliminary replies without end', bytes: '150 x\r\n'.repeat(1_001) },
  ]
  for (const { title, bytes } of garbage) {
    test(`fails by ${title}, and closes its socket`, async () => {
      const { control, socket, say } = await setUp()
      const reply = control.finalReply(control.expectGreeting(), patience)
      void say(bytes)
      await expect(reply).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_PROTOCOL' })
      expect(socket.destroyed).toBe(true)
    })
  }

  test('bears no more preliminary replies that come slowly than it does of fast ones', async () => {
    const { control, say } = await setUp()
    const reply = outcome(control.finalReply(control.send('RETR', 'x'), patience))
    let packets = 0
    for (; !control.failure && packets < 100; packets++) {
      await say('110 mark\r\n'.repeat(50))
      await delay(1)
    }
    expect(packets).toBeLessThan(30)
    expect(await reply).toBe('ERR_SLUICE_FTP_PROTOCOL')
  })

  test('notes replies that nobody has asked for, and goes on', async () => {
    const { control, entries, say } = await setUp()
    await say('226 Surprise\r\n')
    await expect.poll(() => entries.map(({ text }) => text)).toContain('nobody has asked for the reply 226')
    const reply = control.reply(control.send('NOOP'), patience)
    await say('200 ok\r\n')
    expect((await reply).code).toBe(200)
  })

  const ends = [
    { title: 'ends before the greeting', said: '', isReset: false },
    { title: 'ends in the middle of the greeting', said: '220-Hel', isReset: false },
    { title: 'ends after a preliminary reply', said: '120 wait\r\n', isReset: false },
    { title: 'is reset before the greeting', said: '', isReset: true },
    { title: 'is reset in the middle of the greeting', said: '220-Hel', isReset: true },
  ]
  for (const { title, said, isReset } of ends) {
    test(`fails when the connection ${title}`, async () => {
      const { control, session, say } = await setUp()
      const reply = control.finalReply(control.expectGreeting(), { ...patience, timeout: undefined })
      await say(said)
      await delay(5)
      if (isReset) session.reset()
      else session.end()
      await expect(reply).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED', cause: expect.any(Error) })
      expect(control.socket.destroyed).toBe(true)
    })
  }

  test('gives a reply that came right before the end', async () => {
    const { control, session, say } = await setUp()
    const command = control.send('QUIT')
    await say('221 Bye\r\n')
    session.end()
    await once(control.socket, 'close')
    expect((await control.reply(command, patience)).code).toBe(221)
  })
})

describe('ControlConnection.resync()', () => {
  const cases = [
    { title: 'both are answered', said: '426 no\r\n226 abor\r\n' },
    { title: 'the transfer had ended', said: '226 done\r\n225 abor\r\n' },
    { title: 'one reply is for both', said: '226 abor\r\n' },
    { title: 'ABOR alone is answered', said: '225 abor\r\n' },
    { title: 'the transfer alone is answered', said: '426 no\r\n' },
    { title: 'ABOR is unknown', said: '502 what\r\n426 no\r\n' },
    { title: 'nothing is answered', said: '' },
    { title: 'more is said than asked', said: '150 x\r\n150 x\r\n426 no\r\n226 a\r\n226 b\r\n' },
  ]
  for (const { title, said } of cases) {
    for (const cut of [1, 1000]) {
      test(`finds the next reply when ${title}, in packets of ${cut}`, async () => {
        const { control, session } = await setUp()
        const retr = control.send('RETR', 'x')
        control.send('NOOP').abandon()
        control.send('ABOR').abandon()
        const synced = control.resync(patience)
        const next = control.send('CWD', 'x')
        await session.send(`${said}257 "/"\r\n250 next\r\n`, { cut })
        await synced
        expect((await control.reply(next, patience)).code).toBe(250)
        expect(retr.isAbandoned).toBe(true)
        expect(control.unanswered).toBe(0)
      })
    }
  }

  test('keeps what was sent after it: a NOOP is not taken for the answer to the next command', async () => {
    const { control, say } = await setUp()
    control.send('RETR', 'x')
    const synced = control.resync(patience)
    control.send('NOOP').abandon()
    await say('426 no\r\n257 "/"\r\n')
    await synced
    const next = control.send('CWD', 'x')
    await say('200 noop\r\n550 no\r\n')
    expect((await control.reply(next, patience)).code).toBe(550)
  })

  test('closes the connection when it finds nothing', async () => {
    const { control, say } = await setUp()
    control.send('RETR', 'x')
    const synced = control.resync({ phase: 'command', timeout: 40 })
    await say('426 no\r\n')
    await expect(synced).rejects.toMatchObject({ code: 'ERR_SLUICE_TIMEOUT' })
    expect(control.failure).toMatchObject({ code: 'ERR_SLUICE_TIMEOUT' })
  })
})

describe('ControlConnection.release()', () => {
  for (const behind of ['220 in', '230 whole\r\n', '230 whole\r\n230-and']) {
    test(`refuses what came behind the last reply: ${JSON.stringify(behind)}`, async () => {
      const { control, say } = await setUp()
      const reply = control.reply(control.send('AUTH', 'TLS'), patience)
      await say(`234 Go\r\n${behind}`)
      await reply
      expect(() => control.release()).toThrow('the server has sent more than its reply in the clear')
    })
  }

  test('takes all listeners off', async () => {
    const { control, socket } = await setUp()
    control.release()
    expect(['data', 'end', 'close', 'error'].map((name) => socket.listenerCount(name))).toEqual([0, 1, 0, 0])
  })
})

test('ControlConnection.send() logs secrets as ****, and tells them in no error', async () => {
  const { control, session, entries, say } = await setUp()
  const exchange = control.send('PASS', 'hunter2')
  await say('530 no\r\n')
  await control.reply(exchange, patience)
  await expect.poll(() => session.received).toEqual(['PASS hunter2'])
  expect(JSON.stringify([entries, exchange])).not.toContain('hunter2')
  expect(() => control.send('PASS', 'hunter2\r\nQUIT')).toThrow(/^(?!.*hunter2)/)
})

test('ControlConnection.end() sends what is on its way', async () => {
  const { control, session } = await setUp()
  control.send('QUIT')
  control.end()
  await expect.poll(() => session.received).toEqual(['QUIT'])
})

test('outcomes of those who wait are all told when the connection is destroyed', async () => {
  const { control } = await setUp()
  const waiting = [1, 2, 3].map(() => outcome(control.reply(control.send('NOOP'), patience)))
  control.destroy()
  expect(await Promise.all(waiting)).toEqual(Array(3).fill('ERR_SLUICE_CLOSED'))
})
