import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, ClientPool, type LogEntry } from 'sluice/ftp'
import type { DataPort, FtpAnswers, FtpCall, PeerSession } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { clientOptions, ftpPeer, scriptedFtp } from './fixtures/scripted-ftp.ts'

/** What stands before the reply that ends a transfer: EPSV has come, and is answered here or overlooked. */
type Early = (call: FtpCall, port: () => Promise<string>) => Promise<unknown>

/**
 * A server that tells sizes and reads on before it confirms a file: it finds EPSV there for the next one.
 */
function hasty(early: Early, final: (name: string) => string | undefined = () => '226 Done'): FtpAnswers {
  const ports = new WeakMap<PeerSession, DataPort>()
  const open = async ({ session }: FtpCall) => {
    const port = await session.openData()
    ports.set(session, port)
    return `229 Come in (|||${port.port}|)`
  }
  let isFirst = true
  return {
    EPSV: open,
    SIZE: '213 7',
    RETR: async (call) => {
      const port = ports.get(call.session)
      await call.reply('150 Opening data connection (7 bytes)')
      const data = await port?.accept()
      port?.close()
      await data?.send('content')
      data?.end()
      if (isFirst) {
        isFirst = false
        const line = await call.session.readLine()
        if (line !== 'EPSV') throw new Error(`EPSV was expected, and ${line} came`)
        await early(call, () => open(call))
      } else await delay(100)
      return final(call.argument)
    },
  }
}

/** What a client has said and heard. */
class Conversation {
  readonly #entries: LogEntry[] = []
  readonly logger = (entry: LogEntry) => void this.#entries.push(entry)

  /** Of each download, whether the next data connection was asked for before the download was confirmed. */
  early(): boolean[] {
    const texts = this.#entries.map(({ text }) => text)
    return texts.flatMap((text, i) => {
      if (!text.startsWith('150 ')) return []
      const next = texts.slice(i).find((later) => later === 'EPSV' || /^[245]/.test(later))
      return [next === 'EPSV']
    })
  }
}

const two = (client: Client) => Promise.allSettled([client.downloadBytes('a'), client.downloadBytes('b')])
const texts = (results: PromiseSettledResult<Uint8Array>[]) =>
  results.map((result) => (result.status === 'fulfilled' ? String(result.value) : String(result.reason.replyCode)))

describe('a client that asks for the next data connection before a download is confirmed', () => {
  const ways: { title: string; early: Early; final?: (name: string) => string; results: string[]; asked: number }[] = [
    {
      title: 'goes by the answer that comes before the confirmation',
      early: async (call, port) => call.reply(await port()),
      results: ['content', 'content'],
      asked: 2,
    },
    {
      title: 'takes no early answer for a confirmation',
      early: async (call, port) => call.reply(await port()),
      final: (name) => (name === 'a' ? '451 Broken' : '226 Done'),
      results: ['451', 'content'],
      asked: 2,
    },
    {
      title: 'asks again if it was refused before the confirmation, which it is not taken for',
      early: async (call) => call.reply('450 A transfer is under way'),
      results: ['content', 'content'],
      asked: 3,
    },
    {
      title: 'asks again if it was overlooked',
      early: async () => {},
      results: ['content', 'content'],
      asked: 3,
    },
  ]
  for (const { title, early, final, results, asked } of ways) {
    test(title, async () => {
      await using ftp = await scriptedFtp(hasty(early, final), { timeouts: { command: 300 } })
      expect(texts(await two(ftp.client))).toEqual(results)
      expect(ftp.commands().filter((line) => line === 'EPSV')).toHaveLength(asked)
      expect(ftp.peer.sessions).toHaveLength(1)
      expect(await ftp.client.currentDirectory()).toBe('/')
    })
  }

  for (const [title, early] of Object.entries<Early>({
    overlooked: async () => {},
    refused: (call) => call.reply('503 Later'),
  })) {
    test(`does so no more once it was ${title}, on a new connection neither`, async () => {
      const said = new Conversation()
      await using ftp = await scriptedFtp(hasty(early), { timeouts: { command: 300 }, logger: said.logger })
      await two(ftp.client)
      expect(said.early()).toEqual([true, false])
      ftp.peer.sessions[0]?.end()
      await expect.poll(() => ftp.client.isClosed).toBe(true)
      await ftp.client.reconnect()
      expect(texts(await two(ftp.client))).toEqual(['content', 'content'])
      expect(said.early()).toEqual([true, false, false, false])
    })
  }

  for (const [title, text] of Object.entries({
    'is shorter than the server has said': '(7 bytes)',
    'has a size that the server has not said': 'for it',
  })) {
    test(`does not if what came ${title}`, async () => {
      const said = new Conversation()
      const RETR = async (call: FtpCall) => {
        await call.reply(`150 Opening data connection ${text}`)
        const data = await call.data()
        await data.send('cont')
        data.end()
        await delay(100)
        return '226 Done'
      }
      await using ftp = await scriptedFtp({ RETR, SIZE: '213 4' }, { logger: said.logger })
      await two(ftp.client)
      expect(said.early()).toEqual([false, false])
    })
  }
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
        logger: ({ text }: LogEntry) => void (/sent ahead/.test(text) && notes.push(text)),
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
})
