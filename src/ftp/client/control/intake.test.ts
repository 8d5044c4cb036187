import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { ControlIntake } from './intake.ts'

test('ControlIntake gives all that comes, in its order, also what came before anybody listened', async () => {
  const sent = Array.from({ length: 20_000 }, (_, i) => `${i} `).join('')
  const server = createServer((socket) => void socket.end(sent)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const intake = new ControlIntake()
  const socket = connect({ port, host: '127.0.0.1', onread: intake.onread })
  const ended = once(socket, 'end')
  await expect.poll(() => socket.bytesRead).toBeGreaterThan(0)
  let got = ''
  intake.listen((bytes) => {
    got += bytes.toString()
  })
  expect(got).toBe('') // whoever listens may have to get ready first
  socket.resume()
  await ended
  await expect.poll(() => got.length).toBe(sent.length)
  expect(got).toBe(sent)
  socket.destroy()
  server.close()
})
