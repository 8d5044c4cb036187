import { once } from 'node:events'
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, get } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ClosedError } from '../../errors.ts'
import { byteSink } from './byte-sink.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** What a promise has come to so far. */
async function state(promise: Promise<unknown>): Promise<string> {
  const outcome = promise.then(
    () => 'done',
    (error) => `failed: ${error instanceof ClosedError ? 'closed' : error.message}`,
  )
  await turn()
  return Promise.race([outcome, turn('pending')])
}

async function withPair(body: (client: Socket, peer: Socket) => Promise<void>): Promise<void> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [[peer]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [[Socket], unknown]
  try {
    await body(client, peer)
  } finally {
    client.destroy()
    peer.destroy()
    server.close()
  }
}

test('ByteSink.end() of a socket is a half-close: the other side can still answer', async () => {
  await withPair(async (client, peer) => {
    const sink = byteSink(client)
    sink.write(bytes('question'))
    await sink.end()
    let question = ''
    peer.on('data', (chunk) => {
      question += chunk
    })
    await once(peer, 'end')
    expect(question).toBe('question')
    peer.end('answer')
    expect((await buffer(client)).toString()).toBe('answer')
    await sink.waitClosed()
  })
})

test('ByteSink bounds what a socket buffers, and goes on when the peer reads', async () => {
  await withPair(async (client, peer) => {
    const sink = byteSink(client)
    const chunk = Buffer.alloc(64 * 1024)
    let sent = 0
    while (sent < 2 ** 26 && sink.write(chunk)) sent += chunk.length
    while (sent < 2 ** 26 && (await state(sink.ready())) === 'done') {
      sink.write(chunk)
      sent += chunk.length
    }
    expect(client.writableLength).toBeLessThanOrEqual(client.writableHighWaterMark + chunk.length)
    const ready = sink.ready()
    peer.resume()
    await ready
    await sink.drained()
    expect(client.writableLength).toBe(0)
  })
})

test('ByteSink tells of a connection reset to the next call', async () => {
  await withPair(async (client, peer) => {
    const sink = byteSink(client)
    sink.write(bytes('a'))
    await once(peer, 'readable')
    const closed = sink.waitClosed()
    closed.catch(() => {})
    peer.resetAndDestroy()
    await expect(closed).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(sink.error).toMatchObject({ code: 'ECONNRESET' })
    expect(() => sink.write(bytes('b'))).toThrow(expect.objectContaining({ code: 'ECONNRESET' }))
  })
})

test('ByteSink writes an HTTP response', async () => {
  const big = Buffer.alloc(1 << 20, 'x')
  const server = createHttpServer(async (_request, response) => {
    const sink = byteSink(response)
    sink.write(bytes('head,'))
    await sink.drained()
    if (!sink.write(big)) await sink.ready()
    await sink.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false })
  const [response] = await once(request, 'response')
  const body = await buffer(response)
  expect(body.length).toBe(5 + big.length)
  expect(body.subarray(0, 6).toString()).toBe('head,x')
  server.close()
})

test('ByteSink writes a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  try {
    const sink = byteSink(createWriteStream(join(folder, 'out')))
    sink.write(bytes('one '))
    sink.write(bytes('two'))
    await sink.end()
    await sink.waitClosed()
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('one two')
    const failing = byteSink(createWriteStream(join(folder, 'missing', 'out')))
    await expect(failing.waitClosed()).rejects.toMatchObject({ code: 'ENOENT' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
