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
  ...['0', '-1', 'two', '1e9', ''].map((shareWeight) => ({
    options: { share, shareWeight },
    says: `--share-weight: Cannot use "${shareWeight}" as a weight: it must be a number > 0`,
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
