import assert from 'node:assert/strict'
import { Flow } from '../../throttle/flow.ts'
import { drain, draw, drawAll, type Registrar } from './set-up.ts'

const LIMIT = 100_000

/** What is granted, how much of it, when, and in which order. */
export function grants(contract: Registrar): void {
  contract('acquire() grants whole bytes, at least one and no more than asked for', { limit: LIMIT }, async (stage) => {
    for (const asked of [1, 2, 499, 500, 501, 64 * 1024, Number.MAX_SAFE_INTEGER]) {
      const granted = await stage.throttle.acquire(asked)
      assert.ok(Number.isInteger(granted) && granted >= 1 && granted <= asked, `${granted} granted of ${asked}`)
    }
  })

  contract('acquire() and tryAcquire() of 0 bytes grant 0 at once', { limit: LIMIT }, async ({ throttle, clock }) => {
    drain(throttle)
    const waiting = throttle.acquire(LIMIT)
    const began = clock.now()
    assert.equal(await throttle.acquire(0), 0)
    assert.equal(throttle.tryAcquire(0), 0)
    assert.ok(clock.now() - began < 5)
    await waiting
  })

  for (const size of [10, 1000, 64 * 1024]) {
    contract(`acquire() waits so that the rate holds, ${size} bytes at a time`, { limit: LIMIT }, async (stage) => {
      const { throttle, clock, isRate } = stage
      const began = clock.now()
      isRate(await draw(throttle, size, clock, began + 2000), LIMIT, 2000)
      isRate(throttle.stats.bytes, LIMIT, clock.now() - began)
    })
  }

  contract('acquire() without a limit grants at once', { limit: null }, async ({ throttle, clock }) => {
    const began = clock.now()
    for (let i = 0; i < 100; i++) await drawAll(throttle, 1_000_000)
    assert.equal(throttle.stats.bytes, 100_000_000)
    assert.equal(throttle.stats.waited, 0)
    assert.ok(clock.now() - began < 1000)
  })

  contract(
    'tryAcquire() grants what there is and does not wait',
    { limit: LIMIT },
    async ({ throttle, clock, slack }) => {
      for (let i = 0; i < 10; i++) {
        const bytes = drain(throttle)
        assert.ok(bytes <= (LIMIT * slack) / 1000, `${bytes} bytes at once`)
        assert.equal(throttle.tryAcquire(1_000_000), 0)
        await clock.sleep(200)
      }
      assert.ok(drain(throttle) > 0)
    },
  )

  contract('tryAcquire() grants nothing while others wait', { limit: LIMIT }, async ({ throttle, clock }) => {
    drain(throttle)
    const waiting = Array.from({ length: 20 }, () => throttle.acquire(1000))
    for (let i = 0; i < 10 && throttle.stats.waiters > 0; i++) {
      assert.equal(throttle.tryAcquire(1), 0)
      await clock.sleep(1)
    }
    await Promise.all(waiting)
  })

  contract('acquire() serves those who ask for the same in their order', { limit: LIMIT }, async ({ throttle }) => {
    const flow = new Flow(throttle)
    for (const source of [throttle, flow]) {
      drain(throttle)
      const order: number[] = []
      await Promise.all(Array.from({ length: 20 }, (_, i) => source.acquire(100).then(() => order.push(i))))
      assert.deepEqual(
        order,
        order.map((_, i) => i),
      )
    }
    flow.close()
  })

  contract('acquire() after idle time gets the burst and no more', { limit: LIMIT, burst: 50_000 }, async (stage) => {
    const { throttle, clock, slack } = stage
    drain(throttle)
    for (const idle of [1000, 10_000]) {
      await clock.sleep(idle)
      const bytes = drain(throttle)
      assert.ok(bytes >= 50_000 && bytes <= 50_000 + (LIMIT * slack) / 1000, `${bytes} bytes after ${idle} ms`)
    }
  })

  contract('acquire() without a burst gets nothing for idle time', { limit: LIMIT }, async (stage) => {
    const { throttle, clock, isRate } = stage
    await clock.sleep(60_000)
    isRate(await draw(throttle, 1000, clock, clock.now() + 1000), LIMIT, 1000)
  })
}
