import { createClient, createCluster } from '@redis/client'
import { Cluster, Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { describeRedis, freePort, RedisServer } from '../../test/fixtures/redis-server.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Budget } from './budget.ts'
import { BudgetError, OutageError } from './errors.ts'
import type { RedisClient } from './index.ts'
import { SharedThrottle } from './shared-throttle.ts'
import { VirtualRedis } from './virtual-redis.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

test('Budget.pause() lets nothing pass in any process within a round, and resume() goes on without a burst', async () => {
  const clock = new VirtualClock()
  const redis = new VirtualRedis(clock)
  const throttles = [1, 2].map(() => new SharedThrottle(redis.client(), 'fleet', { limit: 100_000, clock }))
  const budget = new Budget(redis.client(), 'fleet')
  const drawn = [0, 0]
  for (const [i, throttle] of throttles.entries()) {
    const loop = async () => {
      for (;;) {
        const bytes = await throttle.acquire(1000)
        drawn[i] = (drawn[i] ?? 0) + bytes
      }
    }
    loop().catch(() => {})
  }
  await clock.advance(2000)
  await clock.run(() => budget.pause())
  await clock.advance(250)
  const [a, b] = drawn
  await clock.advance(2000)
  expect(drawn).toEqual([a, b])
  expect(throttles.map(({ sharing }) => sharing.paused)).toEqual([true, true])
  expect((await clock.run(() => budget.state()))?.paused).toBe(true)
  await clock.run(() => budget.resume())
  await clock.advance(1400)
  const sum = drawn.reduce((x, y) => x + y) - (a ?? 0) - (b ?? 0)
  expect(sum).toBeGreaterThan(100_000 * 0.95)
  expect(sum).toBeLessThan(100_000 * 1.45)
})

test('Budget fails with what is wrong: no budget, no member, no Redis, wrong arguments', async () => {
  const clock = new VirtualClock()
  const redis = new VirtualRedis(clock)
  const budget = new Budget(redis.client(), 'fleet')
  expect(await clock.run(() => budget.state())).toBeUndefined()
  await expect(clock.run(() => budget.pause())).rejects.toThrow(BudgetError)
  await clock.run(() => budget.setLimit('1MB/s'))
  expect(await clock.run(() => budget.state())).toMatchObject({ limit: 1_000_000, paused: false, members: [] })
  await expect(clock.run(() => budget.setWeight('nobody', 2))).rejects.toThrow(
    'Cannot share the budget \'fleet\': there is no member "nobody"',
  )
  await expect(budget.setWeight('nobody', 0)).rejects.toThrow(RangeError)
  await expect(budget.setLimit(0)).rejects.toThrow(RangeError)
  redis.down = true
  await expect(clock.run(() => budget.state())).rejects.toThrow(OutageError)
  expect(() => new Budget(redis.client(), 'a{b}')).toThrow(RangeError)
  expect(() => new Budget({} as RedisClient, 'a')).toThrow(TypeError)
  await expect(Budget.list(redis.client())).rejects.toThrow(TypeError)
})

describeRedis('Budget', () => {
  test('list(), state() and changes work with either client', async () => {
    await using server = await RedisServer.start()
    const io = new Redis(server.url)
    const node = createClient({ url: server.url })
    // The server goes before its clients do.
    for (const client of [io, node]) client.on('error', () => {})
    await node.connect()
    open.push(
      () => io.disconnect(),
      () => node.isOpen && node.destroy(),
    )
    for (const client of [io, node]) {
      await io.flushall()
      await io.set('other', '1')
      for (const name of ['b', 'a/c', 'a']) await new Budget(client, name).setLimit(1000)
      expect(await Budget.list(client)).toEqual(['a', 'a/c', 'b'])
      const throttle = new SharedThrottle(client, 'a', { limit: null, member: 'me', weight: 2 })
      await throttle.ready()
      expect(throttle.limit).toBe(1000)
      const budget = new Budget(client, 'a')
      await budget.setWeight('me', 5)
      expect((await budget.state())?.members).toMatchObject([{ name: 'me', weight: 5, state: 'idle' }])
      await throttle.close()
      const state = await budget.state()
      expect(state?.members).toEqual([])
      // Of this machine's clock, since the server is here.
      expect(Math.abs((state?.now ?? 0) - Date.now())).toBeLessThan(60_000)
    }
    io.disconnect()
    node.destroy()
    for (const client of [io, node]) {
      const error: unknown = await Budget.list(client).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(OutageError)
      expect((error as OutageError).cause).toBeInstanceOf(Error)
    }
  })

  test('SharedThrottle and Budget work with the cluster clients of both', { timeout: 30_000 }, async () => {
    const ports = ['--cluster-port', String(await freePort()), '--cluster-announce-ip', '127.0.0.1']
    await using server = await RedisServer.start('--cluster-enabled', 'yes', ...ports)
    const admin = new Redis(server.url)
    open.push(() => admin.disconnect())
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    while (!String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const io = new Cluster([{ host: '127.0.0.1', port: server.port }])
    const node = createCluster({ rootNodes: [{ url: server.url }] })
    // The server goes before its clients do.
    for (const client of [io, node]) client.on('error', () => {})
    await node.connect()
    open.push(
      () => io.disconnect(),
      () => node.destroy(),
    )
    for (const [i, client] of [io, node].entries()) {
      await using throttle = new SharedThrottle(client, `cluster ${i}`, { limit: 1_000_000 })
      await throttle.ready()
      expect(await throttle.acquire(1000)).toBeGreaterThan(0)
      expect(await throttle.members()).toHaveLength(1)
      expect(await Budget.list(client)).toContain(`cluster ${i}`)
    }
  })
})
