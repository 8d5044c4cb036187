import assert from 'node:assert/strict'
import { drain, draw, drawAll, type Registrar } from './set-up.ts'

const LIMIT = 100_000

/** The protocol of `wait()`, I/O, `append()`. */
export function byHand(contract: Registrar): void {
  for (const callers of [1, 20]) {
    contract(`wait() and append() keep the rate for ${callers}`, { limit: LIMIT }, async (stage) => {
      const { throttle, clock, isRate } = stage
      const began = clock.now()
      let sum = 0
      const caller = async () => {
        for (;;) {
          await throttle.wait()
          if (clock.now() - began >= 3000) return throttle.append(0)
          const start = clock.now()
          await clock.sleep(1)
          throttle.append(Buffer.alloc(1000), start)
          sum += 1000
        }
      }
      await Promise.all(Array.from({ length: callers }, caller))
      isRate(sum, LIMIT, 3000)
      assert.equal(throttle.stats.bytes, sum)
    })
  }

  contract('wait() without a limit does not wait', { limit: null }, async ({ throttle, clock }) => {
    const began = clock.now()
    for (let i = 0; i < 100; i++) {
      await throttle.wait()
      throttle.append(1_000_000)
    }
    assert.ok(clock.now() - began < 1000)
    assert.equal(throttle.stats.bytes, 100_000_000)
  })

  contract('wait() that is aborted leaves its turn to the others', { limit: 1000 }, async ({ throttle, clock }) => {
    drain(throttle)
    const before = throttle.stats.bytes
    const controller = new AbortController()
    const aborted = assert.rejects(throttle.wait({ signal: controller.signal }), { message: 'enough' })
    const other = throttle.wait()
    await clock.sleep(1)
    controller.abort(new Error('enough'))
    await aborted
    await other
    throttle.append(10)
    assert.equal(throttle.stats.bytes - before, 10)
  })

  contract('append() alone is charged, and holds up what comes then', { limit: LIMIT }, async (stage) => {
    const { throttle, clock, isRate } = stage
    drain(throttle)
    const began = clock.now()
    throttle.append(new Uint8Array(50_000))
    throttle.append(50_000)
    await drawAll(throttle, 1000)
    isRate(101_000, LIMIT, clock.now() - began)
  })

  contract('append() counts once, beside what streams draw', { limit: LIMIT }, async ({ throttle, clock, isRate }) => {
    const began = clock.now()
    const stream = draw(throttle, 1000, clock, began + 2000)
    for (let i = 0; i < 10; i++) {
      await throttle.wait()
      throttle.append(5000)
    }
    await stream
    await clock.sleep(0)
    isRate(throttle.stats.bytes, LIMIT, clock.now() - began)
  })
}
