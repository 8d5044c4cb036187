import { expect, test, vi } from 'vitest'
import { LineClient } from '../../../test/fixtures/line-client.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { MemoryFileSystem, Server } from './index.ts'

test('nothing is left of 1,000 transfers that go wrong on one connection', async () => {
  const clock = new VirtualClock()
  const fileSystem = new MemoryFileSystem()
  let open = 0
  const opener = fileSystem.open.bind(fileSystem)
  fileSystem.open = async (...args) => {
    const file = await opener(...args)
    const close = file.close.bind(file)
    open++
    file.close = async () => {
      open--
      await close()
    }
    return file
  }
  const server = new Server({ fileSystem, clock, idleTimeout: null, loginTimeout: null })
  const { port } = await server.listen()
  const client = await LineClient.login(port)
  await client.store('STOR file', Buffer.alloc(100_000))
  const rounds: (() => Promise<void>)[] = [
    async () => {
      await client.passivePort()
      await client.command('RETR nowhere', 550)
    },
    async () => {
      const socket = await client.data()
      await client.command('STOR cut', 150)
      socket.resetAndDestroy()
      // If the reset came before the server has looked at the socket, it is an empty file.
      expect([226, 426]).toContain((await client.reply()).code)
    },
    async () => {
      const socket = await client.data()
      socket.resume()
      await client.command('RETR file', 150)
      client.send('ABOR')
      await client.codes(2)
      socket.destroy()
    },
    async () => {
      await client.passivePort()
      await client.command('STOR never', 150)
      client.send('ABOR')
      expect(await client.codes(2)).toEqual([426, 226])
    },
    async () => {
      const socket = await client.data()
      client.send('MLSD', 'NLST')
      expect(await client.codes(3)).toEqual([150, 226, 425])
      socket.destroy()
    },
  ]
  for (let i = 0; i < 1_000; i++) await rounds[i % rounds.length]?.()
  await client.command('NOOP', 200)
  expect(open).toBe(0)
  await vi.waitFor(() => expect(clock.pending).toBe(0))
  expect(client.socket.listenerCount('close')).toBeLessThan(5)
  const { read, write } = server.throttles.serverGlobal
  expect([read.stats.waiters, write.stats.waiters]).toEqual([0, 0])
  client.socket.destroy()
  await server.close()
  expect(clock.pending).toBe(0)
})
