/**
 * Simulates fleets that share one budget, from 2 to 5,000 processes: the client's own code on a virtual clock, against the model of
 * the script. Prints how well they keep it, beside the bound, and what faults do to them. `npx tsx scripts/simulate-fleet.ts [most processes]`
 */
import { excess, Fleet, jain, type Process } from '../test/fixtures/fleet.ts'
import { random } from '../test/fixtures/late-clock.ts'

const R = 100e6
const SECONDS = 10
const MOST = Number(process.argv[2] ?? 5000)

type Dice = () => number
const normal = (dice: Dice) => Math.sqrt(-2 * Math.log(dice() + 1e-300)) * Math.cos(2 * Math.PI * dice())

/** How long a call takes one way, in ms. */
const lines: Readonly<Record<string, (dice: Dice) => number>> = {
  // As measured with a Redis on the same machine, with 2 busy cores: median 0.03, 1 in 100 above 1.7.
  'same machine': (dice) => 0.015 * Math.exp(1.75 * Math.max(-1, normal(dice))),
  'data centre': (dice) => 0.25 * Math.exp(0.4 * normal(dice)),
  'heavy tail': (dice) => Math.min(2000, 0.5 * dice() ** (-1 / 1.5)),
  'far away': (dice) => 40 + 2 * Math.exp(0.8 * normal(dice)),
  'very far': (dice) => 100 + 5 * Math.exp(0.8 * normal(dice)),
}

console.log(
  'A part of a tenth of the processes wants a fifth of its share; over: most above R x window, in ms of R, after 3 rounds\n',
)
console.log(
  'processes  line           round ms  part of R  over ms  bound ms  Jain     light got  calls/s each  in all',
)
for (const count of [2, 8, 32, 100, 320, 1000, 5000].filter((count) => count <= MOST)) {
  for (const [name, line] of Object.entries(lines)) {
    const dice = random(1)
    const warm = Math.max(3000, 4 * count)
    const ms = Math.max(SECONDS * 1000, 6 * count)
    const fleet = new Fleet(R, warm + ms + 100, dice)
    const light = Math.floor(count / 10)
    const demand = (R / count) * 0.2
    for (let i = 0; i < count; i++)
      fleet.add({ demand: i < light ? demand : Infinity, line: { latency: () => line(dice) } })
    await fleet.run(warm)
    const calls = fleet.redis.calls
    const before = fleet.processes.map((process) => process.moved())
    await fleet.run(ms)
    const bytes = fleet.processes.map((process, i) => process.moved() - (before[i] ?? 0))
    const sum = bytes.reduce((a, b) => a + b)
    const over = excess(fleet.flowed.slots(), R, warm, warm + ms)
    const rounds = fleet.processes.map(({ share }) => share.portion.sale?.interval ?? 0)
    const round = Math.max(...rounds)
    const leases = fleet.processes.map(({ share }) => ((share.portion.sale?.lease ?? 0) / R) * 1000)
    const bound = round + Math.max(...leases)
    const got = light > 0 ? bytes.slice(0, light).reduce((a, b) => a + b) / light / ((demand * ms) / 1000) : 1
    const each = ((fleet.redis.calls - calls) / count / ms) * 1000
    const cells = [
      String(count).padStart(9),
      name.padEnd(13),
      round.toFixed(0).padStart(9),
      (sum / ((R * ms) / 1000)).toFixed(4).padStart(9),
      over.toFixed(1).padStart(7),
      bound.toFixed(0).padStart(8),
      jain(bytes.slice(light)).toFixed(5).padStart(7),
      got.toFixed(3).padStart(9),
      each.toFixed(1).padStart(12),
      (each * count).toFixed(0).padStart(6),
    ]
    console.log(cells.join('  '))
  }
}

interface Fault {
  readonly begin: (fleet: Fleet, some: readonly Process[], dice: Dice) => void
  /** After 5 s. */
  readonly end?: (fleet: Fleet, some: readonly Process[]) => void
  /** The part of the processes that it hits. @default a tenth */
  readonly part?: number
}
const all = 1
const half = 0.5

const faults: Readonly<Record<string, Fault>> = {
  'a hundredth of calls lost': {
    part: all,
    begin: (_, some) => some.map(({ line }) => Object.assign(line, { loss: 0.01, timeout: 500 })),
  },
  'a tenth killed': { begin: (_, some) => some.map((process) => process.crash()) },
  'half cut off': {
    part: half,
    begin: (_, some) => some.map(({ line }) => Object.assign(line, { cut: true })),
    end: (_, some) => some.map(({ line }) => Object.assign(line, { cut: false })),
  },
  'a fifth joins': {
    begin: (fleet, some, dice) => {
      for (let i = 0; i < 2 * some.length; i++)
        fleet.add({ line: { latency: () => lines['data centre']?.(dice) ?? 0 } })
    },
  },
  'Redis gone, then empty': {
    begin: ({ redis }) => {
      redis.down = true
      redis.flush()
    },
    end: ({ redis }) => {
      redis.down = false
    },
  },
  'clock of Redis 10 min ahead': { begin: ({ redis }) => (redis.skew += 600_000) },
  'clock of Redis 10 min back': { begin: ({ redis }) => (redis.skew -= 600_000) },
}

console.log(
  '\nFaults of 5 s, in a data centre; least and most: of R, in 500 ms or two rounds; after: from 2 s, or 4 rounds, behind their end\n',
)
console.log('processes  fault                        least    most  over ms   after')
for (const count of [8, 100, 1000].filter((count) => count <= MOST)) {
  for (const [name, { begin, end, part = 0.1 }] of Object.entries(faults)) {
    const dice = random(1)
    const round = Math.max(100, count)
    const window = Math.max(500, 2 * round)
    const [warm, settled, rest] = [Math.max(3000, 4 * round), Math.max(2000, 4 * round), 3000 + 2 * window]
    const fleet = new Fleet(R, warm + 5000 + settled + rest + 100, dice)
    for (let i = 0; i < count; i++) fleet.add({ line: { latency: () => lines['data centre']?.(dice) ?? 0 } })
    await fleet.run(warm)
    const some = fleet.processes.slice(0, Math.max(1, count * part))
    begin(fleet, some, dice)
    await fleet.run(5000)
    end?.(fleet, some)
    await fleet.run(settled + rest)
    const slots = fleet.flowed.slots()
    const partOf = (from: number, ms: number) =>
      slots.slice(from, from + ms).reduce((a, b) => a + b, 0) / ((R * ms) / 1000)
    const parts: number[] = []
    for (let from = warm; from + window <= warm + 5000 + settled; from += window / 2) parts.push(partOf(from, window))
    const cells = [
      String(count).padStart(9),
      name.padEnd(27),
      Math.min(...parts)
        .toFixed(2)
        .padStart(5),
      Math.max(...parts)
        .toFixed(2)
        .padStart(6),
      excess(slots, R, warm - 500, warm + 5000 + settled)
        .toFixed(0)
        .padStart(7),
      partOf(warm + 5000 + settled, rest)
        .toFixed(3)
        .padStart(6),
    ]
    console.log(cells.join('  '))
  }
}
