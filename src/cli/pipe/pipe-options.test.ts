import { expect, test } from 'vitest'
import { UsageError } from '../failure.ts'
import { readPipeOptions } from './pipe-options.ts'

test('readPipeOptions() has defaults', () => {
  expect(readPipeOptions(undefined, {}, {})).toEqual({
    input: '-',
    output: '-',
    limit: null,
    burst: 0,
    minInterval: 0,
    mode: 'whole',
    timeout: undefined,
    size: undefined,
    json: false,
    progress: false,
    quiet: false,
    share: undefined,
  })
})

test('readPipeOptions() reads text', () => {
  const text = { limit: '1MiB/s', burst: '64KiB', minInterval: '1.5s', mode: 'bytewise', timeout: '1min', size: '2GB' }
  expect(readPipeOptions('in', { ...text, output: 'out' }, {})).toMatchObject({
    input: 'in',
    output: 'out',
    limit: 2 ** 20,
    burst: 2 ** 16,
    minInterval: 1500,
    mode: 'bytewise',
    timeout: 60_000,
    size: 2e9,
  })
})

test('readPipeOptions() takes -L for --limit', () => {
  expect(readPipeOptions(undefined, { L: '2MiB/s', burst: '1KiB' }, {})).toMatchObject({ limit: 2 ** 21, burst: 1024 })
})

const wrong = [
  { options: { limit: 'fast' }, says: '--limit: Cannot read "fast" as a rate' },
  { options: { L: '2m' }, says: '-L: Cannot read "2m" as a rate' },
  { options: { L: '2M', limit: '2M' }, says: 'Cannot use -L together with --limit' },
  { options: { limit: '0' }, says: '--limit: Cannot read "0" as a rate' },
  { options: { limit: '-1' }, says: '--limit: Cannot read "-1" as a rate' },
  { options: { limit: '1M', burst: '1 quart' }, says: '--burst: Cannot read "1 quart" as a size' },
  { options: { minInterval: 'often' }, says: '--min-interval: Cannot read "often" as a duration' },
  { options: { timeout: 'soon' }, says: '--timeout: Cannot read "soon" as a duration' },
  { options: { timeout: '0s' }, says: '--timeout: Cannot use "0s": it must be > 0' },
  { options: { size: 'big' }, says: '--size: Cannot read "big" as a size' },
  { options: { minInterval: '1s', mode: 'half' }, says: '--mode: Cannot use "half" as a mode' },
  { options: { burst: '1M' }, says: 'Cannot use --burst without --limit' },
  { options: { mode: 'whole' }, says: 'Cannot use --mode without --min-interval' },
  { options: { quiet: true, progress: true }, says: 'Cannot use --quiet together with --progress' },
  { options: { output: '' }, says: '--output: Cannot use "" as a file' },
]
for (const { options, says } of wrong) {
  test(`readPipeOptions() refuses ${JSON.stringify(options)}`, () => {
    expect(() => readPipeOptions(undefined, options, {})).toThrow(UsageError)
    expect(() => readPipeOptions(undefined, options, {})).toThrow(says)
  })
}
