import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../errors.ts'
import {
  formatExtendedPassive,
  formatExtendedPort,
  formatPassive,
  parseExtendedPassiveReply,
  parseExtendedPort,
  parsePassiveReply,
  parsePort,
} from './address.ts'

const port = fc.integer({ min: 1, max: 65_535 })
const hostPort = fc.record({ host: fc.ipV4(), port })

/** Text that is nearly an address. */
const nearlyAddress = fc.oneof(
  fc.string(),
  fc
    .array(fc.constantFrom('(', ')', '|', ',', ', ', '1', '255', '256', '2', '::1', '1.2.3.4', '0', ' '))
    .map((parts) => parts.join('')),
)

/** That `parse` throws nothing but a ProtocolError, whatever the text. */
function fuzz(parse: (text: string) => unknown): void {
  fc.assert(
    fc.property(nearlyAddress, (text) => {
      try {
        parse(text)
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
    }),
    { numRuns: 500 },
  )
}

describe('passive replies and PORT', () => {
  test('formatPassive() writes what parsePassiveReply() and parsePort() read', () => {
    fc.assert(
      fc.property(hostPort, (address) => {
        const text = formatPassive(address)
        expect(parsePassiveReply(`Entering Passive Mode (${text}).`)).toEqual(address)
        expect(parsePort(text)).toEqual(address)
      }),
    )
  })

  const good = [
    'Entering Passive Mode (192,168,1,2,4,5).',
    'Entering Passive Mode 192,168,1,2,4,5',
    'Entering Passive Mode. 192, 168, 1, 2, 4, 5',
    'Entering Passive Mode =192,168,1,2,4,5',
    'Mode 7 on host 1,2: (192,168,1,2,4,5)',
    '192,168,001,002,04,5',
    '(192,168,1,2,4,5',
  ]
  for (const text of good) {
    test(`parsePassiveReply() reads ${JSON.stringify(text)}`, () => {
      expect(parsePassiveReply(text)).toEqual({ host: '192.168.1.2', port: 1029 })
    })
  }

  const bad = [
    '',
    'Entering Passive Mode',
    '(1,2,3,4,5)',
    '(1,2,3,4,5,)',
    '(256,2,3,4,5,6)',
    '(1,2,3,4,5,256)',
    '(1,2,3,4,5,1000)',
    '(1,2,3,4,0,0)',
    '(1000,2,3,4,5,6)',
    '(-1;2;3;4;5;6)',
    '(1.2.3.4,5,6)',
  ]
  for (const text of bad) {
    test(`parsePassiveReply() and parsePort() refuse ${JSON.stringify(text)}`, () => {
      expect(() => parsePassiveReply(text)).toThrow(ProtocolError)
      expect(() => parsePort(text)).toThrow(ProtocolError)
    })
  }

  test('parsePort() takes nothing around the numbers but spaces', () => {
    expect(parsePort(' 1,2,3,4,5,6 ')).toEqual({ host: '1.2.3.4', port: 1286 })
    for (const text of ['(1,2,3,4,5,6)', '1,2,3,4,5,6,7', '1,2,3,4,5,6 x', '1, 2,3,4,5,6']) {
      expect(() => parsePort(text)).toThrow(ProtocolError)
    }
  })

  for (const address of [
    { host: '::1', port: 1 },
    { host: '1.2.3', port: 1 },
    { host: '1.2.3.256', port: 1 },
    { host: '1.2.3.4\n', port: 1 },
    { host: '01.2.3.4', port: 1 },
    { host: '1.2.3.4', port: 0 },
    { host: '1.2.3.4', port: 65_536 },
  ]) {
    test(`formatPassive() refuses ${JSON.stringify(address)}`, () => {
      expect(() => formatPassive(address)).toThrow(RangeError)
    })
  }

  test('parsePassiveReply() throws nothing but a ProtocolError', () => fuzz(parsePassiveReply))
  test('parsePort() throws nothing but a ProtocolError', () => fuzz(parsePort))
})

describe('extended passive replies', () => {
  test('formatExtendedPassive() writes what parseExtendedPassiveReply() reads', () => {
    fc.assert(
      fc.property(port, (port) => {
        expect(parseExtendedPassiveReply(`Entering Extended Passive Mode ${formatExtendedPassive(port)}`)).toBe(port)
      }),
    )
    expect(formatExtendedPassive(6446)).toBe('(|||6446|)')
  })

  test('parseExtendedPassiveReply() takes any printable character as the delimiter', () => {
    for (let charCode = 33; charCode <= 126; charCode++) {
      const mark = String.fromCharCode(charCode)
      expect(parseExtendedPassiveReply(`Mode (${mark}${mark}${mark}6446${mark})`)).toBe(6446)
    }
  })

  test('parseExtendedPassiveReply() needs no parentheses', () => {
    expect(parseExtendedPassiveReply('Entering Extended Passive Mode |||6446|')).toBe(6446)
  })

  for (const text of [
    '',
    'Entering',
    '(|||)',
    '(||||)',
    '(|||0|)',
    '(|||65536|)',
    '(!!!70000!)',
    '(|||123456|)',
    '(||6446|)',
    '(|!|6446|)',
    '(|||6446)',
    '(   6446 )',
    '(|||-1|)',
    '(|||٣|)',
  ]) {
    test(`parseExtendedPassiveReply() refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseExtendedPassiveReply(text)).toThrow(ProtocolError)
    })
  }

  for (const port of [0, 65_536, 1.5, Number.NaN]) {
    test(`formatExtendedPassive() refuses ${port}`, () => {
      expect(() => formatExtendedPassive(port)).toThrow(RangeError)
    })
  }

  test('parseExtendedPassiveReply() throws nothing but a ProtocolError', () => fuzz(parseExtendedPassiveReply))
})

describe('EPRT', () => {
  test('formatExtendedPort() writes what parseExtendedPort() reads', () => {
    const ipV4 = fc.record({ host: fc.ipV4(), port, family: fc.constant(4 as const) })
    const ipV6 = fc.record({ host: fc.ipV6(), port, family: fc.constant(6 as const) })
    fc.assert(
      fc.property(fc.oneof(ipV4, ipV6), (address) => {
        expect(parseExtendedPort(formatExtendedPort(address))).toEqual(address)
      }),
    )
  })

  test('parseExtendedPort() reads the examples of RFC 2428', () => {
    expect(parseExtendedPort('|1|132.235.1.2|6275|')).toEqual({ host: '132.235.1.2', port: 6275, family: 4 })
    expect(parseExtendedPort('|2|1080::8:800:200C:417A|5282|')).toEqual({
      host: '1080::8:800:200C:417A',
      port: 5282,
      family: 6,
    })
    expect(parseExtendedPort('!1!132.235.1.2!6275!')).toEqual({ host: '132.235.1.2', port: 6275, family: 4 })
  })

  const bad = [
    '',
    '|',
    '|1|1.2.3.4|21',
    '1|1.2.3.4|21|',
    '|1|1.2.3.4|21||',
    '|3|1.2.3.4|21|',
    '|1|::1|21|',
    '|2|1.2.3.4|21|',
    '|1|1.2.3.999|21|',
    '|1|host|21|',
    '|2|::1]/|21|',
    '|2|fe80::1%eth0|21|',
    '|2|:::|21|',
    '|1|1.2.3.4|0|',
    '|1|1.2.3.4|65536|',
    '|1|1.2.3.4|0x15|',
    '|1|1.2.3.4||',
    '|1|010.2.3.4|21|',
  ]
  for (const text of bad) {
    test(`parseExtendedPort() refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseExtendedPort(text)).toThrow(ProtocolError)
    })
  }

  for (const address of [
    { host: '::1', port: 1, family: 4 },
    { host: '1.2.3.4', port: 1, family: 6 },
    { host: 'localhost', port: 1, family: 4 },
    { host: '::1', port: 0, family: 6 },
  ] as const) {
    test(`formatExtendedPort() refuses ${JSON.stringify(address)}`, () => {
      expect(() => formatExtendedPort(address)).toThrow(RangeError)
    })
  }

  test('parseExtendedPort() throws nothing but a ProtocolError', () => fuzz(parseExtendedPort))
})
