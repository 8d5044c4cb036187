import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { type Loopback, listen, listenersOf, localhost } from '../../../test/fixtures/loopback.ts'
import { StreamIO } from './stream-io.ts'
import type { StreamIOOptions } from './stream-options.ts'

/** A connection on which the peer has read "STARTTLS\n" and answered `answer`, which the client has read up to the first line. */
async function agreed(server: Loopback, answer: string, options?: StreamIOOptions) {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  const stream = new StreamIO(socket, { timeout: 10_000, host: 'localhost', ...options })
  const peer = await server.accept()
  await stream.write('STARTTLS\n')
  await once(peer, 'data')
  peer.pause()
  peer.write(answer)
  expect((await stream.readline()).toString()).toBe('ok\n')
  return { socket, stream, peer }
}

/** The other side of the handshake. */
function secured(peer: Socket): TLSSocket {
  const socket = new TLSSocket(peer, { isServer: true, ...localhost })
  socket.on('error', () => {})
  return socket
}

describe('StreamIO.startTls()', () => {
  test('goes over to TLS on the same connection, and moves bytes both ways', async () => {
    await using server = await listen()
    const { socket, stream, peer } = await agreed(server, 'ok\n')
    const other = secured(peer)
    await stream.startTls({ ca: localhost.cert })
    expect(stream.reader).toBeInstanceOf(TLSSocket)
    expect(stream.writer).toBe(stream.reader)
    for (const event of ['readable', 'drain', 'finish']) expect(listenersOf(socket)).not.toHaveProperty(event)
    expect([(stream.reader as TLSSocket).authorized, other.servername]).toEqual([true, 'localhost'])
    const data = Buffer.alloc(2_000_000, 'secret')
    other.pipe(other)
    const written = stream.write(data).then(() => stream.end())
    expect((await stream.readExactly(data.length)).equals(data)).toBe(true)
    await written
    expect(await stream.read()).toHaveLength(0)
    await stream.close()
    expect([socket.destroyed, (stream.reader as TLSSocket).destroyed]).toEqual([true, true])
    expect(listenersOf(stream.reader as TLSSocket)).not.toHaveProperty('readable')
    expect(listenersOf(stream.reader as TLSSocket)).not.toHaveProperty('error')
  })

  test('sends what was written before in the clear, and what is written meanwhile under TLS', async () => {
    await using server = await listen()
    const { stream, peer } = await agreed(server, 'ok\n')
    const clear = Buffer.alloc(8_000_000, 'in the clear\n')
    const before = stream.write(clear)
    const upgraded = stream.startTls({ ca: localhost.cert })
    const meanwhile = stream.write('under TLS\n')
    await expect(stream.read()).rejects.toMatchObject({ code: 'ERR_SLUICE_BUSY' })
    let taken = Buffer.alloc(0)
    while (taken.length < clear.length) {
      await once(peer, 'readable')
      taken = Buffer.concat([taken, peer.read() ?? taken.subarray(0, 0)])
    }
    await before
    expect(taken.subarray(0, clear.length).equals(clear)).toBe(true)
    peer.unshift(taken.subarray(clear.length)) // the handshake has begun
    const other = secured(peer)
    await Promise.all([upgraded, meanwhile])
    expect((await once(other, 'data')).toString()).toBe('under TLS\n')
    await stream.close()
  })

  test('refuses bytes that came before TLS, and has done nothing then', async () => {
    await using server = await listen()
    const { stream } = await agreed(server, 'ok\nRCPT TO:<evil>\n')
    await expect(stream.startTls({ ca: localhost.cert })).rejects.toMatchObject({
      code: 'ERR_SLUICE_UNEXPECTED_DATA',
      length: 15,
    })
    expect((await stream.readline()).toString()).toBe('RCPT TO:<evil>\n')
    await stream.close()
  })

  test('refuses bytes that came before TLS and lie in the socket still', async () => {
    await using server = await listen()
    const { stream, socket, peer } = await agreed(server, 'ok\n')
    peer.write('evil')
    while (socket.readableLength === 0) await sleep(1)
    await expect(stream.startTls({ ca: localhost.cert })).rejects.toMatchObject({ length: 4 })
    await stream.close()
  })

  test.each([
    ['of an authority that is not known', {}, {}, /SELF_SIGNED|UNABLE_TO_VERIFY/],
    ['for another name', { ca: localhost.cert }, { host: 'example.com' }, /ALTNAME/],
    ['for another address', { ca: localhost.cert }, { host: '127.0.0.2' }, /ALTNAME/],
    ['for another servername', { ca: localhost.cert, servername: 'example.com' }, {}, /ALTNAME/],
  ])('refuses a certificate %s, and closes', async (_name, tlsOptions, options, code) => {
    await using server = await listen()
    const { stream, socket, peer } = await agreed(server, 'ok\n', options)
    secured(peer)
    await expect(stream.startTls(tlsOptions)).rejects.toMatchObject({ code: expect.stringMatching(code) })
    await expect(stream.write('secret')).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    await expect(stream.read()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
    await stream.close()
    expect(socket.destroyed).toBe(true)
  })

  test.each([
    ['127.0.0.1', undefined],
    ['localhost', 'localhost'],
  ])('takes the certificate for %s, and asks for the name %s', async (host, servername) => {
    await using server = await listen()
    const { stream, peer } = await agreed(server, 'ok\n', { host })
    const other = secured(peer)
    await stream.startTls({ ca: localhost.cert })
    expect(other.servername || undefined).toBe(servername)
    await stream.close()
  })

  test('times out when the other side is silent, and closes', async () => {
    await using server = await listen()
    const { stream, socket } = await agreed(server, 'ok\n')
    await expect(stream.startTls({ handshakeTimeout: 30 })).rejects.toMatchObject({
      code: 'ERR_SLUICE_TIMEOUT',
      phase: 'tls',
      timeout: 30,
    })
    await stream.close()
    expect(socket.destroyed).toBe(true)
  })

  test('ends with the abort of the caller, and closes', async () => {
    await using server = await listen()
    const { stream, socket } = await agreed(server, 'ok\n')
    const abort = new AbortController()
    const upgraded = stream.startTls({ signal: abort.signal })
    await sleep(5)
    abort.abort('enough')
    await expect(upgraded).rejects.toBe('enough')
    await stream.close()
    expect(socket.destroyed).toBe(true)
  })

  test('ends when the stream is destroyed', async () => {
    await using server = await listen()
    const { stream, socket } = await agreed(server, 'ok\n')
    const upgraded = stream.startTls()
    await sleep(5)
    stream.destroy(new Error('enough'))
    await expect(upgraded).rejects.toThrow('enough')
    await stream.close()
    expect(socket.destroyed).toBe(true)
  })

  test.each([
    ['hangs up', (peer: Socket) => peer.end()],
    ['breaks off', (peer: Socket) => peer.resetAndDestroy()],
    ['speaks something else', (peer: Socket) => peer.write('500 what?\r\n'.repeat(10))],
  ])('fails when the other side %s, and closes', async (_name, act) => {
    await using server = await listen()
    const { stream, socket, peer } = await agreed(server, 'ok\n')
    const upgraded = stream.startTls({ ca: localhost.cert })
    upgraded.catch(() => {})
    await sleep(5)
    act(peer)
    await expect(upgraded).rejects.toThrow(Error)
    await stream.close()
    expect(socket.destroyed).toBe(true)
  })

  test('a reset after it ends a read as an error, and no process', async () => {
    await using server = await listen()
    const { stream, peer } = await agreed(server, 'ok\n')
    const other = secured(peer)
    await stream.startTls({ ca: localhost.cert })
    other.write('half')
    expect((await stream.read(4)).toString()).toBe('half')
    const read = stream.read(1)
    peer.resetAndDestroy()
    await expect(read).rejects.toMatchObject({ code: 'ECONNRESET' })
    await stream.close()
  })

  test('refuses what is no socket, a stream that is read, and a closed one', async () => {
    const memory = new StreamIO(new PassThrough())
    await expect(memory.startTls()).rejects.toThrow(TypeError)
    await memory.close()

    await using server = await listen()
    const { stream, peer } = await agreed(server, 'ok\n')
    await expect(stream.startTls({ handshakeTimeout: 0 })).rejects.toThrow(RangeError)
    const line = stream.readline()
    await expect(stream.startTls()).rejects.toMatchObject({ code: 'ERR_SLUICE_BUSY' })
    peer.write('still here\n')
    expect((await line).toString()).toBe('still here\n')
    await stream.close()
    await expect(stream.startTls()).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' })
  })

  test('goes through another TLS connection', async () => {
    await using server = await listen({ tls: true })
    const { connect: connectTls } = await import('node:tls')
    const outer = connectTls({ port: server.port, host: '127.0.0.1', servername: 'localhost', ca: localhost.cert })
    await once(outer, 'secureConnect')
    const stream = new StreamIO(outer, { host: 'localhost' })
    const peer = await server.accept()
    const other = secured(peer)
    await stream.startTls({ ca: localhost.cert })
    await stream.write('twice wrapped\n')
    expect((await once(other, 'data')).toString()).toBe('twice wrapped\n')
    await stream.close()
    expect(outer.destroyed).toBe(true)
  })
})
