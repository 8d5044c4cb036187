import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ClientOptions } from 'sluice/ftp'
import type { FtpAnswer } from 'sluice/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RemoteFiles } from './fixtures/remote-files.ts'
import { type ScriptedFtp, scriptedFtp } from './fixtures/scripted-ftp.ts'

const reason = new Error('enough')
const TEXT = 'the quick brown fox jumps over the lazy dog'
/** Long enough to be worth resuming, and different at each place. */
const LONG = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff))
const MODIFIED = new Date(Date.UTC(2025, 0, 2, 3, 4, 5))
const quick = { attempts: 3, delay: 1, jitter: 0 }

const remote = new RemoteFiles()
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-download-'))
  remote.reset()
  remote.put('file', TEXT)
  remote.put('long', LONG)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const path = (name: string) => join(folder, name)
const text = (name: string) => readFile(path(name), 'utf8')

/** Comparing two long buffers as objects would take a second. */
const expectBytes = async (name: string, bytes: Buffer) => expect((await readFile(path(name))).equals(bytes)).toBe(true)

/** A client of the server that has the files. */
const start = (
  first: Record<string, readonly (FtpAnswer | undefined)[]> = {},
  options: ClientOptions = {},
): Promise<ScriptedFtp> => scriptedFtp(remote.answers(first), options)

/** Both connections break off in the middle. */
const lose = (length: number) =>
  remote.cut(length, async ({ session }, data) => {
    await delay(30)
    data.reset()
    session.reset()
  })

/** The data connection breaks off in the middle. */
const breakOff = (length: number) =>
  remote.cut(length, async (_call, data) => {
    await delay(30)
    data.reset()
    return '426 Broken off'
  })

/** The file comes short, and the server calls that a success. */
const shorten = (length: number) =>
  remote.cut(length, (_call, data) => {
    data.end()
    return '226 Done'
  })

/** Comes to a halt in the middle, until the client gives up. */
const halt = (length: number) =>
  remote.cut(length, async (_call, data) => {
    await data.silence()
    return '426 Broken off'
  })

/** The client still works. */
const works = async (client: Client) => expect((await client.downloadBytes('file')).toString()).toBe(TEXT)

const HASH = 'HASH SHA-256*;SHA-1'

describe('Client.download() to a file', () => {
  test('puts the file in place, with its time', async () => {
    await using ftp = await start()
    const summary = await ftp.client.download('file', path('copy'))
    expect(summary).toMatchObject({ files: 1, bytes: TEXT.length, resumed: 0, checked: 0, failed: [] })
    expect(await text('copy')).toBe(TEXT)
    expect((await stat(path('copy'))).mtime).toEqual(MODIFIED)
    expect(await readdir(folder)).toEqual(['copy'])
  })

  test('leaves the time alone if it is told to', async () => {
    await using ftp = await start()
    await ftp.client.download('file', path('copy'), { preserveTimes: false })
    expect((await stat(path('copy'))).mtimeMs).toBeGreaterThan(Date.now() - 60_000)
    expect(ftp.commands()).not.toContain('MDTM file')
  })

  test('takes an empty file', async () => {
    remote.put('file', '')
    await using ftp = await start()
    await ftp.client.download('file', path('copy'))
    expect(await text('copy')).toBe('')
  })

  for (const mode of [0o640, 0o666]) {
    test(`replaces a file, and keeps who may do what: ${mode.toString(8)}`, async () => {
      await writeFile(path('copy'), 'a much longer text than that which comes now, for sure')
      await chmod(path('copy'), mode)
      await using ftp = await start()
      await ftp.client.download('file', path('copy'))
      expect(await text('copy')).toBe(TEXT)
      expect((await stat(path('copy'))).mode & 0o777).toBe(mode)
    })
  }

  test('replaces a symbolic link, not what it leads to', async () => {
    await writeFile(path('other'), 'other')
    await symlink('other', path('copy'))
    await using ftp = await start()
    await ftp.client.download('file', path('copy'))
    expect([await text('other'), await text('copy')]).toEqual(['other', TEXT])
  })

  test('writes bytes that are no UTF-8 into the name as they are', async () => {
    await using ftp = await start()
    await ftp.client.download('file', path('gr\udcfcn'))
    const name = Buffer.concat([Buffer.from(`${folder}/gr`), Buffer.from([0xfc]), Buffer.from('n')])
    expect(await readFile(name, 'utf8')).toBe(TEXT)
  })

  for (const resume of [false, true]) {
    test(`takes a name as long as a file system does, with resume ${resume}`, async () => {
      await using ftp = await start()
      const name = 'ä'.repeat(127)
      await ftp.client.download('long', path(name), { resume })
      await expectBytes(name, LONG)
      expect(await readdir(folder)).toEqual([name])
    })
  }

  const failures: { title: string; RETR: FtpAnswer; rejects: object }[] = [
    { title: 'the server refuses', RETR: '550 No', rejects: { replyCode: 550 } },
    { title: 'the transfer breaks off in the middle', RETR: breakOff(9), rejects: { replyCode: 426 } },
    {
      title: 'the file comes short and the server calls that a success',
      RETR: shorten(9),
      rejects: { code: 'ERR_SLUICE_FTP_TRUNCATED', expected: TEXT.length, actual: 9 },
    },
    { title: 'the server falls silent', RETR: halt(9), rejects: { code: 'ERR_SLUICE_TIMEOUT', phase: 'stall' } },
  ]
  for (const { title, RETR, rejects } of failures) {
    test(`leaves everything as it was when ${title}`, async () => {
      await writeFile(path('copy'), 'before')
      await using ftp = await start({ RETR: [RETR] }, { timeouts: { stall: 100 } })
      await expect(ftp.client.download('file', path('copy'))).rejects.toMatchObject(rejects)
      expect(await text('copy')).toBe('before')
      expect(await readdir(folder)).toEqual(['copy'])
      await works(ftp.client)
    })
  }

  test('leaves everything as it was when the connection is lost', async () => {
    await writeFile(path('copy'), 'before')
    await using ftp = await start({ RETR: [lose(9)] })
    await expect(ftp.client.download('file', path('copy'))).rejects.toThrow()
    expect([await text('copy'), await readdir(folder)]).toEqual(['before', ['copy']])
    await ftp.client.reconnect()
    await works(ftp.client)
  })

  const locals: { title: string; prepare: () => Promise<unknown>; to: string; code: string }[] = [
    { title: 'there is no such directory', prepare: async () => {}, to: 'none/copy', code: 'ENOENT' },
    { title: 'there is a directory under the name', prepare: () => mkdir(path('copy')), to: 'copy', code: 'EISDIR' },
    { title: 'a file is in the way', prepare: () => writeFile(path('x'), ''), to: 'x/copy', code: 'ENOTDIR' },
  ]
  for (const { title, prepare, to, code } of locals) {
    test(`asks for nothing and tries nothing again when ${title}`, async () => {
      await prepare()
      const before = await readdir(folder)
      await using ftp = await start()
      await expect(ftp.client.download('file', path(to), { retry: quick })).rejects.toMatchObject({ code })
      expect(ftp.commands().filter((line) => line.startsWith('RETR'))).toEqual([])
      expect(await readdir(folder)).toEqual(before)
      await works(ftp.client)
    })
  }

  test('writes into a device, does not replace it, and tells that it is full', async () => {
    await using ftp = await start()
    await symlink('/dev/full', path('full'))
    await expect(ftp.client.download('long', path('full'))).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(await readdir(folder)).toEqual(['full'])
    await works(ftp.client)
  })

  for (const at of [0, 9, 300_000]) {
    test(`ends by its signal after ${at} bytes`, async () => {
      await using ftp = await start({ RETR: [halt(at)] })
      const abort = new AbortController()
      const run = ftp.client.download('long', path('copy'), { signal: abort.signal, retry: quick })
      await delay(60)
      abort.abort(reason)
      await expect(run).rejects.toBe(reason)
      expect(await readdir(folder)).toEqual([])
      await works(ftp.client)
    })
  }

  test('ends by Client.abort(), also between two attempts', async () => {
    await using ftp = await start({ RETR: ['450 Later'] })
    const run = ftp.client.download('file', path('copy'), { retry: { delay: 60_000 } })
    await delay(60)
    ftp.client.abort(reason)
    await expect(run).rejects.toBe(reason)
    await works(ftp.client)
  })

  test('ends when the client is closed between two attempts', async () => {
    await using ftp = await start({ RETR: ['450 Later'] })
    const run = ftp.client.download('file', path('copy'), { retry: { delay: 60_000 } })
    await delay(60)
    ftp.client.close()
    await expect(run).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    expect(await readdir(folder)).toEqual([])
  })

  test('asks nothing before the transfer that it does not need', async () => {
    await using ftp = await start()
    await ftp.client.download('file', path('copy'), { preserveTimes: false })
    expect(ftp.commands()).toEqual(['SIZE file', 'EPSV', 'RETR file'])
  })

  const wrong: { title: string; options: object; error: typeof TypeError }[] = [
    { title: 'retry', options: { retry: -1 }, error: RangeError },
    { title: 'retry.jitter', options: { retry: { jitter: 2 } }, error: RangeError },
    { title: 'retry', options: { retry: 'often' }, error: TypeError },
    { title: 'progressInterval', options: { progressInterval: -1 }, error: RangeError },
    { title: 'onProgress', options: { onProgress: 1 }, error: TypeError },
    { title: 'resume', options: { resume: 'yes' }, error: TypeError },
    { title: 'weight', options: { weight: 0 }, error: RangeError },
    { title: 'throttle', options: { throttles: { mine: 5 } }, error: TypeError },
    { title: 'resumed', options: { resumed: true }, error: TypeError },
  ]
  for (const { title, options, error } of wrong) {
    test(`refuses a wrong ${title} ${JSON.stringify(options)} before anything happens`, async () => {
      await using ftp = await start()
      const failure = await ftp.client.download('file', path('copy'), options as object).catch((caught) => caught)
      expect(failure).toBeInstanceOf(error)
      expect(failure.message).toContain(title)
      expect(ftp.commands()).toEqual([])
    })
  }
})

describe('Client.download() with retry', () => {
  const transient: { title: string; RETR: FtpAnswer[]; commands?: number }[] = [
    { title: 'is told to come later', RETR: ['450 Later', '421 Too many'] },
    { title: 'breaks off twice', RETR: [breakOff(100_000), breakOff(200_000)] },
    { title: 'loses the connection twice', RETR: [lose(100_000), lose(200_000)] },
    { title: 'comes short', RETR: [shorten(100_000)] },
    { title: 'falls silent', RETR: [halt(100_000)] },
  ]
  for (const { title, RETR } of transient) {
    test(`goes on where it was when it ${title}`, async () => {
      await using ftp = await start({ RETR }, { timeouts: { stall: 200 } })
      const summary = await ftp.client.download('long', path('copy'), { retry: quick })
      await expectBytes('copy', LONG)
      expect(summary).toMatchObject({ files: 1, bytes: LONG.length, resumed: 0 })
      expect(await readdir(folder)).toEqual(['copy'])
      await works(ftp.client)
    })
  }

  test('begins anew when the file has changed meanwhile', async () => {
    const other = Buffer.from(LONG).reverse()
    const change: FtpAnswer = async (call) => {
      const answer = breakOff(100_000)
      const reply = typeof answer === 'function' ? await answer(call) : answer
      remote.put('long', other, '20250102030406')
      return reply
    }
    await using ftp = await start({ RETR: [change] })
    await ftp.client.download('long', path('copy'), { retry: quick })
    await expectBytes('copy', other)
  })

  test('begins anew when the server can not begin in the middle', async () => {
    await using ftp = await start({ RETR: [breakOff(100_000)], REST: ['502 No', '502 No'] })
    await ftp.client.download('long', path('copy'), { retry: quick })
    await expectBytes('copy', LONG)
  })

  test('gives up after so many attempts, with the last error', async () => {
    const RETR = ['450 One', '450 Two', '450 Three']
    await using ftp = await start({ RETR })
    const run = ftp.client.download('file', path('copy'), { retry: { ...quick, attempts: 2 } })
    await expect(run).rejects.toMatchObject({ replyCode: 450, lines: ['Three'] })
    expect(ftp.commands().filter((line) => line.startsWith('RETR'))).toHaveLength(3)
    await works(ftp.client)
  })

  const final: { title: string; RETR: FtpAnswer }[] = [
    { title: 'a refusal for good', RETR: '550 No' },
    { title: 'what is no FTP', RETR: 'what do you mean?' },
  ]
  for (const { title, RETR } of final) {
    test(`does not try again after ${title}`, async () => {
      await using ftp = await start({ RETR: [RETR] })
      await expect(ftp.client.download('file', path('copy'), { retry: quick })).rejects.toThrow()
      expect(ftp.peer.sessions).toHaveLength(1)
      expect(ftp.commands().filter((line) => line.startsWith('RETR'))).toHaveLength(1)
    })
  }

  test('opens a lost connection anew before the first attempt', async () => {
    await using ftp = await start({ NOOP: [({ session }) => session.reset()] })
    await expect(ftp.client.command('NOOP')).rejects.toThrow()
    await expect(ftp.client.download('file', path('copy'))).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    await ftp.client.download('file', path('copy'), { retry: quick })
    expect(await text('copy')).toBe(TEXT)
  })
})

describe('Client.download() with resume', () => {
  /** A first download that breaks off. */
  const begin = async (length = 100_000) => {
    await using ftp = await start({ RETR: [breakOff(length)] })
    await expect(ftp.client.download('long', path('copy'), { resume: true })).rejects.toThrow()
  }

  test('goes on where an earlier download ended', async () => {
    await begin()
    expect((await readdir(folder)).sort()).toEqual(['.copy.sluice-mark', '.copy.sluice-part'])
    await using ftp = await start()
    const summary = await ftp.client.download('long', path('copy'), { resume: true })
    expect(summary).toMatchObject({ files: 1, bytes: 300_000, resumed: 1 })
    await expectBytes('copy', LONG)
    expect(await readdir(folder)).toEqual(['copy'])
    expect(ftp.commands()).toContain('REST 100000')
  })

  test('transfers nothing when all is there', async () => {
    await begin(LONG.length)
    await using ftp = await start()
    const summary = await ftp.client.download('long', path('copy'), { resume: true })
    expect(summary).toMatchObject({ bytes: 0, resumed: 1 })
    await expectBytes('copy', LONG)
    expect(ftp.commands().filter((line) => /^(RETR|EPSV)/.test(line))).toEqual([])
  })

  const copies: { title: string; change: () => unknown; skipped: 0 | 1; checksum?: true }[] = [
    { title: 'skips a file whose whole copy is here', change: () => {}, skipped: 1 },
    {
      title: 'transfers a file whose time has changed',
      change: () => remote.put('long', LONG, '20250102030406'),
      skipped: 0,
    },
    {
      title: 'transfers a file whose size has changed',
      change: () => remote.put('long', LONG.subarray(1)),
      skipped: 0,
    },
    { title: 'compares the checksum of a copy', change: () => {}, skipped: 1, checksum: true },
    {
      title: 'transfers a file whose checksum differs',
      change: () => remote.put('long', Buffer.from(LONG).fill(7, 0, 9)),
      skipped: 0,
      checksum: true,
    },
    {
      title: 'replaces a link',
      change: async () => {
        await rename(path('copy'), path('other'))
        await symlink('other', path('copy'))
      },
      skipped: 0,
    },
  ]
  for (const { title, change, skipped, checksum = false } of copies) {
    test(title, async () => {
      remote.features = [...remote.features, 'HASH SHA-256*;SHA-1']
      await using ftp = await start()
      await ftp.client.download('long', path('copy'), { resume: true })
      await change()
      const summary = await ftp.client.download('long', path('copy'), { resume: true, checksum })
      expect(summary).toMatchObject({ files: 1 - skipped, skipped, resumed: 0, checked: checksum ? 1 : 0 })
      await expectBytes('copy', remote.files.get('long')?.content ?? LONG)
      expect(ftp.commands().filter((line) => line.startsWith('RETR'))).toHaveLength(2 - skipped)
    })
  }

  test('transfers a file again when the server tells no time', async () => {
    await using ftp = await start({ MDTM: Array(9).fill('502 No') })
    await ftp.client.download('file', path('copy'), { resume: true })
    expect(await ftp.client.download('file', path('copy'), { resume: true })).toMatchObject({ files: 1, skipped: 0 })
  })

  const changes: { title: string; change: () => unknown }[] = [
    { title: 'the file has another time', change: () => remote.put('long', LONG, '20250102030406') },
    { title: 'the file has another size', change: () => remote.put('long', LONG.subarray(1)) },
    { title: 'the file is shorter than the part', change: () => remote.put('long', LONG.subarray(0, 5)) },
    { title: 'the mark is missing', change: () => rm(path('.copy.sluice-mark')) },
    { title: 'the mark was cut off', change: () => writeFile(path('.copy.sluice-mark'), '{"size":4') },
    {
      title: 'the part is longer than the file',
      change: () => writeFile(path('.copy.sluice-part'), Buffer.alloc(500_000)),
    },
  ]
  for (const { title, change } of changes) {
    test(`begins anew when ${title}`, async () => {
      await begin()
      await change()
      await using ftp = await start()
      const summary = await ftp.client.download('long', path('copy'), { resume: true })
      expect(summary.resumed).toBe(0)
      await expectBytes('copy', remote.files.get('long')?.content ?? LONG)
      expect(await readdir(folder)).toEqual(['copy'])
    })
  }

  test('begins anew when the server tells neither size nor time', async () => {
    await begin()
    const unknown = Array(9).fill('502 No')
    await using ftp = await start({ SIZE: unknown, MDTM: unknown, LIST: unknown.map(() => '550 No') })
    const summary = await ftp.client.download('long', path('copy'), { resume: true })
    expect(summary.resumed).toBe(0)
    await expectBytes('copy', LONG)
  })

  test('begins anew when the server can not begin in the middle', async () => {
    await begin()
    await using ftp = await start({ REST: ['502 No'] })
    const summary = await ftp.client.download('long', path('copy'), { resume: true })
    expect(summary).toMatchObject({ resumed: 0, bytes: LONG.length })
    await expectBytes('copy', LONG)
  })

  test('keeps no part of a small file', async () => {
    await using ftp = await start({ RETR: [breakOff(9)] })
    await expect(ftp.client.download('file', path('copy'), { resume: true })).rejects.toThrow()
    expect(await readdir(folder)).toEqual([])
  })

  test('refuses two downloads to the same file at once', async () => {
    await using ftp = await start()
    const both = ['file', 'long'].map((name) => ftp.client.download(name, path('copy'), { resume: true }))
    const results = await Promise.allSettled(both)
    const busy = results.filter((result) => result.status === 'rejected' && result.reason.code === 'ERR_SLUICE_BUSY')
    expect(busy.length).toBeLessThanOrEqual(1)
    expect(await readdir(folder)).toEqual(['copy'])
    await works(ftp.client)
  })

  test('lets a part of another file be without resume', async () => {
    await begin()
    await using ftp = await start()
    await ftp.client.download('long', path('copy'))
    await expectBytes('copy', LONG)
    expect(ftp.commands()).not.toContain('REST 100000')
  })
})

describe('Client.download() from a server that takes REST and begins at the start all the same', () => {
  for (const announces of [true, false]) {
    /** The first download breaks off, the second is the whole file where the rest was asked for. */
    const answers = (): Record<string, (FtpAnswer | undefined)[]> => {
      const whole: FtpAnswer = async (call) => {
        await call.reply(announces ? `150 Opening (${LONG.length} bytes)` : '150 Here it comes')
        const data = await call.data()
        await data.send(LONG)
        data.end()
        return '226 Done'
      }
      return { REST: ['350 Yes, but'], RETR: [breakOff(100_000), whole] }
    }
    const says = announces ? 'says the size' : 'says no size'

    test(`begins anew with retry, if the server ${says}`, async () => {
      await using ftp = await start(answers())
      await ftp.client.download('long', path('copy'), { retry: quick })
      await expectBytes('copy', LONG)
      expect(ftp.commands()).toContain('REST 100000')
    })

    test(`begins anew with resume, if the server ${says}`, async () => {
      const [broken, whole] = answers().RETR ?? []
      {
        await using ftp = await start({ RETR: [broken] })
        await expect(ftp.client.download('long', path('copy'), { resume: true })).rejects.toThrow()
      }
      await using ftp = await start({ REST: ['350 Yes, but'], RETR: [whole] })
      expect(await ftp.client.download('long', path('copy'), { resume: true })).toMatchObject({ resumed: 0 })
      await expectBytes('copy', LONG)
    })

    test(`downloadBytes() begins anew, if the server ${says}`, async () => {
      await using ftp = await start(answers())
      expect(LONG.equals(await ftp.client.downloadBytes('long', { retry: quick }))).toBe(true)
    })

    test(`downloadStream() with an offset fails, if the server ${says}`, async () => {
      const [, whole] = answers().RETR ?? []
      await using ftp = await start({ REST: ['350 Yes, but'], RETR: [whole] })
      const reading = ftp.client.downloadStream('long', { offset: 100_000 }, (stream) => stream.read())
      await expect(reading).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_CHANGED' })
      await works(ftp.client)
    })
  }
})

describe('Client.download() of a rest that ends early', () => {
  test('goes on, though as many bytes are there as the server has said of the rest', async () => {
    // 100,000 are there, 300,000 are announced, 200,000 come.
    const RETR = [breakOff(100_000), shorten(200_000)]
    await using ftp = await start({ RETR })
    await ftp.client.download('long', path('copy'), { retry: quick })
    await expectBytes('copy', LONG)
    expect(ftp.commands().filter((line) => line.startsWith('REST'))).toEqual(['REST 100000', 'REST 300000'])
  })

  test('knows the size by a listing where the server does not tell it', async () => {
    remote.put('/x/long', LONG)
    const whole: FtpAnswer = async (call) => {
      await call.reply('150 Here it comes')
      const data = await call.data()
      await data.send(LONG)
      data.end()
      return '226 Done'
    }
    await using ftp = await scriptedFtp({
      ...remote.answers({ REST: ['350 Yes, but'], RETR: [breakOff(100_000), whole] }),
      FEAT: '211-Features\r\n EPSV\r\n MLST type*;size*;modify*;\r\n REST STREAM\r\n211 End',
      MLST: '250-Listing\r\n type=dir; /x\r\n250 End',
      MLSD: (call) => call.serve('type=file;size=400000;modify=20250102030405; long\r\n'),
      SIZE: '502 No',
    })
    await ftp.client.download('/x', path('x'), { retry: quick })
    await expectBytes('x/long', LONG)
  })
})

describe('Client.download() with checksum', () => {
  test('begins anew if it shows that what was there is no part of the file', async () => {
    {
      await using ftp = await start({ RETR: [breakOff(100_000)] })
      await expect(ftp.client.download('long', path('copy'), { resume: true })).rejects.toThrow()
    }
    const changed = Buffer.from(LONG).fill(7, 0, 9)
    remote.put('long', changed) // with the same size and time
    remote.features = [...remote.features, HASH]
    await using ftp = await start()
    const summary = await ftp.client.download('long', path('copy'), { resume: true, checksum: true })
    expect(summary).toMatchObject({ resumed: 0, checked: 1, bytes: 300_000 + 400_000 })
    await expectBytes('copy', changed)
  })

  test('compares the checksum of the server', async () => {
    remote.features = [...remote.features, HASH]
    await using ftp = await start()
    expect(await ftp.client.download('long', path('copy'), { checksum: true })).toMatchObject({ checked: 1 })
    expect(ftp.commands()).toContain('HASH long')
  })

  for (const resume of [false, true]) {
    test(`leaves nothing there if it differs, with resume ${resume}`, async () => {
      remote.features = [...remote.features, HASH]
      await using ftp = await start({ HASH: [`213 SHA-256 0-400000 ${'0'.repeat(64)} long`] })
      const run = ftp.client.download('long', path('copy'), { checksum: true, resume, retry: quick })
      await expect(run).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_CHECKSUM', algorithm: 'SHA-256' })
      expect(await readdir(folder)).toEqual([])
      await works(ftp.client)
    })
  }

  test('does without where the server has none', async () => {
    await using ftp = await start()
    expect(await ftp.client.download('file', path('copy'), { checksum: true })).toMatchObject({ checked: 0 })
  })
})
