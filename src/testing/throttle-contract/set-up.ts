import assert from 'node:assert/strict'
import { checkOptions, optionNames } from '../../check-options.ts'
import type { Throttle } from '../../throttle/throttle.ts'

/** What a throttle of the contract is created with; the same as for `new Throttle`, in numbers. */
export interface ContractSettings {
  /** Bytes per second, > 0; null does not limit. @default null */
  readonly limit?: number | null
  /** Bytes, >= 0. @default 0 */
  readonly burst?: number
  /** Milliseconds, > 0. @default 10_000 */
  readonly resetRate?: number
}

/** The time in which a throttle lives: `VirtualClock` is one. */
export interface ContractClock {
  /** Milliseconds. */
  now(): number
  /** Waits for `ms`. */
  sleep(ms: number): Promise<void>
}

/** A new throttle that nobody else uses. */
export interface ThrottleUnderTest {
  readonly throttle: Throttle
  /** The time that the throttle goes by. */
  readonly clock: ContractClock
  /** Calls `body` and lets time pass until it has settled. */
  run(body: () => Promise<void>): Promise<void>
  /** Ends what the throttle needs: connections, subscriptions. */
  close?(): Promise<void>
}

/** Who is to keep the contract, and how it is run. */
export interface ThrottleContractOptions {
  /** What registers a test: that of vitest, of `node:test` or of another runner. */
  readonly test: (name: string, body: () => Promise<void>) => unknown
  readonly create: (settings: ContractSettings) => Promise<ThrottleUnderTest>
  /**
   * By how much the throttle may be ahead of its rate or behind, in ms of the rate. Change it for one that gets its rate from afar.
   * @default 30
   */
  readonly slack?: number
}

const OPTIONS = optionNames<ThrottleContractOptions>({ test: true, create: true, slack: true })

/** What each test of the contract works with. */
export interface Stage {
  readonly throttle: Throttle
  readonly clock: ContractClock
  /** Milliseconds, see {@link ThrottleContractOptions.slack}. */
  readonly slack: number
  /** Fails unless `bytes` are what `rate` gives in `ms`, give or take the slack. */
  isRate(bytes: number, rate: number, ms: number): void
}

/** Registers a test of the contract. */
export type Registrar = (name: string, settings: ContractSettings, body: (stage: Stage) => Promise<void>) => void

export function registrar(options: ThrottleContractOptions): Registrar {
  checkOptions('test a throttle', options, OPTIONS)
  const { test, create, slack = 30 } = options
  return (name, settings, body) => {
    test(name, async () => {
      const { throttle, clock, run, close } = await created(create, settings)
      const isRate = (bytes: number, rate: number, ms: number) => {
        const ahead = (1000 * bytes) / rate - ms
        assert.ok(Math.abs(ahead) <= slack, `${bytes} bytes are ${ahead} ms ahead of ${rate} bytes/s for ${ms} ms`)
      }
      try {
        await run(() => body({ throttle, clock, slack, isRate }))
      } finally {
        await close()
      }
    })
  }
}

async function created(create: ThrottleContractOptions['create'], settings: ContractSettings) {
  const made = await create(settings)
  return {
    throttle: made.throttle,
    clock: made.clock,
    run: (body: () => Promise<void>) => made.run(body),
    close: async () => made.close?.(),
  }
}

/** What bytes can be drawn from: a throttle or a flow. */
interface Source {
  acquire(bytes: number): Promise<number>
}

/** Draws chunk after chunk of `size` until the time is `until`; returns how many bytes that were. */
export async function draw(source: Source, size: number, clock: ContractClock, until: number): Promise<number> {
  let sum = 0
  for (let rest = size; ; ) {
    const bytes = await source.acquire(rest)
    if (clock.now() >= until) return sum
    sum += bytes
    rest = rest === bytes ? size : rest - bytes
  }
}

/** Draws exactly `bytes`. */
export async function drawAll(source: Source, bytes: number): Promise<void> {
  for (let rest = bytes; rest > 0; ) rest -= await source.acquire(rest)
}

/** Draws what can be had without waiting; returns how many bytes that were. */
export function drain(throttle: Throttle): number {
  let sum = 0
  for (let bytes = throttle.tryAcquire(1_000_000); bytes > 0; bytes = throttle.tryAcquire(1_000_000)) sum += bytes
  return sum
}

/** Whether `promise` has settled after everything could run that can run now. */
export async function hasSettled(promise: Promise<unknown>, clock: ContractClock): Promise<boolean> {
  let settled = false
  const note = () => {
    settled = true
  }
  promise.then(note, note)
  await clock.sleep(0)
  return settled
}
