import { connect } from 'node:net'
import { expect, test, vi } from 'vitest'
import { LineClient } from '../../../test/fixtures/line-client.ts'
import { ClosedError } from '../../errors.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { Server, type ServerOptions } from './index.ts'

async function start(options: ServerOptions = {}) {
  const server = new Server(options)
  const { port } = await server.listen()
  return { server, port }
}

test('commands that come at once are answered in their order', async () => {
  const { server, port } = await start()
  await using _ = server
  await using client = await LineClient.login(port)
  const lines = Array.from({ length: 10_000 }, (_, i) => (i % 3 === 0 ? 'PWD' : i % 3 === 1 ? 'NOOP' : 'NOPE'))
  client.send(...lines)
  const codes = await client.codes(10_000)
  expect(codes).toEqual(lines.map((line) => ({ PWD: 257, NOOP: 200, NOPE: 500 })[line]))
})

test('a client that does not take its replies is not read from any more', async () => {
  const { server, port } = await start()
  await using _ = server
  const client = await LineClient.login(port)
  client.socket.pause()
  const flood = Buffer.from('HELP\r\n'.repeat(20_000))
  for (let i = 0; i < 100; i++) client.sendRaw(flood)
  // What it says stays in its own buffers: 12 MB are more than the system takes between two sockets.
  const before = process.memoryUsage().rss
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(client.socket.writableLength).toBeGreaterThan(1_000_000)
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  client.socket.destroy()
  await vi.waitFor(() => expect(server.connections).toHaveLength(0))
})

const garbage: [title: string, bytes: Uint8Array | string][] = [
  ['bytes that are no text', Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7) % 256)],
  ['a line without an end', 'A'.repeat(100_000)],
  ['empty lines', '\r\n'.repeat(5_000)],
  ['a request of HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['Telnet commands', Uint8Array.from({ length: 999 }, (_, i) => 240 + (i % 16))],
  ['NULs', '\0'.repeat(1_000)],
]
for (const [title, bytes] of garbage) {
  test(`the server survives ${title}`, async () => {
    const { server, port } = await start()
    await using _ = server
    server.on('error', (error) => {
      throw error
    })
    await using client = await LineClient.login(port)
    client.sendRaw(bytes)
    client.sendRaw('\r\n')
    client.send('NOOP')
    for (;;) if ((await client.reply()).code === 200) break
    client.socket.resetAndDestroy()
    await using second = await LineClient.login(port)
    await second.command('NOOP', 200)
  })
}

test('a line that is too long is answered with 500, and the next is read', async () => {
  const { server, port } = await start()
  await using _ = server
  await using client = await LineClient.login(port)
  client.send(`CWD ${'x'.repeat(5_000)}`, 'NOOP')
  expect(await client.codes(2)).toEqual([500, 200])
})

test('a browser that is made to speak to the server is sent away', async () => {
  const { server, port } = await start()
  await using _ = server
  await using client = await LineClient.connect(port)
  client.sendRaw('POST / HTTP/1.1\r\nHost: x\r\n\r\nUSER anonymous\r\nPASS x\r\nDELE a\r\n')
  expect(await client.codes(2)).toEqual([220, 421])
  await client.end()
})

test('a name with NUL in it is refused', async () => {
  const { server, port } = await start()
  await using _ = server
  await using client = await LineClient.login(port)
  await client.command('MKD a\0b', 501)
})

test('nothing is left of clients that go at any moment', async () => {
  const { server, port } = await start({ passivePorts: { from: 21_000, to: 21_040 }, dataConnectTimeout: 200 })
  await using _ = server
  const errors: unknown[] = []
  server.on('error', (error) => void errors.push(error))
  const steps: string[][] = [
    [],
    ['USER anonymous'],
    ['USER anonymous', 'PASS x', 'EPSV'],
    ['USER anonymous', 'PASS x', 'EPSV', 'STOR x'],
    ['USER anonymous', 'PASS x', 'EPSV', 'NLST', 'ABOR'],
    ['USER anonymous', 'PASS x', 'EPSV', 'STOR x', 'QUIT'],
  ]
  for (let i = 0; i < 60; i++) {
    const client = await LineClient.connect(port)
    client.send(...(steps[i % steps.length] ?? []))
    if (i % 2) await client.reply(220)
    if (i % 4 > 1) client.socket.resetAndDestroy()
    else client.socket.end()
  }
  await vi.waitFor(() => expect(server.connections).toHaveLength(0), 5_000)
  expect(errors).toEqual([])
  // All ports are free again.
  await using client = await LineClient.login(port)
  for (let i = 0; i < 45; i++) await client.command('EPSV', 229)
})

test('the end of the control connection ends a transfer, unless QUIT was said', async () => {
  const { server, port } = await start()
  await using _ = server
  const ends: unknown[] = []
  server.on('transfer', (_, phase, { error }) => phase === 'end' && ends.push(error))
  for (const says of [[], ['QUIT']]) {
    const client = await LineClient.login(port)
    const socket = await client.data()
    await client.command('STOR file', 150)
    await vi.waitFor(() => expect(server.connections[0]?.transfer).toBeDefined())
    client.send(...says)
    client.socket.end()
    if (says.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      socket.end('whole')
      expect(await client.codes(2)).toEqual([226, 221])
    }
    await client.end()
    await vi.waitFor(() => expect(server.connections).toHaveLength(0))
    socket.destroy()
  }
  expect(ends).toEqual([expect.any(ClosedError), undefined])
})

test('Server({ maxConnections }) greets who is too many with 421', async () => {
  const { server, port } = await start({ maxConnections: 2 })
  await using _ = server
  const first = await LineClient.login(port)
  await using _second = await LineClient.login(port)
  await using third = await LineClient.connect(port)
  await third.reply(421)
  await third.end()
  await first.command('QUIT', 221)
  await first.end()
  await vi.waitFor(() => expect(server.connections).toHaveLength(1))
  await using _fourth = await LineClient.login(port)
})

test('Server({ maxConnectionsPerAddress }) counts each address for itself', async () => {
  const { server, port } = await start({ maxConnectionsPerAddress: 1 })
  await using _ = server
  await using _first = await LineClient.login(port)
  await using second = await LineClient.connect(port)
  await second.reply(421)
  const other = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
  const greeting = await new Promise((resolve) => other.once('data', resolve))
  expect(String(greeting)).toMatch(/^220 /)
  other.destroy()
})

test('Server({ idleTimeout }) sends idle clients away, but not in mid-transfer', async () => {
  const clock = new VirtualClock()
  const { server, port } = await start({ clock, idleTimeout: 1_000, stallTimeout: null, loginTimeout: 5_000 })
  await using _ = server
  await using idle = await LineClient.login(port)
  await using busy = await LineClient.login(port)
  await clock.advance(700)
  await idle.command('NOOP', 200)
  const socket = await busy.data()
  await busy.command('STOR file', 150)
  await clock.advance(700)
  await idle.command('NOOP', 200)
  await clock.advance(1_100)
  await idle.reply(421)
  await idle.end()
  await vi.waitFor(() => expect(server.connections.map(({ id }) => id)).toEqual([2]))
  socket.end('x')
  await busy.reply(226)
  await clock.advance(900)
  await busy.command('NOOP', 200)
  await clock.advance(1_100)
  await busy.reply(421)
})

test('Server({ idleTimeout }) takes neither empty lines nor half ones for commands', async () => {
  const clock = new VirtualClock()
  const { server, port } = await start({ clock, idleTimeout: 1_000 })
  await using _ = server
  const clients = [await LineClient.login(port), await LineClient.login(port)]
  for (let i = 0; i < 3; i++) {
    clients[0]?.sendRaw('\r\n\r\n')
    clients[1]?.sendRaw('NO')
    await new Promise((resolve) => setTimeout(resolve, 20))
    await clock.advance(400)
  }
  for (const client of clients) await client.reply(421)
})

test('Server({ loginTimeout }) bounds the time before the login, whatever is sent', async () => {
  const clock = new VirtualClock()
  const { server, port } = await start({ clock, loginTimeout: 1_000 })
  await using _ = server
  await using client = await LineClient.connect(port)
  await client.reply(220)
  for (let i = 0; i < 3; i++) {
    await clock.advance(300)
    await client.command('NOOP', 200)
  }
  await clock.advance(300)
  await client.reply(421)
  await client.end()
})

test('Server.close() waits for transfers, and sends idle clients away', async () => {
  const { server, port } = await start()
  await using idle = await LineClient.login(port)
  await using busy = await LineClient.login(port)
  const socket = await busy.data()
  await busy.command('STOR file', 150)
  let isClosed = false
  const closed = server.close().then(() => {
    isClosed = true
  })
  await idle.reply(421)
  await idle.end()
  await expect(LineClient.connect(port)).rejects.toThrow('ECONNREFUSED')
  socket.write('more')
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(isClosed).toBe(false)
  socket.end()
  expect(await busy.codes(2)).toEqual([226, 421])
  await closed
  expect(server.connections).toEqual([])
  expect([server.address, server.url]).toEqual([undefined, ''])
  await server.close()
  await expect(server.listen()).rejects.toThrow(ClosedError)
})

test('Server.close({ drain: false }) cuts transfers, also when another call waits for them', async () => {
  const { server, port } = await start()
  await using busy = await LineClient.login(port)
  const socket = await busy.data()
  await busy.command('STOR file', 150)
  const patient = server.close()
  await server.close({ drain: false })
  await patient
  await busy.end()
  socket.destroy()
})

test('Server.close({ timeout }) and an abort cut what is left', async () => {
  for (const options of [{ timeout: 50 }, { signal: AbortSignal.timeout(50) }]) {
    const { server, port } = await start()
    await using busy = await LineClient.login(port)
    const socket = await busy.data()
    await busy.command('STOR file', 150)
    const closed = server.close(options)
    if ('signal' in options) await expect(closed).rejects.toThrow(/timeout/)
    else await closed
    expect(server.connections).toEqual([])
    socket.destroy()
  }
})

test('Server.close() ends a server that never listened, or whose clients hold their ends open', async () => {
  await new Server().close()
  const { server, port } = await start()
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await new Promise((resolve) => socket.once('data', resolve))
  await server.close({ drain: false })
  socket.destroy()
})

test('ConnectionInfo.close() sends a client away in mid-transfer', async () => {
  const { server, port } = await start()
  await using _ = server
  await using client = await LineClient.login(port)
  const socket = await client.data()
  await client.command('STOR file', 150)
  server.connections[0]?.close()
  await client.reply(421)
  await client.end()
  socket.destroy()
})

test('a listener or logger that throws harms no client', async () => {
  const lines: string[] = []
  const logger = () => {
    if (lines.pop()) throw new Error('in a logger')
  }
  const { server, port } = await start({ logger })
  await using _ = server
  const uncaught = vi.fn()
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').on('uncaughtException', uncaught)
  server.on('login', () => {
    throw new Error('in a listener')
  })
  lines.push('throw')
  await using client = await LineClient.login(port)
  await client.command('NOOP', 200)
  process.removeAllListeners('uncaughtException')
  for (const listener of before) process.on('uncaughtException', listener)
  expect(uncaught).toHaveBeenCalledTimes(2)
})

const wrong: { title: string; options: unknown }[] = [
  { title: 'an option that is misspelt', options: { roots: '/' } },
  { title: 'an option that is misspelt beside another', options: { root: '/', requireTLS: true } },
  { title: 'two file systems', options: { root: '/', fileSystem: new Server() } },
  { title: 'a file system that is none', options: { fileSystem: {} } },
  { title: 'TLS that is required and not there', options: { requireTls: true } },
  { title: 'implicit TLS without a key', options: { tlsMode: 'implicit' } },
  { title: 'a mode of TLS that there is not', options: { tlsMode: 'automatic' } },
  { title: 'a timeout of 0', options: { idleTimeout: 0 } },
  { title: 'a number of connections of 0', options: { maxConnections: 0 } },
  { title: 'passive ports in the wrong order', options: { passivePorts: { from: 10, to: 9 } } },
  { title: 'a passive host that is a name', options: { passiveHost: 'example.com' } },
  { title: 'a limit that can not be read', options: { limits: { serverGlobal: 'fast' } } },
  { title: 'a limit with a misspelt direction', options: { limits: { serverGlobal: { up: 5 } } } },
  { title: 'an encoding that there is not', options: { encoding: 'ebcdic' } },
  { title: 'users that are none', options: { users: {} } },
  { title: 'guests beside a user manager', options: { users: { authenticate() {} }, anonymous: true } },
]
for (const { title, options } of wrong) {
  test(`Server() refuses ${title}`, () => {
    expect(() => new Server(options as ServerOptions)).toThrow(/^Cannot/)
  })
}
