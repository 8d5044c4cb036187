import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ClientOptions, DataConnectionThrottleStreamIO } from 'sluice/ftp'
import type { FtpAnswer, FtpAnswers, FtpCall, PeerStream } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { type ScriptedFtp, scriptedFtp } from './fixtures/scripted-ftp.ts'

const half = Buffer.alloc(100_000, 'half ')
const modes: ClientOptions[] = [{ mode: 'passive' }, { mode: 'active' }, { tls: 'explicit' }]
const nameOf = ({ mode = 'passive', tls = false }: ClientOptions) => `${mode}, tls: ${tls}`

/** 150, half of it, whatever is to happen with the data connection, and the reply. */
const halfAnd = (end: (data: PeerStream) => unknown, reply: string) => async (call: FtpCall) => {
  await call.reply('150 Here it comes')
  const data = await call.data()
  await data.send(half)
  await end(data)
  return reply
}

/** Ways to read a file, all of which must tell of a failure. */
const readers: Record<string, (client: Client) => Promise<unknown>> = {
  'a body that reads all': (client) => client.downloadStream('x', (stream) => stream.read()),
  'a body that iterates': (client) =>
    client.downloadStream('x', async (stream) => {
      for await (const _block of stream.iterByBlock()) await delay(1)
    }),
  'a body that does not care': (client) =>
    client.downloadStream('x', async (stream) => {
      await stream.read().catch(() => {})
      await delay(20)
    }),
  'await using': async (client) => {
    await using stream = await client.downloadStream('x')
    for await (const _block of stream.iterByBlock()) await delay(1)
  },
  'a Node stream': async (client) => buffer((await client.downloadStream('x')).toNodeReadable()),
  'a web stream': async (client) => buffer((await client.downloadStream('x')).toWebReadable()),
}

/** Ways to write a file that is longer than any buffer. */
const writers: Record<string, (client: Client) => Promise<unknown>> = {
  'a body': (client) => client.uploadStream('x', (stream) => writeMuch(stream)),
  'a body that does not care': (client) => client.uploadStream('x', (stream) => writeMuch(stream).catch(() => {})),
  'a body that pauses': (client) =>
    client.uploadStream('x', async (stream) => {
      await stream.write('x')
      await delay(100)
      await writeMuch(stream)
    }),
  'a body that only pauses': (client) =>
    client.uploadStream('x', async (stream) => {
      await stream.write('x')
      await delay(100)
    }),
  'write and finish': async (client) => {
    await using stream = await client.uploadStream('x')
    await writeMuch(stream)
    await stream.finish()
  },
  'a Node stream': async (client) => pipeline(Readable.from(much()), (await client.uploadStream('x')).toNodeWritable()),
  'a web stream': async (client) =>
    ReadableStream.from<Uint8Array>(much()).pipeTo((await client.uploadStream('x')).toWebWritable()),
}

function* much(): Generator<Buffer> {
  for (let i = 0; i < 1_000; i++) yield Buffer.alloc(64 * 1024)
}

async function writeMuch(stream: DataConnectionThrottleStreamIO) {
  for (const chunk of much()) await stream.write(chunk)
}

/** The same connection runs the next command. */
async function goesOn({ client, peer }: ScriptedFtp) {
  expect(await client.currentDirectory()).toBe('/')
  expect(peer.sessions).toHaveLength(1)
}

const failsWith = (code: number) => ({ code: 'ERR_SLUICE_FTP_REPLY', replyCode: code })

describe('Client, with a download that breaks off', () => {
  const ends: Record<string, (data: PeerStream) => unknown> = {
    'after its end': (data) => data.end(),
    'after its reset': (data) => data.reset(),
    'long after its reset': (data) => {
      data.reset()
      return delay(50)
    },
    'while it stands open': () => {},
  }
  for (const [end, action] of Object.entries(ends)) {
    for (const [reader, read] of Object.entries(readers)) {
      test(`tells the 426 that comes ${end} to ${reader}`, async () => {
        await using ftp = await scriptedFtp({ RETR: halfAnd(action, '426 Sorry') })
        await expect(read(ftp.client)).rejects.toMatchObject(failsWith(426))
        await goesOn(ftp)
      })
    }
  }
  for (const options of modes) {
    test(`tells the 451 of a listing, and the 426 of a file (${nameOf(options)})`, async () => {
      const answers = {
        MLSD: halfAnd((data) => data.reset(), '451 Broken'),
        RETR: halfAnd((data) => data.reset(), '426 Sorry'),
      }
      await using ftp = await scriptedFtp(answers, options)
      await expect(ftp.client.list().then()).rejects.toMatchObject(failsWith(451))
      await expect(ftp.client.downloadStream('x', (stream) => stream.read())).rejects.toMatchObject(failsWith(426))
      await goesOn(ftp)
    })
  }

  test('tells the error of the socket if the server calls it a success', async () => {
    await using ftp = await scriptedFtp({ RETR: halfAnd((data) => data.reset(), '226 Done'), SIZE: '213 7' })
    const read = ftp.client.downloadStream('x', (stream) => stream.read())
    await expect(read).rejects.toMatchObject({ code: 'ECONNRESET' })
    await goesOn(ftp)
  })
})

describe('Client, with an upload that is refused in the middle', () => {
  const refusals: Record<string, (call: FtpCall, data: PeerStream) => unknown> = {
    'and then reset': async (call, data) => {
      await call.reply('552 Disk full')
      data.reset()
    },
    'after the reset': async (call, data) => {
      data.reset()
      await delay(30)
      await call.reply('552 Disk full')
    },
    'and then ended': async (call, data) => {
      await call.reply('552 Disk full')
      data.end()
      void data.silence()
    },
  }
  for (const [refusal, refuse] of Object.entries(refusals)) {
    for (const [writer, write] of Object.entries(writers)) {
      test(`tells the 552, ${refusal}, to ${writer}`, async () => {
        const answers: FtpAnswers = {
          STOR: async (call) => {
            await call.reply('150 Send it')
            const data = await call.data()
            await data.read()
            await refuse(call, data)
          },
        }
        await using ftp = await scriptedFtp(answers)
        await expect(write(ftp.client)).rejects.toMatchObject(failsWith(552))
        await goesOn(ftp)
      })
    }
  }
  for (const options of modes) {
    test(`tells the 552 to a body (${nameOf(options)})`, async () => {
      const answers: FtpAnswers = {
        STOR: async (call) => {
          await call.reply('150 Send it')
          const data = await call.data()
          await data.read()
          data.reset()
          return '552 Disk full'
        },
      }
      await using ftp = await scriptedFtp(answers, options)
      await expect(ftp.client.uploadStream('x', writeMuch)).rejects.toMatchObject(failsWith(552))
      await goesOn(ftp)
    })
  }
})

describe('Client, with a file that the server has cut short', () => {
  const cut = halfAnd((data) => data.end(), '226 Done')
  const announced = async (call: FtpCall) => {
    await call.reply('150 Opening x (200000 bytes)')
    const data = await call.data()
    await data.send(half)
    data.end()
    return '226 Done'
  }
  const truncated = (expected: number, actual: number) => ({ code: 'ERR_SLUICE_FTP_TRUNCATED', expected, actual })
  const cases: { title: string; answers: FtpAnswers }[] = [
    { title: 'by its SIZE', answers: { RETR: cut, SIZE: '213 200000' } },
    { title: 'by what 150 has announced', answers: { RETR: announced } },
    {
      title: 'by SIZE, under TLS without its goodbye',
      answers: { RETR: halfAnd((data) => data.end({ closeNotify: false }), '226 Done'), SIZE: '213 200000' },
    },
  ]
  for (const { title, answers } of cases) {
    for (const [reader, read] of Object.entries(readers)) {
      test(`tells ${reader} ${title}`, async () => {
        await using ftp = await scriptedFtp(answers, { tls: title.includes('TLS') ? 'explicit' : false })
        await expect(read(ftp.client)).rejects.toMatchObject(truncated(200_000, 100_000))
        await goesOn(ftp)
      })
    }
  }

  test('tells of a resumed file of which nothing came, also where 150 has announced what is left', async () => {
    const RETR = async (call: FtpCall) => {
      await call.reply('150 Opening x (50 bytes)')
      const data = await call.data()
      data.end()
      return '226 Done'
    }
    await using ftp = await scriptedFtp({ RETR, SIZE: '213 100' })
    const read = ftp.client.downloadStream('x', { offset: 50 }, (stream) => stream.read())
    await expect(read).rejects.toMatchObject(truncated(100, 50))
  })

  for (const announces of [150, 100]) {
    test(`believes a 150 with (${announces} bytes) behind an offset of 50, whatever has grown since`, async () => {
      const RETR = async (call: FtpCall) => {
        await call.reply(`150 Opening x (${announces} bytes)`)
        const data = await call.data()
        await data.send('x'.repeat(100))
        data.end()
        return '226 Done'
      }
      await using ftp = await scriptedFtp({ RETR, SIZE: '213 1000' })
      const content = await ftp.client.downloadStream('x', { offset: 50 }, (stream) => stream.read())
      expect(content).toHaveLength(100)
    })
  }

  test('tells of an upload of which the server has kept a part', async () => {
    await using ftp = await scriptedFtp({ STOR: (call) => call.store(), SIZE: '213 3' })
    const written = ftp.client.uploadStream('x', (stream) => stream.write('abcdef'))
    await expect(written).rejects.toMatchObject(truncated(6, 3))
  })

  for (const announces of ['1', '99999999', '999999999999999999', '-1']) {
    test(`believes SIZE, and the bytes, rather than a 150 with (${announces} bytes)`, async () => {
      const RETR = async (call: FtpCall) => {
        await call.reply(`150 Opening x (${announces} bytes)`)
        const data = await call.data()
        await data.send(half)
        data.end()
        return '226 Done'
      }
      await using ftp = await scriptedFtp({ RETR, SIZE: '213 100000' })
      const content = await ftp.client.downloadStream('x', (stream) => stream.read())
      expect(content.equals(half)).toBe(true)
    })
  }
})

describe('Client, with replies in another order', () => {
  const orders: Record<string, FtpAnswer> = {
    'a 226 before the data': async (call) => {
      await call.reply('150 Soon')
      await call.reply('226 Done')
      const data = await call.data()
      await delay(20)
      await data.send(half)
      data.end()
    },
    'a 226 and no 150': async (call) => {
      await call.reply('226 Done')
      const data = await call.data()
      await delay(20)
      await data.send(half)
      data.end()
    },
    'data before the 150': async (call) => {
      const data = await call.data()
      await data.send(half)
      data.end()
      await delay(20)
      await call.reply('150 Here it comes')
      return '226 Done'
    },
    'two 150s': async (call) => {
      await call.reply('150 Here it comes')
      const data = await call.data()
      await call.reply('150 Here it comes')
      await data.send(half)
      await call.reply('125 Still')
      data.end()
      return '226 Done'
    },
    'a 250 at the end': async (call) => {
      await call.reply('125 Here')
      const data = await call.data()
      await data.send(half)
      data.end()
      await delay(20)
      return '250 Done'
    },
  }
  for (const [order, RETR] of Object.entries(orders)) {
    for (const cut of [1, undefined]) {
      test(`reads a file with ${order}, in packets of ${cut ?? 'any size'}`, async () => {
        // In active mode the peer can have no data connection before it has the command.
        await using ftp = await scriptedFtp({ RETR }, {}, { cut })
        for (let i = 0; i < 2; i++) {
          const content = await ftp.client.downloadStream('x', (stream) => stream.read())
          expect(content.equals(half)).toBe(true)
        }
        await goesOn(ftp)
      })
    }
  }
})
