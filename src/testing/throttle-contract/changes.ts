import assert from 'node:assert/strict'
import { ClosedError } from '../../errors.ts'
import { Flow } from '../../throttle/flow.ts'
import { drain, draw, drawAll, hasSettled, type Registrar } from './set-up.ts'

const LIMIT = 100_000

/** What changes while bytes are waited for: limits, pauses, refunds, aborts, closes. */
export function changes(contract: Registrar): void {
  contract('limit that is raised holds at once for those who wait', { limit: 10 }, async (stage) => {
    const { throttle, clock, isRate } = stage
    drain(throttle)
    const waiting = drawAll(throttle, 100_000)
    await clock.sleep(500)
    throttle.limit = LIMIT
    const began = clock.now()
    await waiting
    isRate(100_000, LIMIT, clock.now() - began)
    assert.equal(throttle.limit, LIMIT)
  })

  contract('limit that is lowered holds at once', { limit: 1_000_000 }, async ({ throttle, clock, isRate }) => {
    const flow = new Flow(throttle)
    await draw(flow, 1000, clock, clock.now() + 500)
    throttle.limit = '10kB/s'
    isRate(await draw(flow, 1000, clock, clock.now() + 1000), 10_000, 1000)
    flow.close()
  })

  contract('limit of null lets those go who wait', { limit: 1 }, async ({ throttle, clock }) => {
    drain(throttle)
    const waiting = Promise.all([drawAll(throttle, 100_000), drawAll(throttle, 100_000)])
    assert.equal(await hasSettled(waiting, clock), false)
    throttle.limit = null
    const began = clock.now()
    await waiting
    assert.ok(clock.now() - began < 1000)
    assert.equal(throttle.limit, null)
  })

  contract('pause() lets nothing pass, resume() goes on without a burst', { limit: LIMIT }, async (stage) => {
    const { throttle, clock, isRate } = stage
    const began = clock.now()
    const streams = Promise.all([1000, 64 * 1024].map((size) => draw(throttle, size, clock, began + 3000)))
    await clock.sleep(500)
    throttle.pause()
    assert.equal(throttle.paused, true)
    await clock.sleep(0)
    const before = throttle.stats.bytes
    await clock.sleep(1500)
    assert.equal(throttle.stats.bytes, before)
    assert.equal(throttle.tryAcquire(1), 0)
    throttle.resume()
    const sum = (await streams).reduce((a, b) => a + b)
    isRate(sum, LIMIT, 1500)
  })

  contract(
    'resume() brings nothing for the pause, also when the limit was set meanwhile',
    { limit: LIMIT, burst: LIMIT },
    async ({ throttle, clock, slack }) => {
      drain(throttle)
      throttle.pause()
      await clock.sleep(5000)
      throttle.limit = LIMIT
      throttle.resume()
      assert.ok(drain(throttle) <= (LIMIT * slack) / 1000)
    },
  )

  contract('pause() holds up a throttle without a limit, too', { limit: null }, async ({ throttle, clock }) => {
    throttle.pause()
    const waiting = throttle.acquire(1000)
    await clock.sleep(1000)
    assert.equal(await hasSettled(waiting, clock), false)
    throttle.resume()
    assert.equal(await waiting, 1000)
  })

  contract('refund() gives bytes back for others to draw', { limit: LIMIT }, async ({ throttle, clock }) => {
    const first = await throttle.acquire(400)
    drain(throttle)
    const before = throttle.stats.bytes
    throttle.refund(first)
    assert.equal(throttle.stats.bytes, before - first)
    assert.equal(throttle.stats.refunded, first)
    const began = clock.now()
    assert.ok((await throttle.acquire(first)) > 0)
    assert.ok(clock.now() - began < 5)
    assert.throws(() => throttle.refund(throttle.stats.bytes + 1), RangeError)
  })

  contract('acquire() that is aborted is charged nothing, and others go on', { limit: 10_000 }, async (stage) => {
    const { throttle, clock, isRate } = stage
    drain(throttle)
    const began = clock.now()
    const before = throttle.stats.bytes
    const reason = new Error('enough')
    const flow = new Flow(throttle)
    for (const source of [throttle, flow]) {
      const controller = new AbortController()
      const aborted = assert.rejects(source.acquire(1000, { signal: controller.signal }), (error) => error === reason)
      const other = drawAll(throttle, 1000)
      controller.abort(reason)
      await aborted
      await other
      await assert.rejects(source.acquire(1000, { signal: controller.signal }), (error) => error === reason)
    }
    assert.equal(throttle.stats.bytes - before, 2000)
    isRate(2000, 10_000, clock.now() - began)
    flow.close()
  })

  contract(
    'Flow.close() fails those who wait there, and others go on',
    { limit: 10_000 },
    async ({ throttle, clock }) => {
      drain(throttle)
      const before = throttle.stats.bytes
      const flow = new Flow(throttle)
      const failed = assert.rejects(flow.acquire(1000), ClosedError)
      const other = drawAll(throttle, 1000)
      assert.equal(await hasSettled(failed, clock), false)
      flow.close()
      await failed
      await other
      assert.equal(throttle.stats.bytes - before, 1000)
      await assert.rejects(flow.acquire(1), ClosedError)
      assert.throws(() => flow.tryAcquire(1), ClosedError)
    },
  )
}
