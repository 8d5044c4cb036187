import { randomBytes } from 'node:crypto'
import { connect, createServer, type Server as Listener, type Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import { allOf, LineClient } from '../../../test/fixtures/line-client.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { type FileSystem, MemoryFileSystem, Server, type ServerOptions, type TransferInfo } from './index.ts'

const content = randomBytes(300_000)

async function start(options: ServerOptions = {}) {
  const fileSystem = options.fileSystem ?? new MemoryFileSystem()
  const server = new Server({ ...options, fileSystem })
  const { port } = await server.listen()
  const transfers: [string, TransferInfo][] = []
  server.on('transfer', (_, phase, transfer) => void transfers.push([phase, transfer]))
  const client = await LineClient.login(port)
  return { server, client, fileSystem, port, transfers }
}

async function read(files: FileSystem, path: string): Promise<Buffer> {
  const file = await files.open(path, 'read')
  const { size } = await file.stat()
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; ) at += (await file.read(bytes, at, size - at, at)).bytesRead
  await file.close()
  return bytes
}

test('STOR and RETR move bytes as they are', async () => {
  const { server, client, fileSystem, transfers } = await start()
  await using _ = server
  await client.store('STOR file', content)
  expect((await read(fileSystem, '/file')).equals(content)).toBe(true)
  expect((await client.fetch('RETR file')).equals(content)).toBe(true)
  await client.store('STOR empty', '')
  expect(await client.fetch('RETR empty')).toHaveLength(0)
  expect(transfers.map(([phase, { verb, bytes }]) => [phase, verb, bytes])).toContainEqual(['end', 'STOR', 300_000])
  expect(transfers[3]?.[1]).toMatchObject({
    kind: 'download',
    path: '/file',
    user: 'anonymous',
    size: 300_000,
    error: undefined,
  })
  expect(server.connections).toMatchObject([{ bytesRead: 300_000, bytesWritten: 300_000, transfer: undefined }])
})

test('STOR replaces what was there, APPE adds to it', async () => {
  const { server, client, fileSystem } = await start()
  await using _ = server
  await client.store('STOR file', 'a long content')
  await client.store('STOR file', 'short')
  await client.store('APPE file', 'er')
  await client.store('APPE new', 'x')
  expect(String(await read(fileSystem, '/file'))).toBe('shorter')
  expect(String(await read(fileSystem, '/new'))).toBe('x')
})

test('REST has RETR and STOR go on where one before has ended, once', async () => {
  const { server, client, fileSystem } = await start()
  await using _ = server
  await client.store('STOR file', '0123456789')
  await client.command('REST 4', 350)
  expect(String(await client.fetch('RETR file'))).toBe('456789')
  expect(String(await client.fetch('RETR file'))).toBe('0123456789')
  await client.command('REST 4', 350)
  await client.store('STOR file', 'abc')
  expect(String(await read(fileSystem, '/file'))).toBe('0123abc')
  await client.command('REST 7', 350)
  expect(await client.fetch('RETR file')).toHaveLength(0)
  for (const verb of ['RETR', 'STOR']) {
    await client.command('REST 8', 350)
    await client.passivePort()
    await client.command(`${verb} file`, 554)
  }
  await client.command('REST 1', 350)
  await client.passivePort()
  await client.command('STOR nowhere', 550)
})

test('STOU finds a name that no other one has', async () => {
  const { server, client, fileSystem } = await start()
  await using _ = server
  const names = new Set<string>()
  for (const line of ['STOU', 'STOU', 'STOU file.txt', 'STOU file.txt']) {
    const reply = await client.store(line, line)
    const name = /FILE: (.+)$/.exec(reply.lines.join())?.[1] ?? ''
    expect(String(await read(fileSystem, `/${name}`))).toBe(line)
    names.add(name)
  }
  expect(names.size).toBe(4)
  expect(names).toContain('file.txt')
})

test('TYPE A turns line ends into CRLF and back', async () => {
  const { server, client, fileSystem } = await start()
  await using _ = server
  await client.command('TYPE A', 200)
  await client.store('STOR file', 'one\r\ntwo\rthree\nfour\r')
  expect(String(await read(fileSystem, '/file'))).toBe('one\ntwo\rthree\nfour\r')
  expect(String(await client.fetch('RETR file'))).toBe('one\r\ntwo\rthree\r\nfour\r')
  await client.command('REST 1', 350)
  await client.passivePort()
  await client.command('RETR file', 554)
})

test('RETR sends the 150 before it waits for the data connection, with the size', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.store('STOR file', content)
  const port = await client.passivePort()
  const reply = await client.command('RETR file', 150)
  expect(reply.lines[0]).toContain('(300000 bytes)')
  const bytes = await allOf(connect(port))
  expect(bytes.equals(content)).toBe(true)
  await client.reply(226)
})

test('ABOR ends a download: 426, then 226', async () => {
  const { server, client, transfers, fileSystem } = await start({ limits: { serverGlobal: { write: '10kB/s' } } })
  await using _ = server
  const file = await fileSystem.open('/file', 'write')
  await file.write(content, 0, content.length, 0)
  await file.close()
  const socket = await client.data()
  await client.command('RETR file', 150)
  await new Promise((resolve) => socket.once('data', resolve))
  client.sendRaw(Uint8Array.of(255, 244, 255)) // IAC IP, and the IAC before a DM that is urgent data
  client.send('ABOR')
  expect(await client.codes(2)).toEqual([426, 226])
  await client.command('NOOP', 200)
  await client.command('ABOR', 225)
  expect(transfers.at(-1)).toMatchObject(['end', { error: { name: 'AbortError' } }])
  socket.destroy()
})

test('ABOR ends the wait for a data connection', async () => {
  const { server, client } = await start()
  await using _ = server
  const port = await client.passivePort()
  await client.command('STOR file', 150)
  client.send('ABOR')
  expect(await client.codes(2)).toEqual([426, 226])
  await expect(
    new Promise((resolve, reject) => connect(port).on('connect', resolve).on('error', reject)),
  ).rejects.toThrow('ECONNREFUSED')
})

test('ABOR ends transfers that stand before it in the order', async () => {
  const { server, client } = await start()
  await using _ = server
  client.send('EPSV', 'RETR file', 'EPSV', 'STOR file', 'ABOR', 'NOOP')
  expect(await client.codes(6)).toEqual([229, 426, 229, 426, 226, 200])
})

test('ABOR with a data connection but no transfer closes it', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.passivePort()
  await client.command('ABOR', 225)
  await client.command('NLST', 425)
})

test('NOOP and STAT are answered in mid-transfer, other commands after it', async () => {
  const { server, client } = await start()
  await using _ = server
  const socket = await client.data()
  await client.command('STOR file', 150)
  socket.write('123')
  await vi.waitFor(() => expect(server.connections[0]?.transfer?.bytes).toBe(3))
  await client.command('NOOP', 200)
  expect((await client.command('STAT', 211)).lines.join('\n')).toContain('STOR /file: 3 bytes')
  client.send('PWD', 'NOOP', 'QUIT')
  socket.end('456')
  expect(await client.codes(4)).toEqual([226, 257, 200, 221])
  await client.end()
})

test('STOR keeps what has come when the data connection is reset, and answers 426', async () => {
  const { server, client, fileSystem } = await start()
  await using _ = server
  const socket = await client.data()
  await client.command('STOR file', 150)
  socket.write('12345')
  await vi.waitFor(() => expect(server.connections[0]?.transfer?.bytes).toBe(5))
  socket.resetAndDestroy()
  await client.reply(426)
  expect(String(await read(fileSystem, '/file'))).toBe('12345')
})

for (const [title, command, left] of [
  ['removes a new file', 'STOR new', undefined],
  ['removes no file that was there', 'STOR old', 'xy'],
  ['removes no file that was to be resumed', 'APPE old', 'whatxy'],
] as const) {
  test(`Server({ partialUploads: 'remove' }) ${title} when its upload is cut short`, async () => {
    const { server, client, fileSystem } = await start({ partialUploads: 'remove' })
    await using _ = server
    await client.store('STOR old', 'what')
    const socket = await client.data()
    await client.command(command, 150)
    socket.write('xy')
    await vi.waitFor(() => expect(server.connections[0]?.transfer?.bytes).toBe(2))
    client.send('ABOR')
    expect(await client.codes(2)).toEqual([426, 226])
    if (left === undefined) await expect(fileSystem.stat('/new')).rejects.toMatchObject({ code: 'ENOENT' })
    else expect(String(await read(fileSystem, '/old'))).toBe(left)
  })
}

test('STOR answers 452 when there is no room, and goes on', async () => {
  const { server, client } = await start({ fileSystem: new MemoryFileSystem({ maxBytes: 100_000 }) })
  await using _ = server
  const socket = await client.data()
  await client.command('STOR file', 150)
  socket.write(content)
  await client.reply(452)
  await client.command('DELE file', 250)
  await client.store('STOR file', 'small')
})

test('STOR answers as the file system fails, and tells of what nobody expects', async () => {
  const fileSystem = new MemoryFileSystem()
  const open = fileSystem.open.bind(fileSystem)
  const failures = [Object.assign(new Error('quota'), { code: 'EDQUOT' }), new Error('bug')]
  fileSystem.open = async (...args) => {
    const file = await open(...args)
    file.write = () => Promise.reject(failures.shift())
    return file
  }
  const { server, client } = await start({ fileSystem })
  await using _ = server
  const errors: unknown[] = []
  server.on('error', (error) => void errors.push(error))
  for (const code of [552, 451]) {
    const socket = await client.data()
    await client.command('STOR file', 150)
    socket.write('x')
    await client.reply(code)
  }
  expect(errors).toMatchObject([{ message: 'bug' }])
})

test('STOR tells 226 only once the file is closed', async () => {
  const fileSystem = new MemoryFileSystem()
  const open = fileSystem.open.bind(fileSystem)
  let isClosed = false
  fileSystem.open = async (...args) => {
    const file = await open(...args)
    const close = file.close.bind(file)
    file.close = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      await close()
      isClosed = true
    }
    return file
  }
  const { server, client } = await start({ fileSystem })
  await using _ = server
  await client.store('STOR file', 'x')
  expect(isClosed).toBe(true)
})

test('RETR cut by the client answers 426, and closes the file', async () => {
  const { server, client, fileSystem } = await start()
  await using _ = server
  const file = await fileSystem.open('/large', 'write')
  await file.write(Buffer.alloc(50_000_000), 0, 50_000_000, 0)
  await file.close()
  const socket = await client.data()
  await client.command('RETR large', 150)
  await new Promise((resolve) => socket.once('data', resolve))
  socket.resetAndDestroy()
  await client.reply(426)
  await client.command('NOOP', 200)
})

test('RETR resets the data connection when its file fails, so that it does not look whole', async () => {
  const fileSystem = new MemoryFileSystem()
  const { server, client } = await start({ fileSystem })
  await using _ = server
  server.on('error', () => {})
  await client.store('STOR file', content)
  let receive = () => {}
  const received = new Promise<void>((resolve) => {
    receive = resolve
  })
  const open = fileSystem.open.bind(fileSystem)
  fileSystem.open = async (...args) => {
    const file = await open(...args)
    const read = file.read.bind(file)
    file.read = async (buffer, offset, _, position) => {
      if (position === 0) return read(buffer, offset, 1_000, 0)
      await received // libuv takes a reset right behind the last bytes for an end
      throw new Error('bad sector')
    }
    return file
  }
  const socket = await client.data()
  const end = allOf(socket).catch((error: NodeJS.ErrnoException) => error.code)
  client.send('RETR file')
  await client.reply(150)
  await vi.waitFor(() => expect(socket.bytesRead).toBe(1_000))
  receive()
  await client.reply(451)
  expect(await end).toBe('ECONNRESET')
})

test('Server({ dataConnectTimeout, stallTimeout }) give up who does not connect, and who falls silent', async () => {
  const clock = new VirtualClock()
  const { server, client } = await start({ clock, dataConnectTimeout: 100, stallTimeout: 200 })
  await using _ = server
  await client.passivePort()
  await client.command('STOR file', 150)
  await clock.advance(150)
  expect((await client.reply(425)).lines[0]).toContain('100 ms')
  const socket = await client.data()
  await client.command('STOR file', 150)
  socket.write('x')
  await vi.waitFor(() => expect(server.connections[0]?.transfer?.bytes).toBe(1))
  await clock.advance(500)
  expect((await client.reply(426)).lines[0]).toContain('200 ms')
  socket.destroy()
})

test('PASV and EPSV take a data connection from the client only', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.store('STOR file', 'x')
  const port = await client.passivePort()
  const thief = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
  thief.on('error', () => {})
  await new Promise((resolve) => thief.once('close', resolve))
  client.send('RETR file')
  await client.reply(150)
  expect(String(await allOf(connect(port, '127.0.0.1')))).toBe('x')
  await client.reply(226)
})

test('PASV tells an address of IPv4, that of NAT if there is one', async () => {
  const { server, client } = await start({
    passiveHost: (address) => (address === '127.0.0.1' ? '10.1.2.3' : undefined),
  })
  await using _ = server
  expect((await client.command('PASV', 227)).lines[0]).toMatch(/\(10,1,2,3,\d+,\d+\)/)
})

test('EPSV knows families, and ALL', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.command('EPSV 1', 229)
  await client.command('EPSV 2', 522)
  await client.command('EPSV ALL', 200)
  for (const line of ['PASV', 'PORT 127,0,0,1,200,1', 'EPRT |1|127.0.0.1|5000|']) await client.command(line, 503)
  await client.command('EPSV', 229)
})

test('EPSV works over IPv6, PASV does not', async () => {
  const server = new Server()
  await using _ = server
  const { port } = await server.listen({ host: '::1' })
  expect(server.url).toBe(`ftp://[::1]:${port}`)
  const client = await LineClient.login(port, 'anonymous', 'x', '::1')
  await client.command('PASV', 425)
  await client.store('STOR file', 'x')
  await client.command('EPRT |1|127.0.0.1|5000|', 522)
})

const refused = [
  ['PORT 127,0,0,2,200,1', 504],
  ['PORT 127,0,0,1,0,80', 504],
  ['PORT 127,0,0,1,256,1', 501],
  ['PORT 127,0,0,1', 501],
  ['EPRT |1|127.0.0.2|5000|', 504],
  ['EPRT |1|127.0.0.1|1023|', 504],
  ['EPRT |3|127.0.0.1|5000|', 501],
  ['EPRT |2|::1|5000|', 522],
] as const
for (const [line, code] of refused) {
  test(`${line} is refused with ${code}`, async () => {
    const { server, client } = await start()
    await using _ = server
    await client.command(line, code)
    await client.command('NLST', 425)
  })
}

async function activeListener(): Promise<{ listener: Listener; next: Promise<Socket>; port: number }> {
  const listener = createServer({ allowHalfOpen: true })
  const next = new Promise<Socket>((resolve) => listener.once('connection', resolve))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  return { listener, next, port: typeof address === 'object' && address ? address.port : 0 }
}

test('PORT and EPRT have the server connect', async () => {
  const { server, client } = await start()
  await using _ = server
  for (const format of ['PORT', 'EPRT']) {
    const { listener, next, port } = await activeListener()
    const address = format === 'PORT' ? `127,0,0,1,${port >> 8},${port & 255}` : `|1|127.0.0.1|${port}|`
    await client.command(`${format} ${address}`, 200)
    await client.command('STOR file', 150)
    ;(await next).end('active')
    await client.reply(226)
    listener.close()
    expect(String(await client.fetch('RETR file'))).toBe('active')
  }
})

test('PORT to where nobody listens answers 425', async () => {
  const { server, client } = await start()
  await using _ = server
  const { listener, port } = await activeListener()
  await new Promise((resolve) => listener.close(resolve))
  await client.command(`PORT 127,0,0,1,${port >> 8},${port & 255}`, 200)
  client.send('STOR file')
  expect(await client.codes(2)).toEqual([150, 425])
})

test('Server({ allowActive: false }) refuses PORT and EPRT', async () => {
  const { server, client } = await start({ allowActive: false })
  await using _ = server
  await client.command('PORT 127,0,0,1,200,1', 502)
  expect((await client.command('FEAT', 211)).lines).not.toContain(' EPRT')
})

test('Server({ passivePorts }) stays within its ports, skips those in use, and gets them back', async () => {
  const busy = createServer()
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
  const address = busy.address()
  const taken = typeof address === 'object' && address ? address.port : 0
  const { server, client, port } = await start({ passivePorts: { from: taken, to: taken + 1 } })
  await using _ = server
  await using second = await LineClient.login(port)
  for (let i = 0; i < 5; i++) {
    expect(await client.passivePort()).toBe(taken + 1)
    await client.store('STOR file', 'x')
    await client.passivePort()
    await second.command('EPSV', 425)
    if (i % 2) await client.command('ABOR', 225)
    else await client.command('REIN', 220)
    if (i % 2 === 0) {
      await client.command('USER anonymous', 331)
      await client.command('PASS x', 230)
    }
  }
  busy.close()
})
