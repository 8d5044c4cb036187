import { once } from 'node:events'
import { get } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { Writable } from 'node:stream'
import { WritableStream } from 'node:stream/web'
import { connect as connectTls } from 'node:tls'
import { expect, test } from 'vitest'
import { listen, localhost } from '../../../test/fixtures/loopback.ts'
import { ThrottledStreamWriter } from './throttled-stream-writer.ts'

test('ThrottledStreamWriter.getExtraInfo() knows both ends of a TCP connection', async () => {
  await using server = await listen()
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  const writer = new ThrottledStreamWriter(socket)
  expect(writer.getExtraInfo('peername')).toEqual({ address: '127.0.0.1', port: server.port, family: 'IPv4' })
  expect(writer.getExtraInfo('sockname')).toEqual({ address: '127.0.0.1', port: socket.localPort, family: 'IPv4' })
  expect(writer.getExtraInfo('socket')).toBe(socket)
  for (const name of ['cipher', 'peercert', 'ssl_object', 'tls_version', 'alpn_protocol', 'weather', 'toString']) {
    expect(writer.getExtraInfo(name), name).toBe(undefined)
    expect(writer.getExtraInfo(name, 'none'), name).toBe('none')
  }
  writer.destroy()
  await writer.waitClosed()
})

test('ThrottledStreamWriter.getExtraInfo() knows TLS', async () => {
  await using server = await listen({ tls: true })
  const socket = connectTls({ port: server.port, host: '127.0.0.1', ca: localhost.cert })
  const writer = new ThrottledStreamWriter(socket)
  expect(writer.getExtraInfo('peercert', null)).toBe(null)
  expect(writer.getExtraInfo('cipher', null)).toBe(null)
  await once(socket, 'secureConnect')
  expect(writer.getExtraInfo('ssl_object')).toBe(socket)
  expect(writer.getExtraInfo('socket')).toBe(socket)
  expect(writer.getExtraInfo('tls_version')).toBe('TLSv1.3')
  expect(writer.getExtraInfo('cipher')).toMatchObject({ name: expect.stringContaining('AES'), version: 'TLSv1.3' })
  expect(writer.getExtraInfo('peercert')?.subjectaltname).toContain('localhost')
  expect(writer.getExtraInfo('alpn_protocol', 'none')).toBe('none')
  expect(writer.getExtraInfo('peername')?.port).toBe(server.port)
  writer.destroy()
  await writer.waitClosed()
})

test('ThrottledStreamWriter.getExtraInfo() looks through an HTTP request at its socket', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const request = get({ port, host: '127.0.0.1', agent: false })
  const writer = new ThrottledStreamWriter(request)
  expect(writer.getExtraInfo('peername', null)).toBe(null)
  await once(request, 'response')
  expect(writer.getExtraInfo('socket')).toBe(request.socket)
  writer.destroy()
  server.close()
})

test('ThrottledStreamWriter.getExtraInfo() knows nothing of other streams', () => {
  for (const stream of [new Writable(), new WritableStream<Uint8Array>()]) {
    const writer = new ThrottledStreamWriter(stream)
    expect(writer.getExtraInfo('peername')).toBe(undefined)
    expect(writer.getExtraInfo('socket', 'none')).toBe('none')
  }
})
