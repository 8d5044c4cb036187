import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { findRedis } from '../scripts/lib/redis-server.js'
import { describeRedis, RedisServer, until } from './fixtures/redis-server.ts'
import { Relay } from './fixtures/relay.ts'

const LIBRARY = new URL('../scripts/lib/redis-server.js', import.meta.url).href

test('findRedis() says what to install', () => {
  expect(() => findRedis({ REDIS_SERVER: '/nowhere/redis-server' })).toThrow(
    /^Cannot find \/nowhere\/redis-server: .*\n.*apt-get install redis-server/,
  )
})

test('RedisServer.start() tells of a program that is not there', async () => {
  await expect(RedisServer.startWith({ program: '/nowhere/redis-server' })).rejects.toThrow(
    /^Cannot start \/nowhere\/redis-server on port \d+: .*(ENOENT|127)/,
  )
})

test('Relay keeps the order of what comes when its delay becomes shorter', async () => {
  await using echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = echo.address()
  const relay = await Relay.start(typeof address === 'object' && address !== null ? address.port : 0)
  const socket = connect(Number(new URL(relay.url).port), '127.0.0.1').setEncoding('utf8')
  try {
    let text = ''
    socket.on('data', (more) => {
      text += more
    })
    for (const [i, delay] of [60, 30, 10, 0].entries()) {
      relay.delay = delay
      socket.write(String(i))
      await new Promise((resolve) => setTimeout(resolve, 8))
    }
    await until('all that was sent', async () => text.length === 4)
    expect(text).toBe('0123')
  } finally {
    socket.destroy()
    await relay.close()
  }
})

describeRedis('RedisServer', () => {
  test('start() tells that the server ended, and leaves nothing', async () => {
    await expect(RedisServer.start('--nonsense', '1')).rejects.toThrow(/^Cannot start .* on port \d+: it ended with 1$/)
  })

  test.skipIf(process.platform !== 'linux')('ends when the process that started it is killed', async () => {
    const program = `
      const { RedisServer } = await import('${LIBRARY}')
      const server = new RedisServer()
      await server.start()
      console.log(server.port)
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exit = once(child, 'exit')
    try {
      const [text] = await Promise.race([once(child.stdout, 'data'), exit])
      const port = Number(text)
      expect(port).toBeGreaterThan(0)
      expect(await listens(port)).toBe(true)
      child.kill('SIGKILL')
      await exit
      await until('the end of the server', async () => !(await listens(port)))
    } finally {
      child.kill('SIGKILL')
    }
  })
})

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return await new Promise<boolean>((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  }).finally(() => socket.destroy())
}
