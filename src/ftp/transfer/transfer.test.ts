import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { localhost } from '../../../test/fixtures/loopback.ts'
import { systemClock } from '../../clock.ts'
import { Flow } from '../../throttle/flow.ts'
import { Throttle } from '../../throttle/throttle.ts'
import { memory } from './memory-pool.ts'
import { intoFile, receive } from './receive-file.ts'
import { blocksOf, sendChunks, sendFile } from './send-file.ts'
import { SocketIntake, withOnread } from './socket-intake.ts'

const never = new AbortController().signal
const content = randomBytes(5_000_001)

/** A file in memory. */
class Memory {
  bytes = Buffer.alloc(0)
  /** How many bytes it takes or gives at most in one go. */
  most = Infinity
  async write(buffer: Uint8Array, offset: number, length: number, position: number) {
    await delay(0)
    const bytesWritten = Math.min(length, this.most)
    if (position + bytesWritten > this.bytes.length) {
      this.bytes = Buffer.concat([this.bytes, Buffer.alloc(position + bytesWritten - this.bytes.length)])
    }
    this.bytes.set(buffer.subarray(offset, offset + bytesWritten), position)
    return { bytesWritten }
  }
  async read(buffer: Uint8Array, offset: number, length: number, position: number) {
    await delay(0)
    const bytesRead = Math.max(0, Math.min(length, this.most, this.bytes.length - position))
    buffer.set(this.bytes.subarray(position, position + bytesRead), offset)
    return { bytesRead }
  }
}

const options = (
  limits: Partial<{ limit: string; stallTimeout: number; position: number; signal: AbortSignal }> = {},
) => ({
  flow: new Flow(new Throttle({ limit: limits.limit ?? null })),
  clock: systemClock,
  signal: limits.signal ?? never,
  stallTimeout: limits.stallTimeout,
  position: limits.position,
})

/** Takes what comes, which is the taker's for as long as it takes. */
const slowlyInto = (got: Buffer[], ms: number) => async (bytes: Buffer) => {
  await delay(ms)
  got.push(Buffer.from(bytes))
}

let server: Server
let accepted: Socket[]

beforeEach(async () => {
  accepted = []
  server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {})
    accepted.push(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  for (const socket of accepted) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

const port = () => (server.address() as AddressInfo).port

/** Both ends of a connection; this end reads straight into the intake. */
async function connected(intake?: SocketIntake): Promise<{ here: Socket; there: Socket }> {
  const here = connect({
    port: port(),
    host: '127.0.0.1',
    allowHalfOpen: true,
    ...(intake ? { onread: intake.onread } : {}),
  })
  here.on('error', () => {})
  intake?.attach(here, true)
  await once(here, 'connect')
  while (accepted.length === 0) await delay(1)
  return { here, there: accepted[0] as Socket }
}

for (const way of ['a socket made for it', 'any socket', 'an accepted socket'] as const) {
  test(`receive() gives what comes through ${way}, up to its end`, async () => {
    const intake = new SocketIntake()
    const { here, there } = await connected(way === 'a socket made for it' ? intake : undefined)
    let [receiver, sender] = [here, there]
    if (way === 'any socket') intake.attach(here, false)
    if (way === 'an accepted socket') {
      const remade = withOnread(there, intake)
      if (!remade) throw new Error('this version of Node has no handle to take over')
      intake.attach(remade, true)
      ;[receiver, sender] = [remade, here]
    }
    sender.end(content)
    const got: Buffer[] = []
    const count = await receive(intake, slowlyInto(got, 0), options())
    expect(count).toBe(content.length)
    expect(Buffer.concat(got).equals(content)).toBe(true)
    receiver.destroy()
  })
}

test('receive() holds the sender up while its taker is slow, with bounded memory', async () => {
  const intake = new SocketIntake()
  const { there } = await connected(intake)
  there.write(Buffer.alloc(64 * 1024 * 1024))
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const stop = new AbortController()
  const received = receive(intake, () => held, options({ signal: stop.signal }))
  await delay(300)
  // What the kernel holds is its own affair; the rest must still be at the sender.
  expect(there.writableLength).toBeGreaterThan(16 * 1024 * 1024)
  stop.abort(new Error('enough'))
  release()
  await expect(received).rejects.toThrow('enough')
})

test('receive() takes a chunk that is larger than its memory', async () => {
  const intake = new SocketIntake()
  const { here, there } = await connected()
  intake.attach(here, false)
  here.push(content)
  there.end('the end')
  const got: Buffer[] = []
  await receive(intake, slowlyInto(got, 0), options())
  expect(Buffer.concat(got).equals(Buffer.concat([content, Buffer.from('the end')]))).toBe(true)
})

test('intoFile() fails if the file takes nothing any more', async () => {
  const take = intoFile({ write: async () => ({ bytesWritten: 0 }) })
  await expect(take(Buffer.from('content'))).rejects.toMatchObject({ code: 'EIO' })
})

test('intoFile() writes at its position, also into a file that takes little at a time', async () => {
  const intake = new SocketIntake()
  const { there } = await connected(intake)
  const file = new Memory()
  file.most = 100_000
  there.end(content.subarray(0, 1_000_000))
  expect(await receive(intake, intoFile(file, 10), options())).toBe(1_000_000)
  expect(file.bytes.subarray(10).equals(content.subarray(0, 1_000_000))).toBe(true)
})

test('receive() rejects with the phase in which the other side fell silent', async () => {
  const intake = new SocketIntake()
  const { there } = await connected(intake)
  const patient = { ...options({ stallTimeout: 50 }) }
  await expect(receive(intake, () => {}, patient)).rejects.toMatchObject({ phase: 'first byte', timeout: 50 })
  there.write('something')
  await expect(receive(intake, () => {}, patient)).rejects.toMatchObject({ phase: 'stall', timeout: 50 })
})

test('receive() does not take waiting for the throttle for silence', async () => {
  const intake = new SocketIntake()
  const { there } = await connected(intake)
  there.end(Buffer.alloc(4000))
  expect(await receive(intake, () => {}, options({ limit: '10kB/s', stallTimeout: 100 }))).toBe(4000)
})

test('receive() gives what came before a reset, and then tells of it', async () => {
  const intake = new SocketIntake()
  const { there } = await connected(intake)
  there.write('before')
  await delay(50)
  there.resetAndDestroy()
  const got: string[] = []
  await expect(receive(intake, (bytes) => void got.push(bytes.toString()), options())).rejects.toMatchObject({
    code: 'ECONNRESET',
  })
  expect(got.join('')).toBe('before')
})

test('SocketIntake.release() takes its listeners off', async () => {
  const { here } = await connected()
  const counts = () => ['data', 'end', 'error', 'close'].map((name) => here.listenerCount(name))
  const before = counts()
  const intake = new SocketIntake()
  intake.attach(here, false)
  expect(counts()).toEqual(before.map((count) => count + 1))
  intake.release()
  expect(counts()).toEqual(before)
  here.destroy()
})

test('SocketIntake.release() leaves the memory to a socket that reads into it until that is closed', async () => {
  const givenBack = vi.spyOn(memory, 'giveBack')
  try {
    const intake = new SocketIntake()
    const { here } = await connected(intake)
    here.destroy()
    intake.release()
    expect(givenBack).not.toHaveBeenCalled()
    await once(here, 'close')
    expect(givenBack).toHaveBeenCalledOnce()
    intake.release()
    expect(givenBack).toHaveBeenCalledOnce()
  } finally {
    givenBack.mockRestore()
  }
})

test('receive() goes on through TLS after the socket was told to stop', async () => {
  const secure = createTlsServer({ ...localhost }, (socket) => socket.end(content))
  secure.listen(0, '127.0.0.1')
  await once(secure, 'listening')
  const intake = new SocketIntake()
  const { port: at } = secure.address() as AddressInfo
  const reads = { onread: intake.onread }
  const socket = connectTls({ port: at, host: '127.0.0.1', ca: localhost.cert, servername: 'localhost', ...reads })
  intake.attach(socket, true)
  const got: Buffer[] = []
  await receive(intake, slowlyInto(got, 1), options())
  expect(Buffer.concat(got).equals(content)).toBe(true)
  socket.destroy()
  await new Promise((resolve) => secure.close(resolve))
})

test('sendFile() sends from its position on', async () => {
  const { here, there } = await connected()
  const file = new Memory()
  file.bytes = content
  file.most = 300_000
  const got: Buffer[] = []
  there.on('data', (chunk) => got.push(chunk)).resume()
  expect(await sendFile(file, here, options({ position: 1 }))).toBe(content.length - 1)
  here.end()
  await once(there, 'end')
  expect(Buffer.concat(got).equals(content.subarray(1))).toBe(true)
})

test('sendChunks() rejects with the phase in which the other side fell silent', async () => {
  const { here } = await connected()
  const chunk = Buffer.alloc(1024 * 1024)
  const endless = (function* () {
    for (;;) yield chunk
  })()
  await expect(sendChunks(endless, here, options({ stallTimeout: 100 }))).rejects.toMatchObject({ phase: 'stall' })
})

test('sendChunks() rejects when the other side resets, and takes its listeners off', async () => {
  const { here, there } = await connected()
  const chunk = Buffer.alloc(1024 * 1024)
  const before = here.listenerCount('close')
  const sending = sendChunks(Array(200).fill(chunk), here, options())
  there.resetAndDestroy()
  await expect(sending).rejects.toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) })
  expect(here.listenerCount('close')).toBe(before)
})

test('sendChunks() rejects with the reason of its signal, also while it waits for the throttle', async () => {
  const { here } = await connected()
  const stop = new AbortController()
  const sending = sendChunks([Buffer.alloc(100_000)], here, options({ limit: '1kB/s', signal: stop.signal }))
  await delay(50)
  const reason = new Error('changed my mind')
  stop.abort(reason)
  await expect(sending).rejects.toBe(reason)
})

test('blocksOf() has no read under way when it was left early', async () => {
  const file = new Memory()
  file.bytes = content
  let reading = 0
  const counted = {
    read: async (...args: Parameters<Memory['read']>) => {
      reading++
      try {
        return await file.read(...args)
      } finally {
        reading--
      }
    },
  }
  for await (const block of blocksOf(counted)) {
    expect(block.length).toBeGreaterThan(0)
    break
  }
  expect(reading).toBe(0)
})

/** What `blocksOf` gives of a file, and how often it reads for that. */
async function blocksIn(file: Memory, position: number, length: number | undefined) {
  let reads = 0
  const counted = {
    read(...range: Parameters<Memory['read']>) {
      reads++
      return file.read(...range)
    },
  }
  const blocks: Buffer[] = []
  for await (const block of blocksOf(counted, position, length)) blocks.push(Buffer.from(block))
  return { bytes: Buffer.concat(blocks), reads }
}

const lengths = [
  { title: 'is as long as was thought, in one go', size: 4096, length: 4096, most: Infinity, reads: 1 },
  { title: 'is as long as was thought, a little at a time', size: 4096, length: 4096, most: 1000, reads: 5 },
  { title: 'is longer than was thought', size: 200_000, length: 100, most: Infinity, reads: 4 },
  { title: 'is shorter than was thought', size: 4096, length: 5000, most: Infinity, reads: 2 },
  { title: 'is of a length that nobody knows', size: 4096, length: undefined, most: Infinity, reads: 2 },
  { title: 'is empty', size: 0, length: 0, most: Infinity, reads: 1 },
]
for (const { title, size, length, most, reads } of lengths) {
  test.each([false, true])(`blocksOf() gives a file that ${title}, with other transfers: %s`, async (isBusy) => {
    const others = memory.borrow(isBusy ? 4 * 1024 * 1024 : 1)
    const file = new Memory()
    file.bytes = content.subarray(0, 10 + size)
    file.most = most
    const found = await blocksIn(file, 10, length)
    memory.giveBack(others)
    expect(found.bytes.equals(content.subarray(10, 10 + size))).toBe(true)
    expect(found.reads).toBe(reads)
  })
}
