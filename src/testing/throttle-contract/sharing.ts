import assert from 'node:assert/strict'
import { Flow } from '../../throttle/flow.ts'
import { Throttle } from '../../throttle/throttle.ts'
import { draw, drawAll, type Registrar } from './set-up.ts'

const LIMIT = 1_000_000

/** Who gets which part, and what several throttles make together. */
export function sharing(contract: Registrar): void {
  contract('acquire() shares fairly between callers and flows, by bytes', { limit: LIMIT }, async (stage) => {
    const { throttle, clock, isRate } = stage
    const until = clock.now() + 3000
    const flows = [new Flow(throttle), new Flow({ throttle })]
    const streams = [draw(throttle, 64 * 1024, clock, until), draw(throttle, 64 * 1024, clock, until)]
    for (const [i, flow] of flows.entries()) streams.push(draw(flow, i === 0 ? 500 : 64 * 1024, clock, until))
    const shares = await Promise.all(streams)
    for (const share of shares) assert.ok(Math.abs(share / (3 * LIMIT) - 1 / 4) < 0.025, `shares are ${shares}`)
    isRate(
      shares.reduce((a, b) => a + b),
      LIMIT,
      3000,
    )
    for (const flow of flows) flow.close()
  })

  contract('acquire() shares in proportion to weights', { limit: LIMIT }, async ({ throttle, clock }) => {
    const until = clock.now() + 3000
    const flows = [1, 4].map((weight) => new Flow(throttle, { weight }))
    const callers = [1, 4].map((weight) => ({ acquire: (bytes: number) => throttle.acquire(bytes, { weight }) }))
    const sources = [...flows, ...callers]
    const shares = await Promise.all(sources.map((source) => draw(source, 64 * 1024, clock, until)))
    for (const [i, share] of shares.entries()) {
      const part = i % 2 === 0 ? 0.1 : 0.4
      assert.ok(Math.abs(share / (3 * LIMIT) / part - 1) < 0.1, `shares are ${shares}`)
    }
    for (const flow of flows) flow.close()
  })

  contract(
    'acquire() starves nobody, and wastes nothing for those who want little',
    { limit: LIMIT },
    async (stage) => {
      const { throttle, clock, slack } = stage
      const until = clock.now() + 2000
      const greedy = Array.from({ length: 4 }, () => draw(throttle, 1_000_000, clock, until))
      let longest = 0
      while (clock.now() < until) {
        const began = clock.now()
        await drawAll(throttle, 100)
        longest = Math.max(longest, clock.now() - began)
        await clock.sleep(50)
      }
      assert.ok(longest <= 2 * slack, `the longest wait was ${longest} ms`)
      const sum = (await Promise.all(greedy)).reduce((a, b) => a + b)
      assert.ok(sum > 0.95 * 2 * LIMIT, `${sum} bytes for the others`)
    },
  )

  for (const other of [LIMIT / 10, LIMIT * 10, null]) {
    contract(
      `Flow goes as fast as the slowest of its throttles: ${LIMIT}, ${other}`,
      { limit: LIMIT },
      async (stage) => {
        const { throttle, clock, isRate } = stage
        const local = new Throttle({ limit: other, clock: throttle.clock })
        const flow = new Flow({ throttle, local })
        const bytes = await draw(flow, 64 * 1024, clock, clock.now() + 2000)
        isRate(bytes, Math.min(LIMIT, other ?? LIMIT), 2000)
        flow.close()
        assert.equal(throttle.stats.bytes, flow.stats.bytes)
        assert.equal(local.stats.bytes, flow.stats.bytes)
      },
    )
  }

  contract('Flow that another throttle holds up holds up nobody', { limit: LIMIT }, async (stage) => {
    const { throttle, clock, isRate } = stage
    const local = new Throttle({ clock: throttle.clock })
    local.pause()
    const held = new Flow({ throttle, local })
    const failed = assert.rejects(held.acquire(1000), { message: 'over' })
    const free = new Flow(throttle)
    isRate(await draw(free, 64 * 1024, clock, clock.now() + 1000), LIMIT, 1000)
    assert.equal(held.heldBy?.name, 'local')
    held.close(new Error('over'))
    await failed
    assert.equal(local.stats.bytes, 0)
    free.close()
  })
}
