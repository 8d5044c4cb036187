import { expect, test, vi } from 'vitest'
import { LineClient } from '../../../test/fixtures/line-client.ts'
import { MemoryFileSystem, type OpenFile, Server } from './index.ts'

/** 30,000 commands, in what a socket delivers at once. */
const FLOOD = 'A\n'.repeat(30_000)

test('who sends thousands of commands at once does not hold up others', async () => {
  await using server = new Server()
  const { port } = await server.listen()
  await using flooder = await LineClient.login(port)
  await using other = await LineClient.login(port)
  let done = 0
  server.on('command', (_, { verb }) => {
    if (verb === 'A') done++
  })
  flooder.sendRaw(FLOOD)
  await vi.waitFor(() => expect(done).toBeGreaterThan(0), { interval: 1 })
  await other.command('NOOP', 200)
  expect(done).toBeLessThan(20_000)
  await flooder.codes(30_000)
})

test('commands that nobody has looked at take no more memory than their bytes', async () => {
  await using server = new Server({
    users: [{ name: 'ann', password: 'secret' }],
    loginDelay: 60_000,
    maxLoginDelay: 60_000,
  })
  const { port } = await server.listen()
  const clients = await Promise.all(Array.from({ length: 30 }, () => LineClient.connect(port)))
  const before = process.memoryUsage().heapUsed
  let failed = 0
  server.on('login-failed', () => failed++)
  for (const client of clients) client.sendRaw(`USER ann\r\nPASS wrong\r\n${FLOOD}`)
  await vi.waitFor(() => expect(failed).toBeGreaterThan(0))
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(30_000_000)
  for (const client of clients) client.socket.destroy()
})

test('HASH works out a few checksums at a time', async () => {
  const fileSystem = new MemoryFileSystem()
  await (await fileSystem.open('/file', 'write')).close()
  let open = 0
  let most = 0
  const slow = Object.assign(fileSystem, {
    async open(): Promise<OpenFile> {
      most = Math.max(most, ++open)
      await new Promise((resolve) => setTimeout(resolve, 20))
      open--
      throw Object.assign(new Error('gone'), { code: 'ENOENT' })
    },
  })
  await using server = new Server({ fileSystem: slow })
  const { port } = await server.listen()
  const clients = await Promise.all(Array.from({ length: 10 }, () => LineClient.login(port)))
  await Promise.all(clients.map((client) => client.command('HASH file', 550)))
  expect(most).toBe(4)
})
