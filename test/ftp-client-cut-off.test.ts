import { setTimeout as delay } from 'node:timers/promises'
import { Client, type ClientOptions } from 'sluice/ftp'
import type { FtpAnswers, FtpCall, PeerSession } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { localhost } from './fixtures/loopback.ts'
import { clientOptions, ftpPeer, scriptedFtp } from './fixtures/scripted-ftp.ts'

const cuts: Record<string, (session: PeerSession) => void> = {
  'resets the connection': (session) => session.reset(),
  'ends the connection': (session) => session.end(),
}

/** After the cut the script has nothing more to say. */
const cutting =
  (cut: (session: PeerSession) => void, before: (call: FtpCall) => unknown = () => {}) =>
  async (call: FtpCall) => {
    await before(call)
    cut(call.session)
    await call.session.silence()
  }

describe('Client.connect(), to a server that goes', () => {
  for (const [title, cut] of Object.entries(cuts)) {
    for (const verb of ['GREETING', 'USER', 'PASS', 'FEAT', 'OPTS', 'TYPE']) {
      test(`fails at once if it ${title} at ${verb}`, async () => {
        await using peer = await ftpPeer({ [verb]: cutting(cut) })
        const connecting = Client.connect(peer.host, clientOptions(peer, { timeout: null }))
        await expect(connecting).rejects.toMatchObject({
          // If it goes before the connection is told here, the system has the word.
          code: verb === 'GREETING' ? expect.stringMatching(/^ERR_SLUICE_CLOSED$|^ECONNRESET$/) : 'ERR_SLUICE_CLOSED',
        })
      })
    }
    for (const verb of ['AUTH', 'PBSZ', 'PROT']) {
      test(`fails at once if it ${title} at ${verb}, under TLS`, async () => {
        const answers = { [verb]: cutting(cut, (call) => verb === 'AUTH' && call.reply('234 Go on')) }
        await using peer = await ftpPeer(answers, { tls: localhost })
        const connecting = Client.connect(peer.host, clientOptions(peer, { tls: 'explicit', timeout: null }))
        await expect(connecting).rejects.toMatchObject({
          code: expect.stringMatching(/^ERR_SLUICE_CLOSED$|^ECONNRESET$/),
        })
      })
    }
  }
})

describe('Client, with a server that goes', () => {
  const started = async (call: FtpCall) => {
    await call.reply('150 Here it comes')
    const data = await call.data()
    await data.send('half')
  }
  const transferred = async (call: FtpCall) => {
    await call.reply('150 Here it comes')
    const data = await call.data()
    await data.send('all')
    data.end()
    await data.silence()
  }
  const stored = async (call: FtpCall) => {
    await call.reply('150 Send it')
    await (await call.data()).readAll()
  }
  type Use = (client: Client) => Promise<unknown>
  const read: Use = (client) => client.downloadStream('x', (stream) => stream.read())
  const write: Use = (client) => client.uploadStream('x', (stream) => stream.write('all'))
  const list: Use = async (client) => await client.list()
  const phases: { title: string; answers: (cut: (session: PeerSession) => void) => FtpAnswers; use: Use }[] = [
    { title: 'after EPSV', answers: (cut) => ({ EPSV: cutting(cut) }), use: read },
    { title: 'after RETR', answers: (cut) => ({ RETR: cutting(cut) }), use: read },
    {
      title: 'after the preliminary reply',
      answers: (cut) => ({ RETR: cutting(cut, (call) => call.reply('150 Soon')) }),
      use: read,
    },
    { title: 'in the middle of a download', answers: (cut) => ({ RETR: cutting(cut, started) }), use: read },
    { title: 'in the middle of a listing', answers: (cut) => ({ MLSD: cutting(cut, started) }), use: list },
    { title: 'before the final reply', answers: (cut) => ({ RETR: cutting(cut, transferred) }), use: read },
    { title: 'before the final reply to an upload', answers: (cut) => ({ STOR: cutting(cut, stored) }), use: write },
  ]
  const modes: ClientOptions[] = [{ mode: 'passive' }, { mode: 'active' }, { tls: 'explicit' }]
  for (const options of modes) {
    for (const [way, cut] of Object.entries(cuts)) {
      for (const { title, answers, use } of phases) {
        if (options.mode === 'active' && title === 'after EPSV') continue
        test(`fails at once if it ${way} ${title} (${JSON.stringify(options)})`, async () => {
          // With no timeout at all, what is not noticed would wait for ever.
          await using ftp = await scriptedFtp(answers(cut), { ...options, timeout: null })
          const { client } = ftp
          await expect(use(client)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_SLUICE_CLOSED$|^ECONN/) })
          expect(client.isClosed).toBe(true)
          await expect(client.currentDirectory()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
        })
      }
    }
  }

  test('tells a 421 that comes in the middle', async () => {
    await using ftp = await scriptedFtp({
      RETR: async (call) => {
        await started(call)
        await call.reply('421 Shutting down')
        call.session.end()
      },
    })
    await expect(read(ftp.client)).rejects.toMatchObject({ replyCode: 421 })
    expect(ftp.client.isClosed).toBe(true)
  })

  test('is closed by a 421 that nobody has asked for, and leaves no socket open', async () => {
    await using ftp = await scriptedFtp({ NOOP: '200 Fine' })
    await ftp.client.command('NOOP')
    await ftp.peer.sessions[0]?.send('421 Idle for too long\r\n')
    await expect.poll(() => ftp.client.isClosed).toBe(true)
    await ftp.peer.done // when the client has gone, too
    await expect(ftp.client.command('NOOP')).rejects.toMatchObject({ cause: { replyCode: 421 } })
  })

  test('makes a success of a 226 after which the server goes', async () => {
    await using ftp = await scriptedFtp({
      RETR: async (call) => {
        await call.reply('150 Opening (3 bytes)')
        const data = await call.data()
        await data.send('all')
        data.end()
        await call.reply('226 Done')
        call.session.end()
      },
    })
    expect(String(await read(ftp.client))).toBe('all')
    await expect.poll(() => ftp.client.isClosed).toBe(true)
  })

  test('Client.close() ends at once what runs and what waits', async () => {
    await using ftp = await scriptedFtp({ RETR: started as never, MLSD: started as never }, { timeout: null })
    const { client } = ftp
    const reading = client.downloadStream('x', (stream) => stream.read())
    const waiting = [client.size('x'), client.list().then(), client.uploadStream('x')]
    await delay(20)
    client.close()
    for (const call of [reading, ...waiting]) {
      await expect(call).rejects.toMatchObject({
        code: 'ERR_SLUICE_CLOSED',
        message: /it was closed|client was closed/,
      })
    }
  })

  test('Client.close() ends at once a listing that hangs', async () => {
    await using ftp = await scriptedFtp({ MLSD: cutting(() => {}, started) }, { timeout: null })
    const listed = ftp.client.list().then()
    await delay(20)
    ftp.client.close()
    await expect(listed).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
  })
})
