import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { expect, test } from 'vitest'
import { LineClient } from '../../../test/fixtures/line-client.ts'
import { localhost } from '../../../test/fixtures/loopback.ts'
import { MemoryFileSystem, Server, type ServerOptions } from './index.ts'

const content = randomBytes(300_000)
const trusted: ConnectionOptions = { ca: localhost.cert, servername: 'localhost', rejectUnauthorized: true }
const versions = ['TLSv1.2', 'TLSv1.3'] as const

async function start(options: ServerOptions = {}) {
  const server = new Server({ tls: localhost, ...options })
  const { port } = await server.listen()
  return { server, port }
}

async function logIn(client: LineClient): Promise<void> {
  await client.command('USER anonymous', 331)
  await client.command('PASS x', 230)
}

async function secured(port: number, tls: ConnectionOptions = trusted): Promise<LineClient> {
  const client = await LineClient.connect(port)
  await client.reply(220)
  await client.startTls(tls)
  await logIn(client)
  return client
}

for (const version of versions) {
  const tls = { ...trusted, minVersion: version, maxVersion: version }

  test(`AUTH TLS goes over to ${version}, and PROT P has data encrypted too`, async () => {
    const { server, port } = await start()
    await using _ = server
    await using client = await secured(port, tls)
    expect(server.connections[0]?.secure).toBe(true)
    await client.store('STOR clear', 'in the clear')
    await client.command('PROT P', 503)
    await client.command('PBSZ 0', 200)
    await client.command('PROT P', 200)
    await client.store('STOR file', content, tls)
    expect((await client.fetch('RETR file', tls)).equals(content)).toBe(true)
    await client.store('STOR empty', '', tls)
    expect(String(await client.fetch('NLST', tls)).split('\r\n')).toContain('empty')
    await client.command('PROT C', 200)
    expect(String(await client.fetch('RETR clear'))).toBe('in the clear')
  })

  test(`Server({ tlsMode: 'implicit' }) speaks ${version} from the start, on data connections too`, async () => {
    const { server, port } = await start({ tlsMode: 'implicit' })
    await using _ = server
    expect(server.url).toMatch(/^ftps:/)
    await using client = await LineClient.implicit(port, tls)
    await client.reply(220)
    await logIn(client)
    await client.command('AUTH TLS', 503)
    await client.store('STOR file', content, tls)
    expect((await client.fetch('RETR file', tls)).equals(content)).toBe(true)
  })

  test(`Server({ requireTlsSessionReuse }) lets data connections in that resume a session of ${version} only`, async () => {
    const { server, port } = await start({ requireTlsSessionReuse: true })
    await using _ = server
    await using client = await LineClient.connect(port)
    await client.reply(220)
    let session: Buffer | undefined
    const socket = await client.startTls(tls)
    socket.on('session', (ticket: Buffer) => {
      session = ticket
    })
    session ??= socket.getSession()
    await logIn(client)
    await client.command('PBSZ 0', 200)
    await client.command('PROT P', 200)
    await client.store('STOR file', 'x', { ...tls, session })
    expect(String(await client.fetch('RETR file', { ...tls, session }))).toBe('x')
    const dataPort = await client.passivePort()
    client.send('RETR file')
    const fresh = connect(dataPort)
    const { connect: connectTls } = await import('node:tls')
    connectTls({ ...tls, socket: fresh }).on('error', () => {})
    expect(await client.codes(2)).toEqual([150, 522])
    await client.command('NOOP', 200)
  })
}

test('AUTH forgets what was sent in the clear behind it', async () => {
  const { server, port } = await start()
  await using _ = server
  const commands: string[] = []
  server.on('command', (_, { verb }) => void commands.push(verb))
  await using client = await LineClient.connect(port)
  await client.reply(220)
  client.send('USER anonymous', 'PASS x')
  expect(await client.codes(2)).toEqual([331, 230])
  client.sendRaw('AUTH TLS\r\nMKD evil\r\nPWD\r\nDELE x')
  await client.reply(234)
  const { connect: connectTls } = await import('node:tls')
  client.socket.removeAllListeners('data')
  const socket = connectTls({ ...trusted, socket: client.socket })
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  // Who was logged in in the clear is not any more, and no reply to what was injected comes.
  socket.write('PWD\r\n')
  const reply = await new Promise((resolve) => socket.once('data', resolve))
  expect(String(reply)).toMatch(/^530 /)
  expect(commands).toEqual(['USER', 'PASS', 'AUTH', 'PWD'])
  socket.destroy()
})

test('AUTH knows TLS only, and only once', async () => {
  const { server, port } = await start()
  await using _ = server
  await using client = await LineClient.connect(port)
  await client.reply(220)
  await client.command('AUTH KERBEROS', 504)
  await client.startTls(trusted)
  await client.command('AUTH TLS', 503)
  await client.command('CCC', 534)
  await client.command('PBSZ 0', 200)
  await client.command('PROT E', 536)
  await client.command('PROT X', 504)
  expect((await client.command('FEAT', 211)).lines).toEqual(expect.arrayContaining([' AUTH TLS', ' PBSZ', ' PROT']))
})

test('Server({ requireTls }) lets nobody in in the clear, nor transfer', async () => {
  const { server, port } = await start({ requireTls: true })
  await using _ = server
  await using clear = await LineClient.connect(port)
  await clear.reply(220)
  await clear.command('USER anonymous', 530)
  await using client = await secured(port)
  await client.passivePort()
  await client.command('NLST', 521)
  await client.command('PBSZ 0', 200)
  await client.command('PROT C', 534)
  await client.command('PROT P', 200)
  expect(await client.fetch('NLST', trusted)).toHaveLength(0)
})

test('a handshake that is none ends the connection, on control and data', async () => {
  const { server, port } = await start()
  await using _ = server
  await using client = await LineClient.connect(port)
  await client.reply(220)
  await client.command('AUTH TLS', 234)
  client.sendRaw('this is no TLS\r\n')
  await client.end()

  await using second = await secured(port)
  await second.command('PBSZ 0', 200)
  await second.command('PROT P', 200)
  const socket = await second.data()
  await second.command('NLST', 150)
  socket.write('this is no TLS either\r\n')
  await second.reply(425)
  await second.command('NOOP', 200)
  expect(server.connections).toHaveLength(1)
})

test('Server({ handshakeTimeout }) does not wait for ever', async () => {
  const { server, port } = await start({ handshakeTimeout: 50 })
  await using _ = server
  await using client = await LineClient.connect(port)
  await client.reply(220)
  await client.command('AUTH TLS', 234)
  await client.end()
  const implicit = await start({ handshakeTimeout: 50, tlsMode: 'implicit' })
  await using __ = implicit.server
  const socket = connect(implicit.port, '127.0.0.1')
  socket.on('error', () => {})
  await new Promise((resolve) => socket.resume().once('close', resolve))
})

test('Server.setSecureContext() takes another certificate', async () => {
  const { server, port } = await start()
  await using _ = server
  server.setSecureContext(localhost)
  await using _client = await secured(port)
  await using plain = new Server()
  expect(() => plain.setSecureContext(localhost)).toThrow(TypeError)
})

test('ABOR works in mid-transfer over TLS', async () => {
  const fileSystem = new MemoryFileSystem()
  const { server, port } = await start({ fileSystem, limits: { serverGlobal: '50kB/s' } })
  await using _ = server
  const file = await fileSystem.open('/file', 'write')
  await file.write(content, 0, content.length, 0)
  await file.close()
  await using client = await secured(port)
  await client.command('PBSZ 0', 200)
  await client.command('PROT P', 200)
  const dataPort = await client.passivePort()
  client.send('RETR file')
  const { connect: connectTls } = await import('node:tls')
  const socket = connectTls({ port: dataPort, ...trusted })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('data', resolve))
  client.send('ABOR')
  expect(await client.codes(3)).toEqual([150, 426, 226])
  await client.command('NOOP', 200)
})

test('Server({ tls }) takes a key that an engine of OpenSSL has in place of one of its own', () => {
  const create = (tls: ServerOptions['tls']) => () => new Server({ tls })
  const { cert } = localhost
  const refused = "'tls' must have a key and a cert"
  // There is no such engine: that is for Node to say.
  const engine = { privateKeyEngine: 'nosuch', privateKeyIdentifier: 'key' }
  expect(create({ cert, ...engine })).not.toThrow(refused)
  expect(create({ cert, privateKeyEngine: 'nosuch' })).toThrow(refused)
  expect(create(engine)).toThrow(refused)
})
