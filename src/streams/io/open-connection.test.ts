import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { listen, listenersOf, localhost } from '../../../test/fixtures/loopback.ts'
import type { Clock } from '../../clock.ts'
import { type OpenConnectionOptions, openConnection } from './open-connection.ts'

const sockets = () => process.getActiveResourcesInfo().filter((name) => /TCP(SocketWrap|ConnectWrap)/.test(name)).length

/** Every sleep is over before any I/O can happen. */
function hastyClock(): Clock {
  let now = 0
  return {
    now: () => now,
    sleepUntil(time, wake) {
      let isCancelled = false
      process.nextTick(() => {
        now = Math.max(now, time)
        if (!isCancelled) wake()
      })
      return () => {
        isCancelled = true
      }
    },
  }
}

describe('openConnection()', () => {
  test('connects by TCP, stays half open, and leaves its own listeners alone', async () => {
    await using server = await listen()
    const stream = await openConnection({ port: server.port, host: '127.0.0.1', timeout: 5000 })
    const peer = await server.accept()
    expect(listenersOf(stream.reader as Socket).error).toBe(2) // reader and writer
    peer.end('hello\n')
    expect((await stream.read()).toString()).toBe('hello\n')
    await stream.write('bye')
    expect((await once(peer, 'data')).toString()).toBe('bye')
    await stream.close()
  })

  test('connects to localhost by default, and over a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
    try {
      const path = join(folder, 'socket')
      for (const options of [{}, { path }]) {
        await using server = await listen(options)
        await using stream = await openConnection('path' in options ? { path } : { port: server.port, family: 4 })
        const peer = await server.accept()
        peer.write('hello\n')
        expect((await stream.readline()).toString()).toBe('hello\n')
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test.each([
    ['localhost', 'localhost'],
    ['127.0.0.1', undefined],
  ])('connects by TLS to %s, asking for the name %s', async (host, servername) => {
    await using server = await listen({ tls: true })
    await using stream = await openConnection({ port: server.port, host, family: 4, tls: { ca: localhost.cert } })
    const peer = (await server.accept()) as TLSSocket
    expect(stream.reader).toBeInstanceOf(TLSSocket)
    expect(peer.servername || undefined).toBe(servername)
    expect(listenersOf(stream.reader as Socket).error).toBe(2)
    peer.write('hello\n')
    expect((await stream.readline()).toString()).toBe('hello\n')
  })

  test('refuses a certificate of an unknown authority, and leaves no socket', async () => {
    await using server = await listen({ tls: true })
    const before = sockets()
    await expect(openConnection({ port: server.port, tls: true, family: 4 })).rejects.toMatchObject({
      code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO_VERIFY/),
    })
    await expect.poll(() => sockets()).toBeLessThanOrEqual(before)
  })

  test('keeps the error of a connection that is refused', async () => {
    const server = await listen()
    await server[Symbol.asyncDispose]()
    await expect(openConnection({ port: server.port, host: '127.0.0.1' })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      port: server.port,
    })
  })

  test('gives up a connection that takes too long', async () => {
    await using server = await listen()
    const before = sockets()
    const opening = openConnection({ port: server.port, connectTimeout: 1000, clock: hastyClock() })
    await expect(opening).rejects.toMatchObject({ code: 'ERR_SLUICE_TIMEOUT', phase: 'connect', timeout: 1000 })
    await expect.poll(() => sockets()).toBeLessThanOrEqual(before)
  })

  test.each([
    [{ connectTimeout: 10_000, handshakeTimeout: 30 }, 30],
    [{ connectTimeout: 200 }, 200],
  ])('gives up a handshake that takes too long, with %j', async (options, timeout) => {
    await using server = await listen()
    const opening = openConnection({ port: server.port, host: '127.0.0.1', tls: true, ...options })
    await expect(opening).rejects.toMatchObject({ code: 'ERR_SLUICE_TIMEOUT', phase: 'tls', timeout })
    await ended(await server.accept())
  })

  test('ends with the abort of the caller, whenever it comes', async () => {
    await using server = await listen()
    const options = { port: server.port, host: '127.0.0.1' }
    await expect(openConnection({ ...options, signal: AbortSignal.abort('before') })).rejects.toBe('before')

    const connecting = new AbortController()
    const first = openConnection({ ...options, signal: connecting.signal })
    connecting.abort('connecting')
    await expect(first).rejects.toBe('connecting')

    const securing = new AbortController()
    const second = openConnection({ ...options, tls: true, signal: securing.signal })
    second.catch(() => {})
    const peer = await server.accept()
    securing.abort('securing')
    await expect(second).rejects.toBe('securing')
    await ended(peer)

    const after = new AbortController()
    await using stream = await openConnection({ ...options, signal: after.signal })
    after.abort('after')
    const read = stream.read()
    ;(await server.accept()).end('still open')
    expect((await read).toString()).toBe('still open')
  })

  test.each<[OpenConnectionOptions, typeof TypeError | typeof RangeError]>([
    [{}, TypeError],
    [{ port: 0 }, RangeError],
    [{ port: 65_536 }, RangeError],
    [{ port: 1.5 }, RangeError],
    [{ port: '80' as unknown as number }, TypeError],
    [{ port: 80, path: '/tmp/x' }, TypeError],
    [{ host: 'localhost', path: '/tmp/x' }, TypeError],
    [{ port: 80, connectTimeout: 0 }, RangeError],
    [{ port: 80, handshakeTimeout: -1 }, RangeError],
    [{ port: 80, timeout: Number.NaN }, RangeError],
  ])('refuses %j', async (options, error) => {
    await expect(openConnection(options)).rejects.toThrow(error)
  })
})

async function ended(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
}
