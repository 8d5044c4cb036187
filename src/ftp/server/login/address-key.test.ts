import { expect, test } from 'vitest'
import { addressKey, plainAddress } from './address-key.ts'

const cases = [
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::1', '0:0:0:0'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:0DB8:0:0::', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['', ''],
] as const
for (const [address, key] of cases) {
  test(`addressKey() makes ${JSON.stringify(key)} of ${JSON.stringify(address)}`, () => {
    expect(addressKey(address)).toBe(key)
  })
}

test('plainAddress() leaves addresses of IPv6 that carry none of IPv4', () => {
  expect(plainAddress('::ffff:1:2')).toBe('::ffff:1:2')
  expect(plainAddress('::FFFF:1.2.3.4')).toBe('1.2.3.4')
})
