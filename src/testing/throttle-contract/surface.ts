import assert from 'node:assert/strict'
import { Flow } from '../../throttle/flow.ts'
import { drain, draw, drawAll, type Registrar } from './set-up.ts'

const LIMIT = 100_000

/** What a throttle tells of itself, and what it refuses. */
export function surface(contract: Registrar): void {
  contract(
    'settings are those it was created with',
    { limit: LIMIT, burst: 10, resetRate: 500 },
    async ({ throttle }) => {
      assert.deepEqual([throttle.limit, throttle.burst, throttle.resetRate, throttle.paused], [LIMIT, 10, 500, false])
    },
  )

  contract('stats tell of what has passed and who waits', { limit: LIMIT }, async ({ throttle, clock, slack }) => {
    const none = { bytes: 0, refunded: 0, rate: 0, meanRate: 0, waited: 0, waiters: 0 }
    const expected = { limit: LIMIT, paused: false, ...none }
    // A throttle of another kind may tell more.
    assert.deepEqual({ ...throttle.stats, ...expected }, throttle.stats)
    await draw(throttle, 1000, clock, clock.now() + 2000)
    const { rate, meanRate, waited, waiters } = throttle.stats
    for (const each of [rate, meanRate]) assert.ok(Math.abs(each / LIMIT - 1) < 0.05 + slack / 1000, `rate is ${each}`)
    assert.ok(waited > 1000 && waited < 2100, `waited is ${waited}`)
    assert.equal(waiters, 0)
    throttle.pause()
    const waiting = [throttle.acquire(1), throttle.acquire(1)]
    await clock.sleep(0)
    assert.equal(throttle.stats.waiters, 2)
    assert.equal(throttle.stats.paused, true)
    throttle.resume()
    await Promise.all(waiting)
    await clock.sleep(0)
    assert.equal(throttle.stats.waiters, 0)
  })

  contract('stats count only what flows have drawn', { limit: LIMIT }, async ({ throttle }) => {
    const flow = new Flow(throttle)
    await drawAll(flow, 3)
    assert.equal(throttle.stats.bytes, 3)
    assert.equal(flow.stats.bytes, 3)
    flow.refund(2)
    assert.equal(throttle.stats.bytes, 1)
    assert.throws(() => flow.refund(2), RangeError)
    flow.close()
    assert.equal(throttle.stats.bytes, 1)
  })

  contract('clone() has the same settings and shares nothing', { limit: LIMIT, burst: 1000 }, async (stage) => {
    const { throttle, clock, isRate } = stage
    const clone = throttle.clone()
    assert.deepEqual([clone.limit, clone.burst, clone.resetRate, clone.clock], [LIMIT, 1000, 10_000, throttle.clock])
    assert.equal(clone.constructor, throttle.constructor)
    throttle.pause()
    drain(clone)
    isRate(await draw(clone, 1000, clock, clock.now() + 1000), LIMIT, 1000)
    assert.equal(throttle.stats.bytes, 0)
    clone.limit = 1
    assert.equal(throttle.limit, LIMIT)
  })

  contract('wrong arguments are refused before anything happens', { limit: LIMIT }, async ({ throttle }) => {
    // What is wrong for the compiler comes from JavaScript all the same.
    const wrong = (value: unknown) => value as number
    const isRefused = (error: unknown) => error instanceof TypeError || error instanceof RangeError
    for (const bytes of [-1, 0.5, Number.NaN, Infinity, 2 ** 53, '1', null, undefined, {}]) {
      assert.throws(() => throttle.tryAcquire(wrong(bytes)), isRefused, `tryAcquire(${bytes})`)
      await assert.rejects(throttle.acquire(wrong(bytes)), isRefused, `acquire(${bytes})`)
      assert.throws(() => throttle.refund(wrong(bytes)), isRefused, `refund(${bytes})`)
      assert.throws(() => throttle.append(wrong(bytes)), isRefused, `append(${bytes})`)
    }
    for (const limit of [0, -1, Number.NaN, Infinity, '', '0', '10 furlongs', '-1MB', {}, true, undefined]) {
      assert.throws(() => Object.assign(throttle, { limit }), isRefused, `limit = ${limit}`)
    }
    for (const weight of [0, -1, Number.NaN, Infinity, '1', null]) {
      await assert.rejects(throttle.acquire(1, { weight: wrong(weight) }), isRefused, `weight ${weight}`)
    }
    assert.equal(throttle.limit, LIMIT)
    assert.equal(throttle.stats.bytes, 0)
  })
}
