import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeRedis, RedisServer } from '../../test/fixtures/redis-server.ts'
import { keysOf } from './keys.ts'
import { BudgetModel } from './model.ts'
import { purchaseArguments } from './protocol.ts'
import { scriptText } from './script-text.ts'

/** The script with a clock that the test sets: in the last argument. */
const timed = scriptText.replace("redis.call('TIME')", '{math.floor(ARGV[#ARGV] / 1000000), ARGV[#ARGV] % 1000000}')
const START = 1_800_000_000_000_000

const amount = fc.oneof(fc.constant(Infinity), fc.nat(200_000))
const member = fc.constantFrom('a', 'b', 'c', 'd')
const buy = fc.record({
  op: fc.constant('buy' as const),
  member,
  version: fc.constantFrom(0, 0, 0, 1, 2, 5),
  limit: fc.constantFrom(null, 0.5, 1000, 1_000_000, 123_456.789),
  weight: fc.constantFrom(1, 1, 2, 0.5),
  interval: fc.constantFrom(100, 100, 400),
  need: amount,
  want: amount,
  back: fc.oneof(fc.constant(0), fc.nat(50_000)),
  hold: fc.constantFrom(0, 10_000),
  holdRate: fc.constantFrom(undefined, 5000),
  watched: fc.boolean(),
  waiting: fc.nat(3),
  weights: fc.constantFrom(0, 1, 4),
  holds: fc.boolean(),
  paused: fc.boolean(),
})
const other = fc.oneof(
  fc.record({ op: fc.constant('leave' as const), member, back: fc.nat(50_000) }),
  fc.record({ op: fc.constant('weight' as const), member, weight: fc.constantFrom(0.5, 1, 3) }),
  fc.record({
    op: fc.constant('set' as const),
    limit: fc.constantFrom('', '0', '500000', '1000', '2'),
    paused: fc.constantFrom('', '0', '1'),
  }),
  fc.record({ op: fc.constant('show' as const) }),
  fc.record({ op: fc.constant('flush' as const) }),
  fc.record({ op: fc.constant('expire' as const) }),
  fc.record({ op: fc.constant('listen' as const), member }),
)
const step = fc.record({
  // Microseconds; the clock of the server may jump, too.
  wait: fc.oneof(
    { weight: 12, arbitrary: fc.nat(120_000) },
    { weight: 2, arbitrary: fc.nat(12_000_000) },
    { weight: 1, arbitrary: fc.integer({ min: -5_000_000, max: -1 }) },
  ),
  call: fc.oneof({ weight: 5, arbitrary: buy }, { weight: 1, arbitrary: other }),
})

const approximately = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(approximately)
  const words = String(value)
    .split(' ')
    .map((word) => (Number.isFinite(Number(word)) ? Number(word).toPrecision(9) : word))
  return words.join(' ')
}
const ordered = (reply: unknown[]): unknown => {
  const records = reply[3]
  if (!Array.isArray(records)) return approximately(reply)
  const pairs = records.flatMap((name, i) => (i % 2 === 0 ? [[name, records[i + 1]]] : []))
  return approximately([...reply.slice(0, 3), pairs.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))])
}

test('scriptText is script.lua', async () => {
  const { readFileSync } = await import('node:fs')
  const lua = readFileSync(new URL('script.lua', import.meta.url), 'utf8')
  expect(scriptText, 'run: node scripts/embed-script.js').toBe(lua)
})

describeRedis('BudgetModel', () => {
  let server: RedisServer
  let redis: Redis
  let subscriber: Redis
  beforeAll(async () => {
    server = await RedisServer.start()
    redis = new Redis(server.url)
    subscriber = new Redis(server.url)
  })
  afterAll(async () => {
    redis.disconnect()
    subscriber.disconnect()
    await server.stop()
  })

  test('run() answers as the script does, in any history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        await redis.flushall()
        // Valkey refuses to end what there is not.
        await subscriber.subscribe('none')
        await subscriber.unsubscribe()
        const model = new BudgetModel()
        const { keys, channel } = keysOf('test')
        let now = START
        for (const { wait, call } of steps) {
          now += wait
          if (call.op === 'flush') {
            await redis.flushall()
            model.flush()
            continue
          }
          if (call.op === 'expire') {
            await redis.del(keys[1], keys[2])
            model.forgetMembers()
            continue
          }
          if (call.op === 'listen') {
            await subscriber.subscribe(channel + call.member)
            model.subscribers.add(channel + call.member)
            continue
          }
          const args = argumentsOf(call, channel)
          const reply = (await redis.eval(timed, keys.length, ...keys, ...args, String(now))) as unknown[]
          expect(ordered(reply)).toEqual(ordered(model.run(args, now)))
        }
      }),
      { numRuns: 150 },
    )
  })
})

type Call =
  typeof buy extends fc.Arbitrary<infer B> ? (typeof other extends fc.Arbitrary<infer O> ? B | O : never) : never

function argumentsOf(call: Exclude<Call, { op: 'flush' | 'expire' | 'listen' }>, channel: string): readonly string[] {
  if (call.op === 'buy') return purchaseArguments(call.member, channel, call)
  if (call.op === 'leave') return ['leave', call.member, String(call.back)]
  if (call.op === 'weight') return ['weight', call.member, String(call.weight)]
  return call.op === 'set' ? ['set', '', call.limit, call.paused] : ['show', '']
}
