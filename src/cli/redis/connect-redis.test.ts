import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/cli-sluice.ts'
import { describeRedis, freePort, RedisServer } from '../../../test/fixtures/redis-server.ts'
import { Budget } from '../../redis/index.ts'
import { Failure } from '../failure.ts'
import { type ConnectOptions, connectRedis } from './connect-redis.ts'
import { parseRedisUrl } from './redis-url.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function connect(text: string, options: Partial<ConnectOptions> = {}) {
  const connection = await connectRedis(parseRedisUrl(text), { env: {}, ...options })
  open.push(() => connection.close())
  return connection
}

/** What is told if it can't be connected. */
async function failureOf(text: string, options: Partial<ConnectOptions> = {}): Promise<Failure> {
  const error: unknown = await connect(text, options).catch((error: unknown) => error)
  if (error instanceof Failure) return error
  throw error
}

/** A server that is no Redis. */
async function listen(say: string): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => {
      if (say === 'end') socket.end()
      else if (say !== '') socket.write(say)
    })
    open.push(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => server.close())
  const address = server.address()
  return `127.0.0.1:${typeof address === 'object' ? address?.port : address}`
}

test('connectRedis() tells that nothing listens there', async () => {
  const port = await freePort()
  const { message, code } = await failureOf(`redis://ann:secret@127.0.0.1:${port}/uplink`)
  expect(code).toBe('ECONNREFUSED')
  expect(message).toBe(
    `Cannot use redis://ann:****@127.0.0.1:${port}/uplink: nothing listens there (ECONNREFUSED); check the host and the port`,
  )
})

test('connectRedis() tells that there was no answer', async () => {
  const { message } = await failureOf(`redis://${await listen('')}/uplink`, { timeout: 200 })
  expect(message).toContain('there was no answer for 0.2 s; check the host and the port')
})

test('connectRedis() tells of who breaks the connection', async () => {
  expect((await failureOf(`redis://${await listen('end')}/uplink`)).message).toContain('it broke the connection')
})

test('connectRedis() tells of what does not speak TLS', async () => {
  expect((await failureOf(`rediss://${await listen('-ERR no\r\n')}/uplink`)).message).toContain('redis:// in place of')
})

test('connectRedis() shows no password that a server repeats, nor keeps it', async () => {
  const repeats = '-ERR unknown command `SAY`, with args beginning with: `3` `AUTH` `secret`\r\n'
  const failure = await failureOf(`redis://:secret@${await listen(repeats)}/uplink`)
  expect(failure.message).toContain('unknown command `SAY`')
  expect(failure.message).not.toContain('secret')
  expect(failure.cause).toBeUndefined()
})

test('connectRedis() ends with the reason of its signal', async () => {
  const reason = new Error('enough')
  const url = `redis://${await listen('')}/uplink`
  await expect(connect(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  const stop = new AbortController()
  const ended = connect(url, { signal: stop.signal })
  setTimeout(() => stop.abort(reason), 50)
  await expect(ended).rejects.toBe(reason)
})

test('connectRedis() tells that the file of the password can not be read', async () => {
  const { message } = await failureOf('redis://127.0.0.1:1/uplink', { passwordFile: '/there/is/none' })
  expect(message).toBe('Cannot read "/there/is/none": there is no such file (ENOENT); check the path')
})

describeRedis('connectRedis()', () => {
  test('gives a client for budgets, which comes back after an outage', async () => {
    await using server = await RedisServer.start()
    const { client, isCluster } = await connect(`${server.url}/uplink?db=3`)
    expect(isCluster).toBe(false)
    const budget = new Budget(client, 'uplink')
    await budget.setLimit(1000)
    expect(await Budget.list(client)).toEqual(['uplink'])
    expect(await Budget.list((await connect(server.url)).client)).toEqual([])
    await server.kill()
    await new Promise((resolve) => setTimeout(resolve, 700))
    await server.start()
    await budget.setLimit(2000)
    expect(await budget.state()).toMatchObject({ limit: 2000 })
  })

  test('takes the password from the URL, else the file, else the environment', async () => {
    await using server = await RedisServer.start('--requirepass', 'secret')
    using folder = temporaryFolder()
    const [right, wrong] = [folder.path('right'), folder.path('wrong')]
    writeFileSync(right, 'secret\nmore\n')
    writeFileSync(wrong, 'wrong\n')
    const [good, bad] = [{ SLUICE_REDIS_PASSWORD: 'secret' }, { SLUICE_REDIS_PASSWORD: 'wrong' }]
    const withPassword = server.url.replace('//', '//:secret@')
    await connect(withPassword, { passwordFile: wrong, env: bad })
    await connect(server.url, { passwordFile: right, env: bad })
    await connect(server.url, { env: good })
    const { message } = await failureOf(server.url, { passwordFile: wrong, env: good })
    expect(message).toContain('it refused the password (WRONGPASS); check the user and the password')
    expect((await failureOf(server.url)).message).toMatch(
      /it asks for a password \(NOAUTH\); give one in the URL, with --redis-password-file or in SLUICE_REDIS_PASSWORD$/,
    )
  })

  test('logs in as a user that may do no more than sharing a budget needs', async () => {
    const rules = ['~sluice:*', '&sluice:*', '+eval', '+evalsha', '+time', '+hmget', '+exists', '+hget', '+hgetall']
    const more = ['+hset', '+zadd', '+zrem', '+zrangebyscore', '+pexpire', '+del', '+hdel', '+pubsub']
    await using server = await RedisServer.start('--user', 'ann', 'on', '>secret', ...rules, ...more)
    const { client } = await connect(server.url.replace('//', '//ann:secret@'))
    await new Budget(client, 'uplink').setLimit(1000)
  })

  test('tells of a database that is not there', async () => {
    await using server = await RedisServer.start()
    expect((await failureOf(`${server.url}/?db=99`)).message).toContain('there is no such database; check ?db=')
  })
})
