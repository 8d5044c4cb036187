import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { textCodec } from './codec.ts'
import { type Command, CommandParser, formatCommand, maskSecrets } from './command.ts'

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b)
  return [...sorted, bytes.length].map((place, i) => bytes.subarray(sorted[i - 1] ?? 0, place))
}

function parse(parts: readonly Uint8Array[], maxLength?: number) {
  const parser = new CommandParser(maxLength === undefined ? {} : { maxLength })
  return parts.flatMap((part) => {
    // A chunk may be used again by the socket.
    const bytes = Buffer.from(part)
    const commands = parser.push(bytes)
    bytes.fill(0)
    return commands
  })
}

const places = fc.array(fc.nat(), { maxLength: 20 })
const verb = fc.string({ unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), minLength: 1, maxLength: 8 })
const utf8 = textCodec('utf8')
/** Text that has bytes in it which are no UTF-8. */
const argument = fc
  .oneof(fc.uint8Array({ maxLength: 30 }).map(utf8.decode), fc.string({ unit: 'binary', maxLength: 30 }))
  .map((text) => text.replace(/[\r\n\0]/g, ' '))

describe('CommandParser', () => {
  test('CommandParser.push() reads what formatCommand() writes, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ verb, argument }), { maxLength: 5 }), places, (commands, places) => {
        const bytes = Buffer.concat(commands.map(({ verb, argument }) => formatCommand(verb, argument)))
        expect(parse([bytes])).toEqual(commands)
        expect(parse(cut(bytes, places))).toEqual(commands)
        expect(parse(cut(bytes, [...bytes.keys()]))).toEqual(commands)
      }),
    )
  })

  test('CommandParser.push() never throws, and gives the same however the bytes are cut', () => {
    const fragments = [
      '\r',
      '\n',
      '\r\n',
      'ABOR',
      'abor\r',
      'A',
      'NOOP',
      ' ',
      'long line',
      '\0',
      '\xff',
      '\xff\xff',
      '\xff\xf4',
      '\xff\xf2',
      '\xff\xfb',
      '\xf2',
      '\xf4',
    ]
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.array(fc.constantFrom(...fragments)).map((parts) => Buffer.from(parts.join(''), 'latin1')),
    )
    fc.assert(
      fc.property(bytes, places, fc.integer({ min: 4, max: 30 }), (bytes, places, maxLength) => {
        expect(parse(cut(bytes, places), maxLength)).toEqual(parse([bytes], maxLength))
      }),
      { numRuns: 1000 },
    )
  })

  const cases: readonly (readonly [what: string, sent: string, commands: readonly Command[]])[] = [
    ['a verb', 'PWD\r\n', [{ verb: 'PWD', argument: '' }]],
    ['a verb in lower case', 'quit\r\n', [{ verb: 'QUIT', argument: '' }]],
    ['a line that ends in LF only', 'CWD a\n', [{ verb: 'CWD', argument: 'a' }]],
    ['an argument with spaces', 'RETR  a  b \r\n', [{ verb: 'RETR', argument: ' a  b ' }]],
    [
      'several at once',
      'TYPE I\r\nEPSV\r\n',
      [
        { verb: 'TYPE', argument: 'I' },
        { verb: 'EPSV', argument: '' },
      ],
    ],
    ['an empty line', '\r\n', [{ verb: '', argument: '' }]],
    ['a CR in an argument', 'CWD a\rb\r\n', [{ verb: 'CWD', argument: 'a\rb' }]],
    [
      'ABOR',
      'ABOR\r\nPWD\r\n',
      [
        { verb: 'ABOR', argument: '' },
        { verb: 'PWD', argument: '' },
      ],
    ],
    [
      'ABOR whose LF was lost',
      'ABOR\rPWD\r\n',
      [
        { verb: 'ABOR', argument: '' },
        { verb: 'PWD', argument: '' },
      ],
    ],
    [
      'an empty line after ABOR',
      'ABOR\n\n',
      [
        { verb: 'ABOR', argument: '' },
        { verb: '', argument: '' },
      ],
    ],
    [
      'what only begins like ABOR',
      'ABORT\r\nABOR x\r\n',
      [
        { verb: 'ABORT', argument: '' },
        { verb: 'ABOR', argument: 'x' },
      ],
    ],
  ]
  for (const [what, sent, commands] of cases) {
    test(`CommandParser.push() reads ${what}`, () => {
      expect(parse([Buffer.from(sent)])).toEqual(commands)
    })
  }

  test('CommandParser.push() gives ABOR before its LF has come', () => {
    const parser = new CommandParser()
    expect(parser.push(Buffer.from('abor\r'))).toEqual([{ verb: 'ABOR', argument: '' }])
    expect(parser.push(Buffer.from('\n'))).toEqual([])
    expect(parser.push(Buffer.from('\n'))).toEqual([{ verb: '', argument: '' }])
  })

  const long = 'x'.repeat(100)
  const lines: readonly (readonly [sent: string, expected: readonly unknown[]])[] = [
    [`${long}\r\nPWD\r\n`, [{ tooLong: true }, { verb: 'PWD', argument: '' }]],
    [`${long}\n${long}\n`, [{ tooLong: true }, { tooLong: true }]],
    [`${long}ABOR\r${long}\nPWD\n`, [{ tooLong: true }, { verb: 'PWD', argument: '' }]],
    ['12345678\r\n', [{ tooLong: true }]],
    ['1234567\r\n', [{ verb: '1234567', argument: '' }]],
    ['12345678\n', [{ verb: '12345678', argument: '' }]],
  ]
  for (const [sent, expected] of lines) {
    test(`CommandParser.push() skips a line that is too long: ${JSON.stringify(sent.replaceAll(long, '…'))}`, () => {
      const bytes = Buffer.from(sent)
      expect(parse([bytes], 8)).toEqual(expected)
      expect(parse(cut(bytes, [...bytes.keys()]), 8)).toEqual(expected)
    })
  }

  test('CommandParser.push() takes nothing in a line that is too long for ABOR', () => {
    const parser = new CommandParser()
    expect(parser.push(Buffer.alloc(5000, 'x'))).toEqual([{ tooLong: true }])
    expect(parser.push(Buffer.from('ABOR\rPWD\nPWD\n'))).toEqual([{ verb: 'PWD', argument: '' }])
  })

  test('CommandParser.push() tells of a line that is too long once, and before it ends', () => {
    const parser = new CommandParser()
    expect(parser.push(Buffer.alloc(4096, 'x'))).toEqual([])
    expect(parser.push(Buffer.from('x'))).toEqual([{ tooLong: true }])
    for (let i = 0; i < 100; i++) expect(parser.push(Buffer.alloc(65_536, 'x'))).toEqual([])
    expect(parser.push(Buffer.from('\nPWD\n'))).toEqual([{ verb: 'PWD', argument: '' }])
  })

  test('CommandParser reads in the encoding given', () => {
    const parser = new CommandParser({ codec: textCodec('latin1') })
    const bytes = formatCommand('RETR', 'caf\xe9 \xff', textCodec('latin1'))
    expect(parser.push(bytes)).toEqual([{ verb: 'RETR', argument: 'caf\xe9 \xff' }])
  })

  for (const maxLength of [0, -1, 1.5, Number.NaN]) {
    test(`new CommandParser() refuses a maxLength of ${maxLength}`, () => {
      expect(() => new CommandParser({ maxLength })).toThrow(RangeError)
    })
  }
})

describe('formatCommand()', () => {
  test('formatCommand() writes a line', () => {
    expect(formatCommand('PWD').toString()).toBe('PWD\r\n')
    expect(formatCommand('RETR', ' ä b ').toString()).toBe('RETR  ä b \r\n')
    expect([...formatCommand('X', '\uDCFF')]).toEqual([0x58, 0x20, 0xff, 0xff, 0x0d, 0x0a])
  })

  for (const [verb, argument] of [
    ['CWD', 'a\rb'],
    ['CWD', 'a\nb'],
    ['CWD', 'a\0b'],
    ['CWD', '\r\n'],
    ['A\nB', ''],
    ['CWD', 'a\r'],
    ['', 'a'],
    ['CWD', `${'x'.repeat(100)}\n`],
  ] as const) {
    test(`formatCommand() refuses ${JSON.stringify([verb, argument])}, and shows it`, () => {
      expect(() => formatCommand(verb, argument)).toThrow(RangeError)
      const shown = JSON.stringify(argument ? `${verb} ${argument}` : verb).slice(0, 80)
      expect(() => formatCommand(verb, argument)).toThrow(`Cannot send the command ${shown.slice(0, -1)}`)
    })
  }

  test('formatCommand() refuses what becomes a line end in the encoding', () => {
    const careless = { decode: String, encode: (text: string) => Buffer.from(text, 'latin1') }
    expect(() => formatCommand('CWD', '\u010Adele', careless)).toThrow(RangeError)
    expect(() => formatCommand('CWD', '\u010D', careless)).toThrow(RangeError)
    expect(() => formatCommand('CWD', '\u0100', careless)).toThrow(RangeError)
    expect(() => formatCommand('CWD', '\u010A', textCodec('latin1'))).toThrow(RangeError)
  })

  test('formatCommand() never shows a password', () => {
    const verb = fc.constantFrom('PASS', 'pass', 'Acct')
    fc.assert(
      fc.property(
        verb,
        fc.string(),
        fc.constantFrom('\r', '\n', '\0', '\r\nPASS ', '€'),
        fc.string(),
        (verb, a, end, b) => {
          const latin1 = textCodec('latin1')
          let message = ''
          try {
            formatCommand(verb, `${a}secret${end}secret${b}`, latin1)
          } catch (error) {
            message = String(error)
          }
          expect(message).toMatch(/^RangeError: Cannot send the command "(PASS|pass|Acct) \*\*\*\*": /)
        },
      ),
    )
  })
})

describe('maskSecrets()', () => {
  const cases: readonly (readonly [line: string, masked: string])[] = [
    ['USER anna', 'USER anna'],
    ['PASS secret', 'PASS ****'],
    ['pass secret with spaces', 'pass ****'],
    ['ACCT 7', 'ACCT ****'],
    [' PASS secret', ' PASS ****'],
    ['PASS\tsecret', 'PASS ****'],
    ['PASS ', 'PASS ****'],
    ['PASS a\r\nb', 'PASS ****'],
    ['USER a\r\nPASS b\r\n', 'USER a\r\nPASS ****'],
    ['PASS', 'PASS'],
    ['PASSIVE x', 'PASSIVE x'],
    ['RETR PASS word', 'RETR PASS word'],
  ]
  for (const [line, masked] of cases) {
    test(`maskSecrets() makes ${JSON.stringify(masked)} of ${JSON.stringify(line)}`, () => {
      expect(maskSecrets(line)).toBe(masked)
    })
  }
})
