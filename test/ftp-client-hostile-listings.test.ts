import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { FtpAnswers, FtpCall } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { scriptedFtp } from './fixtures/scripted-ftp.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Lists what the chunks have, as far as the client takes it. */
const listing = (chunks: () => Iterable<string>) => async (call: FtpCall) => {
  await call.reply('150 Here it comes')
  const data = await call.data()
  await data.sendForever(chunks())
  data.end()
  return '226 Done'
}

function* repeat(chunk: string, count = Infinity): Generator<string> {
  for (let i = 0; i < count; i++) yield chunk
}

const lines = Array.from({ length: 2_000 }, (_, i) => `type=file;size=${i};modify=20200101000000; file ${i}\r\n`).join(
  '',
)

describe('Client.list(), of a server that is hostile', () => {
  test('holds no more of an endless listing the longer it goes on, and can be left', async () => {
    await using ftp = await scriptedFtp({ MLSD: listing(() => repeat(lines)) })
    const heap: number[] = []
    let count = 0
    for await (const { name } of ftp.client.list()) {
      if (!name.startsWith('file ')) throw new Error(name)
      if (++count % 60_000 !== 0) continue
      gc()
      heap.push(process.memoryUsage().heapUsed)
      if (heap.length === 5) break
    }
    // 60,000 entries would take 50 MB.
    expect(Math.max(...heap) - (heap[0] as number)).toBeLessThan(10_000_000)
    expect(await ftp.client.currentDirectory()).toBe('/')
  })

  test('fails when it is awaited and has no end', async () => {
    await using ftp = await scriptedFtp({ NLST: listing(() => repeat('f\r\n'.repeat(20_000))) })
    const listed = ftp.client.list('', { command: 'NLST' }).then()
    await expect(listed).rejects.toThrow('Cannot list: there are more than 500000 entries')
    expect(await ftp.client.currentDirectory()).toBe('/')
  })

  test('fails when another call waits for its end, and it has none', async () => {
    await using ftp = await scriptedFtp({ NLST: listing(() => repeat('f\r\n'.repeat(20_000))) })
    let directory: Promise<string> | undefined
    const listed = (async () => {
      for await (const _entry of ftp.client.list('', { command: 'NLST' })) {
        directory ??= ftp.client.currentDirectory()
        await directory
      }
    })()
    await expect(listed).rejects.toThrow('Cannot list: there are more than 500000 entries')
    expect(await directory).toBe('/')
  })

  test('tells of lines that are too long once each, and loses nothing else', async () => {
    const long = 'x'.repeat(100_000)
    const chunks = () => ['type=file; a\r\n', ...repeat(long, 20), '\r\n', 'type=file; b\r\n', ...repeat(long, 20)]
    await using ftp = await scriptedFtp({ MLSD: listing(chunks) })
    const unreadable: string[] = []
    const entries = await ftp.client.list('', { onUnreadable: (line) => void unreadable.push(line) })
    expect(entries.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(unreadable).toEqual([`${'x'.repeat(200)}…`, `${'x'.repeat(200)}…`])
  })

  test('gives each line that can not be read to the log, if nobody else takes it', async () => {
    const notes: string[] = []
    await using ftp = await scriptedFtp(
      { MLSD: (call) => call.serve('\u0000\u0001\r\ntype=file; a\r\n') },
      { logger: ({ kind, text }) => void (kind === 'note' && notes.push(text)) },
    )
    expect(await ftp.client.list()).toHaveLength(1)
    expect(notes).toEqual([`can't read the line "\\u0000\\u0001"`])
  })

  const names = ['../../evil', '/etc', 'a/../../b', '..\\evil', 'C:\\evil']
  test('does not go into directories whose names lead out', async () => {
    const asked: string[] = []
    const answers: FtpAnswers = {
      MLSD: (call) => {
        asked.push(call.argument)
        return call.serve(call.argument === 'top' ? names.map((name) => `type=dir; ${name}\r\n`).join('') : '')
      },
    }
    await using ftp = await scriptedFtp(answers)
    const entries = await ftp.client.list('top', { recursive: true })
    expect(entries.map(({ name }) => name)).toEqual(names)
    // Backslashes are part of a name to a server that has slashes.
    expect(asked).toEqual(['top', 'top/..\\evil', 'top/C:\\evil'])
  })

  test('Client.remove() does not follow names that lead out, nor goes round in a circle', async () => {
    const answers: FtpAnswers = {
      DELE: ({ argument }) => (argument.startsWith('top/') ? '250 Gone' : '550 No file'),
      MLSD: (call) => call.serve('type=cdir; .\r\ntype=pdir; ..\r\ntype=file; a\r\ntype=file; ../victim\r\n'),
    }
    await using ftp = await scriptedFtp({ ...answers, MLST: '250-Here\r\n type=dir; /top\r\n250 End' })
    await expect(ftp.client.remove('top')).rejects.toThrow('a name in it leads out of it: "../victim"')
    expect(ftp.commands().filter((line) => line.startsWith('DELE'))).toEqual(['DELE top', 'DELE top/a'])
  })

  const endless: FtpAnswers = {
    DELE: '550 No file',
    MLST: '250-Here\r\n type=dir; /top\r\n250 End',
    MLSD: (call) => call.serve('type=file;size=1; f\r\ntype=dir; d\r\n'),
  }
  const deepest = `top${'/d'.repeat(200)}`

  test('gives the entries of 200 levels, and fails if there is one more in each directory', async () => {
    await using ftp = await scriptedFtp(endless)
    const paths: string[] = []
    const listed = (async () => {
      for await (const { path } of ftp.client.list('top', { recursive: true })) paths.push(path)
    })()
    await expect(listed).rejects.toMatchObject({
      code: 'ERR_SLUICE_FTP_PROTOCOL',
      message: expect.stringMatching(/^Cannot list: there are more than 200 levels of directories: "top\/d\/d/),
    })
    expect(paths).toHaveLength(402)
    expect(paths.at(-2)).toBe(`${deepest}/f`)
    expect(await ftp.client.currentDirectory()).toBe('/')
  })

  test('Client.remove() fails below 200 levels', async () => {
    await using ftp = await scriptedFtp({
      ...endless,
      DELE: (call) => (call.argument === 'top' ? '550 No' : '250 Gone'),
    })
    await expect(ftp.client.remove('top')).rejects.toThrow(
      'Cannot remove: there are more than 200 levels of directories: "top/d/d',
    )
    expect(
      ftp
        .commands()
        .filter((line) => line.startsWith('DELE'))
        .at(-1),
    ).toBe(`DELE ${deepest}/f`)
    expect(ftp.commands().filter((line) => line.startsWith('RMD'))).toEqual([])
    expect(await ftp.client.currentDirectory()).toBe('/')
  })

  test('Client.download() fails below 200 levels of a tree, and has the files above', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-deep-'))
    try {
      await using ftp = await scriptedFtp({ ...endless, RETR: (call) => call.serve('c') })
      const summary = await ftp.client.download('top', folder, { onError: 'continue' })
      expect(summary.failed.map(({ error }) => String(error))).toEqual([
        expect.stringContaining('there are more than 200 levels of directories: "top/d/d'),
      ])
      expect(summary.files).toBe(201)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('gives no entry twice when a listing breaks off', async () => {
    const answers: FtpAnswers = {
      MLSD: '502 No',
      LIST: async (call) => {
        await call.reply('150 Here it comes')
        const data = await call.data()
        await data.send('-rw-r--r-- 1 o g 1 Jan 1 2020 a\r\n')
        await delay(50)
        data.end()
        return '551 Broken'
      },
    }
    await using ftp = await scriptedFtp(answers)
    const seen: string[] = []
    const listed = (async () => {
      for await (const { name } of ftp.client.list()) seen.push(name)
    })()
    await expect(listed).rejects.toMatchObject({ replyCode: 551 })
    expect(seen).toEqual(['a'])
    expect(ftp.commands()).toEqual(['EPSV', 'MLSD', 'EPSV', 'LIST -a'])
  })
})
