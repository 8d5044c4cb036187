import { appendFile, mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ClientOptions } from 'sluice/ftp'
import type { FtpAnswer, FtpCall } from 'sluice/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RemoteFiles } from './fixtures/remote-files.ts'
import { type ScriptedFtp, scriptedFtp } from './fixtures/scripted-ftp.ts'

const reason = new Error('enough')
const TEXT = 'the quick brown fox jumps over the lazy dog'
const LONG = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff))
/** When a part has come, for MDTM: after the local file, which has been there since just now. */
const LATER = '20990102030405'
const MODIFIED = new Date(Date.UTC(2025, 0, 2, 3, 4, 5, 678))
const quick = { attempts: 3, delay: 1, jitter: 0 }

const remote = new RemoteFiles()
let folder: string
const path = (name: string) => join(folder, name)

async function put(name: string, content: string | Buffer): Promise<void> {
  await writeFile(path(name), content)
  await utimes(path(name), MODIFIED, MODIFIED)
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-upload-'))
  remote.reset()
  await put('file', TEXT)
  await put('long', LONG)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const start = (
  first: Record<string, readonly (FtpAnswer | undefined)[]> = {},
  options: ClientOptions = {},
): Promise<ScriptedFtp> => scriptedFtp(remote.answers(first), options)

const works = async (client: Client) => {
  await client.upload(Buffer.from('still there'), 'works')
  expect(remote.content('works')).toBe('still there')
}

const isWhole = (name = 'copy', content = LONG) => remote.files.get(name)?.content.equals(content)

const sent = (ftp: ScriptedFtp, connection = 0) =>
  ftp.commands(connection).filter((line) => /^(STOR|APPE|REST|RNFR|RNTO|DELE|SIZE|MFMT|MDTM)/.test(line))

/** Takes a part, and then loses both connections. */
const lose = (length: number) =>
  remote.takeOnly(length, ({ session }, data) => {
    data.reset()
    session.reset()
  })

/** Takes a part, and then breaks the transfer off. */
const breakOff = (length: number, reply = '426 Broken off') =>
  remote.takeOnly(length, async (_call, data) => {
    data.reset()
    return reply
  })

/** Takes a part, says that this is all, and calls that a success. */
const shorten = (length: number) =>
  remote.takeOnly(length, async (_call, data) => {
    await data.silence()
    data.end()
    return '226 Done'
  })

describe('Client.upload() of a file', () => {
  test('puts the file there, with its time', async () => {
    await using ftp = await start()
    const summary = await ftp.client.upload(path('long'), 'copy')
    expect(summary).toMatchObject({ files: 1, bytes: LONG.length, resumed: 0, checked: 0, failed: [] })
    expect(isWhole()).toBe(true)
    expect(remote.files.get('copy')?.modified).toBe('20250102030405')
    expect(sent(ftp)).toEqual(['STOR copy', 'SIZE copy', 'MFMT 20250102030405 copy'])
  })

  test('leaves the time alone if it is told to', async () => {
    await using ftp = await start()
    await ftp.client.upload(path('file'), 'copy', { preserveTimes: false })
    expect(sent(ftp)).toEqual(['STOR copy', 'SIZE copy'])
  })

  test('takes an empty file', async () => {
    await put('file', '')
    await using ftp = await start()
    await ftp.client.upload(path('file'), 'copy')
    expect(remote.content('copy')).toBe('')
  })

  test('is not a failure where the time can not be set', async () => {
    await using ftp = await start({ MFMT: ['550 Not yours'] })
    await ftp.client.upload(path('file'), 'copy')
    expect(remote.content('copy')).toBe(TEXT)
  })

  const failures: { title: string; first: Record<string, FtpAnswer[]>; rejects: object }[] = [
    { title: 'the server refuses', first: { STOR: ['553 No'] }, rejects: { replyCode: 553 } },
    { title: 'the disk there is full', first: { STOR: [breakOff(9, '552 Full')] }, rejects: { replyCode: 552 } },
    {
      title: 'the server has a part only and calls that a success',
      first: { STOR: [shorten(1000)] },
      rejects: { code: 'ERR_SLUICE_FTP_TRUNCATED', expected: LONG.length, actual: 1000 },
    },
    {
      title: 'the server has more than was sent',
      first: { SIZE: ['213 400001'] },
      rejects: { code: 'ERR_SLUICE_FTP_CHANGED' },
    },
  ]
  for (const { title, first, rejects } of failures) {
    test(`tells that ${title}`, async () => {
      await using ftp = await start(first)
      await expect(ftp.client.upload(path('long'), 'copy')).rejects.toMatchObject(rejects)
      await works(ftp.client)
    })
  }

  const locals = [
    { title: 'there is no such file', name: 'none', code: 'ENOENT' },
    { title: 'a file is taken for a directory', name: 'file/x', code: 'ENOTDIR' },
  ]
  for (const { title, name, code } of locals) {
    test(`sends nothing and tries nothing again when ${title}`, async () => {
      await using ftp = await start()
      await expect(ftp.client.upload(path(name), 'copy', { retry: quick })).rejects.toMatchObject({ code })
      expect(sent(ftp)).toEqual([])
      await works(ftp.client)
    })
  }

  const changes: { title: string; change: () => Promise<unknown> }[] = [
    { title: 'grows', change: () => appendFile(path('big'), 'more') },
    { title: 'shrinks', change: () => truncate(path('big'), 9_000_000) },
    { title: 'is written to', change: () => utimes(path('big'), new Date(), new Date()) },
  ]
  for (const { title, change } of changes) {
    test(`aborts when the file ${title} meanwhile`, async () => {
      await put('big', Buffer.alloc(10_000_000))
      const slowly: FtpAnswer = async (call) => {
        await call.reply('150 Send it')
        const data = await call.data()
        await data.read()
        await change()
        await data.silence()
        return '426 Broken off'
      }
      await using ftp = await start({ STOR: [slowly] })
      const run = ftp.client.upload(path('big'), 'copy', { retry: quick })
      await expect(run).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_CHANGED' })
      await works(ftp.client)
      expect(ftp.commands()).toContain('ABOR')
    })
  }

  test('ends by its signal', async () => {
    const halt: FtpAnswer = async (call) => {
      await call.reply('150 Send it')
      const data = await call.data()
      await delay(100)
      await data.silence()
      return '426 Broken off'
    }
    await put('big', Buffer.alloc(20_000_000))
    await using ftp = await start({ STOR: [halt] })
    const abort = new AbortController()
    const run = ftp.client.upload(path('big'), 'copy', { signal: abort.signal, retry: quick })
    await delay(50)
    abort.abort(reason)
    await expect(run).rejects.toBe(reason)
    await works(ftp.client)
    expect(ftp.commands()).toContain('ABOR')
  })
})

describe('Client.upload() with retry', () => {
  const transient: { title: string; STOR: FtpAnswer[] }[] = [
    { title: 'is told to come later', STOR: ['450 Later', '421 Too many'] },
    { title: 'breaks off', STOR: [breakOff(100_000), breakOff(50_000)] },
    { title: 'loses the connection', STOR: [lose(100_000), lose(50_000)] },
    { title: 'comes short', STOR: [shorten(100_000)] },
  ]
  for (const { title, STOR } of transient) {
    test(`goes on where it was when it ${title}`, async () => {
      await using ftp = await start({ STOR })
      const summary = await ftp.client.upload(path('long'), 'copy', { retry: quick })
      expect(isWhole()).toBe(true)
      expect(summary).toMatchObject({ files: 1, resumed: 0 })
    })
  }

  test('begins behind what the server has', async () => {
    await using ftp = await start({ STOR: [lose(100_000)] })
    await ftp.client.upload(path('long'), 'copy', { retry: quick, preserveTimes: false })
    expect(sent(ftp, 1)).toEqual(['SIZE copy', 'REST 100000', 'STOR copy', 'SIZE copy'])
  })

  const ways: {
    title: string
    first: Record<string, (FtpAnswer | undefined)[]>
    features?: string[]
    does: string[]
  }[] = [
    {
      title: 'appends where the server does not know REST',
      first: {},
      features: ['SIZE'],
      does: ['SIZE copy', 'APPE copy', 'SIZE copy'],
    },
    {
      title: 'appends where REST is refused',
      first: { REST: ['502 No'] },
      does: ['SIZE copy', 'REST 100000', 'APPE copy', 'SIZE copy'],
    },
    {
      title: 'appends where STOR after REST is refused',
      first: { STOR: [breakOff(100_000), '451 Restart not permitted'] },
      does: ['SIZE copy', 'REST 100000', 'STOR copy', 'REST 0', 'APPE copy', 'SIZE copy'],
    },
    {
      title: 'begins anew where all that is refused',
      first: { REST: ['502 No'], APPE: ['502 No'] },
      does: ['SIZE copy', 'REST 100000', 'APPE copy', 'STOR copy', 'SIZE copy'],
    },
    {
      title: 'begins anew where the server does not tell the size',
      first: { SIZE: ['502 No'] },
      does: ['SIZE copy', 'STOR copy'],
    },
  ]
  for (const { title, first, features, does } of ways) {
    test(title, async () => {
      if (features) remote.features = features
      await using ftp = await start({ STOR: [breakOff(100_000)], ...first })
      await ftp.client.upload(path('long'), 'copy', { retry: quick, preserveTimes: false })
      expect(isWhole()).toBe(true)
      expect(sent(ftp).slice(1)).toEqual(does)
    })
  }

  const keeping: { title: string; reply: (call: FtpCall) => unknown; size: number }[] = [
    { title: 'breaks off', reply: () => '451 Later', size: 100_000 },
    { title: 'loses the connection', reply: ({ session }) => session.reset(), size: 100_000 },
    { title: 'breaks off, and what was there is longer', reply: () => '451 Later', size: 500_000 },
  ]
  for (const { title, reply, size } of keeping) {
    test(`begins anew where the server keeps what was there until an upload is whole, and ${title}`, async () => {
      remote.put('copy', Buffer.alloc(size, 'O'), '20990102030405')
      const keep: FtpAnswer = async (call) => {
        await call.reply('150 Send it')
        const data = await call.data()
        await data.readAll()
        data.end()
        return reply(call)
      }
      await using ftp = await start({ STOR: [keep, keep] })
      await ftp.client.upload(path('long'), 'copy', { retry: quick, preserveTimes: false })
      expect(isWhole()).toBe(true)
      expect(ftp.peer.sessions.flatMap(({ received }) => received)).not.toContain('REST 100000')
    })
  }

  test('does not take what somebody else has put there for its own', async () => {
    const replaced: FtpAnswer = async (call) => {
      const answer = breakOff(100_000)
      const reply = typeof answer === 'function' ? await answer(call) : answer
      remote.put('copy', Buffer.alloc(400_001))
      return reply
    }
    await using ftp = await start({ STOR: [replaced] })
    await ftp.client.upload(path('long'), 'copy', { retry: quick })
    expect(isWhole()).toBe(true)
  })
})

describe('Client.upload() with resume', () => {
  test('goes on where an earlier upload ended', async () => {
    remote.put('copy', LONG.subarray(0, 350_000), LATER)
    await using ftp = await start()
    const summary = await ftp.client.upload(path('long'), 'copy', { resume: true })
    expect(summary).toMatchObject({ resumed: 1, bytes: 50_000 })
    expect(isWhole()).toBe(true)
    expect(sent(ftp).slice(0, 4)).toEqual(['SIZE copy', 'MDTM copy', `REST ${350_000 - 262_144}`, 'REST 350000'])
  })

  test('goes on if the server does not let the part be read', async () => {
    remote.put('copy', LONG.subarray(0, 150_000), LATER)
    await using ftp = await start({ RETR: ['550 Only for uploads'] })
    expect(await ftp.client.upload(path('long'), 'copy', { resume: true })).toMatchObject({
      resumed: 1,
      bytes: 250_000,
    })
    expect(isWhole()).toBe(true)
  })

  test('begins at the start on a server that keeps the place at which a refused download was to begin', async () => {
    // The script forgets the place only when a file is sent or taken.
    await using ftp = await start({ RETR: ['550 Only for uploads'] })
    await expect(ftp.client.downloadStream('copy', { offset: 5 })).rejects.toMatchObject({ replyCode: 550 })
    await ftp.client.upload(Buffer.from('all of it'), 'copy')
    expect(remote.content('copy')).toBe('all of it')
    expect(sent(ftp)).toEqual(['REST 5', 'REST 0', 'STOR copy', 'SIZE copy'])
  })

  test('begins anew when what is there is as long, and its time is not told', async () => {
    remote.put('copy', Buffer.from(LONG).fill(7, 0, 9))
    await using ftp = await start({ MDTM: ['502 No'] })
    expect(await ftp.client.upload(path('long'), 'copy', { resume: true })).toMatchObject({ resumed: 0 })
    expect(isWhole()).toBe(true)
  })

  test('goes on after a failure before anything was sent', async () => {
    remote.put('copy', LONG.subarray(0, 150_000), LATER)
    await using ftp = await start({ STOR: ['450 Later'], RETR: [undefined, undefined] })
    const summary = await ftp.client.upload(path('long'), 'copy', { resume: true, retry: quick })
    expect(summary).toMatchObject({ bytes: 250_000 })
    expect(isWhole()).toBe(true)
  })

  test('leaves a file alone that was uploaded before, however new the local one is in its place', async () => {
    await using ftp = await start()
    await ftp.client.upload(path('long'), 'copy')
    expect(await ftp.client.upload(path('long'), 'copy', { resume: true })).toMatchObject({ resumed: 1, bytes: 0 })
  })

  test('goes on with one that has a checksum, and compares the whole', async () => {
    remote.features = [...remote.features, 'HASH SHA-256*']
    remote.put('copy', LONG.subarray(0, 150_000), LATER)
    await using ftp = await start()
    const summary = await ftp.client.upload(path('long'), 'copy', { resume: true, checksum: true })
    expect(summary).toMatchObject({ resumed: 1, checked: 1, bytes: 250_000 })
    expect(isWhole()).toBe(true)
    expect(ftp.commands().filter((line) => line.startsWith('RETR'))).toEqual([])
  })

  test('begins anew if the checksum shows that what was there was no part of the file', async () => {
    remote.features = [...remote.features, 'HASH SHA-256*']
    remote.put('copy', Buffer.alloc(150_000), LATER)
    await using ftp = await start()
    const summary = await ftp.client.upload(path('long'), 'copy', { resume: true, checksum: true })
    expect(summary).toMatchObject({ resumed: 0, checked: 1, bytes: 650_000 })
    expect(isWhole()).toBe(true)
  })

  test('begins anew if the server puts what follows at the start', async () => {
    remote.put('copy', LONG.subarray(0, 150_000), LATER)
    await using ftp = await start({ REST: ['350 Yes, but'] })
    const summary = await ftp.client.upload(path('long'), 'copy', { resume: true })
    expect(summary).toMatchObject({ resumed: 0, bytes: 650_000 })
    expect(isWhole()).toBe(true)
  })

  test('transfers nothing when all is there', async () => {
    remote.put('copy', LONG, LATER)
    await using ftp = await start()
    const summary = await ftp.client.upload(path('long'), 'copy', { resume: true })
    expect(summary).toMatchObject({ resumed: 1, bytes: 0 })
    expect(sent(ftp)).not.toContain('STOR copy')
  })

  const anew: { title: string; prepare: () => unknown }[] = [
    { title: 'nothing is there', prepare: () => {} },
    { title: 'what is there is longer', prepare: () => remote.put('copy', Buffer.alloc(400_001), LATER) },
    {
      title: 'what is there is older than the file',
      prepare: () => remote.put('copy', LONG.subarray(0, 100_000), '20250102030404'),
    },
    {
      title: 'what is there is older than the file is in its place, though not than its time',
      prepare: () => remote.put('copy', LONG.subarray(0, 100_000), '20260102030405'),
    },
    { title: 'what is there has other bytes', prepare: () => remote.put('copy', Buffer.alloc(100_000, 'O'), LATER) },
    {
      title: 'the last bytes that are there are others',
      prepare: () => remote.put('copy', Buffer.concat([LONG.subarray(0, 299_999), Buffer.from('?')]), LATER),
    },
  ]
  for (const { title, prepare } of anew) {
    test(`begins anew when ${title}`, async () => {
      prepare()
      await using ftp = await start()
      const summary = await ftp.client.upload(path('long'), 'copy', { resume: true })
      expect(summary).toMatchObject({ resumed: 0, bytes: LONG.length })
      expect(isWhole()).toBe(true)
    })
  }
})

describe('Client.upload() with atomic', () => {
  test('shows the file only when it is whole', async () => {
    remote.put('dir/copy', 'before')
    let during: string | undefined
    const { STOR } = remote.answers()
    const look: FtpAnswer = async (call) => {
      const reply = typeof STOR === 'function' ? await STOR(call) : STOR
      during = remote.content('dir/copy')
      return reply
    }
    await using ftp = await start({ STOR: [look] })
    await ftp.client.upload(path('long'), 'dir/copy', { atomic: true })
    expect(during).toBe('before')
    expect([...remote.files.keys()]).toEqual(['dir/copy'])
    expect(isWhole('dir/copy')).toBe(true)
    expect(sent(ftp)[0]).toMatch(/^STOR dir\/\.copy\.[0-9a-f]{12}-\d+\.sluice-part$/)
    expect(sent(ftp).slice(-2)).toEqual([expect.stringMatching(/^RNFR dir\/\.copy/), 'RNTO dir/copy'])
  })

  test('leaves what was there, and no part, when it fails', async () => {
    remote.put('copy', 'before')
    await using ftp = await start({ STOR: [breakOff(1000, '552 Full')] })
    await expect(ftp.client.upload(path('long'), 'copy', { atomic: true })).rejects.toMatchObject({ replyCode: 552 })
    expect([...remote.files.keys()]).toEqual(['copy'])
    expect(remote.content('copy')).toBe('before')
  })

  test('replaces a file that can not be renamed to', async () => {
    remote.put('copy', 'before')
    await using ftp = await start({ RNTO: ['553 It is there already'] })
    await ftp.client.upload(path('long'), 'copy', { atomic: true })
    expect([...remote.files.keys()]).toEqual(['copy'])
    expect(isWhole()).toBe(true)
  })

  test('keeps a part that can be resumed', async () => {
    {
      await using ftp = await start({ STOR: [breakOff(150_000)] })
      await expect(ftp.client.upload(path('long'), 'copy', { atomic: true, resume: true })).rejects.toThrow()
    }
    expect([...remote.files.keys()]).toEqual(['.copy.sluice-part'])
    await using ftp = await start()
    const summary = await ftp.client.upload(path('long'), 'copy', { atomic: true, resume: true })
    expect(summary).toMatchObject({ resumed: 1, bytes: 250_000 })
    expect([...remote.files.keys()]).toEqual(['copy'])
    expect(isWhole()).toBe(true)
  })
})

describe('Client.upload() with checksum', () => {
  test('compares the checksum of the server', async () => {
    remote.features = [...remote.features, 'HASH SHA-256*']
    await using ftp = await start()
    expect(await ftp.client.upload(path('long'), 'copy', { checksum: true })).toMatchObject({ checked: 1 })
  })

  test('shows nothing of the file if it differs, with atomic', async () => {
    remote.features = [...remote.features, 'HASH SHA-256*']
    await using ftp = await start({ HASH: [`213 SHA-256 0-400000 ${'0'.repeat(64)} copy`] })
    const run = ftp.client.upload(path('long'), 'copy', { checksum: true, atomic: true })
    await expect(run).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_CHECKSUM' })
    expect([...remote.files.keys()]).toEqual([])
  })

  test('does not give a file the time of the right one if it differs', async () => {
    remote.features = [...remote.features, 'HASH SHA-256*', 'MFMT']
    await using ftp = await start({ HASH: [`213 SHA-256 0-400000 ${'0'.repeat(64)} copy`] })
    await expect(ftp.client.upload(path('long'), 'copy', { checksum: true })).rejects.toMatchObject({
      code: 'ERR_SLUICE_FTP_CHECKSUM',
    })
    expect(ftp.commands().filter((line) => /^(MFMT|MDTM)/.test(line))).toEqual([])
  })
})

describe('Client.upload() of several files, called at once', () => {
  test('takes each as it is when its turn has come', async () => {
    await writeFile(path('small'), 'before')
    await using ftp = await start()
    const first = ftp.client.upload(path('long'), 'one')
    const second = ftp.client.upload(path('small'), 'two')
    await writeFile(path('small'), 'what was written while the first was on its way')
    await Promise.all([first, second])
    expect(String(remote.files.get('two')?.content ?? remote.files.get('two'))).toContain('while the first')
  })
})
