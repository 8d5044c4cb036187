import { Duplex, PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Client, ClientPool } from '../src/ftp/client/index.ts'
import { MemoryFileSystem, Server, type ServerOptions } from '../src/ftp/server/index.ts'
import { openConnection, StreamIO, Throttle, ThrottledStreamWriter, throttle, throttleSocket } from '../src/index.ts'
import { VirtualClock } from '../src/testing/index.ts'

const host = '127.0.0.1'
/** Nobody listens there, and nobody must be asked. */
const port = 1

const ann = { name: 'ann', password: 'secret' }
const text = '30s' as never
const times: Readonly<Record<string, () => unknown>> = {
  "'timeout'": () => Client.connect(host, { port, timeout: text }),
  "'stall'": () => Client.connect(host, { port, timeouts: { stall: text } }),
  "'keepAlive'": () => new ClientPool(host, { keepAlive: text }),
  "'idleTimeout'": () => new Server({ idleTimeout: text }),
  "'loginDelay'": () => new Server({ loginDelay: text }),
  "'maxLoginDelay'": () => new Server({ maxLoginDelay: text }),
  "'readTimeout'": () => new StreamIO(new PassThrough(), { readTimeout: text }),
  "'connectTimeout'": () => openConnection({ host, port, connectTimeout: text }),
  "'resetRate'": () => new Throttle({ resetRate: text }),
  'the interval between sends': () => new ThrottledStreamWriter(new PassThrough(), { minSendIntervalMs: text }),
  "'ms'": () => new VirtualClock().sleep(text),
  "'within'": () => new VirtualClock().run(() => {}, { within: text }),
}
for (const [what, call] of Object.entries(times)) {
  test(`a text for ${what} is refused, since it is a number of milliseconds`, async () => {
    const error = await (async () => call())().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toContain('must be a number of milliseconds')
    expect(String(error)).toContain(what)
    expect(String(error)).toContain('is "30s"')
  })
}

async function withClient(options: ServerOptions, body: (client: Client, files: MemoryFileSystem) => Promise<void>) {
  const files = new MemoryFileSystem()
  await using server = new Server({ fileSystem: files, ...options })
  const address = await server.listen()
  await using client = await Client.connect(address.host, { port: address.port })
  await body(client, files)
}

test('Client.upload() and downloadStream() take text for sizes, and refuse text for times', async () => {
  await withClient({}, async (client) => {
    const bytes = Buffer.alloc(2048, 'ab')
    await client.upload([bytes], 'file', { size: '2KiB' })
    await expect(client.upload([bytes], 'other', { size: '1KiB' })).rejects.toThrow('1024')
    await expect(client.upload([bytes], 'other', { size: '1Kx' })).rejects.toThrow(RangeError)
    await expect(client.upload([bytes], 'other', { size: -1 })).rejects.toThrow(RangeError)
    await using stream = await client.downloadStream('file', { offset: '1KiB' })
    expect(await stream.read(-1)).toHaveLength(1024)
    await stream.finish()
    for (const offset of ['1Kx', -1, 0.5]) {
      await expect(client.downloadStream('file', { offset })).rejects.toThrow(RangeError)
    }
    const milliseconds = 'must be a number of milliseconds, is "30s"'
    await expect(client.downloadBytes('file', { progressInterval: text })).rejects.toThrow(
      `Cannot transfer: 'progressInterval' ${milliseconds}`,
    )
    await expect(client.downloadBytes('file', { retry: { delay: text } })).rejects.toThrow(
      `Cannot transfer: 'retry.delay' ${milliseconds}`,
    )
  })
})

test('a high-water mark is a number of bytes or text', () => {
  expect(throttle(1, { highWaterMark: '64KiB' }).writableHighWaterMark).toBe(65_536)
  expect(throttle(1, { highWaterMark: 5 }).writableHighWaterMark).toBe(5)
  const writer = (highWaterMark: string | number) => new ThrottledStreamWriter(new PassThrough(), { highWaterMark })
  expect(writer('2KiB').toNodeWritable().writableHighWaterMark).toBe(2048)
  for (const wrong of [-1, 1.5, Number.NaN, '64 kilos']) {
    expect(() => throttle(1, { highWaterMark: wrong })).toThrow(RangeError)
    expect(() => writer(wrong)).toThrow(RangeError)
  }
})

test('MemoryFileSystem takes text for a size', async () => {
  await withClient({ fileSystem: new MemoryFileSystem({ maxBytes: '1KiB' }) }, async (client) => {
    await client.upload(Buffer.alloc(1000), 'fits')
    await expect(client.upload(Buffer.alloc(1000), 'does not')).rejects.toThrow('452')
  })
  expect(() => new MemoryFileSystem({ maxBytes: 'lots' })).toThrow(RangeError)
})

const servers: { title: string; options: unknown; says: string }[] = [
  {
    title: 'limits of text',
    options: { limits: '1MiB/s' },
    says: `'limits' must be { serverGlobal, serverPerConnection }, is "1MiB/s"`,
  },
  {
    title: 'limits of a number',
    options: { limits: 5 },
    says: "'limits' must be { serverGlobal, serverPerConnection }, is 5",
  },
  {
    title: 'limits of null',
    options: { limits: null },
    says: "'limits' must be { serverGlobal, serverPerConnection }, is null",
  },
  {
    title: 'the name of another limit',
    options: { limits: { userGlobal: '1MiB/s' } },
    says: "'limits.userGlobal' is no option",
  },
  {
    title: 'a half of a limit',
    options: { limits: { serverGlobal: { raed: 1 } } },
    says: 'must be a rate, null, { read, write }',
  },
  {
    title: "a user's limits of text",
    options: { users: [{ ...ann, limits: '1MiB/s' }] },
    says: `Cannot use as the user "ann": 'limits' must be { userGlobal, userPerConnection }, is "1MiB/s"`,
  },
  {
    title: "a user's permission",
    options: { users: [{ ...ann, permission: 'read-only' }] },
    says: "'permission' is no option; did you mean 'permissions'?",
  },
  { title: 'a guest of text', options: { anonymous: 'read-only' }, says: "'anonymous' must be" },
  { title: 'a user of text', options: { users: ['ann'] }, says: 'Cannot use as a user' },
  { title: 'requireTls of text', options: { requireTls: 'yes' }, says: "'requireTls' must be" },
  { title: 'TLS without a key', options: { tls: {} }, says: "'tls' must have a key and a cert" },
  { title: 'TLS with a key alone', options: { tls: { key: 'x' } }, says: "'tls' must have a key and a cert" },
  { title: 'TLS of true', options: { tls: true }, says: "'tls' must be the options of tls.createServer" },
]
for (const { title, options, says } of servers) {
  test(`Server() refuses ${title}`, () => {
    expect(() => new Server(options as ServerOptions)).toThrow(TypeError)
    expect(() => new Server(options as ServerOptions)).toThrow(says)
  })
}

test('Server() takes TLS whose certificates come from a function', () => {
  new Server({ tls: { SNICallback: () => {} } })
})

test('a host is a name or an address wherever one connects', async () => {
  const url = 'ftp://127.0.0.1:2121/'
  const says = `'host' must be a name or an address, not a URL, is "${url}"; give the port as 'port'`
  await expect(Client.connect(url)).rejects.toThrow(`Cannot connect to an FTP server: ${says}`)
  expect(() => new ClientPool(url)).toThrow(says)
  await expect(openConnection({ host: url, port })).rejects.toThrow(`Cannot connect: ${says}`)
  await expect(new Server().listen({ host: url })).rejects.toThrow(`Cannot listen: ${says}`)
  await expect(Client.connect('127.0.0.1:2121')).rejects.toThrow("give the port as 'port'")
})

test('throttleSocket() refuses a stream that is no socket, and leaves it as it is', async () => {
  for (const stream of [new PassThrough(), new Duplex({ read() {}, write() {} })]) {
    const { push, _write } = stream
    expect(() => throttleSocket(stream as never, 1)).toThrow(
      `must be a net.Socket, is a ${stream.constructor.name}; for other streams use throttle()`,
    )
    expect([stream.push, stream._write]).toEqual([push, _write])
  }
  expect(() => throttleSocket(null as never, 1)).toThrow('must be a net.Socket, is null')
})

test('throttle({}) does not limit until it is given a throttle', async () => {
  const limited = throttle({})
  limited.resume()
  limited.write(Buffer.alloc(5_000_000))
  while (limited.stats.bytes < 5_000_000) await delay(1)
  limited.throttles.late = new Throttle({ limit: 1 })
  limited.write('xx')
  await delay(1)
  expect(limited.stats.heldBy?.name).toBe('late')
  limited.destroy()
})
