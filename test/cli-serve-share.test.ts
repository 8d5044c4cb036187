import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createClient } from '@redis/client'
import { Client } from 'sluice/ftp'
import { Budget } from 'sluice/redis'
import { expect, test } from 'vitest'
import { cleanEnv, sha256, startSluice, temporaryFolder } from './cli-sluice.ts'
import { describeRedis, RedisServer } from './fixtures/redis-server.ts'

const LIMIT = 400_000

/** Runs `sluice serve` on a free port; `line` settles with the next line of JSON of that event. */
async function startServer(root: string, ...more: string[]) {
  const { child, ended } = startSluice(['serve', root, '--port', '0', '--json', ...more], { env: cleanEnv() })
  const events: Record<string, unknown>[] = []
  const waiting: { readonly event: string; readonly resolve: (event: Record<string, unknown>) => void }[] = []
  let rest = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const event = JSON.parse(line) as Record<string, unknown>
      events.push(event)
      for (const waiter of waiting) if (waiter.event === event.event) waiter.resolve(event)
    }
  })
  const next = (event: string) => new Promise<Record<string, unknown>>((resolve) => waiting.push({ event, resolve }))
  const listening = await Promise.race([
    next('listening'),
    ended.then(({ stderr }) => Promise.reject(new Error(`It did not begin: ${stderr}`))),
  ])
  return {
    ...{ listening, next, events },
    port: Number(listening.port),
    async stop() {
      child.kill('SIGINT')
      return await ended
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended.catch(() => {})
    },
  }
}

describeRedis(
  'sluice serve --share',
  () => {
    test('counts both directions of all connections together, and leaves at the end', { timeout: 60_000 }, async () => {
      await using redis = await RedisServer.start()
      using folder = temporaryFolder()
      const bytes = randomBytes(LIMIT / 2)
      writeFileSync(folder.path('file'), bytes)
      const share = ['--share', `${redis.url}/uplink`, '--share-limit', String(LIMIT), '--share-member', 'server']
      await using server = await startServer(folder.path('.'), ...share, '--limit', '1GB/s')
      expect(server.listening.share).toMatchObject({ budget: 'uplink', member: 'server', limitBytesPerSecond: LIMIT })
      const redisClient = createClient({ url: redis.url })
      redisClient.on('error', () => {})
      await redisClient.connect()
      const budget = new Budget(redisClient, 'uplink')
      const connect = () => Client.connect('127.0.0.1', { port: server.port })
      await using first = await connect()
      await using second = await connect()
      const began = performance.now()
      await Promise.all([first.download('/file', folder.path('fetched')), second.upload(bytes, '/copy')])
      // 1 s, less what the bound of a budget allows; with a budget for each direction it would be half of it.
      expect(performance.now() - began).toBeGreaterThan(700)
      expect(sha256(readFileSync(folder.path('fetched')))).toBe(sha256(bytes))
      expect(sha256(readFileSync(folder.path('copy')))).toBe(sha256(bytes))
      const members = async () => (await budget.state())?.members.map(({ name, bytes }) => ({ name, bytes })) ?? []
      // What it has drawn since its last call is not counted yet.
      const all = { name: 'server', bytes: expect.closeTo(2 * bytes.length, -5) }
      await expect.poll(members, { timeout: 10_000, interval: 100 }).toEqual([all])
      const { code, stderr } = await server.stop()
      expect({ code, stderr }).toEqual({ code: 130, stderr: '' })
      expect((await budget.state())?.members).toEqual([])
      redisClient.destroy()
    })

    test('tells an outage and its end, and serves meanwhile', { timeout: 60_000 }, async () => {
      await using redis = await RedisServer.start()
      using folder = temporaryFolder()
      writeFileSync(folder.path('file'), randomBytes(10_000))
      const share = ['--share', `${redis.url}/uplink`, '--share-limit', String(LIMIT), '--on-outage', '100kB/s']
      await using server = await startServer(folder.path('.'), ...share)
      await using client = await Client.connect('127.0.0.1', { port: server.port })
      const outage = server.next('outage')
      await redis.kill()
      expect(await outage).toMatchObject({ budget: 'uplink', error: expect.stringMatching(/broke the connection|not/) })
      expect((await client.download('/file', folder.path('fetched'))).bytes).toBe(10_000)
      const recovered = server.next('recovered')
      await redis.start()
      expect(await recovered).toMatchObject({ budget: 'uplink', afterMs: expect.any(Number) })
      expect((await client.download('/file', folder.path('fetched'))).bytes).toBe(10_000)
      expect((await server.stop()).stderr).toBe('')
      const told = server.events.map(({ event }) => event).filter((event) => event !== 'transfer')
      expect(told).toEqual(['listening', 'outage', 'recovered'])
    })
  },
  2,
)
