import { Redis } from 'ioredis'
import { afterAll, beforeAll, test } from 'vitest'
import { describeRedis, RedisServer } from '../../test/fixtures/redis-server.ts'
import { throttleContract } from '../testing/throttle-contract.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { scriptText } from './script-text.ts'
import { SharedThrottle } from './shared-throttle.ts'

/** The script with a clock that the test sets: in the last argument. */
const timed = scriptText.replace("redis.call('TIME')", '{math.floor(ARGV[#ARGV] / 1000000), ARGV[#ARGV] % 1000000}')

/** Keeps virtual time still while `call` runs in real time. */
async function hold<T>(clock: VirtualClock, call: Promise<T>): Promise<T> {
  let done = false
  const again = () => {
    if (!done) clock.sleepUntil(clock.now(), again)
  }
  again()
  try {
    return await call
  } finally {
    done = true
  }
}

describeRedis('SharedThrottle by the script in Redis, in virtual time', () => {
  let server: RedisServer
  let redis: Redis
  let budgets = 0
  beforeAll(async () => {
    server = await RedisServer.start()
    redis = new Redis(server.url)
  })
  afterAll(async () => {
    redis.disconnect()
    await server.stop()
  })

  throttleContract({
    test: (name, body) => test(name, body),
    slack: 60,
    async create({ limit = null, ...settings }) {
      const clock = new VirtualClock({ wakesPerMoment: Infinity })
      const runner = {
        runScript: (keys: readonly string[], args: readonly string[]) => {
          const time = String(Math.floor((clock.now() + 1e9) * 1000))
          const reply = redis.eval(timed, keys.length, ...keys, ...args, time)
          return hold(clock, reply as Promise<unknown[]>)
        },
      }
      const throttle = new SharedThrottle(runner, `contract ${budgets++}`, { ...settings, limit, clock })
      await clock.run(() => throttle.ready())
      return { clock, throttle, run: (body) => clock.run(body) }
    },
  })
})
