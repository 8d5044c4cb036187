import { expect, test } from 'vitest'
import { greedy } from '../../test/fixtures/greedy.ts'
import { random } from '../../test/fixtures/late-clock.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Flow } from './flow.ts'
import { Throttle } from './throttle.ts'

const KiB = 1024
const MiB = 1024 * KiB

interface Group {
  readonly limits: readonly string[]
  readonly count: number
  readonly size: number
  readonly weight: number
}

/** The rate of each flow that is fair by max-min: nobody can have more without taking it from one who has less for its weight. */
function maxMin(limits: Readonly<Record<string, number>>, flows: readonly Group[]): number[] {
  const left = new Map(Object.entries(limits))
  const rates = flows.map(() => 0)
  const open = new Set(flows.keys())
  const passes = (i: number, name: string) => open.has(i) && flows[i]?.limits.includes(name)
  while (open.size > 0) {
    const levels = [...left].map(([name, rest]) => {
      const weight = flows.reduce((sum, flow, i) => sum + (passes(i, name) ? flow.weight : 0), 0)
      return { name, level: weight > 0 ? rest / weight : Infinity }
    })
    const { name, level } = levels.reduce((least, next) => (next.level < least.level ? next : least))
    for (const [i, flow] of flows.entries()) {
      if (!passes(i, name)) continue
      open.delete(i)
      rates[i] = level * flow.weight
      for (const other of flow.limits) left.set(other, (left.get(other) ?? 0) - level * flow.weight)
    }
  }
  return rates
}

/** Two to four limits, and groups of streams that pass some of them. */
function draw(seed: number, weights: readonly number[]) {
  const dice = random(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(dice() * from.length)] as T
  const names = ['A', 'B', 'C', 'D'].slice(0, 2 + Math.floor(dice() * 3))
  const scale = pick([1, 10, 100])
  const limits = Object.fromEntries(names.map((name) => [name, scale * MiB * pick([1, 1, 1, 2, 4, 0.25])]))
  const groups = Array.from({ length: 1 + Math.floor(dice() * 5) }, () => {
    const passed = names.filter(() => dice() < 0.5)
    const size = pick([1000, 64 * KiB, 64 * KiB, MiB])
    return {
      limits: passed.length > 0 ? passed : [pick(names)],
      count: pick([1, 2, 5, 20, 100]),
      size,
      weight: pick(weights),
    }
  })
  return { limits, groups }
}

const SECONDS = 5

async function measure(limits: Readonly<Record<string, number>>, flows: readonly Group[]): Promise<number[]> {
  const clock = new VirtualClock()
  const throttles = new Map(Object.entries(limits).map(([name, limit]) => [name, new Throttle({ limit, clock })]))
  const streams = flows.map(({ limits, size, weight }) => {
    const passed = Object.fromEntries([...throttles].filter(([name]) => limits.includes(name)))
    return greedy(new Flow(passed, { weight }), size, clock, SECONDS * 1000)
  })
  const bytes = await clock.run(() => Promise.all(streams))
  expect(clock.pending).toBe(0)
  return bytes.map((sum) => sum / SECONDS)
}

for (const weights of [[1], [0.5, 1, 2]]) {
  for (let seed = 1; seed <= 40; seed++) {
    const { limits, groups } = draw(seed, weights)
    const named = groups.map(({ limits, count, weight }) => `${count} x ${limits.join('')} (${weight})`).join(', ')
    test(`Flow.acquire() is fair by max-min to streams that pass ${named}`, async () => {
      const flows = groups.flatMap((group) => Array.from({ length: group.count }, () => group))
      const fair = maxMin(limits, flows)
      const rates = await measure(limits, flows)
      const parts = rates.map((rate, i) => rate / (fair[i] ?? 0))
      expect(Math.min(...parts)).toBeGreaterThan(0.85)
      expect(parts.toSorted((a, b) => a - b)[parts.length >> 1]).toBeCloseTo(1, 1)
      for (const [name, limit] of Object.entries(limits)) {
        const sumOf = (rates: readonly number[]) =>
          rates.reduce((sum, rate, i) => sum + (flows[i]?.limits.includes(name) ? rate : 0), 0)
        expect(sumOf(rates)).toBeLessThan(1.005 * limit)
        expect(sumOf(rates)).toBeGreaterThanOrEqual(0.98 * sumOf(fair))
      }
    })
  }
}
