import { inspect } from 'node:util'
import { expect, test, vi } from 'vitest'
import { LineClient } from '../../../test/fixtures/line-client.ts'
import { StreamThrottle } from '../../throttle/stream-throttle.ts'
import { Throttle } from '../../throttle/throttle.ts'
import { type ConnectionInfo, MemoryFileSystem, Server, type ServerOptions } from './index.ts'

const MOST = 5_000_000

async function start(options: ServerOptions = {}) {
  const fileSystem = new MemoryFileSystem()
  const file = await fileSystem.open('/file', 'write')
  await file.write(Buffer.alloc(MOST), 0, MOST, 0)
  await file.close()
  const server = new Server({ fileSystem, ...options })
  const { port } = await server.listen()
  return { server, port }
}

/** Begins a download, and takes what comes. */
async function download(port: number, name = 'anonymous') {
  const client = await LineClient.login(port, name)
  const socket = await client.data()
  await client.command('RETR file', 150)
  socket.resume()
  return { client, socket }
}

const bytesOf = (server: Server) => server.connections.map(({ transfer }) => transfer?.bytes ?? -1)

/** Bytes per second of each connection, over a while. */
async function rates(server: Server, ms = 400): Promise<number[]> {
  const before = bytesOf(server)
  const start = performance.now()
  await new Promise((resolve) => setTimeout(resolve, ms))
  const seconds = (performance.now() - start) / 1000
  return bytesOf(server).map((bytes, i) => (bytes - (before[i] ?? 0)) / seconds)
}

/** Never faster, and on a busy machine not much slower. */
const close = (value: number) => ({
  asymmetricMatch: (other: unknown) => Number(other) < value * 1.15 && Number(other) > value * 0.5,
})

const ann = { name: 'ann', password: 'x' }
const limited: { title: string; options: ServerOptions; expected: [number, number, number] }[] = [
  {
    title: 'all together',
    options: { limits: { serverGlobal: { write: '300kB/s' } } },
    expected: [100_000, 100_000, 100_000],
  },
  {
    title: 'each connection',
    options: { limits: { serverPerConnection: { write: '100kB/s' } } },
    expected: [100_000, 100_000, 100_000],
  },
  {
    title: 'each user',
    options: {
      users: [{ ...ann, limits: { userGlobal: { write: '100kB/s' } } }],
      anonymous: { limits: { userGlobal: '200kB/s' } },
    },
    expected: [50_000, 50_000, 200_000],
  },
  {
    title: 'each connection of a user',
    options: {
      users: [{ ...ann, limits: { userPerConnection: { write: '100kB/s' } } }],
      anonymous: { limits: { userPerConnection: { read: '1B/s', write: '200kB/s' } } },
    },
    expected: [100_000, 100_000, 200_000],
  },
]
for (const { title, options, expected } of limited) {
  test(`Server({ limits }) limits ${title}`, async () => {
    const { server, port } = await start({ users: [ann], anonymous: true, ...options })
    await using _ = server
    for (const name of ['ann', 'ann', 'anonymous']) await download(port, name)
    await rates(server, 100)
    expect(await rates(server)).toEqual(expected.map(close))
  })
}

test('limits can be changed while transfers run, at every level', async () => {
  const { server, port } = await start({ limits: { serverGlobal: { write: '1MB/s' } } })
  await using _ = server
  await download(port)
  const [connection] = server.connections
  const user = server.user('anonymous')
  const { serverGlobal, serverPerConnection } = server.throttles
  const { userGlobal, userPerConnection } = user.throttles
  const all = { serverGlobal, serverPerConnection, userGlobal, userPerConnection }
  expect(Object.keys(connection?.throttles ?? {}).sort()).toEqual(Object.keys(all).sort())
  for (const [name, { write }] of Object.entries(all)) {
    write.limit = 100_000
    expect(connection?.throttles[name]?.write.limit).toBe(100_000)
    await rates(server, 50)
    expect([name, await rates(server, 300)]).toEqual([name, [close(100_000)]])
    write.limit = null
  }
})

test('ConnectionInfo.throttles takes throttles of any name, and lets go of them', async () => {
  const { server, port } = await start({ limits: { serverGlobal: { write: '2MB/s' } } })
  await using _ = server
  const { socket, client } = await download(port)
  const [connection] = server.connections
  if (!connection) throw new Error('nobody is there')
  connection.throttles.mine = new StreamThrottle(new Throttle(), new Throttle({ limit: 100_000 }))
  await rates(server, 50)
  expect(await rates(server, 300)).toEqual([close(100_000)])
  delete connection.throttles.mine
  delete connection.throttles.serverGlobal
  await client.reply(226)
  expect(socket.bytesRead).toBeGreaterThan(MOST - 2_000_000)
})

test('uploads pass the read side of throttles, downloads the write side', async () => {
  const { server, port } = await start()
  await using _ = server
  const client = await LineClient.login(port)
  await client.store('STOR up', Buffer.alloc(1_000))
  await client.fetch('RETR up')
  await client.fetch('RETR up')
  const { read, write } = server.throttles.serverGlobal
  expect([read.stats.bytes, write.stats.bytes]).toEqual([1_000, 2_000])
})

test('a paused server goes on answering commands', async () => {
  const { server, port } = await start()
  await using _ = server
  server.throttles.serverGlobal.write.pause()
  const { client } = await download(port)
  await client.command('NOOP', 200)
  expect(bytesOf(server)).toEqual([0])
  server.throttles.serverGlobal.write.resume()
  await client.reply(226)
})

test('ABOR ends a transfer that waits for a throttle', async () => {
  const { server, port } = await start()
  await using _ = server
  server.throttles.serverGlobal.write.pause()
  const { client } = await download(port)
  client.send('ABOR')
  expect(await client.codes(2)).toEqual([426, 226])
  expect(server.throttles.serverGlobal.write.stats.waiters).toBe(0)
})

test('a stream that waits for a throttle does not stall', async () => {
  const { server, port } = await start({ stallTimeout: 50 })
  await using _ = server
  server.throttles.serverGlobal.write.pause()
  const { client } = await download(port)
  await new Promise((resolve) => setTimeout(resolve, 200))
  server.throttles.serverGlobal.write.resume()
  await client.reply(226)
})

test('a connection shows itself, and nothing of the server', async () => {
  const { server, port } = await start({ users: [{ name: 'ann', password: 'secret' }] })
  await using _ = server
  await using _client = await LineClient.login(port, 'ann', 'secret')
  const shown = inspect(server.connections) + JSON.stringify(server.connections)
  expect(shown).toContain('"user":"ann"')
  expect(shown).not.toMatch(/secret|host|clock/)
})

test('throttles of users are forgotten when they have left, unless somebody has asked for them', async () => {
  const { server, port } = await start()
  await using _ = server
  const client = await LineClient.login(port)
  const { userGlobal } = server.connections[0]?.throttles ?? {}
  await client.command('QUIT', 221)
  await client.end()
  await vi.waitFor(() => expect(server.connections).toHaveLength(0))
  expect(server.user('anonymous').throttles.userGlobal).not.toBe(userGlobal)
  server.user('anonymous').throttles.userGlobal.write.limit = 5_000
  await using _second = await LineClient.login(port)
  expect(server.connections[0]?.throttles.userGlobal?.write.limit).toBe(5_000)
})

test('a connection that has gone lets go of its throttles, also if somebody asks for them then', async () => {
  const { server, port } = await start({ limits: { serverPerConnection: 1_000 } })
  await using _ = server
  const gone = new Promise<ConnectionInfo>((resolve) => server.once('disconnect', resolve))
  const client = await LineClient.login(port)
  client.socket.destroy()
  const { throttles } = await gone
  server.throttles.serverPerConnection.write.limit = 2_000
  expect(throttles.serverPerConnection?.write.limit).toBe(1_000)
})
