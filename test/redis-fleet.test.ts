import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { excess, jain } from './fixtures/fleet.ts'
import type { FleetProcessOptions, FleetReport } from './fixtures/fleet-process.ts'
import { describeRedis, RedisServer } from './fixtures/redis-server.ts'

const PROGRAM = fileURLToPath(new URL('fixtures/fleet-process.ts', import.meta.url))
const LIMIT = 10_000_000
const SLOT = 5
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const slotNow = () => Math.floor((performance.timeOrigin + performance.now()) / SLOT)

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Starts a process that shares; resolves when it has its share. */
async function join(
  server: RedisServer,
  number: number,
  options: Partial<FleetProcessOptions> = {},
): Promise<ChildProcess> {
  const client = number % 2 === 0 ? 'ioredis' : 'node-redis'
  const all: FleetProcessOptions = {
    ...{ url: server.url, client, limit: LIMIT, member: `p${number}`, demand: null, chunk: 16_384 },
    ...options,
  }
  const child = fork(PROGRAM, [JSON.stringify(all)], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  children.push(child)
  await once(child, 'message')
  return child
}

async function report(child: ChildProcess): Promise<FleetReport> {
  child.send('report')
  const [message] = await once(child, 'message')
  return message as FleetReport
}

/** Bytes of one process from slot `from` to slot `to`. */
const between = ({ first, slots }: FleetReport, from: number, to: number) =>
  slots.slice(Math.max(0, from - first), Math.max(0, to - first)).reduce((a, b) => a + b, 0)

/** Bytes of all in each ms from slot `from` to slot `to`. */
function total(reports: readonly FleetReport[], from: number, to: number): Float64Array {
  const ms = new Float64Array((to - from) * SLOT)
  for (let slot = from; slot < to; slot++) {
    const bytes = reports.reduce((sum, { first, slots }) => sum + (slots[slot - first] ?? 0), 0)
    for (let i = 0; i < SLOT; i++) ms[(slot - from) * SLOT + i] = bytes / SLOT
  }
  return ms
}

describeRedis(
  'a fleet of processes',
  () => {
    for (const { heavy, light } of [
      { heavy: 2, light: 0 },
      { heavy: 6, light: 2 },
    ]) {
      test(`${heavy + light} share one limit, fairly, and ${light} that want little get it`, {
        timeout: 60_000,
      }, async () => {
        await using server = await RedisServer.start()
        const demand = LIMIT / 50
        const processes = await Promise.all(
          Array.from({ length: heavy + light }, (_, i) => join(server, i, i < heavy ? {} : { demand, chunk: 2000 })),
        )
        await sleep(1000)
        const from = slotNow()
        const before = await Promise.all(processes.map(report))
        await sleep(4000)
        const reports = await Promise.all(processes.map(report))
        const to = slotNow()
        const seconds = ((to - from) * SLOT) / 1000
        const bytes = reports.map((each) => between(each, from, to))
        const sum = bytes.reduce((a, b) => a + b)
        const calls = reports.map((each, i) => (each.calls - (before[i]?.calls ?? 0)) / seconds)
        const over = excess(total(reports, from, to), LIMIT, 0, (to - from) * SLOT)
        const fairness = jain(bytes.slice(0, heavy))
        if (process.env.SLUICE_FIGURES) console.log({ part: sum / LIMIT / seconds, over, fairness, calls, bytes })
        // The targets are 0.995 to 1.005, 50 ms, 0.999 and 12; a busy machine is given some more.
        expect(sum / LIMIT / seconds).toBeGreaterThan(0.9)
        expect(sum / LIMIT / seconds).toBeLessThan(1.05)
        expect(over).toBeLessThan(200)
        expect(fairness).toBeGreaterThan(0.99)
        for (const each of bytes.slice(heavy)) expect(each / (demand * seconds)).toBeGreaterThan(0.9)
        for (const each of calls) expect(each).toBeLessThan(14)
      })
    }

    test('a share returns within 1.5 s when a process is killed, and at once when it leaves', {
      timeout: 60_000,
    }, async () => {
      await using server = await RedisServer.start()
      const processes = await Promise.all([0, 1, 2, 3].map((number) => join(server, number)))
      await sleep(1000)
      const killedAt = slotNow()
      processes[0]?.kill('SIGKILL')
      await sleep(2000)
      const leftAt = slotNow()
      processes[1]?.send('close')
      await sleep(1000)
      const reports = await Promise.all(processes.slice(2).map(report))
      const share = (each: FleetReport, from: number, ms: number) =>
        between(each, from, from + ms / SLOT) / ((LIMIT * ms) / 1000)
      for (const each of reports) {
        expect(share(each, killedAt + 1500 / SLOT, 500)).toBeGreaterThan(0.3)
        expect(share(each, leftAt + 400 / SLOT, 500)).toBeGreaterThan(0.45)
      }
    })

    test('a process that stood still goes on without a burst, and the others have its part meanwhile', {
      timeout: 60_000,
    }, async () => {
      await using server = await RedisServer.start()
      const processes = await Promise.all([0, 1, 2].map((number) => join(server, number)))
      await sleep(1500)
      const from = slotNow()
      processes[0]?.kill('SIGSTOP')
      await sleep(3000)
      processes[0]?.kill('SIGCONT')
      const woken = slotNow()
      await sleep(2000)
      const reports = await Promise.all(processes.map(report))
      const to = slotNow()
      const over = excess(total(reports, from, to), LIMIT, 0, (to - from) * SLOT)
      const part = (ms: number, start: number) =>
        reports.reduce((sum, each) => sum + between(each, start, start + ms / SLOT), 0) / ((LIMIT * ms) / 1000)
      if (process.env.SLUICE_FIGURES) console.log({ over, stopped: part(3000, from), after: part(1900, woken) })
      expect(over).toBeLessThan(250)
      // It may be cut off for all that Redis knows, so its part is kept for it.
      expect(part(3000, from)).toBeGreaterThan(0.6)
      expect(part(1900, woken)).toBeGreaterThan(0.9)
      expect(part(1900, woken)).toBeLessThan(1.1)
    })
  },
  2,
)
