import { expect, test } from 'vitest'
import { Diary } from './fixtures/diary.ts'
import { ProcessFleet, sleep } from './fixtures/process-fleet.ts'
import { describeRedis, RedisServer } from './fixtures/redis-server.ts'
import { Relay } from './fixtures/relay.ts'

const LIMIT = 4_000_000
const COUNT = 4

describeRedis(
  'a fleet of processes and a Redis that refuses, or is far',
  () => {
    const faults = [
      {
        title: 'Redis that becomes a read-only replica',
        begin: (server: RedisServer) => server.call('REPLICAOF', '127.0.0.1', 1),
        end: (server: RedisServer) => server.call('REPLICAOF', 'NO', 'ONE'),
      },
      {
        title: 'a memory that is full',
        begin: (server: RedisServer) => server.call('CONFIG', 'SET', 'maxmemory', 1, 'maxmemory-policy', 'noeviction'),
        end: (server: RedisServer) => server.call('CONFIG', 'SET', 'maxmemory', 0),
      },
      {
        title: 'an ACL that forbids scripts from now on',
        begin: (server: RedisServer) => server.call('ACL', 'SETUSER', 'default', '-@scripting'),
        end: (server: RedisServer) => server.call('ACL', 'SETUSER', 'default', '+@scripting'),
      },
    ]
    test('goes on through what Redis refuses for a while', { timeout: 90_000 }, async () => {
      await using server = await RedisServer.start()
      await using fleet = new ProcessFleet(LIMIT)
      await fleet.joinAll(COUNT, { url: server.url })
      await sleep(1500)
      const diary = new Diary()
      await diary.span('before', 1000)
      for (const { title, begin, end } of faults) {
        await diary.span(title, 1500, () => begin(server))
        await diary.span(`${title}: after it`, 2000, () => end(server))
      }
      const reports = await fleet.reports()
      diary.check(reports, LIMIT)
      for (const { stats } of reports) expect(stats).toMatchObject({ members: COUNT, outage: false })
      for (const { stats } of reports) expect(stats.outages).toBeGreaterThanOrEqual(faults.length)
    })

    test('goes on while half of its processes are cut off, and over lines of 20 ms', { timeout: 60_000 }, async () => {
      await using server = await RedisServer.start()
      const relay = await Relay.start(server.port)
      try {
        await using fleet = new ProcessFleet(LIMIT)
        relay.delay = 10
        const near = { url: server.url }
        const far = { url: relay.url }
        await Promise.all([near, near, far, far].map((redis) => fleet.join(redis)))
        await sleep(2500)
        const diary = new Diary()
        await diary.span('lines of 20 ms', 2000)
        await diary.span('half are cut off', 2500, () => {
          relay.cut = true
        })
        const [close, away] = [fleet.processes.slice(0, 2), fleet.processes.slice(2)]
        expect((await fleet.reports(close)).map(({ stats }) => stats.outage)).toEqual([false, false])
        expect((await fleet.reports(away)).map(({ stats }) => stats.outage)).toEqual([true, true])
        await diary.span('half are cut off: after it', 2500, () => {
          relay.cut = false
        })
        const reports = await fleet.reports()
        diary.check(reports, LIMIT)
        for (const { stats } of reports) expect(stats).toMatchObject({ members: COUNT, outage: false })
      } finally {
        await relay.close()
      }
    })
  },
  2,
)
