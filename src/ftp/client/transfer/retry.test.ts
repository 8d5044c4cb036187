import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClosedError, TimeoutError } from '../../../errors.ts'
import { VirtualClock } from '../../../testing/index.ts'
import { ChangedError, ChecksumError, ProtocolError, ReplyError, TruncatedError } from '../../errors.ts'
import { backOff, isTransient, pause, retrySettings } from './retry.ts'

const withCode = (code: string) => Object.assign(new Error(code), { code })
const reply = (code: number) => new ReplyError('RETR x', { code, lines: [''] })

const errors: { error: unknown; transient: boolean }[] = [
  ...[400, 421, 425, 426, 450, 451, 452].map((code) => ({ error: reply(code), transient: true })),
  ...[500, 501, 530, 550, 552, 553].map((code) => ({ error: reply(code), transient: false })),
  { error: new TimeoutError('stall', 10), transient: true },
  { error: new ClosedError('read'), transient: true },
  { error: new TruncatedError('x', 2, 1), transient: true },
  ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETDOWN', 'EAI_AGAIN'].map((code) => ({
    error: withCode(code),
    transient: true,
  })),
  ...['ENOTFOUND', 'EACCES', 'ENOSPC', 'DEPTH_ZERO_SELF_SIGNED_CERT'].map((code) => ({
    error: withCode(code),
    transient: false,
  })),
  { error: new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')]), transient: true },
  { error: new AggregateError([withCode('ECONNREFUSED'), withCode('EACCES')]), transient: false },
  { error: new AggregateError([]), transient: false },
  { error: new ChangedError('x', 'it has changed'), transient: false },
  { error: new ChecksumError('x', 'MD5', '1', '2'), transient: false },
  { error: new ProtocolError('read', 'no FTP'), transient: false },
  { error: new TypeError('wrong'), transient: false },
  { error: new DOMException('no', 'AbortError'), transient: false },
  { error: 'text', transient: false },
  { error: undefined, transient: false },
]
for (const { error, transient } of errors) {
  test(`isTransient() is ${transient} for ${String(error)}`, () => {
    expect(isTransient(error)).toBe(transient)
  })
}

describe('backOff()', () => {
  test('grows by the factor, up to the longest', () => {
    const settings = retrySettings({ attempts: 9, delay: 100, factor: 3, maxDelay: 1000, jitter: 0 })
    expect([1, 2, 3, 4, 500].map((failed) => backOff(settings, failed, 0.5))).toEqual([100, 300, 900, 1000, 1000])
  })

  test('lets chance take off no more than its part', () => {
    const options = fc.record({
      delay: fc.double({ min: 0, max: 1e6, noNaN: true }),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
      maxDelay: fc.double({ min: 0, max: 1e6, noNaN: true }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 10_000 }), chance, (given, failed, random) => {
        const settings = retrySettings(given)
        const most = backOff(settings, failed, 0)
        const wait = backOff(settings, failed, random)
        expect(most).toBeLessThanOrEqual(settings.maxDelay)
        expect(wait).toBeLessThanOrEqual(most)
        expect(wait).toBeGreaterThanOrEqual(most * (1 - settings.jitter) * (1 - 1e-9))
      }),
    )
  })
})

describe('retrySettings()', () => {
  test('takes a number for the attempts, and none without', () => {
    expect(retrySettings()).toMatchObject({ attempts: 0 })
    expect(retrySettings(5)).toEqual({ attempts: 5, delay: 1000, factor: 2, maxDelay: 30_000, jitter: 0.5 })
    expect(retrySettings({})).toMatchObject({ attempts: 3 })
    expect(retrySettings(Number.POSITIVE_INFINITY)).toMatchObject({ attempts: Number.POSITIVE_INFINITY })
  })

  const wrong: unknown[] = [-1, 0.5, Number.NaN, null, 'x', { delay: -1 }, { factor: 0.9 }, { jitter: 1.1 }]
  for (const retry of [...wrong, { maxDelay: Number.POSITIVE_INFINITY }, { attempts: '3' }]) {
    test(`refuses ${JSON.stringify(retry)}`, () => {
      expect(() => retrySettings(retry as never)).toThrow(/^Cannot transfer: 'retry/)
    })
  }

  test('refuses options of which it knows none', () => {
    expect(() => retrySettings({ atempts: 5 } as never)).toThrow(
      "'retry.atempts' is no option; did you mean 'attempts'?",
    )
  })
})

test('pause() waits on the clock, and not after its signal', async () => {
  const clock = new VirtualClock()
  const never = new AbortController().signal
  await clock.run(() => pause(clock, 5000, never))
  expect(clock.now()).toBeGreaterThanOrEqual(5000)
  const reason = new Error('enough')
  await expect(pause(clock, 5000, AbortSignal.abort(reason))).rejects.toBe(reason)
})
