import { readFileSync } from 'node:fs'
import { createClient } from '@redis/client'
import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { describeRedis, RedisServer } from '../../test/fixtures/redis-server.ts'
import { Relay } from '../../test/fixtures/relay.ts'
import { Flow } from '../throttle/flow.ts'
import { BudgetError, OutageError } from './errors.ts'
import type { RedisClient } from './index.ts'
import { SharedThrottle, type SharedThrottleOptions } from './shared-throttle.ts'

const LIMIT = 1_000_000
/** For tests that measure rates: the machine may be busy with others. */
const TIMED = { retry: 2 }
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** What is to be closed after a test, last first. */
const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function start(...args: string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...args)
  open.push(() => server.stop())
  return server
}

function ioredis(server: RedisServer, url = server.url): Redis {
  const client = new Redis(url, { retryStrategy: () => 50 })
  client.on('error', () => {})
  open.push(() => client.disconnect())
  return client
}

async function nodeRedis(server: RedisServer) {
  const client = createClient({ url: server.url, socket: { reconnectStrategy: 50 } })
  client.on('error', () => {})
  await client.connect()
  open.push(() => client.destroy())
  return client
}

function share(client: RedisClient, options: Partial<SharedThrottleOptions> = {}, name = 'test'): SharedThrottle {
  const throttle = new SharedThrottle(client, name, { limit: LIMIT, ...options })
  throttle.on('outage', () => {})
  open.push(() => throttle.close())
  return throttle
}

/** Draws all it can get; `taken()` tells how many bytes that were since it was asked last. */
function draw(throttle: SharedThrottle): { taken(): number } {
  const flow = new Flow(throttle)
  let bytes = 0
  const loop = async () => {
    for (;;) {
      const drawn = await flow.acquire(16_384)
      bytes += drawn
    }
  }
  const ended = loop().catch(() => {})
  open.push(async () => {
    flow.close()
    await ended
  })
  return {
    taken: () => {
      const taken = bytes
      bytes = 0
      return taken
    },
  }
}

/** The rate over the next `ms`, as a part of the limit. */
async function rateOver(ms: number, streams: readonly { taken(): number }[]): Promise<number> {
  for (const stream of streams) stream.taken()
  const began = performance.now()
  await sleep(ms)
  const bytes = streams.reduce((sum, stream) => sum + stream.taken(), 0)
  return bytes / LIMIT / ((performance.now() - began) / 1000)
}

/** Holds `part` to what a busy machine measures. */
function expectNear(part: number, expected: number, tolerance = 0.15): void {
  expect(part).toBeGreaterThan(expected * (1 - tolerance))
  expect(part).toBeLessThan(expected * (1 + tolerance))
}

/** What docs/run-a-fleet.md has users copy, word by word, from the name of the user on. */
function aclOnPage(): string[] {
  const page = readFileSync(new URL('../../docs/run-a-fleet.md', import.meta.url), 'utf8')
  const [, rules] = /^```sh\nredis-cli ACL SETUSER (sluice on '>secret' [^`]*)^```$/m.exec(page) ?? []
  if (rules === undefined) throw new Error('Cannot find what an ACL needs: the page has no block with "ACL SETUSER"')
  return rules.replace(/[\\']/g, '').trim().split(/\s+/)
}

const event = (throttle: SharedThrottle, name: 'outage' | 'recovered') =>
  new Promise<unknown>((resolve) => throttle.on(name, resolve as () => void))

describeRedis('SharedThrottle', () => {
  test('shares one limit between clients of ioredis and node-redis, by weight', TIMED, async () => {
    const server = await start()
    const a = share(ioredis(server), { member: 'a' })
    const b = share(await nodeRedis(server), { member: 'b', weight: 3 })
    await Promise.all([a.ready(), b.ready()])
    const streams = [draw(a), draw(b)]
    await sleep(500)
    expectNear(await rateOver(1500, streams), 1)
    expectNear(await rateOver(1000, streams.slice(1)), 0.75)
    const members = await a.members()
    expect(members.map(({ name, weight, state }) => [name, weight, state])).toEqual([
      ['a', 1, 'heavy'],
      ['b', 3, 'heavy'],
    ])
    expectNear(members.reduce((sum, { rate }) => sum + rate, 0) / LIMIT, 1)
  })

  test('limit changes for all within a round, and holds for who joins later', TIMED, async () => {
    const server = await start()
    const a = share(ioredis(server))
    const b = share(ioredis(server))
    await Promise.all([a.ready(), b.ready()])
    const streams = [draw(a), draw(b)]
    await sleep(300)
    const changed = new Promise((resolve) => b.on('limit', resolve))
    await a.setLimit(LIMIT / 4)
    expect(await changed).toBe(LIMIT / 4)
    expectNear(await rateOver(1000, streams), 0.25)
    const c = share(ioredis(server), { limit: 5 })
    await c.ready()
    expect(c.limit).toBe(LIMIT / 4)
  })

  test('pair() gives both directions a budget of their own', async () => {
    const server = await start()
    const pair = SharedThrottle.pair(ioredis(server), 'pair', { read: 1000, write: null })
    const { read, write } = pair
    if (!(read instanceof SharedThrottle && write instanceof SharedThrottle)) throw new Error('not shared')
    open.push(
      () => read.close(),
      () => write.close(),
    )
    await Promise.all([read.ready(), write.ready()])
    expect([read.name, read.limit, write.name, write.limit]).toEqual(['pair:read', 1000, 'pair:write', null])
  })

  test(
    'goes on at its rate when Redis is killed, and comes back without a burst when it returns empty',
    TIMED,
    async () => {
      const server = await start()
      const throttles = [share(ioredis(server)), share(ioredis(server))]
      await Promise.all(throttles.map((throttle) => throttle.ready()))
      const streams = throttles.map(draw)
      await sleep(1000)
      const outage = event(throttles[0] as SharedThrottle, 'outage')
      await server.kill()
      expectNear(await rateOver(1500, streams), 1)
      expect(await outage).toBeInstanceOf(OutageError)
      expect(throttles[0]?.sharing.state).toBe('outage')
      const recovered = event(throttles[0] as SharedThrottle, 'recovered')
      await server.start()
      expect(await recovered).toBeGreaterThan(0)
      expectNear(await rateOver(1000, streams), 1, 0.25)
      expectNear(await rateOver(1000, streams), 1)
      for (const stream of streams) expectNear(await rateOver(500, [stream]), 0.5, 0.2)
    },
  )

  test('stands FLUSHALL, SCRIPT FLUSH and CLIENT KILL', TIMED, async () => {
    const server = await start()
    const throttles = [share(ioredis(server)), share(await nodeRedis(server))]
    await Promise.all(throttles.map((throttle) => throttle.ready()))
    const streams = throttles.map(draw)
    const admin = ioredis(server)
    await sleep(500)
    await admin.flushall()
    expectNear(await rateOver(700, streams), 1, 0.25)
    await admin.script('FLUSH')
    expectNear(await rateOver(700, streams), 1)
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    expectNear(await rateOver(700, streams), 1, 0.25)
    expectNear(await rateOver(700, streams), 1)
    expect(throttles.map(({ limit }) => limit)).toEqual([LIMIT, LIMIT])
  })

  test('stands Redis stopping for a while', TIMED, async () => {
    const server = await start()
    const throttles = [share(ioredis(server)), share(ioredis(server))]
    await Promise.all(throttles.map((throttle) => throttle.ready()))
    const streams = throttles.map(draw)
    await sleep(1000)
    server.signal('SIGSTOP')
    try {
      expectNear(await rateOver(2000, streams), 1)
    } finally {
      server.signal('SIGCONT')
    }
    expectNear(await rateOver(1000, streams), 1, 0.3)
    expectNear(await rateOver(1000, streams), 1)
  })

  test('keeps the limit while half of the processes are cut off, and when they are back', TIMED, async () => {
    const server = await start()
    const relay = await Relay.start(server.port)
    open.push(() => relay.close())
    const near = [share(ioredis(server)), share(ioredis(server))]
    const far = [share(ioredis(server, relay.url)), share(ioredis(server, relay.url))]
    await Promise.all([...near, ...far].map((throttle) => throttle.ready()))
    const streams = [...near, ...far].map(draw)
    await sleep(1500)
    relay.cut = true
    expectNear(await rateOver(1000, streams), 1, 0.3)
    expectNear(await rateOver(1500, streams), 1)
    expect((await near[0]?.members())?.map(({ state }) => state).sort()).toEqual(['heavy', 'heavy', 'silent', 'silent'])
    relay.cut = false
    expectNear(await rateOver(1000, streams), 1, 0.25)
    expectNear(await rateOver(1000, streams), 1)
    expect((await near[0]?.members())?.map(({ state }) => state)).toEqual(['heavy', 'heavy', 'heavy', 'heavy'])
  })

  test('keeps the limit over lines that take 200 ms', TIMED, async () => {
    const server = await start()
    const relay = await Relay.start(server.port)
    open.push(() => relay.close())
    relay.delay = 100
    const throttles = [share(ioredis(server, relay.url)), share(ioredis(server, relay.url))]
    await Promise.all(throttles.map((throttle) => throttle.ready()))
    const streams = throttles.map(draw)
    await sleep(2000)
    expectNear(await rateOver(2000, streams), 1)
    expect(throttles[0]?.sharing.interval).toBeGreaterThan(380)
    expect(throttles[0]?.sharing.roundTrip).toBeGreaterThan(190)
  })

  const foreign = [
    { title: 'a text', put: (redis: Redis) => redis.set('sluice:{test}', 'mine'), key: 'sluice:{test}' },
    { title: 'a hash of others', put: (redis: Redis) => redis.hset('sluice:{test}', 'a', '1'), key: 'sluice:{test}' },
    {
      title: 'a list',
      put: (redis: Redis) => redis.rpush('sluice:{test}:members', 'a'),
      key: 'sluice:{test}:members',
    },
    { title: 'a text', put: (redis: Redis) => redis.set('sluice:{test}:seen', 'a'), key: 'sluice:{test}:seen' },
    {
      title: 'another version of the script',
      put: (redis: Redis) => redis.hset('sluice:{test}', 'format', '2', 'limit', '1'),
      key: 'sluice:{test}',
    },
    {
      title: 'a limit of zero length',
      put: (redis: Redis) => redis.hset('sluice:{test}', 'format', '1', 'limit', ''),
      key: 'sluice:{test}',
    },
  ]
  test('ready() fails with an error that names the key, if something foreign is there, and leaves it as it is', async () => {
    const server = await start()
    for (const { put, key } of foreign) {
      const redis = ioredis(server)
      await redis.flushall()
      await put(redis)
      const before = await redis.dump(key)
      const throttle = share(redis)
      const error = await throttle.ready().then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(error).toBeInstanceOf(BudgetError)
      expect((error as BudgetError).message).toContain(`'${key}'`)
      throttle.limit = 5
      await sleep(300)
      expect(await redis.dump(key)).toEqual(before)
      expect((await redis.keys('*')).length).toBe(1)
      await throttle.close()
    }
  })

  const refusals = [
    {
      title: 'a wrong password',
      args: ['--requirepass', 'secret'],
      url: (server: RedisServer) => `redis://:wrong@127.0.0.1:${server.port}`,
      says: /WRONGPASS|NOAUTH/,
    },
    {
      title: 'an ACL that forbids scripts',
      args: ['--user', 'default', 'on', 'nopass', '~*', '&*', '+@all', '-@scripting'],
      says: /NOPERM/,
    },
    {
      title: 'an ACL that forbids the keys',
      args: ['--user', 'default', 'on', 'nopass', '~other:*', '&*', '+@all'],
      says: /NOPERM|No permissions/,
    },
    {
      title: 'a replica that is read-only',
      args: ['--replicaof', '127.0.0.1', '1', '--replica-serve-stale-data', 'yes'],
      says: /READONLY/,
    },
    { title: 'a memory that is full', args: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'], says: /OOM/ },
  ]
  for (const { title, args, url, says } of refusals) {
    test(`tells of ${title} once, and goes on at the floor`, async () => {
      const server = await start(...args)
      const throttle = share(ioredis(server, url?.(server)), { floor: LIMIT / 5 })
      const told: Error[] = []
      throttle.on('outage', (error) => told.push(error))
      await expect(throttle.ready()).rejects.toThrow(says)
      const stream = draw(throttle)
      await sleep(300)
      // Not the hundredth that it had else, nor all.
      expectNear(await rateOver(1000, [stream]), 0.2, 0.5)
      expect(told.length).toBe(1)
      expect(told[0]).toBeInstanceOf(OutageError)
    })
  }

  test('needs no more of an ACL than its page says', async () => {
    const server = await start('--user', ...aclOnPage())
    const url = server.url.replace('//', '//sluice:secret@')
    const throttles = [share(ioredis(server, url)), share(ioredis(server, url))]
    await Promise.all(throttles.map((throttle) => throttle.ready()))
    const streams = throttles.map(draw)
    await throttles[0]?.setWeight(2)
    // Much more than the floor of who is refused.
    expect(await rateOver(1000, streams)).toBeGreaterThan(0.5)
    await throttles[1]?.close()
    await throttles[0]?.setLimit(LIMIT / 2)
    expect(await throttles[0]?.members()).toHaveLength(1)
  })
})
