import { once } from 'node:events'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { IncompleteReadError, openThrottledConnection, StreamThrottle, Throttle, ThrottleStreamIO } from 'sluice'
import { createDuplexPair, VirtualClock } from 'sluice/testing'
import { afterEach, describe, expect, test } from 'vitest'

const KIB = 1024
const MIB = 1024 * KIB

/** A throttled stream over one end of a pair, and the other end, on a virtual clock. */
function throttledPair(limits: { read?: number | null; write?: number | null; bufferSize?: number } = {}) {
  const clock = new VirtualClock()
  const [here, there] = createDuplexPair({ clock, bufferSize: limits.bufferSize ?? 16 * MIB })
  const throttle = StreamThrottle.fromLimits({
    readSpeedLimit: limits.read ?? null,
    writeSpeedLimit: limits.write ?? null,
    clock,
  })
  const stream = new ThrottleStreamIO(here, { throttles: { default: throttle }, clock })
  return { clock, stream, there, throttle }
}

function bytes(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, i) => i % 251))
}

describe('ThrottleStreamIO', () => {
  const reads = [
    { title: 'read()', read: (stream: ThrottleStreamIO) => stream.read(-1) },
    { title: 'readExactly()', read: (stream: ThrottleStreamIO) => stream.readExactly(100 * KIB) },
    { title: 'readline()', read: (stream: ThrottleStreamIO) => stream.readline() },
    { title: 'readUntil()', read: (stream: ThrottleStreamIO) => stream.readUntil('\n') },
    {
      title: 'iterByBlock()',
      read: async (stream: ThrottleStreamIO) => {
        const blocks: Buffer[] = []
        for await (const block of stream.iterByBlock()) blocks.push(block)
        return Buffer.concat(blocks)
      },
    },
    {
      title: 'iterByLine()',
      read: async (stream: ThrottleStreamIO) => {
        const lines: Buffer[] = []
        for await (const line of stream.iterByLine()) lines.push(line)
        return Buffer.concat(lines)
      },
    },
  ]
  for (const { title, read } of reads) {
    test(`${title} is throttled and counted`, async () => {
      const clock = new VirtualClock()
      const [here, there] = createDuplexPair({ clock, bufferSize: MIB })
      const throttle = StreamThrottle.fromLimits({ readSpeedLimit: 50 * KIB, clock })
      const stream = new ThrottleStreamIO(here, { throttles: { throttle }, maxLineLength: MIB, clock })
      const sent = Buffer.alloc(100 * KIB, 'x')
      sent[sent.length - 1] = 10
      there.end(sent)
      const received = await clock.run(() => read(stream))
      expect(received.equals(sent)).toBe(true)
      expect(clock.now()).toBeGreaterThan(1980)
      expect(clock.now()).toBeLessThan(2010)
      expect(throttle.read.stats.bytes).toBe(sent.length)
      expect(stream.stats.read).toMatchObject({ bytes: sent.length, heldBy: undefined })
    })
  }

  test('readExactly() counts what an incomplete read took', async () => {
    const { clock, stream, there, throttle } = throttledPair({ read: 1000 })
    there.end('abc')
    await clock.run(() => expect(stream.readExactly(10)).rejects.toBeInstanceOf(IncompleteReadError))
    expect(throttle.read.stats.bytes).toBe(3)
  })

  test('write() lets a large buffer flow evenly', async () => {
    const { clock, stream, there, throttle } = throttledPair({ write: MIB, bufferSize: 64 * KIB })
    const arrivals: { at: number; bytes: number }[] = []
    there.on('data', (chunk: Buffer) => arrivals.push({ at: clock.now(), bytes: chunk.length }))
    await clock.run(() => stream.write(Buffer.alloc(4 * MIB)))
    expect(clock.now()).toBeGreaterThan(3980)
    expect(clock.now()).toBeLessThan(4010)
    expect(throttle.write.stats.bytes).toBe(4 * MIB)
    for (const { at } of arrivals) {
      const window = arrivals.filter((other) => other.at >= at && other.at < at + 100)
      expect(window.reduce((sum, other) => sum + other.bytes, 0)).toBeLessThanOrEqual(0.115 * MIB)
    }
  })

  test('read() times out by the silence of the other side only', async () => {
    const clock = new VirtualClock()
    const [here, there] = createDuplexPair({ clock })
    const throttles = { slow: StreamThrottle.fromLimits({ readSpeedLimit: 1000, writeSpeedLimit: 1000, clock }) }
    const stream = new ThrottleStreamIO(here, { throttles, timeout: 200, clock })
    there.write(Buffer.alloc(5000))
    there.resume()
    await clock.run(async () => {
      expect(await stream.readExactly(5000)).toHaveLength(5000)
      await stream.write(Buffer.alloc(5000))
    })
    expect(clock.now()).toBeGreaterThan(9900)
    await clock.run(() => expect(stream.read(1)).rejects.toMatchObject({ code: 'ERR_SLUICE_TIMEOUT', phase: 'read' }))
  })

  test('loses no bytes when a read is aborted, and charges none twice', async () => {
    const { clock, stream, there, throttle } = throttledPair({ read: 10_000 })
    const sent = bytes(30_000)
    there.end(sent)
    await clock.run(async () => {
      for (let i = 0; i < 5; i++) {
        const controller = new AbortController()
        const reading = stream.readExactly(30_000, { signal: controller.signal })
        const aborted = expect(reading).rejects.toBe('enough')
        await clock.sleep(100)
        controller.abort('enough')
        await aborted
      }
      expect((await stream.read(-1)).equals(sent)).toBe(true)
    })
    expect(throttle.read.stats.bytes).toBe(30_000)
    expect(clock.now()).toBeLessThan(3020)
  })

  test('throttles can be set, changed and deleted in mid-transfer', async () => {
    const { clock, stream, there } = throttledPair()
    there.resume()
    stream.throttles.upload = StreamThrottle.fromLimits({ writeSpeedLimit: 1000, clock })
    await clock.run(async () => {
      const writing = stream.write(Buffer.alloc(100_000))
      await clock.sleep(1000)
      expect(stream.stats.write.bytes).toBeLessThan(1100)
      expect(stream.stats.write.heldBy?.name).toBe('upload')
      const { upload } = stream.throttles
      if (upload) upload.write.limit = 10_000
      await clock.sleep(1000)
      expect(stream.stats.write.bytes).toBeGreaterThan(10_900)
      delete stream.throttles.upload
      await writing
    })
    expect(clock.now()).toBeLessThan(2001)
    expect(() => {
      stream.throttles.wrong = 5 as unknown as StreamThrottle
    }).toThrow(/'wrong'/)
  })

  test('every throttle holds, and the wait is the longest rather than the sum', async () => {
    const { clock, stream, there } = throttledPair({ write: 20_000 })
    there.resume()
    stream.throttles.other = StreamThrottle.fromLimits({ writeSpeedLimit: 10_000, clock })
    await clock.run(() => stream.write(Buffer.alloc(50_000)))
    expect(clock.now()).toBeGreaterThan(4950)
    expect(clock.now()).toBeLessThan(5020)
  })

  test('a throttle that watches sees each transfer exactly once, with its bytes and its start', async () => {
    class Monitored extends Throttle {
      seen: { bytes: Buffer; start: number }[] = []
      override append(data: Uint8Array | number, start: number) {
        super.append(data, start)
        this.seen.push({ bytes: Buffer.from(data as Uint8Array), start })
      }
    }
    const clock = new VirtualClock()
    const [here, there] = createDuplexPair({ clock, bufferSize: MIB })
    const monitored = new StreamThrottle(
      new Monitored({ limit: 10_000, clock }),
      new Monitored({ limit: 10_000, clock }),
    )
    const stream = new ThrottleStreamIO(here, { throttles: { monitored }, clock })
    there.end(bytes(10_000))
    there.resume()
    await clock.run(async () => {
      await stream.readExactly(10_000)
      await stream.write(bytes(10_000))
    })
    for (const throttle of [monitored.read, monitored.write]) {
      const { seen } = throttle as Monitored
      expect(Buffer.concat(seen.map((transfer) => transfer.bytes)).equals(bytes(10_000))).toBe(true)
      expect(seen.map((transfer) => transfer.start)).toEqual(
        seen.map((transfer) => transfer.start).sort((a, b) => a - b),
      )
      expect(throttle.stats.bytes).toBe(10_000)
    }
    expect(clock.now()).toBeGreaterThan(1950)
    expect(clock.now()).toBeLessThan(2020)
  })

  test('a throttle that fails to watch fails the read, which loses no bytes', async () => {
    class Failing extends Throttle {
      failures = 1
      override append(data: Uint8Array | number, start: number) {
        super.append(data, start)
        if (this.failures-- > 0) throw new Error('watch')
      }
    }
    const [here, there] = createDuplexPair()
    const failing = new StreamThrottle(new Failing({ limit: '1MiB/s' }), new Throttle())
    const stream = new ThrottleStreamIO(here, { throttles: { failing } })
    there.end('0123456789')
    await expect(stream.read(4)).rejects.toThrow('watch')
    expect(String(await stream.read())).toBe('0123456789')
    expect(failing.read.stats.bytes).toBe(10)
  })

  test('wait() and append() move bytes by hand at the rate of every throttle', async () => {
    const { clock, stream } = throttledPair({ read: 10_000 })
    await clock.run(async () => {
      for (let i = 0; i < 20; i++) {
        await stream.wait('read')
        const start = clock.now()
        await clock.sleep(3)
        stream.append('read', Buffer.alloc(1000), start)
      }
    })
    expect(clock.now()).toBeGreaterThan(1850)
    expect(clock.now()).toBeLessThan(2100)
    await expect(stream.wait('up' as 'read')).rejects.toThrow(RangeError)
  })

  test('close() lets waiting writes end; destroy() ends them', async () => {
    const { clock, stream, there } = throttledPair({ write: 10_000 })
    there.resume()
    await clock.run(async () => {
      const writing = stream.write(Buffer.alloc(10_000))
      await stream.close()
      await writing
    })
    expect(clock.now()).toBeGreaterThan(950)
    const other = throttledPair({ write: 10_000 })
    const reset = once(other.there, 'error')
    await other.clock.run(async () => {
      const writing = other.stream.write(Buffer.alloc(10_000))
      other.stream.destroy()
      await expect(writing).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    })
    expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' })
    expect(other.clock.pending).toBe(0)
  })

  const wrong = [
    { title: 'a throttle that is none', options: { throttles: { a: new Throttle() } } },
    { title: 'a timeout of 0', options: { timeout: 0 } },
    { title: 'a weight of 0', options: { weight: 0 } },
  ]
  for (const { title, options } of wrong) {
    test(`refuses ${title}`, () => {
      const [here] = createDuplexPair()
      expect(() => new ThrottleStreamIO(here, options as unknown as { timeout: number })).toThrow(/Cannot/)
      expect(here.listenerCount('error')).toBe(0)
    })
  }
})

describe('openThrottledConnection()', () => {
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed))
  })

  test('connects, and holds both directions to their limits', async () => {
    const server = net.createServer((socket) => {
      sockets.add(socket)
      socket.pipe(socket)
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const throttles = { both: StreamThrottle.fromLimits({ readSpeedLimit: '1MiB/s', writeSpeedLimit: '2MiB/s' }) }
    await using stream = await openThrottledConnection({ host: '127.0.0.1', port, throttles })
    const start = performance.now()
    const sent = bytes(512 * KIB)
    const [received] = await Promise.all([stream.readExactly(sent.length), stream.write(sent)])
    expect(received.equals(sent)).toBe(true)
    expect(performance.now() - start).toBeGreaterThan(450)
    expect(stream.stats.write.bytes).toBe(sent.length)
  })
})
