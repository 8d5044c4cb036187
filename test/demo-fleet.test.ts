import { execFileSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanEnv, start } from './cli-sluice.ts'
import { describeRedis } from './fixtures/redis-server.ts'

const script = (path: string) => new URL(`../scripts/${path}`, import.meta.url)
const DEMO = script('demo-fleet.js').pathname
const load = async <T>(name: string): Promise<T> => (await import(script(`demo-fleet/${name}`).href)) as T

type Paint = (text: string) => string
const plain: Paint = (text) => text

interface Tap {
  count(bytes: number, now: number, since?: number): void
  between(from: number, to: number): number
}
const { Tap } = await load<{ Tap: new (origin: number) => Tap }>('tap.js')
const { Vigil } = await load<{ Vigil: new () => { start(): void; stop(): void; since(now: number): number } }>(
  'vigil.js',
)
const { chart, dotColumns } = await load<{
  chart(options: {
    totals: readonly number[]
    limits: readonly number[]
    marks: readonly { at: number; mark: string }[]
    width: number
    unicode: boolean
    paint: Record<'total' | 'limit' | 'dim' | 'bold', Paint>
  }): string[]
  dotColumns(width: number): number
}>('chart.js')
const { timeAxis } = await load<{ timeAxis(lasts: number, columns: number): string }>('summary.js')
type Limits = readonly { at: number; limit: number }[]
const { allowed, excess, fairShares, jain, resample, timeUntil, worstWindow } = await load<{
  allowed(limits: Limits, from: number, to: number): number
  excess(tap: Tap, limits: Limits, from: number, to: number): number
  fairShares(limit: number, demands: readonly number[]): number[]
  jain(values: readonly number[]): number
  resample(tap: Tap, from: number, to: number, count: number, least?: number): number[]
  timeUntil(tap: Tap, from: number, to: number, span: number, holds: (rate: number) => boolean): number
  worstWindow(tap: Tap, limits: Limits, from: number, to: number, span: number): number
}>('figures.js')
const { judge } = await load<{ judge(measured: number, bounds: object): { verdict: string } }>('verdict.js')

/** A tap that saw these bytes in each ms. */
function tapOf(bytes: readonly number[]): Tap {
  const tap = new Tap(1000)
  for (const [at, count] of bytes.entries()) tap.count(count, 1000 + at)
  return tap
}

const steady = (ms: number, bytes: number) => Array.from({ length: ms }, () => bytes)

test('Tap.between() adds what came, also long after the start', () => {
  const tap = new Tap(1000)
  tap.count(3, 1000)
  tap.count(4, 1009.9)
  tap.count(5, 501_000)
  expect(tap.between(0, 9)).toBe(3)
  expect(tap.between(-5, 10)).toBe(7)
  expect(tap.between(0, 1e6)).toBe(12)
})

test('Tap.count() spreads what came while the demo was held up', () => {
  const tap = new Tap(1000)
  tap.count(30, 1012.5, 1003.2)
  expect([2, 3, 7, 12, 13].map((at) => tap.between(at, at + 1))).toEqual([0, 3, 3, 3, 0])
})

test('Vigil.since() knows when the process was held up, until all that was there is read', async () => {
  const vigil = new Vigil()
  vigil.start()
  try {
    const from = performance.now()
    while (performance.now() < from + 30) {}
    const now = performance.now()
    expect(vigil.since(now)).toBeLessThan(now - 25)
    expect(vigil.since(now + 1)).toBeLessThan(now - 25)
    await new Promise((resolve) => setImmediate(resolve))
    // The machine may hold it up once more, but that is after the first.
    expect(vigil.since(performance.now())).toBeGreaterThanOrEqual(now)
  } finally {
    vigil.stop()
  }
})

const limits = [
  { at: 0, limit: 1000 },
  { at: 100, limit: 500 },
]

test('allowed() follows the limit as it changes', () => {
  expect(allowed(limits, 0, 100)).toBe(100)
  expect(allowed(limits, 90, 110)).toBe(15)
  expect(allowed(limits, 200, 300)).toBe(50)
})

test.each([
  ['nothing at the limit', [...steady(100, 1), ...steady(50, 0.5)], 0],
  ['what comes at once', [...steady(40, 1), 21, ...steady(50, 1)], 20],
  ['nothing that was missed before', [...steady(40, 0), 11, ...steady(50, 1)], 10],
  ['too much for a halved limit', [...steady(130, 1)], 30],
])('excess() counts %s', (_, bytes, most) => {
  expect(excess(tapOf(bytes), limits, 0, bytes.length)).toBeCloseTo(most)
})

test('worstWindow() finds the fullest, in proportion to the limit', () => {
  expect(worstWindow(tapOf([...steady(50, 1), ...steady(10, 3), ...steady(90, 0.5)]), limits, 0, 150, 10)).toBeCloseTo(
    3,
  )
  expect(worstWindow(tapOf([...steady(100, 1), ...steady(50, 1)]), limits, 0, 150, 10)).toBeCloseTo(2)
})

test('timeUntil() waits for a whole window', () => {
  const tap = tapOf([...steady(20, 0), ...steady(5, 1), ...steady(25, 0), ...steady(50, 1)])
  expect(timeUntil(tap, 10, 100, 20, (rate) => rate >= 999)).toBe(40)
  expect(timeUntil(tap, 10, 60, 20, (rate) => rate >= 999)).toBe(Infinity)
})

test('resample() gives mean rates', () => {
  const tap = tapOf([...steady(10, 1), ...steady(10, 3)])
  expect(resample(tap, 0, 20, 2)).toEqual([1000, 3000])
  expect(resample(tap, 0, 20, 4, 10)).toEqual([1000, 1400, 2400, 3000])
})

test.each([
  ['equal parts', 80, [Infinity, Infinity], [40, 40]],
  ['all that one wants, and the rest to the others', 80, [Infinity, 10, Infinity], [35, 10, 35]],
  ['no more than is wanted', 80, [10, 20], [10, 20]],
])('fairShares() gives %s', (_, limit, demands, shares) => {
  expect(fairShares(limit, demands)).toEqual(shares)
})

test('jain() is 1 for equals and 1/n for one alone', () => {
  expect(jain([5, 5, 5])).toBe(1)
  expect(jain([9, 0, 0])).toBeCloseTo(1 / 3)
})

test.each([
  [1, 'ok'],
  [0.9, 'missed'],
  [0.5, 'broken'],
  [Number.NaN, 'broken'],
])('judge() of %d is %s', (measured, verdict) => {
  expect(judge(measured, { target: { least: 0.99, most: 1.01 }, sane: { least: 0.7 } }).verdict).toBe(verdict)
})

test('judge() finds broken also what has no target', () => {
  expect([0.9, 0.5].map((measured) => judge(measured, { target: {}, sane: { least: 0.7 } }).verdict)).toEqual([
    'ok',
    'broken',
  ])
})

const look = { total: plain, limit: plain, dim: plain, bold: plain }

test('chart() draws the total, the limit where the total is not, and marks', () => {
  const width = 32
  const dots = dotColumns(width)
  const lines = chart({
    totals: Array.from({ length: dots }, (_, i) => (i < dots / 2 ? 1000 : 500)),
    limits: Array.from({ length: dots }, () => 1000),
    marks: [
      { at: 0, mark: '1' },
      { at: 0.5, mark: '2' },
    ],
    width,
    unicode: false,
    paint: look,
  })
  expect(lines.map((line) => line.trimEnd())).toEqual([
    '           |',
    '           |',
    '    1 kB/s |***********---------',
    '           |          *',
    '           |          *',
    '           |          *',
    '   500 B/s |          **********',
    '           |',
    '           |',
    '           |',
    '     0 B/s |',
    '           +1---------2---------',
  ])
})

test('chart() draws any rates in as many characters as there are', () => {
  const rates = fc.array(fc.oneof(fc.nat(3000), fc.constant(0)), { minLength: 40, maxLength: 40 })
  const marks = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })
  fc.assert(
    fc.property(rates, rates, marks, fc.boolean(), (totals, limits, at, unicode) => {
      const options = {
        totals,
        limits,
        marks: at.sort().map((each, i) => ({ at: each, mark: String(i) })),
        width: 32,
        unicode,
      }
      const painted = chart({ ...options, paint: { ...look, total: (text) => `\x1b[32m${text}\x1b[39m` } })
      const bare = chart({ ...options, paint: look })
      expect(painted.map((line) => stripVTControlCharacters(line))).toEqual(bare)
      expect(new Set(bare.map((line) => line.length))).toEqual(new Set([32]))
      expect(bare).toHaveLength(12)
      // Only ASCII where it must be.
      if (!unicode) expect(bare.join('')).toMatch(/^[ -~]*$/)
    }),
  )
})

test('timeAxis() tells the time below its column', () => {
  expect(timeAxis(20_000, 40)).toBe('0:00      0:05      0:10      0:15')
  expect(timeAxis(60_000, 30)).toBe('0:00 0:10 0:20 0:30 0:40 0:50')
  expect(timeAxis(60_000, 12)).toBe('0:00  0:30')
})

test('npm run demo:fleet without redis-server tells what to install, and starts nothing', async () => {
  const env = cleanEnv({ REDIS_SERVER: '/nowhere/redis-server' })
  const { code, stdout, stderr } = await start(process.execPath, [DEMO], { env }).ended
  expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^demo:fleet: Cannot find \/nowhere\/redis-server/)
  expect(stderr).not.toMatch(/ at .*\.js:/)
})

test('npm run demo:fleet refuses what it does not know', async () => {
  const { code, stderr } = await start(process.execPath, [DEMO, '--fast']).ended
  expect(code).toBe(2)
  expect(stderr).toMatch(/^demo:fleet: Unknown option '--fast'/)
})

interface Check {
  readonly measured: number | null
  readonly verdict: string
}
interface Results {
  readonly acts: readonly {
    readonly name: string
    readonly figures?: Record<'part' | 'jain' | 'excess', Check> & {
      readonly limit: number
      readonly rates: Readonly<Record<string, number>>
    }
  }[]
  readonly checks: readonly (Check & { readonly name: string })[]
  readonly broken: number
  readonly processes: readonly { readonly name: string; readonly pid: number; readonly ending: number | string }[]
  readonly server: { readonly pids: readonly number[] }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function childrenOf(pid: number | undefined): number[] {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  return processes
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child = 0, parent]) => (parent === pid ? [child] : []))
}

const MIB = 2 ** 20

describeRedis('npm run demo:fleet', () => {
  test('shows that the limit is shared, and kept whatever happens', { timeout: 120_000, retry: 2 }, async () => {
    const { code, stdout, stderr } = await start(process.execPath, [DEMO, '--quick', '--json']).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { acts, checks, processes, server, broken } = JSON.parse(stdout.toString()) as Results
    expect(broken).toBe(0)
    expect(acts.map(({ name }) => name)).toEqual(['eight', 'killed', 'joined', 'halved', 'gone', 'back', 'end'])
    for (const { name, figures } of acts) {
      if (!figures) continue
      expect(figures.limit).toBe((['eight', 'killed', 'joined'].includes(name) ? 20 : 10) * MIB)
      expect(figures.part.measured, name).toBeGreaterThan(0.7)
      expect(figures.part.measured, name).toBeLessThan(1.2)
      expect(figures.jain.measured, name).toBeGreaterThan(0.9)
    }
    const rates = Object.fromEntries(acts.map(({ name, figures }) => [name, figures?.rates ?? {}]))
    expect(Object.keys(rates.eight ?? {})).toEqual(['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'light'])
    expect(rates.eight?.light).toBeLessThan(0.55 * MIB)
    expect(Object.keys(rates.killed ?? {})).not.toContain('p3')
    // With a part of p3 each they have a sixth more than before.
    expect(rates.killed?.p1).toBeGreaterThan(1.05 * (rates.eight?.p1 ?? 0))
    for (const name of ['new1', 'new2']) expect(rates.joined?.[name]).toBeGreaterThan(0.7 * (20 / 8.5) * MIB)
    expect(checks.find(({ name }) => name === 'kept')?.measured).toBe(1)

    expect(processes.filter(({ ending }) => ending === 'SIGKILL').map(({ name }) => name)).toEqual(['p3'])
    const pids = [...processes.map(({ pid }) => pid), ...server.pids]
    expect(pids).toHaveLength(12)
    expect(pids.filter(isRunning)).toEqual([])
  })

  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    test(`ends all it started at ${signal}`, { timeout: 60_000 }, async () => {
      const { child, ended } = start(process.execPath, [DEMO, '--quick'])
      await new Promise<void>((resolve, reject) => {
        child.stdout?.on('data', (text: Buffer) => {
          if (text.includes('1. Eight processes')) resolve()
        })
        ended.then(({ code, stderr }) => reject(new Error(`It ended with ${code}, and said: ${stderr}`)), reject)
      })
      const before = childrenOf(child.pid)
      child.kill(signal)
      const { code, stderr } = await ended
      expect({ code, stderr }).toEqual({ code: exitCode, stderr: '' })
      expect(before.length).toBeGreaterThan(0)
      expect(before.filter(isRunning)).toEqual([])
    })
  }
})
