import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { type Loopback, listen, listenersOf, localhost } from '../../../test/fixtures/loopback.ts'
import { unsentBytes } from '../adapters/unsent-bytes.ts'
import { StreamIO } from './stream-io.ts'
import type { StreamIOOptions } from './stream-options.ts'

async function connected(server: Loopback, options?: StreamIOOptions) {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  const before = listenersOf(socket)
  return { socket, before, stream: new StreamIO(socket, options), peer: await server.accept() }
}

/** Everything that a socket receives, up to its end. */
async function received(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const pattern = (length: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 7 + index / 256) & 255))

describe('StreamIO over a socket', () => {
  test('moves bytes of every value both ways, unchanged', async () => {
    await using server = await listen()
    const { stream, peer } = await connected(server, { timeout: 10_000 })
    const data = pattern(3_000_000)
    peer.pipe(peer)
    const written = stream.write(data).then(() => stream.end())
    const back = await stream.read()
    await written
    expect(back.equals(data)).toBe(true)
    await stream.close()
  })

  test('reads on after end(), and ends the writing half alone', async () => {
    await using server = await listen()
    const { stream, peer } = await connected(server)
    await stream.write('all I have')
    await stream.end()
    await stream.end()
    expect((await received(peer)).toString()).toBe('all I have')
    await expect(stream.write('more')).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    peer.end('an answer\n')
    expect((await stream.readline()).toString()).toBe('an answer\n')
    expect(await stream.readline()).toHaveLength(0)
    await stream.close()
  })

  test('writes on after the other side has ended', async () => {
    await using server = await listen()
    const { stream, peer } = await connected(server)
    peer.end('bye\n')
    expect((await stream.read()).toString()).toBe('bye\n')
    const rest = received(peer)
    await stream.write('one thing more')
    await stream.close()
    expect((await rest).toString()).toBe('one thing more')
  })

  test('close() sends everything that was written, to a peer that is slow', async () => {
    await using server = await listen()
    const { stream, socket, peer } = await connected(server)
    const data = pattern(8_000_000)
    const written = stream.write(data)
    const closed = stream.close()
    await sleep(20)
    const all = await received(peer)
    await Promise.all([written, closed])
    expect(all.equals(data)).toBe(true)
    expect(socket.destroyed).toBe(true)
  })

  test('close() and a failed connection leave no listener', async () => {
    await using server = await listen()
    for (const breakUp of [() => {}, (peer: Socket) => peer.resetAndDestroy()]) {
      const { stream, socket, before, peer } = await connected(server, { timeout: 5000 })
      const read = stream.read().catch((error) => error)
      await stream.write('x')
      breakUp(peer)
      if (breakUp.length > 0) await read
      await stream.close()
      await read
      for (const [event, count] of Object.entries(listenersOf(socket))) {
        expect(count, event).toBeLessThanOrEqual(before[event] ?? 0)
      }
    }
  })

  test('a reset ends a read that waits, after the bytes before it, and is not the end of the stream', async () => {
    await using server = await listen()
    const { stream, peer } = await connected(server)
    peer.write('half a li')
    const line = stream.readline()
    line.catch(() => {})
    while ((await Promise.race([line.catch(() => 'failed'), sleep(5, 'waiting')])) === 'waiting') peer.resetAndDestroy()
    await expect(line).rejects.toMatchObject({ code: 'ECONNRESET' })
    await expect(stream.read(100)).resolves.toEqual(Buffer.from('half a li'))
    await expect(stream.read(100)).rejects.toMatchObject({ code: 'ECONNRESET' })
    await stream.close()
  })

  test('a reset ends a write that waits', async () => {
    await using server = await listen()
    const { stream, peer } = await connected(server)
    const written = (async () => {
      for (;;) await stream.write(Buffer.alloc(1_000_000))
    })()
    written.catch(() => {})
    await sleep(20)
    peer.resetAndDestroy()
    await expect(written).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) })
    await stream.close()
  })

  test('a socket that somebody destroys ends a read that waits as an error', async () => {
    await using server = await listen()
    const { stream, socket } = await connected(server)
    const read = stream.read()
    socket.destroy()
    await expect(read).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    await stream.close()
  })

  test('a silent peer times out, both ways', async () => {
    await using server = await listen()
    const { stream } = await connected(server, { timeout: 50 })
    await expect(stream.read(1)).rejects.toMatchObject({ code: 'ERR_SLUICE_TIMEOUT', phase: 'read' })
    const written = (async () => {
      for (;;) await stream.write(Buffer.alloc(1_000_000))
    })()
    await expect(written).rejects.toMatchObject({ phase: 'write' })
    await expect(stream.close()).rejects.toMatchObject({ phase: 'write' })
  })

  test('a peer whose bytes arrived while this process was busy is not silent', async () => {
    await using server = await listen()
    const { stream, peer } = await connected(server, { timeout: 200 })
    const line = stream.readline() // waits from here on
    peer.write('in time\n')
    const until = performance.now() + 250
    while (performance.now() < until); // what came lies in the kernel when the timer is due
    expect((await line).toString()).toBe('in time\n')
    await stream.close()
  })

  test('gives away no byte to a read that was aborted, over many rounds', async () => {
    await using server = await listen()
    const { stream, peer } = await connected(server)
    const data = pattern(20_000)
    const sending = (async () => {
      for (let at = 0; at < data.length; at += 100) {
        peer.write(data.subarray(at, at + 100))
        await sleep(0)
      }
      peer.end()
    })()
    const chunks: Buffer[] = []
    for (let round = 0; ; round++) {
      const abort = new AbortController()
      const read =
        round % 2 ? stream.readExactly(1000, { signal: abort.signal }) : stream.read(-1, { signal: abort.signal })
      const timer = setTimeout(() => abort.abort('enough'), 3)
      const chunk = await read.catch((error) => {
        if (error === 'enough') return undefined
        chunks.push(error.partial)
        return Buffer.alloc(0)
      })
      clearTimeout(timer)
      if (chunk) chunks.push(chunk)
      if (chunk && chunk.length < 1000) break
    }
    await sending
    expect(Buffer.concat(chunks).equals(data)).toBe(true)
    await stream.close()
  })
})

describe('unsentBytes()', () => {
  test.each([
    ['TCP', false, false],
    ['TLS over a socket', true, false],
    ['TLS', true, true],
  ])('over %s changes while the peer takes a part of one write', async (_name, isTls, isDirect) => {
    await using server = await listen({ tls: isTls })
    const to = { port: server.port, host: '127.0.0.1', servername: 'localhost', ca: localhost.cert }
    const socket = !isTls ? connect(to) : connectTls(isDirect ? to : { ...to, socket: connect(to) })
    await once(socket, isTls ? 'secureConnect' : 'connect')
    const peer = await server.accept()
    socket.on('error', () => {})
    socket.write(Buffer.alloc(32_000_000))
    let before = -1
    while (before !== unsentBytes(socket)) {
      before = unsentBytes(socket)
      await sleep(20)
    }
    const length = socket.writableLength
    let taken = 0
    peer.on('data', (chunk: Buffer) => {
      taken += chunk.length
      if (taken > 4_000_000) peer.pause()
    })
    while (unsentBytes(socket) >= before) await sleep(1)
    expect(socket.writableLength).toBe(length)
    socket.destroy()
  })
})
