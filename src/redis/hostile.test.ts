import { createClient } from '@redis/client'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { greedy } from '../../test/fixtures/greedy.ts'
import { describeRedis, RedisServer, until } from '../../test/fixtures/redis-server.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Flow } from '../throttle/flow.ts'
import { Budget } from './budget.ts'
import { nameOf } from './keys.ts'
import { parseSale } from './protocol.ts'
import { SharedThrottle, type SharedThrottleOptions } from './shared-throttle.ts'
import { VirtualRedis } from './virtual-redis.ts'

function setUp(count: number, options: Partial<SharedThrottleOptions> = {}) {
  const clock = new VirtualClock()
  const redis = new VirtualRedis(clock)
  const members = Array.from(
    { length: count },
    (_, i) => new SharedThrottle(redis.client(), 'test', { limit: 1_000_000, member: `p${i}`, clock, ...options }),
  )
  return { clock, redis, members }
}

for (const { limit, count, interval } of [
  { limit: 1, count: 1, interval: 100 },
  { limit: 1, count: 8, interval: 100 },
  { limit: 0.2, count: 2, interval: 100 },
  { limit: 10, count: 8, interval: 20 },
  { limit: 20, count: 4, interval: 10 },
]) {
  test(`SharedThrottle of ${count} keeps ${limit} B/s, where a byte takes longer than a round of ${interval} ms`, async () => {
    const { clock, members } = setUp(count, { limit, interval })
    const sums = members.map((member) => greedy(new Flow(member), 1000, clock, 60_000))
    const sum = (await clock.run(() => Promise.all(sums))).reduce((a, b) => a + b)
    expect(sum).toBeLessThanOrEqual(60 * limit + count + 1)
    expect(sum).toBeGreaterThan(0.8 * 60 * limit - count)
  })
}

for (const { title, lose } of [
  { title: 'Redis loses it', lose: (redis: VirtualRedis) => redis.flush() },
  { title: 'the members expire', lose: (redis: VirtualRedis) => redis.forgetMembers() },
]) {
  test(`Budget.pause() holds also when ${title}`, async () => {
    const { clock, redis, members } = setUp(3)
    const sums = members.map((member) => greedy(new Flow(member), 1000, clock, 6000))
    await clock.advance(1000)
    const budget = new Budget(redis.client(), 'test')
    await clock.run(() => budget.pause())
    await clock.advance(1000)
    lose(redis)
    const before = members.reduce((sum, { stats }) => sum + stats.bytes, 0)
    await clock.advance(2000)
    expect(members.reduce((sum, { stats }) => sum + stats.bytes, 0)).toBe(before)
    await clock.run(() => budget.resume())
    await clock.advance(2500)
    expect((await Promise.all(sums)).reduce((a, b) => a + b)).toBeGreaterThan(before + 1_000_000)
  })
}

test('Budget.setLimit() holds for members that knew another limit before Redis lost it', async () => {
  const { clock, redis, members } = setUp(2)
  const [member] = members
  await clock.advance(500)
  for (const limit of [2_000_000, 3_000_000]) await clock.run(async () => member?.setLimit(limit))
  redis.flush()
  await clock.run(() => new Budget(redis.client(), 'test').setLimit(100_000))
  await clock.advance(3000)
  expect(members.map(({ limit }) => limit)).toEqual([100_000, 100_000])
})

test("SharedThrottle with a rate as 'onOutage' keeps no more than its part from the others when it is gone", async () => {
  const { clock, redis } = setUp(0)
  const create = (member: string, onOutage: number | 'hold-share') =>
    new SharedThrottle(redis.client(), 'test', { limit: 1_000_000, member, clock, onOutage })
  const [greedyOne, other] = [create('a', 10_000_000), create('b', 'hold-share')]
  const stop = [greedyOne, other].map((member) => greedy(new Flow(member), 1000, clock, 6000))
  await clock.advance(1000)
  const before = other.stats.bytes
  redis.hangUp('a')
  greedyOne.pause()
  await clock.advance(3000)
  expect((other.stats.bytes - before) / 3_000_000).toBeGreaterThan(0.45)
  greedyOne.resume()
  await clock.advance(3000)
  await Promise.all(stop)
})

test("SharedThrottle 'closed' lets nothing pass before Redis has sold anything", async () => {
  const clock = new VirtualClock()
  const runner = { runScript: () => new Promise<never>(() => {}) }
  const throttle = new SharedThrottle(runner, 'test', { limit: 1e8, onOutage: 'closed', clock })
  await clock.advance(50)
  expect(throttle.tryAcquire(1_000_000)).toBe(0)
  await clock.advance(5000)
  expect(throttle.tryAcquire(1_000_000)).toBe(0)
  await clock.run(() => throttle.close())
})

const sale = [1e12, 0, 100, 1e6, 1, 100_000, 1000, 1, 1, 1, 5, 0, 0, 0]
for (const { title, place, value } of [
  { title: 'more bytes than a lease', place: 2, value: 1001 },
  { title: 'a negative lead', place: 1, value: -1 },
  { title: 'no weight', place: 9, value: 0 },
  { title: 'no round', place: 5, value: 0 },
  { title: 'a round of an hour', place: 5, value: 3.6e9 },
  { title: 'no number', place: 6, value: Number.NaN },
]) {
  test(`parseSale() refuses ${title}`, () => {
    expect(parseSale(['OK', ...sale.map(String)]).bytes).toBe(100)
    const wrong = sale.map((number, i) => String(i === place ? value : number))
    expect(() => parseSale(['OK', ...wrong])).toThrow(TypeError)
  })
}

test('nameOf() knows only names that a budget can have', () => {
  expect(nameOf('sluice:{a b}')).toBe('a b')
  for (const key of ['sluice:{a\nb}', `sluice:{${'x'.repeat(257)}}`, 'sluice:{}', 'sluice:{a}:members', 'other:{a}']) {
    expect(nameOf(key), key).toBeUndefined()
  }
})

describeRedis('A budget in Redis', () => {
  const damages: { title: string; damage: (redis: Redis) => Promise<unknown> }[] = [
    { title: "a weight 'abc'", damage: (redis) => redis.hset('sluice:{b}:members', 'x', 'abc 1 1 1 1 1 1 1 1 1 0 0') },
    { title: 'a weight of 0', damage: (redis) => redis.hset('sluice:{b}:members', 'p0', '0 0 0 1 1 0 0 0 -1 0 0 0') },
    { title: 'too few facts', damage: (redis) => redis.hset('sluice:{b}:members', 'p0', '1 1') },
    { title: 'sums that are nan', damage: (redis) => redis.hset('sluice:{b}', 'active', 'nan', 'weights', 'nan') },
    { title: 'an endless round', damage: (redis) => redis.hset('sluice:{b}', 'interval', '1e15', 'paused', '0') },
    { title: 'members who are none', damage: (redis) => redis.hset('sluice:{b}', 'count', 'inf', 'reserved', '-5') },
  ]
  for (const { title, damage } of damages) {
    test(`heals from ${title}`, async () => {
      await using server = await RedisServer.start()
      const redis = new Redis(server.url)
      const [one, two] = ['p0', 'p1'].map(
        (member) => new SharedThrottle(redis, 'b', { limit: 1_000_000, member, interval: 20 }),
      ) as [SharedThrottle, SharedThrottle]
      try {
        await Promise.all([one.ready(), two.ready()])
        await redis.zadd('sluice:{b}:seen', 1, 'x')
        await damage(redis)
        const bytes = () => one.stats.bytes + two.stats.bytes
        const draws = [one, two].map(async (member) => {
          const flow = new Flow(member)
          while (bytes() < 600_000) await flow.acquire(2000)
        })
        await Promise.all(draws)
        await until('both members', async () => (await one.members()).map(({ name }) => name).join() === 'p0,p1')
        expect([one, two].map(({ sharing }) => sharing.state)).toEqual(['joined', 'joined'])
        const state = await new Budget(redis, 'b').state()
        expect(state?.reserved).toBe(0)
        expect(state?.interval).toBeLessThanOrEqual(60_000)
      } finally {
        await Promise.all([one.close(), two.close()])
        redis.disconnect()
      }
    })
  }

  test('leaves no connection of node-redis when it is closed while it begins to listen', async () => {
    await using server = await RedisServer.start()
    const client = createClient({ url: server.url })
    client.on('error', () => {})
    await client.connect()
    try {
      for (let i = 0; i < 10; i++) {
        const throttle = new SharedThrottle(client, 'b', { limit: 1000 })
        await new Promise((resolve) => setTimeout(resolve, i % 2))
        await throttle.close()
      }
      const listening = async () => {
        const list = String(await client.sendCommand(['CLIENT', 'LIST']))
        return list.split('\n').filter((line) => /^id=/.test(line)).length
      }
      await until('one connection', async () => (await listening()) === 1)
    } finally {
      client.destroy()
    }
  })
})
