import { expect, test } from 'vitest'
import { UsageError } from '../failure.ts'
import { readShareOptions } from './share-options.ts'

const share = 'redis://host/uplink'

test('readShareOptions() gives nothing where nothing is shared', () => {
  expect(readShareOptions({}, {})).toBeUndefined()
})

test('readShareOptions() has defaults', () => {
  expect(readShareOptions({ share }, {})).toMatchObject({
    name: 'uplink',
    limit: undefined,
    weight: 1,
    member: undefined,
    onOutage: undefined,
    passwordFile: undefined,
  })
})

test('readShareOptions() takes the least and the most that can be shared', () => {
  expect(readShareOptions({ share, shareWeight: '0.000001', shareLimit: '8PiB/s' }, {})).toMatchObject({
    weight: 1e-6,
    limit: 2 ** 53,
  })
  expect(readShareOptions({ share, shareWeight: '1000000' }, {})).toMatchObject({ weight: 1e6 })
})

test('readShareOptions() reads text', () => {
  const text = { shareLimit: '20MiB/s', shareWeight: '2.5', shareMember: 'backup', redisPasswordFile: 'file' }
  expect(readShareOptions({ share, ...text, onOutage: 'fair-share' }, {})).toMatchObject({
    limit: 20 * 2 ** 20,
    weight: 2.5,
    member: 'backup',
    onOutage: 'fair-share',
    passwordFile: 'file',
  })
  expect(readShareOptions({ share, onOutage: '1MB/s' }, {})?.onOutage).toBe(1_000_000)
})

const wrong = [
  { options: { share: 'redis://host' }, says: 'its name is missing, as in redis://host/NAME' },
  { options: { share: 'redis://host?db=2' }, says: 'its name is missing, as in redis://host/NAME?db=2' },
  { options: { share, shareLimit: 'much' }, says: '--share-limit: Cannot read "much" as a rate' },
  { options: { share, shareLimit: '9PiB/s' }, says: '--share-limit: Cannot use "9PiB/s" as the limit of a budget' },
  ...['0', '-1', 'two', '1e9', '', '0.0000009', '1000001', '9'.repeat(99)].map((shareWeight) => ({
    options: { share, shareWeight },
    says: `--share-weight: Cannot use "${shareWeight}" as a weight: it must be a number from 0.000001 to 1000000`,
  })),
  { options: { share, shareMember: '' }, says: '--share-member: Cannot use "" as a name' },
  { options: { share, onOutage: 'open' }, says: 'it must be hold-share, fair-share, closed or a rate' },
  { options: { shareWeight: '2' }, says: 'Cannot use --share-weight without --share' },
]
for (const { options, says } of wrong) {
  test(`readShareOptions() refuses ${JSON.stringify(options)}`, () => {
    expect(() => readShareOptions(options, {})).toThrow(UsageError)
    expect(() => readShareOptions(options, {})).toThrow(says)
  })
}
