import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
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
  // It was for that one, whatever became of it.
  for (const line of ['RETR nowhere', 'NLST', 'STOU']) {
    await client.command('REST 4', 350)
    await client.command(line)
    expect([line, String(await client.fetch('RETR file'))]).toEqual([line, '0123abc'])
  }
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
  expect((await client.command('STAT', 211)).lines[4]).toMatch(/^ ?STOR \/file: 3 B, [\d.]+ ([KM]i)?B\/s$/)
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

test('Server() tells who it was when a transfer is cut short, whoever ends it', async () => {
  const ends: Record<string, (server: Server, client: LineClient) => unknown> = {
    'the server closes': (server) => server.close({ drain: false }),
    'the connection is closed': (server) => server.connections[0]?.close(),
    'the client goes': (_, client) => client.socket.resetAndDestroy(),
  }
  for (const [title, end] of Object.entries(ends)) {
    const { server, client } = await start()
    await using _ = server
    const told: unknown[] = []
    server.on('transfer', ({ user }, phase, transfer) => told.push([phase, user, transfer.user]))
    server.on('disconnect', ({ user }) => told.push(['disconnect', user]))
    const socket = await client.data()
    await client.command('STOR new', 150)
    socket.on('error', () => {})
    socket.write('xy')
    await vi.waitFor(() => expect(server.connections[0]?.transfer?.bytes).toBe(2))
    void end(server, client)
    await vi.waitFor(() => expect(told, title).toHaveLength(3))
    expect(told.sort(), title).toEqual([
      ['begin', 'anonymous', 'anonymous'],
      ['disconnect', 'anonymous'],
      ['end', 'anonymous', 'anonymous'],
    ])
    socket.destroy()
  }
})

test("Server({ partialUploads: 'remove' }) removes a new file when its client goes", async () => {
  const { server, client, fileSystem } = await start({ partialUploads: 'remove' })
  await using _ = server
  const errors: unknown[] = []
  server.on('error', (error) => void errors.push(error))
  const socket = await client.data()
  await client.command('STOR new', 150)
  socket.write('xy')
  await vi.waitFor(() => expect(server.connections[0]?.transfer?.bytes).toBe(2))
  client.socket.resetAndDestroy()
  await vi.waitFor(() => expect(fileSystem.stat('/new')).rejects.toMatchObject({ code: 'ENOENT' }))
  expect(errors).toEqual([])
  socket.destroy()
})

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

test('ABOR ends HASH', async () => {
  const { server, client } = await start()
  await using _ = server
  await client.store('STOR file', content)
  client.send('HASH file', 'ABOR', 'HASH file')
  expect(await client.codes(3)).toEqual([426, 226, 213])
})
