import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, test } from 'vitest'
import { localhost } from '../../../../test/fixtures/loopback.ts'
import { clientOptions, ftpPeer, scriptedFtp } from '../../../../test/fixtures/scripted-ftp.ts'
import type { FtpAnswers, FtpCall } from '../../../testing/index.ts'
import { Client } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import type { LogEntry } from '../log.ts'

/** Logs in and tells what was sent for that. */
async function login(answers: FtpAnswers, options: ClientOptions = {}): Promise<readonly string[]> {
  await using ftp = await scriptedFtp(answers, options)
  return ftp.peer.sessions[0]?.received ?? []
}

/** What the refusal of a login is. */
async function refusal(answers: FtpAnswers, options: ClientOptions = {}): Promise<Error & { command?: string }> {
  await using peer = await ftpPeer(answers, options.tls ? { tls: localhost } : {})
  try {
    await Client.connect(peer.host, clientOptions(peer, options))
  } catch (error) {
    await peer.sessions[0]?.silence() // no connection is left behind
    return error as Error
  }
  throw new Error('it was let in')
}

const begin = ['USER anonymous', 'PASS anonymous@']
const rest = ['FEAT', 'OPTS UTF8 ON', 'TYPE I']
const privacy = ['PBSZ 0', 'PROT P', 'TYPE I']

describe('openSession()', () => {
  const cases: { title: string; answers?: FtpAnswers; options?: ClientOptions; sends: string[] }[] = [
    { title: 'logs in', sends: [...begin, ...rest] },
    { title: 'waits through 120', answers: { GREETING: '120 Wait\r\n220 Now\r\n' }, sends: [...begin, ...rest] },
    {
      title: 'needs no password that is not asked for',
      answers: { USER: '230 In' },
      sends: ['USER anonymous', ...rest],
    },
    { title: 'takes 202 for yes', answers: { PASS: '202 Superfluous' }, sends: [...begin, ...rest] },
    {
      title: 'gives the account after the password',
      answers: { PASS: '332 Account', ACCT: '230 In' },
      options: { user: 'me', password: 'secret', account: 'a' },
      sends: ['USER me', 'PASS secret', 'ACCT a', ...rest],
    },
    {
      title: 'gives the account instead of the password',
      answers: { USER: '332 Account', ACCT: '230 In' },
      options: { user: 'me', account: 'a' },
      sends: ['USER me', 'ACCT a', ...rest],
    },
    { title: 'needs no FEAT', answers: { FEAT: '500 What' }, sends: [...begin, 'FEAT', 'TYPE I'] },
    { title: 'needs no OPTS', answers: { OPTS: '501 No' }, sends: [...begin, ...rest] },
    {
      title: 'waits through preliminary replies that come with the final one',
      answers: { USER: '120 Hm\r\n331 Password\r\n', TYPE: '150 Hm\r\n200 Fine\r\n' },
      sends: [...begin, ...rest],
    },
    {
      title: 'goes over to TLS before it says who it is',
      options: { tls: 'explicit' },
      sends: ['AUTH TLS', ...begin, 'FEAT', 'OPTS UTF8 ON', ...privacy],
    },
    {
      title: 'begins with TLS',
      options: { tls: 'implicit' },
      sends: [...begin, 'FEAT', 'OPTS UTF8 ON', ...privacy],
    },
    {
      title: 'needs no PBSZ',
      answers: { PBSZ: '503 No' },
      options: { tls: 'explicit' },
      sends: ['AUTH TLS', ...begin, 'FEAT', 'OPTS UTF8 ON', ...privacy],
    },
  ]
  for (const { title, answers = {}, options, sends } of cases) {
    test(title, async () => {
      expect(await login(answers, options)).toEqual(sends)
    })
  }

  const refusals: { title: string; answers: FtpAnswers; options?: ClientOptions; command: string; code: number }[] = [
    { title: 'the greeting', answers: { GREETING: '421 Full' }, command: '', code: 421 },
    { title: 'the user', answers: { USER: '530 No' }, command: 'USER anonymous', code: 530 },
    { title: 'the password', answers: { PASS: '530 No' }, command: 'PASS ****', code: 530 },
    {
      title: 'the account',
      answers: { PASS: '332 A', ACCT: '530 No' },
      options: { account: 'x' },
      command: 'ACCT ****',
      code: 530,
    },
    {
      title: 'a login without an account',
      answers: { PASS: '332 A' },
      command: 'log in without an account',
      code: 332,
    },
    { title: 'binary transfers', answers: { TYPE: '504 No' }, command: 'TYPE I', code: 504 },
    { title: 'TLS', answers: { AUTH: '502 No' }, options: { tls: 'explicit' }, command: 'AUTH TLS', code: 502 },
    { title: 'private data', answers: { PROT: '534 No' }, options: { tls: 'explicit' }, command: 'PROT P', code: 534 },
  ]
  for (const { title, answers, options, command, code } of refusals) {
    test(`fails if the server refuses ${title}, and leaves no connection`, async () => {
      expect(await refusal(answers, options)).toMatchObject({ command, replyCode: code })
    })
  }

  test('says nothing about itself in the clear if TLS is refused', async () => {
    await using peer = await ftpPeer({ AUTH: '500 What' })
    await Client.connect(peer.host, clientOptions(peer, { tls: 'explicit' })).catch(() => {})
    expect(peer.sessions[0]?.received).toEqual(['AUTH TLS'])
  })

  for (const injected of ['230 In\r\n', '230-In', '331 Password\r\n230 In\r\n']) {
    test(`refuses what is said in the clear behind the reply to AUTH: ${JSON.stringify(injected)}`, async () => {
      const AUTH = async (call: FtpCall) => {
        await call.session.send(`234 Go on\r\n${injected}`)
        await call.session.silence()
      }
      expect(await refusal({ AUTH }, { tls: 'explicit' })).toMatchObject({ code: 'ERR_SLUICE_FTP_PROTOCOL' })
    })
  }

  const distrusted: { title: string; options: ClientOptions; tlsCode: string; text: RegExp }[] = [
    {
      title: 'the certificate of another host',
      options: { tlsOptions: { ca: localhost.cert, servername: 'example.org' } },
      tlsCode: 'ERR_TLS_CERT_ALTNAME_INVALID',
      text: /for another host \(ERR_TLS_CERT_ALTNAME_INVALID\); .*tlsOptions: \{ servername \}$/,
    },
    {
      title: 'the certificate of nobody known',
      options: { tlsOptions: {} },
      tlsCode: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      text: /^Cannot start TLS with .*: the certificate of the server is signed by itself \(DEPTH.*tlsOptions: \{ ca \}/,
    },
  ]
  for (const { title, options, tlsCode, text } of distrusted) {
    test(`refuses ${title}, and tells which option helps`, async () => {
      const error = await refusal({}, { tls: 'explicit', ...options })
      expect(error).toMatchObject({ code: 'ERR_SLUICE_FTP_TLS', tlsCode, cause: { code: tlsCode } })
      expect(error.message).toMatch(text)
    })
  }

  test("tells of tls: 'explicit' where a server does not begin with TLS", async () => {
    await using peer = await ftpPeer({})
    const connecting = Client.connect(peer.host, clientOptions(peer, { tls: 'implicit', tlsOptions: {} }))
    const error = await connecting.catch((reason) => reason)
    expect(error).toMatchObject({ code: 'ERR_SLUICE_FTP_TLS', remedy: 'explicit', cause: { code: error.tlsCode } })
    expect(error.message).toMatch(/does not begin with TLS \(ERR_SSL_\w+\); try tls: 'explicit'$/)
  })

  test("lets what the user's own check of a certificate says come as it is", async () => {
    const mine = new Error('mine')
    const tlsOptions = { ca: localhost.cert, checkServerIdentity: () => mine }
    expect(await refusal({}, { tls: 'explicit', tlsOptions })).toBe(mine)
  })

  test('rejects with the reason of its signal, whenever that comes', async () => {
    for (const verb of ['GREETING', 'USER', 'FEAT']) {
      const abort = new AbortController()
      const answers: FtpAnswers = {
        [verb]: async (call: FtpCall) => {
          abort.abort('enough')
          await call.session.silence()
        },
      }
      expect(await refusal(answers, { signal: abort.signal })).toBe('enough')
    }
    await using peer = await ftpPeer({})
    const connecting = Client.connect(peer.host, clientOptions(peer, { signal: AbortSignal.abort('before') }))
    await expect(connecting).rejects.toBe('before')
    expect(peer.sessions).toHaveLength(0)
  })
})

describe('Log', () => {
  const secrets: ClientOptions = { user: 'me', password: 'hunter2', account: 'acc0unt' }

  test('tells what is said and heard, and no secrets, to the logger and to diagnostics_channel', async () => {
    const entries: LogEntry[] = []
    const published: LogEntry[] = []
    const take = (entry: unknown) => void published.push(entry as LogEntry)
    subscribe('sluice:ftp', take)
    try {
      const logger = (entry: LogEntry) => void entries.push(entry)
      const answers: FtpAnswers = { PASS: '332 Account', ACCT: '230 In' }
      await using ftp = await scriptedFtp(answers, { ...secrets, logger })
      await expect(ftp.client.command('PASS hunter2')).rejects.toMatchObject({ replyCode: 332, command: 'PASS ****' })
    } finally {
      unsubscribe('sluice:ftp', take)
    }
    expect(published).toEqual(entries)
    expect(entries[0]).toEqual({ kind: 'reply', text: '220 Ready', host: '127.0.0.1', connection: expect.any(Number) })
    const commands = entries.filter(({ kind }) => kind === 'command').map(({ text }) => text)
    expect(commands.slice(0, 3)).toEqual(['USER me', 'PASS ****', 'ACCT ****'])
    expect(JSON.stringify(entries)).not.toMatch(/hunter2|acc0unt/)
  })

  test('shows secrets in no error', async () => {
    for (const answers of [{ PASS: '530 No' }, { PASS: '332 A', ACCT: '530 No' }]) {
      const error = await refusal(answers, secrets)
      expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toMatch(/hunter2|acc0unt/)
    }
    const options = { password: 'hunter2\nQUIT' }
    const error = await Client.connect('127.0.0.1', options).catch((reason) => reason)
    expect(error).toBeInstanceOf(RangeError)
    expect(`${error.message}${error.stack}`).not.toContain('hunter2')
  })

  test('goes on if the logger throws, which ends up as an uncaught exception', async () => {
    const others = process.listeners('uncaughtException')
    const caught: unknown[] = []
    const take = (error: unknown) => void caught.push(error)
    process.removeAllListeners('uncaughtException').on('uncaughtException', take)
    try {
      const logger = () => {
        throw new Error('of the logger')
      }
      await using ftp = await scriptedFtp({}, { logger })
      expect(await ftp.client.currentDirectory()).toBe('/')
    } finally {
      process.off('uncaughtException', take)
      for (const other of others) process.on('uncaughtException', other)
    }
    expect(caught.length).toBeGreaterThan(10)
    expect(new Set(caught.map(String))).toEqual(new Set(['Error: of the logger']))
  })
})
