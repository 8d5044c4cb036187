import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest'
import { Failure } from '../failure.ts'
import { Interruption } from '../interruption.ts'
import { readTransferOptions } from './transfer-options.ts'
import { type Outcome, reportTransfers } from './transfer-report.ts'

const one = {
  files: 1,
  directories: 0,
  bytes: 2048,
  skipped: 0,
  resumed: 1,
  checked: 0,
  failed: [],
  duration: 0,
  rate: 0,
}
const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  ...{ summaries: [one, one], failures: [], interruption: undefined, files: 2, moved: 5000 },
  ...{ waited: 12.34567, elapsed: 2000, limit: null, share: undefined, wasShown: false },
  ...more,
})
const failure = new Failure('CODE', 'Cannot get it: so; do that')
const gone = new Failure('EPIPE', 'Cannot write standard output: whoever reads it has gone (EPIPE); start again')

let stderr: MockInstance<typeof process.stderr.write>
beforeEach(() => {
  stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterEach(() => stderr.mockRestore())

/** What is told, and the exit code. */
function report(more: Partial<Outcome>, options: Record<string, unknown> = {}) {
  const exitCode = reportTransfers(readTransferOptions(options), outcome(more), { parts: ['3 removed'] })
  return [exitCode, ...stderr.mock.calls.map(([text]) => String(text).trimEnd())]
}

const SUM = '2 files, 4.00 KiB in 2.00 s, 2.00 KiB/s, 3 removed, 2 resumed'

test('reportTransfers() says nothing where nobody looked on', () => {
  expect(report({})).toEqual([0])
})

test('reportTransfers() sums up in place of the progress', () => {
  expect(report({ wasShown: true })).toEqual([0, `sluice: ${SUM}`])
})

test('reportTransfers() ends with what failed', () => {
  const lines = [`sluice: failed after ${SUM}, 1 failed`, 'sluice: Cannot get it: so; do that']
  expect(report({ failures: [failure], wasShown: true })).toEqual([1, ...lines])
})

test('reportTransfers() tells what an interrupted transfer has moved', () => {
  const stop = { interruption: new Interruption('SIGTERM'), summaries: [], limit: 1024 }
  const line = 'sluice: Interrupted by SIGTERM after 2 files, 4.88 KiB in 2.00 s, 2.44 KiB/s of 1 KiB/s, 3 removed'
  expect(report(stop)).toEqual([143, line])
  stderr.mockClear()
  expect(report(stop, { resume: true })).toEqual([143, `${line}; start it again to go on from there`])
  stderr.mockClear()
  expect(report(stop, { quiet: true })).toEqual([143])
})

test('reportTransfers() says how to go on with what goes on without --resume, too', () => {
  const stop = outcome({ interruption: new Interruption('SIGHUP'), summaries: [] })
  const line = 'sluice: Interrupted by SIGHUP after 2 files, 4.88 KiB in 2.00 s, 2.44 KiB/s'
  expect(reportTransfers(readTransferOptions({}), stop, { goesOn: true })).toBe(129)
  expect(reportTransfers(readTransferOptions({ resume: true }), stop, { goesOn: false })).toBe(129)
  expect(stderr.mock.calls).toEqual([[`${line}; start it again to go on from there\n`], [`${line}\n`]])
})

test('reportTransfers() tells of a plan, not how fast it was', () => {
  const plan = { isPlan: true, parts: ['3 to remove'] }
  reportTransfers(readTransferOptions({}), outcome({ wasShown: true }), plan)
  expect(stderr.mock.calls).toEqual([['sluice: 2 files, 4.00 KiB to move, 3 to remove, 2 resumed, in 2.00 s\n']])
  stderr.mockClear()
  reportTransfers(readTransferOptions({ json: true }), outcome(), plan)
  expect(JSON.parse(String(stderr.mock.calls[0]?.[0]))).toMatchObject({ files: 2, bytes: 4096, bytesPerSecond: 0 })
})

test('reportTransfers() says that nothing was to do', () => {
  const skipped = { ...one, files: 0, bytes: 0, resumed: 0, skipped: 6 }
  const line = 'sluice: nothing to do, 12 skipped, in 2.00 s\n'
  reportTransfers(readTransferOptions({}), outcome({ summaries: [skipped, skipped], wasShown: true }))
  expect(stderr.mock.calls).toEqual([[line]])
})

test('reportTransfers() has one line for the one thing that there was to do, and failed', () => {
  expect(report({ summaries: [], failures: [failure], wasShown: true })).toEqual([
    1,
    'sluice: Cannot get it: so; do that',
  ])
})

const checks: readonly (readonly [title: string, checked: number, says: string])[] = [
  ['no checksums', 0, '0 of 2 checked (the server computes no checksums)'],
  ['checksums of some', 1, '1 of 2 checked (the server computes no checksums of the others)'],
]
for (const [title, checked, says] of checks) {
  test(`reportTransfers() warns where a server computes ${title}`, () => {
    const summaries = [{ ...one, checked }, one]
    expect(report({ summaries }, { checksum: true })).toEqual([0, `sluice: ${says}`])
    stderr.mockClear()
    expect(report({ summaries, wasShown: true }, { checksum: true })).toEqual([0, `sluice: ${SUM}, ${says}`])
    stderr.mockClear()
    expect(report({ summaries }, { checksum: true, quiet: true })).toEqual([0])
    expect(report({ summaries }, {})).toEqual([0])
    expect(
      report(
        {
          summaries: [
            { ...one, checked: 1 },
            { ...one, checked: 1 },
          ],
        },
        { checksum: true },
      ),
    ).toEqual([0])
  })
}

test('reportTransfers() leaves alone whoever has closed standard output', () => {
  expect(report({ failures: [gone] })).toEqual([141])
})

test('reportTransfers() writes one line of JSON', () => {
  const [exitCode, line = ''] = report({ failures: [failure], wasShown: true }, { json: true, limit: '1KiB/s' })
  expect(exitCode).toBe(1)
  expect(JSON.parse(String(line))).toEqual({
    ...{ outcome: 'failed', exitCode: 1, files: 2, directories: 0, bytes: 4096, skipped: 0, resumed: 2, checked: 0 },
    ...{ elapsedMs: 2000, waitedMs: 12.346, bytesPerSecond: 2048 },
    ...{ limitBytesPerSecond: 1024, totalLimitBytesPerSecond: null, failures: 1 },
    errors: [{ code: 'CODE', message: failure.message }],
    error: { code: 'CODE', message: failure.message },
  })
})
