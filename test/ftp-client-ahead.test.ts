import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, ClientPool, type LogEntry } from 'sluice/ftp'
import type { FtpAnswers, FtpCall } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { clientOptions, ftpPeer, scriptedFtp } from './fixtures/scripted-ftp.ts'

/** What a client has said and heard. */
class Conversation {
  readonly #entries: LogEntry[] = []
  readonly logger = (entry: LogEntry) => void this.#entries.push(entry)

  /** Of each transfer, what comes first: the next EPSV, or the reply that confirms the transfer. */
  afterData(): string[] {
    const texts = this.#entries.map(({ text }) => text)
    return texts.flatMap((text, i) => {
      if (!text.startsWith('150 ')) return []
      return texts.slice(i).find((later) => later === 'EPSV' || /^[245]/.test(later)) ?? []
    })
  }
}

test('a client asks for the next data connection when the transfer before is confirmed, not earlier', async () => {
  const said = new Conversation()
  const RETR = async (call: FtpCall) => {
    await call.reply('150 Opening data connection (7 bytes)')
    const data = await call.data()
    await data.send('content')
    data.end()
    await delay(100)
    return '226 Done'
  }
  await using ftp = await scriptedFtp({ RETR }, { logger: said.logger })
  await Promise.all([ftp.client.downloadBytes('a'), ftp.client.downloadBytes('b')])
  expect(said.afterData()).toEqual(['226 Done', '226 Done'])
})

describe('a client that has asked for the next data connection', () => {
  /** Answers the second EPSV late, or never. */
  const slow = (answer: FtpAnswers[string]): FtpAnswers => {
    let count = 0
    let accept: (() => ReturnType<FtpCall['data']>) | undefined
    return {
      EPSV: async (call) => {
        count++
        if (count === 2 && typeof answer === 'function') await answer(call)
        const port = await call.session.openData()
        accept = () => port.accept()
        return `229 Come in (|||${port.port}|)`
      },
      RETR: async (call) => {
        await call.reply('150 Opening data connection (7 bytes)')
        const data = await accept?.()
        await data?.send('content')
        data?.end()
        return '226 Done'
      },
      SIZE: '550 No such file',
    }
  }

  test('waits for the answer before it asks for anything else', async () => {
    await using ftp = await scriptedFtp(slow(() => delay(100)))
    const { client } = ftp
    const abort = new AbortController()
    const calls = [
      client.downloadBytes('a'),
      client.size('missing').catch(({ replyCode }) => replyCode),
      client.downloadBytes('b', { signal: abort.signal }).catch((error) => error),
      client.downloadBytes('c'),
    ]
    await calls[0]
    await delay(20)
    abort.abort('enough')
    expect((await Promise.all(calls)).map(String)).toEqual(['content', '550', 'enough', 'content'])
    expect(ftp.peer.sessions).toHaveLength(1)
  })
})

/** Stands before a server and lets only the first line of each packet through. */
async function oneLineAPacket(port: number) {
  const sockets = new Set<Socket>()
  const server = createServer((inside) => {
    const outside = connect({ port, host: '127.0.0.1' })
    for (const socket of [inside, outside]) sockets.add(socket.on('error', () => {}))
    inside.on('data', (bytes) => outside.write(bytes.subarray(0, bytes.indexOf('\n') + 1)))
    inside.on('close', () => outside.destroy())
    outside.pipe(inside)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a client of a server that takes one command a packet', () => {
  const FEAT = '211-Features\r\n EPSV\r\n MFMT\r\n SIZE\r\n211 End'
  const files = ['a', 'b', 'c', 'd', 'e']

  for (const connections of [1, 3]) {
    test(`uploads many files at once over ${connections} connection(s), and sends each command alone from then on`, async () => {
      const stored: string[] = []
      await using peer = await ftpPeer({
        FEAT,
        SIZE: '213 1',
        MFMT: '213 Modify=20200101000000; x',
        STOR: async (call) => {
          stored.push(`${call.argument}: ${await call.store()}`)
        },
      })
      await using strict = await oneLineAPacket(peer.port)
      const notes: string[] = []
      const options = {
        ...clientOptions(peer, { timeouts: { command: 400 } }),
        port: strict.port,
        logger: ({ text }: LogEntry) => void (/sent with others/.test(text) && notes.push(text)),
      }
      const client =
        connections === 1
          ? await Client.connect(peer.host, options)
          : new ClientPool(peer.host, { ...options, connections })
      const uploads = files.map((name) => client.upload(Buffer.from(name), name))
      await Promise.all(uploads)
      await Promise.all(files.map((name) => client.upload(Buffer.from(name), `${name}2`)))
      await client.close()
      const expected = [...files.map((name) => `${name}: ${name}`), ...files.map((name) => `${name}2: ${name}`)]
      expect(stored.sort()).toEqual(expected.sort())
      expect(peer.sessions).toHaveLength(connections)
      // Each connection learns it by itself at most, once.
      expect(notes.length).toBeGreaterThan(0)
      expect(notes.length).toBeLessThanOrEqual(connections)
    })
  }

  test('goes on with the order of replies right, whatever it is asked after what was overlooked', async () => {
    await using peer = await ftpPeer({
      FEAT,
      SIZE: ({ argument }) => (argument === 'missing' ? '550 No such file' : '213 1'),
      MFMT: '213 Modify=20200101000000; x',
      STOR: (call) => call.store(),
      MKD: '550 No',
    })
    await using strict = await oneLineAPacket(peer.port)
    const options = { ...clientOptions(peer, { timeouts: { command: 400 } }), port: strict.port }
    await using client = await Client.connect(peer.host, options)
    const upload = (name: string) => client.upload(Buffer.from(name), name, { retry: 1 })
    const calls = [
      upload('a'),
      client.size('missing').catch(({ replyCode }) => replyCode),
      upload('b'),
      client.makeDirectory('x').catch(({ replyCode }) => replyCode),
      upload('c'),
    ]
    const [, size, , made] = await Promise.all(calls)
    expect([size, made]).toEqual([550, 550])
    expect(await client.currentDirectory()).toBe('/')
    expect(peer.sessions).toHaveLength(1)
  })
})
