import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import tls from 'node:tls'
import { Throttle, throttleSocket } from 'sluice'
import { afterEach, describe, expect, test } from 'vitest'

const MIB = 1024 * 1024
const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
const servers: (Server | http.Server)[] = []
const sockets = new Set<Socket>()

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed))
})

async function listen<T extends Server>(server: T): Promise<number> {
  servers.push(server)
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function connect(port: number): Socket {
  const socket = net.connect(port, '127.0.0.1')
  sockets.add(socket)
  return socket
}

/** Bytes that differ everywhere, so that a lost or doubled piece shows. */
function pattern(bytes: number): Buffer {
  const words = new Uint32Array(bytes / 4)
  for (let i = 0; i < words.length; i++) words[i] = i
  return Buffer.from(words.buffer)
}

function deferred<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** Everything up to the end; unlike `for await` it does not destroy the socket then. */
async function receive(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await once(socket, 'end')
  return Buffer.concat(chunks)
}

describe('throttleSocket()', () => {
  test('holds what is written to the limit and loses nothing', async () => {
    const port = await listen(
      net.createServer((socket) => {
        throttleSocket(socket, '2MiB/s')
        socket.end(pattern(MIB))
      }),
    )
    const start = performance.now()
    expect((await receive(connect(port))).equals(pattern(MIB))).toBe(true)
    expect(performance.now() - start).toBeGreaterThan(450)
  })

  test('holds what is read to the limit, holds the sender up meanwhile and loses nothing', async () => {
    const received = deferred<{ bytes: Buffer; elapsed: number }>()
    const port = await listen(
      net.createServer(async (socket) => {
        const start = performance.now()
        throttleSocket(socket, '8MiB/s')
        received.resolve({ bytes: await receive(socket), elapsed: performance.now() - start })
      }),
    )
    const sender = connect(port)
    sender.end(pattern(4 * MIB))
    const { bytes, elapsed } = await received.promise
    expect(bytes.equals(pattern(4 * MIB))).toBe(true)
    expect(elapsed).toBeGreaterThan(450)
  })

  test('lets both directions go on at once under one shared throttle', async () => {
    const throttle = new Throttle({ limit: '2MiB/s' })
    const port = await listen(
      net.createServer((socket) => {
        throttleSocket(socket, throttle)
        socket.pipe(socket)
      }),
    )
    const start = performance.now()
    const socket = connect(port)
    socket.end(pattern(MIB))
    expect((await receive(socket)).equals(pattern(MIB))).toBe(true)
    // A mebibyte each way, two in all.
    expect(performance.now() - start).toBeGreaterThan(950)
    expect(throttle.stats.bytes).toBe(2 * MIB)
  })

  test('keeps strings, their encodings and corked writes in order', async () => {
    const port = await listen(
      net.createServer((socket) => {
        throttleSocket(socket, '1MiB/s')
        socket.cork()
        socket.write('häll')
        socket.write('6f20', 'hex')
        socket.write(Buffer.from('w'))
        socket.write('')
        process.nextTick(() => socket.uncork())
        socket.end('orld')
      }),
    )
    expect((await receive(connect(port))).toString()).toBe('hällo world')
  })

  test('limits the requests and the responses of an HTTP server', async () => {
    const server = http.createServer(async (request, response) => {
      let bytes = 0
      for await (const chunk of request) bytes += chunk.length
      response.end(Buffer.alloc(bytes))
    })
    const throttle = new Throttle({ limit: '2MiB/s' })
    server.on('connection', (socket) => throttleSocket(socket, throttle))
    const port = await listen(server)
    const start = performance.now()
    const response = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: new Uint8Array(MIB / 2) })
    expect((await response.arrayBuffer()).byteLength).toBe(MIB / 2)
    expect(performance.now() - start).toBeGreaterThan(450)
    expect(throttle.stats.bytes).toBeGreaterThan(MIB)
  })

  test('limits a TLS socket', async () => {
    const server = tls.createServer(
      { key: fixture('localhost-key.pem'), cert: fixture('localhost-cert.pem') },
      (socket) => {
        throttleSocket(socket, '2MiB/s')
        socket.pipe(socket)
      },
    )
    const port = await listen(server)
    const socket = tls.connect({ port, host: '127.0.0.1', ca: fixture('localhost-cert.pem'), servername: 'localhost' })
    sockets.add(socket)
    const start = performance.now()
    socket.end(pattern(MIB))
    expect((await receive(socket)).equals(pattern(MIB))).toBe(true)
    expect(performance.now() - start).toBeGreaterThan(450)
  })

  test('holds back while the reader does, and goes on when it does', async () => {
    const accepted = deferred<Socket>()
    const port = await listen(net.createServer({ pauseOnConnect: true }, accepted.resolve))
    const sender = connect(port)
    sender.end(pattern(MIB))
    const socket = await accepted.promise
    const { stats } = throttleSocket(socket, '20MiB/s')
    socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(stats.read.bytes).toBeLessThan(MIB / 2)
    const received = receive(socket)
    socket.resume()
    expect((await received).equals(pattern(MIB))).toBe(true)
  })

  test('lets the limit be changed and taken away while bytes flow', async () => {
    const accepted = deferred<Socket>()
    const port = await listen(net.createServer(accepted.resolve))
    const received = receive(connect(port))
    const socket = await accepted.promise
    const limits = throttleSocket(socket, '1KiB/s')
    socket.end(pattern(MIB))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(limits.stats.write.heldBy?.name).toBe('default')
    delete limits.throttles.default
    expect((await received).equals(pattern(MIB))).toBe(true)
    expect(limits.stats.write).toMatchObject({ bytes: MIB, heldBy: undefined })
  })

  test('does not take the wait for a throttle for an idle socket', async () => {
    const port = await listen(
      net.createServer({ allowHalfOpen: true }, async (socket) => {
        throttleSocket(socket, '32KiB/s')
        socket.setTimeout(150, () => socket.destroy(new Error('idle')))
        socket.end(await receive(socket))
      }),
    )
    const socket = connect(port)
    socket.end(Buffer.alloc(16 * 1024))
    expect((await receive(socket)).length).toBe(16 * 1024)
  })

  test('holds the idle timer up, however long it waits, and lets it run afterwards', async () => {
    const throttle = new Throttle({ limit: '1MiB/s' })
    const accepted = deferred<Socket>()
    const port = await listen(net.createServer(accepted.resolve))
    connect(port).resume()
    const socket = await accepted.promise
    let timeouts = 0
    socket.setTimeout(50, () => timeouts++)
    throttleSocket(socket, throttle)
    throttle.pause()
    socket.write('x')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(timeouts).toBe(0)
    throttle.resume()
    await once(socket, 'timeout')
    expect(timeouts).toBe(1)
  })

  test('limits what an HTTP server reads, also if it sees the socket only afterwards', async () => {
    const throttle = new Throttle({ limit: '1MiB/s' })
    const server = http.createServer(async (request, response) => {
      let bytes = 0
      for await (const chunk of request) bytes += chunk.length
      response.end(String(bytes))
    })
    server.prependListener('connection', (socket) => throttleSocket(socket, throttle))
    const port = await listen(server)
    const response = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: new Uint8Array(MIB / 4) })
    expect(await response.text()).toBe(String(MIB / 4))
    expect(throttle.stats.bytes).toBeGreaterThan(MIB / 4)
  })

  test('destroys the socket with the error of a throttle that fails to watch', async () => {
    class Failing extends Throttle {
      override append() {
        throw new Error('watch')
      }
    }
    const accepted = deferred<Socket>()
    const port = await listen(net.createServer(accepted.resolve))
    const client = connect(port)
    const socket = await accepted.promise
    throttleSocket(socket, new Failing({ limit: '1MiB/s' }))
    socket.resume()
    client.write('x')
    expect((await once(socket, 'error'))[0].message).toBe('watch')
    expect(socket.destroyed).toBe(true)
  })

  test('leaves nothing waiting when the socket is destroyed', async () => {
    const throttle = new Throttle({ limit: '1KiB/s' })
    const accepted = deferred<Socket>()
    const port = await listen(net.createServer(accepted.resolve))
    const client = connect(port)
    client.resume()
    const socket = await accepted.promise
    throttleSocket(socket, throttle)
    const failed = new Promise((resolve) => socket.write(Buffer.alloc(MIB), resolve))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(throttle.stats.waiters).toBe(1)
    socket.destroy()
    expect(await failed).toBeInstanceOf(Error)
    expect(throttle.stats.waiters).toBe(0)
  })

  test('destroys the socket with the reason of the signal', async () => {
    const controller = new AbortController()
    const accepted = deferred<Socket>()
    const port = await listen(net.createServer(accepted.resolve))
    connect(port).resume()
    const socket = await accepted.promise
    throttleSocket(socket, '1KiB/s', { signal: controller.signal })
    socket.write(Buffer.alloc(MIB))
    const reason = new Error('enough')
    controller.abort(reason)
    expect((await once(socket, 'error'))[0]).toBe(reason)
  })

  test('shares a throttle between sockets', async () => {
    const throttle = new Throttle({ limit: '8MiB/s' })
    const port = await listen(
      net.createServer((socket) => {
        throttleSocket(socket, throttle)
        socket.on('error', () => {})
        socket.end(Buffer.alloc(32 * MIB))
      }),
    )
    const clients = Array.from({ length: 8 }, () => connect(port))
    const counts = clients.map((client) => {
      const count = { bytes: 0 }
      client.on('data', (chunk) => {
        count.bytes += chunk.length
      })
      return count
    })
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const bytes = counts.map((count) => count.bytes)
    const sum = bytes.reduce((a, b) => a + b, 0)
    const jain = sum ** 2 / (bytes.length * bytes.reduce((a, b) => a + b * b, 0))
    expect(sum).toBeLessThan(8.5 * MIB)
    expect(jain).toBeGreaterThan(0.99)
  })

  const wrong = [
    { title: 'no socket', arguments_: [undefined, 1], error: TypeError },
    { title: 'a limit of 0', arguments_: [new net.Socket(), 0], error: RangeError },
    { title: 'a limit that is no rate', arguments_: [new net.Socket(), '10 furlongs'], error: /10 furlongs/ },
    { title: 'a throttle that is none', arguments_: [new net.Socket(), { a: 1 }], error: /'a'/ },
    { title: 'null', arguments_: [null, 1], error: TypeError },
    { title: 'a stream that is only readable', arguments_: [Readable.from([]), 1], error: TypeError },
    {
      title: 'a throttle for one direction under a name',
      arguments_: [new net.Socket(), { a: new Throttle() }],
      error: TypeError,
    },
    { title: 'a weight of 0', arguments_: [new net.Socket(), 1, { weight: 0 }], error: RangeError },
    {
      title: 'a signal that is none',
      arguments_: [new net.Socket(), 1, { signal: 'stop' }],
      error: /must be an AbortSignal/,
    },
    { title: 'options of null', arguments_: [new net.Socket(), 1, null], error: TypeError },
  ]
  for (const { title, arguments_, error } of wrong) {
    test(`refuses ${title}, and leaves the socket alone`, () => {
      expect(() => throttleSocket(...(arguments_ as unknown as Parameters<typeof throttleSocket>))).toThrow(error)
      const [socket] = arguments_
      if (socket instanceof net.Socket) {
        expect(Object.keys(socket)).not.toContain('_write')
        expect(socket.push).toBe(net.Socket.prototype.push)
        expect(socket.destroyed).toBe(false)
      }
    })
  }
})
