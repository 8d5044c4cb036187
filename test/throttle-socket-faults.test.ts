import { getEventListeners, once } from 'node:events'
import net, { type Socket } from 'node:net'
import { StreamThrottle, Throttle, throttleSocket } from 'sluice'
import { afterEach, describe, expect, test } from 'vitest'
import { type Loopback, listen } from './fixtures/loopback.ts'

const MIB = 1024 * 1024
const open: AsyncDisposable[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]()
})

/** Two ends of a connection. */
async function pair(): Promise<[Socket, Socket]> {
  const server: Loopback = await listen()
  const peer = net.connect(server.port, '127.0.0.1')
  peer.on('error', () => {})
  open.push(server, { [Symbol.asyncDispose]: async () => void peer.destroy() })
  return [await server.accept(), peer]
}

/** Bytes that differ everywhere, so that a lost or doubled piece shows. */
function pattern(bytes: number): Buffer {
  return Buffer.from(Uint32Array.from({ length: bytes / 4 }, (_, i) => i).buffer)
}

/** Everything up to the end; unlike `for await` it does not destroy the socket then. */
async function receive(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await once(socket, 'end')
  return Buffer.concat(chunks)
}

describe('throttleSocket()', () => {
  for (const reason of [new Error('enough'), 'enough', undefined, null, 0]) {
    test(`destroys the socket, and leaves nothing behind, when the signal aborts with ${String(reason)}`, async () => {
      const aborter = new AbortController()
      const throttle = new Throttle({ limit: '1KiB/s' })
      const [socket, peer] = await pair()
      throttleSocket(socket, throttle, { signal: aborter.signal })
      peer.write(Buffer.alloc(MIB))
      socket.write(Buffer.alloc(MIB))
      socket.resume()
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(throttle.stats.waiters).toBe(2)
      const failed = new Promise((resolve) => socket.on('error', resolve))
      const closed = new Promise((resolve) => socket.on('close', resolve))
      aborter.abort(reason)
      expect(await failed).toEqual(reason || expect.objectContaining({ name: 'AbortError' }))
      await closed
      expect(throttle.stats.waiters).toBe(0)
      expect(getEventListeners(aborter.signal, 'abort')).toEqual([])
    })
  }

  test('takes its listener off the signal when the socket closes, or has been closed', async () => {
    const aborter = new AbortController()
    const [socket] = await pair()
    throttleSocket(socket, '1KiB/s', { signal: aborter.signal })
    expect(getEventListeners(aborter.signal, 'abort').length).toBe(1)
    socket.destroy()
    await once(socket, 'close')
    expect(getEventListeners(aborter.signal, 'abort').length).toBe(0)
    throttleSocket(socket, '1KiB/s', { signal: aborter.signal })
    expect(getEventListeners(aborter.signal, 'abort').length).toBe(0)
  })

  test('destroys a socket at once if the signal has aborted', async () => {
    const [socket] = await pair()
    const failed = once(socket, 'error')
    throttleSocket(socket, '1KiB/s', { signal: AbortSignal.abort(new Error('enough')) })
    expect(socket.destroyed).toBe(true)
    expect((await failed)[0]).toEqual(new Error('enough'))
  })

  test('reports each piece exactly once, in both directions, to throttles that watch', async () => {
    const reported = { read: [] as Buffer[], write: [] as Buffer[] }
    class Watching extends Throttle {
      way: 'read' | 'write' = 'read'
      override append(data: Uint8Array | number, start?: number): void {
        reported[this.way].push(Buffer.from(data as Uint8Array))
        super.append(data, start)
      }
    }
    const [read, write] = [new Watching({ limit: '1MiB/s' }), new Watching({ limit: '1MiB/s' })]
    write.way = 'write'
    const [socket, peer] = await pair()
    throttleSocket(socket, new StreamThrottle(read, write))
    peer.end(pattern(64 * 1024))
    socket.end(pattern(100 * 1024))
    const [got, sent] = await Promise.all([receive(socket), receive(peer)])
    expect(Buffer.concat(reported.read).equals(got)).toBe(true)
    expect(Buffer.concat(reported.write).equals(sent)).toBe(true)
    expect([read.stats.bytes, write.stats.bytes]).toEqual([64 * 1024, 100 * 1024])
  })

  for (const way of ['read', 'write'] as const) {
    for (const after of [0, 3]) {
      test(`destroys the socket with the error of an append that throws when it ${way}s, after ${after} pieces`, async () => {
        const failure = new Error('broken')
        let appends = 0
        class Failing extends Throttle {
          override append(): void {
            if (appends++ >= after) throw failure
          }
        }
        const failing = new Failing({ limit: '100KiB/s' })
        const [socket, peer] = await pair()
        const plain = new Throttle()
        throttleSocket(socket, way === 'read' ? new StreamThrottle(failing, plain) : new StreamThrottle(plain, failing))
        const failed = new Promise((resolve) => socket.on('error', resolve))
        socket.resume()
        if (way === 'read') peer.write(Buffer.alloc(MIB))
        else socket.write(Buffer.alloc(MIB))
        expect(await failed).toBe(failure)
        expect(socket.destroyed).toBe(true)
        expect(failing.stats.waiters).toBe(0)
        // The piece that could not be reported did not pass.
        const passed = way === 'read' ? socket.bytesRead : socket.bytesWritten
        expect(failing.stats.bytes).toBeLessThanOrEqual(after === 0 ? 0 : passed)
      })
    }
  }

  test('refuses a socket that is throttled already, which goes on as before', async () => {
    const [socket, peer] = await pair()
    const limits = throttleSocket(socket, '10MiB/s')
    expect(() => throttleSocket(socket, '1MiB/s')).toThrow(/throttled already/)
    peer.end(pattern(MIB / 4))
    expect((await receive(socket)).equals(pattern(MIB / 4))).toBe(true)
    expect(limits.stats.read.bytes).toBe(MIB / 4)
  })
})
