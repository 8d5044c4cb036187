import { expect, test } from 'vitest'
import { Diary } from './fixtures/diary.ts'
import { ProcessFleet, sleep } from './fixtures/process-fleet.ts'
import { RedisCluster } from './fixtures/redis-cluster.ts'
import { RedisSentinel, SENTINEL_MASTER } from './fixtures/redis-sentinel.ts'
import { describeRedis, type RedisServer, until } from './fixtures/redis-server.ts'

const LIMIT = 4_000_000
const KEY = 'sluice:{fleet}'
const COUNT = 4

/** Waits until the budget that this server has is shared by all, of whom none is silent. */
async function shared(server: RedisServer): Promise<void> {
  await until('all who share', async () => Number(await server.call('HGET', KEY, 'count')) === COUNT)
}

/** What Redis knows of the limit. */
async function limitAt(server: RedisServer): Promise<readonly [limit: number, version: number]> {
  const [limit, version] = (await server.call('HMGET', KEY, 'limit', 'version')) as [string, string]
  return [Number(limit), Number(version)]
}

/** Nobody is in an outage, and all have their shares of the limit. */
async function check(diary: Diary, fleet: ProcessFleet): Promise<void> {
  const reports = await fleet.reports()
  diary.check(reports, LIMIT)
  for (const { stats } of reports) expect(stats).toMatchObject({ outage: false, members: COUNT, limit: LIMIT })
}

describeRedis(
  'a fleet of processes whose Redis is a cluster, or has sentinels',
  () => {
    test('stands the failover of a cluster, and a slot that moves, with the limit that was set last', {
      timeout: 60_000,
    }, async () => {
      await using cluster = await RedisCluster.start()
      await using fleet = new ProcessFleet(LIMIT)
      // The limit is another from the start on, so an older version of it would show.
      await fleet.join({ nodes: cluster.ports }, { limit: 1000 })
      fleet.processes[0]?.send({ limit: LIMIT })
      await until('the limit', async () => (await limitAt(await cluster.masterOf(KEY)))[0] === LIMIT)
      await fleet.joinAll(COUNT - 1, { nodes: cluster.ports })
      await sleep(1500)

      const diary = new Diary()
      await diary.span('before', 1000)
      await diary.span('a slot moves', 1500, () => cluster.move(KEY))
      const master = await cluster.masterOf(KEY)
      const known = await limitAt(master)
      await diary.span('failover of a cluster', 0, async () => {
        await master.kill()
        await cluster.whole(KEY)
      })
      await diary.span('failover of a cluster: the 2 s after it', 2000)
      await diary.span('failover of a cluster: later', 1000)
      await check(diary, fleet)
      const replica = await cluster.masterOf(KEY)
      await shared(replica)
      expect(await limitAt(replica)).toEqual(known)
    })

    test('stands the failover of Sentinel, with the limit that was set last', { timeout: 60_000 }, async () => {
      await using sentinel = await RedisSentinel.start()
      await using fleet = new ProcessFleet(LIMIT)
      const redis = { sentinels: sentinel.ports, master: SENTINEL_MASTER }
      const [master, replica] = sentinel.servers
      await fleet.join(redis, { limit: 1000 })
      fleet.processes[0]?.send({ limit: LIMIT })
      await until('the limit', async () => (await limitAt(master))[0] === LIMIT)
      await fleet.joinAll(COUNT - 1, redis)
      await sleep(1500)
      const known = await limitAt(master)

      const diary = new Diary()
      await diary.span('before', 1000)
      await diary.span('failover of Sentinel', 0, async () => {
        await master.kill()
        await sentinel.isMaster(replica)
      })
      await diary.span('failover of Sentinel: the 2 s after it', 2000)
      await diary.span('failover of Sentinel: later', 1000)
      await check(diary, fleet)
      await shared(replica)
      expect(await limitAt(replica)).toEqual(known)
    })
  },
  2,
)
