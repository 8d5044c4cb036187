import fc from 'fast-check'
import { expect, test } from 'vitest'
import { excess, Fleet, jain, type Process, type ProcessOptions } from '../../test/fixtures/fleet.ts'
import { random } from '../../test/fixtures/late-clock.ts'
import { parseMembers } from './budget-state.ts'

const R = 100e6

/** A fleet of `count` processes on lines of `latency` ms each way, give or take a half. */
function fleetOf(count: number, ms: number, options: (i: number) => ProcessOptions = () => ({}), latency = 0.3): Fleet {
  const dice = random(1)
  const fleet = new Fleet(R, ms + 1000, dice)
  for (let i = 0; i < count; i++) {
    fleet.add({ ...options(i), line: { latency: () => latency * (0.5 + dice()), timeout: 1000 } })
  }
  return fleet
}

/** What each process moves in the next `ms`. */
async function moved(fleet: Fleet, ms: number): Promise<number[]> {
  const before = fleet.processes.map((process) => process.moved())
  await fleet.run(ms)
  return fleet.processes.map((process, i) => process.moved() - (before[i] ?? 0))
}
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

const healthy = [
  { count: 1, light: 0 },
  { count: 2, light: 0 },
  { count: 8, light: 2 },
  { count: 8, light: 6 },
  { count: 64, light: 20 },
  { count: 400, light: 0 },
]
for (const { count, light } of healthy) {
  test(`Share keeps the limit with ${count} processes, ${light} of which want little`, async () => {
    const demand = (0.4 * R) / count
    const fleet = fleetOf(count, 12_000, (i) => (i < light ? { demand } : {}))
    await fleet.run(3000)
    const calls = fleet.redis.calls
    const bytes = await moved(fleet, 8000)
    expect(sum(bytes) / (8 * R)).toBeGreaterThan(0.995)
    expect(sum(bytes) / (8 * R)).toBeLessThan(1.005)
    expect(excess(fleet.flowed.slots(), R, 3000, 11_000)).toBeLessThan(50)
    expect(excess(fleet.flowed.slots(), R, 0, 11_000)).toBeLessThan(100)
    expect(jain(bytes.slice(light))).toBeGreaterThan(0.999)
    for (const each of bytes.slice(0, light)) expect(each / (8 * demand)).toBeGreaterThan(0.99)
    expect((fleet.redis.calls - calls) / count / 8).toBeLessThan(12)
  })
}

test('Share divides by weight, also when a weight changes', async () => {
  const fleet = fleetOf(4, 10_000, (i) => ({ weight: i + 1 }))
  await fleet.run(2000)
  for (const part of (await moved(fleet, 3000)).map((bytes, i) => bytes / (3 * R) / ((i + 1) / 10))) {
    expect(part).toBeCloseTo(1, 1)
  }
  await fleet.clock.run(async () => fleet.processes[0]?.link.change(() => ['weight', 'p0', '6']))
  await fleet.run(300)
  for (const part of (await moved(fleet, 3000)).map((bytes, i) => bytes / (3 * R) / ((i === 0 ? 6 : i + 1) / 15))) {
    expect(part).toBeCloseTo(1, 1)
  }
})

test('Share of a process that joins is fair within two rounds', async () => {
  const fleet = fleetOf(7, 6000)
  await fleet.run(3000)
  const joined = fleet.add()
  await fleet.run(200)
  const before = joined.moved()
  await fleet.run(1000)
  expect((joined.moved() - before) / (R / 8)).toBeGreaterThan(0.95)
  expect(excess(fleet.flowed.slots(), R, 2500, 4200)).toBeLessThan(50)
})

test('Share follows a change of the limit within a round, by a factor of 1,000', async () => {
  const fleet = fleetOf(8, 12_000)
  await fleet.run(2000)
  for (const limit of [R / 1000, R / 2, R]) {
    fleet.processes[3]?.share.setLimit(limit, fleet.clock.now())
    const told = fleet.processes[3]?.link.setLimit()
    await fleet.run(fleet.processes[0]?.share.portion.sale?.interval ?? 0)
    await told
    for (const { share } of fleet.processes) expect(share.limit).toBe(limit)
    await fleet.run(100)
    const part = sum(await moved(fleet, 2000)) / (2 * limit)
    expect(part).toBeGreaterThan(0.97)
    expect(part).toBeLessThan(1.03)
  }
})

/** What goes wrong, for how long, and how it ends. The parts are of the limit, over each half second meanwhile. */
const faults: readonly {
  readonly title: string
  readonly begin: (fleet: Fleet) => void
  readonly lasts?: number
  readonly end?: (fleet: Fleet) => void
  readonly least?: number
  readonly most?: number
  readonly over?: number
}[] = [
  {
    title: 'Redis is killed, and returns empty',
    begin: ({ redis }) => {
      redis.down = true
      redis.flush()
    },
    lasts: 5000,
    end: ({ redis }) => {
      redis.down = false
    },
  },
  {
    title: 'Redis stands still',
    begin: ({ redis }) => redis.stop(),
    lasts: 5000,
    end: ({ redis }) => redis.continue(),
    least: 0.85,
  },
  { title: 'Redis loses everything', begin: ({ redis }) => redis.flush() },
  { title: 'Redis loses who shares it', begin: ({ redis }) => redis.forgetMembers() },
  {
    title: 'half of the processes are cut off',
    begin: (fleet) => cut(fleet.processes.slice(0, 4), true),
    lasts: 5000,
    end: (fleet) => cut(fleet.processes, false),
    least: 0.8,
    most: 1.25,
    over: 250,
  },
  {
    title: 'half of the processes are cut off for longer than their shares are kept',
    begin: (fleet) => cut(fleet.processes.slice(0, 4), true),
    lasts: 15_000,
    end: (fleet) => cut(fleet.processes, false),
    least: 0.8,
    most: 1.25,
    // Each has its floor then, a tenth of its part.
    over: 250 + 0.05 * 5000,
  },
  { title: 'a process is killed', begin: (fleet) => fleet.processes[0]?.crash() },
  {
    title: 'calls take 200 ms of a sudden',
    begin: (fleet) => slow(fleet.processes, 100),
    lasts: 5000,
    end: (fleet) => slow(fleet.processes, 0.3),
    least: 0.85,
    most: 1.15,
  },
  {
    title: 'the clock of Redis jumps by an hour',
    begin: ({ redis }) => (redis.skew += 3_600_000),
    most: 1.25,
    over: 150,
  },
  { title: 'the clock of Redis jumps back by an hour', begin: ({ redis }) => (redis.skew -= 3_600_000), least: 0.75 },
]

function cut(processes: readonly Process[], isCut: boolean): void {
  for (const { line } of processes) line.cut = isCut
}

function slow(processes: readonly Process[], latency: number): void {
  for (const { line } of processes) line.latency = () => latency
}

for (const { title, begin, lasts = 0, end, least = 0.9, most = 1.1, over = 100 } of faults) {
  test(`Share keeps the limit when ${title}`, async () => {
    const fleet = fleetOf(8, 25_000)
    await fleet.run(3000)
    begin(fleet)
    await fleet.run(lasts)
    end?.(fleet)
    const ended = 3000 + lasts
    await fleet.run(5000)
    const slots = fleet.flowed.slots()
    for (let from = 3000; from < ended + 5000; from += 500) {
      const part = sum([...slots.slice(from, from + 500)]) / (R / 2)
      expect(part, `from ${from - 3000} ms on`).toBeGreaterThan(least)
      expect(part, `from ${from - 3000} ms on`).toBeLessThan(most)
    }
    expect(excess(slots, R, 2500, ended + 5000)).toBeLessThan(over)
    const after = sum([...slots.slice(ended + 2000, ended + 5000)]) / (3 * R)
    expect(after).toBeGreaterThan(0.995)
    expect(after).toBeLessThan(1.01)
  })
}

test('Share counts none of those who were all killed long ago, and whose keys have expired', async () => {
  const fleet = fleetOf(8, 10_000)
  await fleet.run(2000)
  for (const process of fleet.processes) process.crash()
  fleet.redis.forgetMembers()
  const last = fleet.add()
  await fleet.run(2000)
  const before = last.moved()
  await fleet.run(2000)
  expect((last.moved() - before) / (2 * R)).toBeGreaterThan(0.995)
})

test('Share keeps the limit when Redis is away again soon after it was back', async () => {
  const fleet = fleetOf(4, 25_000)
  await fleet.run(3000)
  for (let i = 0; i < 4; i++) {
    fleet.redis.down = i % 2 === 0
    const from = fleet.clock.now()
    await fleet.run(1500)
    const part = sum([...fleet.flowed.slots().slice(from, from + 1500)]) / (1.5 * R)
    expect(part).toBeGreaterThan(0.96)
    expect(part).toBeLessThan(1.01)
  }
})

test("Share 'closed' lets nothing pass without Redis, and a rate passes as it is", async () => {
  for (const { onOutage, part } of [
    { onOutage: 'closed' as const, part: 0 },
    { onOutage: { rate: R / 100 }, part: 0.08 },
    { onOutage: 'fair-share' as const, part: 1 },
  ]) {
    const fleet = fleetOf(8, 10_000, () => ({ onOutage }))
    await fleet.run(2000)
    fleet.redis.down = true
    await fleet.run(1000)
    expect(sum(await moved(fleet, 2000)) / (2 * R)).toBeCloseTo(part, 2)
  }
})

test('Share of a process that wants nothing is left to the others, and no timer is left after 30 s', async () => {
  const fleet = fleetOf(2, 45_000)
  await fleet.run(2000)
  for (const { basin } of fleet.processes) basin.setDemand(0, fleet.clock.now())
  await fleet.run(40_000)
  expect(fleet.processes.map(({ share }) => share.dormant)).toEqual([true, true])
  expect(fleet.clock.pending).toBe(0)
  expect(fleet.redis.listening).toBe(0)
  fleet.processes[0]?.basin.setDemand(Infinity, fleet.clock.now())
  await fleet.run(100)
  const [bytes = 0] = await moved(fleet, 1000)
  expect(bytes / R).toBeCloseTo(1, 1)
})

test('Share lets no more pass than the bound, whoever comes, goes, wants much or little, wherever it is', async () => {
  const step = fc.record({
    wait: fc.nat(400),
    who: fc.nat(9),
    does: fc.constantFrom('join', 'join', 'leave', 'wants all', 'wants a little', 'wants nothing', 'far', 'near'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const fleet = new Fleet(R, 20_000, () => 0.5)
      fleet.add()
      let longest = 0
      for (const { wait, who, does } of steps) {
        await fleet.run(wait)
        const process = fleet.processes[who % fleet.processes.length]
        if (does === 'join') fleet.add({ weight: 1 + (who % 3), line: { latency: () => 0.2 + who } })
        if (does === 'leave') {
          process?.basin.setDemand(0, fleet.clock.now())
          process?.link.close()
        }
        const demands: Record<string, number> = { 'wants all': Infinity, 'wants a little': R / 50, 'wants nothing': 0 }
        const demand = demands[does]
        if (demand !== undefined && !process?.link.closed) process?.basin.setDemand(demand, fleet.clock.now())
        if (process && (does === 'far' || does === 'near')) process.line.latency = () => (does === 'far' ? 40 : 0.2)
        for (const { share } of fleet.processes) longest = Math.max(longest, share.portion.sale?.interval ?? 0)
      }
      await fleet.run(1000)
      for (const { share } of fleet.processes) longest = Math.max(longest, share.portion.sale?.interval ?? 0)
      // R x T, one lease (at most as much again), and how much calls differ in the time they take.
      const bound = 2 * longest + 2 * 40
      expect(excess(fleet.flowed.slots(), R, 0, fleet.clock.now())).toBeLessThan(bound)
    }),
    { numRuns: 40 },
  )
})

test('Share spends no byte that it did not buy, nor before its time', async () => {
  const step = fc.record({
    wait: fc.nat(300),
    who: fc.nat(3),
    demand: fc.constantFrom(Infinity, R / 3, R / 50, R / 1000, 0),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      // Calls take no time, so that none is on its way when all is counted.
      const fleet = fleetOf(4, 10_000, () => ({ demand: 0 }), 0)
      for (const { wait, who, demand } of steps) {
        await fleet.run(wait)
        fleet.processes[who]?.basin.setDemand(demand, fleet.clock.now())
      }
      await fleet.run(500)
      const reply = await fleet.clock.run(async () => fleet.processes[0]?.link.run(['show', '']))
      const members = parseMembers(reply ?? [])
      for (const { name, basin } of fleet.processes) {
        const bought = members.find((member) => member.name === name)?.bytes ?? 0
        const held = basin.level + basin.supply
        expect(basin.drawn + held).toBeLessThanOrEqual(bought + 1)
      }
    }),
    { numRuns: 40 },
  )
})
