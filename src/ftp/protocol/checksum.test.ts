import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../errors.ts'
import { formatHashReply, parseCrcReply, parseHashReply } from './checksum.ts'

const md5 = 'd41d8cd98f00b204e9800998ecf8427e'
const hexDigits = (lengths: readonly number[]) =>
  fc
    .constantFrom(...lengths)
    .chain((length) =>
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length }),
    )

/** Text that is nearly a checksum. */
const lines = fc.array(
  fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom('SHA-1', ' ', '0', '-', '12', md5, 'name')).map((parts) => parts.join('')),
  ),
)

function fuzz(parse: (lines: readonly string[]) => unknown): void {
  fc.assert(
    fc.property(lines, (lines) => {
      try {
        parse(lines)
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
    }),
    { numRuns: 500 },
  )
}

describe('HASH', () => {
  test('formatHashReply() writes what parseHashReply() reads', () => {
    const hash = fc.record({
      algorithm: fc.constantFrom('SHA-256', 'MD5', 'CRC32'),
      start: fc.nat(),
      end: fc.nat(999_999_999_999_999),
      value: hexDigits([8, 32, 64]),
    })
    fc.assert(
      fc.property(hash, fc.string(), (hash, path) => {
        expect(parseHashReply([formatHashReply(hash, path)])).toEqual(hash)
      }),
    )
  })

  test('parseHashReply() passes over lines that a server sends while it counts', () => {
    expect(parseHashReply(['Computing', '', `SHA-1 0-255 ${md5.toUpperCase()} a b`])).toEqual({
      algorithm: 'SHA-1',
      start: 0,
      end: 255,
      value: md5,
    })
  })

  for (const line of [
    '',
    'SHA-1',
    `SHA-1 ${md5} name`,
    `SHA-1 0- ${md5} name`,
    'SHA-1 0-255 xyz name',
    `SHA-1 0-255 ${md5}x name`,
    `0-255 ${md5} name`,
  ]) {
    test(`parseHashReply() refuses ${JSON.stringify(line)}`, () => {
      expect(() => parseHashReply([line])).toThrow(ProtocolError)
    })
  }

  test('parseHashReply() throws nothing but a ProtocolError', () => fuzz(parseHashReply))
})

describe('XCRC and its like', () => {
  const good: readonly (readonly [lines: readonly string[], digits: number | undefined, value: string])[] = [
    [['1A2B3C4D'], undefined, '1a2b3c4d'],
    [['1a2b'], undefined, '00001a2b'],
    [['0'], 8, '00000000'],
    [[md5.toUpperCase()], undefined, md5],
    [['Computing CRC32 digest', '1a2b3c'], undefined, '001a2b3c'],
    [['Computing', '', ' 1a2b3c4d ', ''], 8, '1a2b3c4d'],
    [[`deadbeef ${md5}`], undefined, md5],
    [[`${md5} deadbeef`], undefined, md5],
    [[`deadbeef ${md5}`], 8, 'deadbeef'],
    [[`${md5} name of 64 letters`], 32, md5],
    [['XCRC of file is 1a2b3c4d'], undefined, '1a2b3c4d'],
  ]
  for (const [lines, digits, value] of good) {
    test(`parseCrcReply() reads ${JSON.stringify(lines)} of ${digits ?? 'any'} digits`, () => {
      expect(parseCrcReply(lines, digits)).toBe(value)
    })
  }

  const bad: readonly (readonly [lines: readonly string[], digits?: number])[] = [
    [[]],
    [['']],
    [['OK']],
    [['1a2b3c of file']],
    [['123456789']],
    [[md5], 40 + 1],
    [[md5], 8],
    [[`0x${md5}`], 32],
  ]
  for (const [lines, digits] of bad) {
    test(`parseCrcReply() refuses ${JSON.stringify(lines)} of ${digits ?? 'any'} digits`, () => {
      expect(() => parseCrcReply(lines, digits)).toThrow(ProtocolError)
    })
  }

  test('parseCrcReply() throws nothing but a ProtocolError', () => fuzz(parseCrcReply))
})
