import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../errors.ts'
import { type TextCodec, textCodec } from './codec.ts'
import { formatReply, type Reply, ReplyParser } from './reply.ts'

/** The parts of `bytes` between the places given, in any order. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b)
  return [...sorted, bytes.length].map((place, i) => bytes.subarray(sorted[i - 1] ?? 0, place))
}

/** All replies in the parts, and whether there was an error, which may come with the call after. */
function parse(parts: readonly Uint8Array[], maxLength?: number): { replies: Reply[]; isFailed: boolean } {
  const parser = new ReplyParser(maxLength === undefined ? {} : { maxLength })
  const replies: Reply[] = []
  try {
    for (const part of [...parts, Buffer.alloc(0)]) {
      // A chunk may be used again by the socket.
      const bytes = Buffer.from(part)
      replies.push(...parser.push(bytes))
      bytes.fill(0)
    }
    return { replies, isFailed: false }
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
    return { replies, isFailed: true }
  }
}

const places = fc.array(fc.nat(), { maxLength: 20 })
const code = fc.integer({ min: 100, max: 659 })
const text = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replace(/[\r\n\0]/g, ''))

/** A line within a multi-line reply: what is sent, and what it means. */
const innerLine = (code: number) =>
  fc.oneof(
    text.map((text) => ({ sent: `${code}-${text}`, read: text })),
    text.map((text) => ({ sent: ` ${text}`, read: ` ${text}` })),
    text.map((text) => ({ sent: ` ${code} ${text}`, read: ` ${code} ${text}` })),
    text.map((text) => ({ sent: `${code}${text && `x${text}`}x`, read: `${code}${text && `x${text}`}x` })),
    text.map((text) => ({ sent: `${code === 226 ? 150 : 226} ${text}`, read: `${code === 226 ? 150 : 226} ${text}` })),
    text.map((text) => ({ sent: `x${text}`, read: `x${text}` })),
    fc.constantFrom('', '1', '12', '\t').map((line) => ({ sent: line, read: line })),
  )

/** A reply as a server may send it, and what it means. */
const sentReply = fc.tuple(code, text, text, fc.constantFrom('\r\n', '\n')).chain(([code, first, last, end]) =>
  fc.option(fc.array(innerLine(code), { maxLength: 5 })).map((inner) => ({
    bytes: Buffer.from(
      inner
        ? [`${code}-${first}`, ...inner.map(({ sent }) => sent), `${code} ${last}`, ''].join(end)
        : `${code} ${last}${end}`,
    ),
    reply: { code, lines: inner ? [first, ...inner.map(({ read }) => read), last] : [last] },
  })),
)

describe('ReplyParser', () => {
  test('ReplyParser.push() gives the same replies however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(sentReply, { maxLength: 5 }), places, (sent, places) => {
        const bytes = Buffer.concat(sent.map(({ bytes }) => bytes))
        const expected = { replies: sent.map(({ reply }) => reply), isFailed: false }
        expect(parse(cut(bytes, places))).toEqual(expected)
        expect(parse([bytes])).toEqual(expected)
        expect(parse(cut(bytes, [...bytes.keys()]))).toEqual(expected)
      }),
    )
  })

  test('ReplyParser.push() throws nothing but a ProtocolError, and at the same place however the bytes are cut', () => {
    const fragments = [
      '\r',
      '\n',
      '\r\n',
      '220',
      '220-',
      '220 ',
      '22',
      ' ',
      '-',
      'text',
      '\x00',
      '\xff',
      '099',
      '660',
      '1234',
    ]
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.array(fc.constantFrom(...fragments)).map((parts) => Buffer.from(parts.join(''), 'latin1')),
    )
    fc.assert(
      fc.property(bytes, places, fc.integer({ min: 1, max: 60 }), (bytes, places, maxLength) => {
        const whole = parse([bytes], maxLength)
        expect(parse(cut(bytes, places), maxLength)).toEqual(whole)
        for (const { code, lines } of whole.replies) {
          expect(code).toSatisfy((code: number) => code >= 100 && code <= 659)
          expect(lines.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 1000 },
    )
  })

  const cases: readonly (readonly [what: string, sent: string, replies: readonly Reply[]])[] = [
    ['a line', '220 Hello\r\n', [{ code: 220, lines: ['Hello'] }]],
    ['a line that ends in LF only', '220 Hello\n', [{ code: 220, lines: ['Hello'] }]],
    ['a code without text', '200\r\n', [{ code: 200, lines: [''] }]],
    ['a code and a space', '200 \r\n', [{ code: 200, lines: [''] }]],
    ['a code without a space', '150Opening\r\n', [{ code: 150, lines: ['Opening'] }]],
    ['text with spaces before it', '257  "/"\r\n', [{ code: 257, lines: [' "/"'] }]],
    ['a CR in the text', '200 a\rb\r\n', [{ code: 200, lines: ['a\rb'] }]],
    [
      'two at once',
      '150 Go\r\n226 Done\r\n',
      [
        { code: 150, lines: ['Go'] },
        { code: 226, lines: ['Done'] },
      ],
    ],
    [
      'features',
      '211-Features:\r\n MLST a*;b;\r\n SIZE\r\n211 End\r\n',
      [{ code: 211, lines: ['Features:', ' MLST a*;b;', ' SIZE', 'End'] }],
    ],
    [
      'other codes within',
      '220-a\r\n230 b\r\n230-c\r\n220 d\r\n',
      [{ code: 220, lines: ['a', '230 b', '230-c', 'd'] }],
    ],
    [
      'the same code within',
      '220-a\r\n220-b\r\n220x\r\n 220 c\r\n220 d\r\n',
      [{ code: 220, lines: ['a', 'b', '220x', ' 220 c', 'd'] }],
    ],
    ['empty lines within', '220-\r\n\r\n\n220 \r\n', [{ code: 220, lines: ['', '', '', ''] }]],
    ['an end without text', '220-a\r\n220\r\n', [{ code: 220, lines: ['a', ''] }]],
    ['empty lines before', '\r\n\n220 a\r\n', [{ code: 220, lines: ['a'] }]],
    [
      'the least and the greatest code',
      '100 a\r\n659 b\r\n',
      [
        { code: 100, lines: ['a'] },
        { code: 659, lines: ['b'] },
      ],
    ],
  ]
  for (const [what, sent, replies] of cases) {
    test(`ReplyParser.push() reads ${what}`, () => {
      const parser = new ReplyParser()
      expect(parser.push(Buffer.from(sent))).toEqual(replies)
      expect(parser.pending).toBe(0)
    })
  }

  for (const sent of [
    'hello\r\n',
    'SSH-2.0',
    '\x16\x03\x01',
    '099 a\r\n',
    '660 a\r\n',
    '2201 a\r\n',
    '22 a\r\n',
    ' 220 a\r\n',
    '22\r\n',
    '-',
    '٢٢٠ a\r\n',
    '7',
  ]) {
    test(`ReplyParser.push() refuses ${JSON.stringify(sent)}, now and later`, () => {
      const parser = new ReplyParser()
      const error = expect.objectContaining({
        code: 'ERR_SLUICE_FTP_PROTOCOL',
        message: expect.stringMatching(
          /^Cannot read the reply of the server: it does not begin with a code from 100 to 659: "/,
        ),
      })
      expect(() => parser.push(Buffer.from(sent))).toThrow(error)
      expect(() => parser.push(Buffer.from('220 a\r\n'))).toThrow(error)
    })
  }

  test('ReplyParser.push() gives the replies before an error first', () => {
    const parser = new ReplyParser()
    expect(parser.push(Buffer.from('226 Done\r\nnonsense\r\n'))).toEqual([{ code: 226, lines: ['Done'] }])
    expect(() => parser.push(Buffer.alloc(0))).toThrow(ProtocolError)
  })

  test('ReplyParser.push() accepts replies of maxLength bytes, and none that is longer', () => {
    const line = Buffer.from('220 123456\r\n')
    const lines = Buffer.from('220-\r\n220 \r\n')
    for (const bytes of [line, lines]) {
      const each = cut(bytes, [...bytes.keys()])
      for (const parts of [[bytes, bytes], [Buffer.concat([bytes, bytes])], [...each, ...each]]) {
        expect(parse(parts, bytes.length).replies).toHaveLength(2)
        expect(parse(parts, bytes.length - 1)).toEqual({ replies: [], isFailed: true })
      }
    }
    expect(() => new ReplyParser().push(Buffer.alloc(65_537, '2'))).toThrow(/longer than 65536 bytes/)
  })

  const endless = { 'a line': 'a', lines: '220-a\r\n', 'empty lines': '\r\n', 'other codes': '150 a\r\n' }
  for (const [what, part] of Object.entries(endless)) {
    test(`ReplyParser.push() ends a reply of endless ${what}`, () => {
      const parser = new ReplyParser({ maxLength: 10_000 })
      parser.push(Buffer.from(what === 'empty lines' ? '' : '220-'))
      const pushAll = () => {
        for (let i = 0; i < 10_000; i++) {
          parser.push(Buffer.from(part))
          expect(parser.pending).toBeLessThanOrEqual(10_000)
        }
      }
      expect(pushAll).toThrow(/longer than 10000 bytes/)
    })
  }

  test('ReplyParser.pending counts the bytes of the reply that has begun', () => {
    const parser = new ReplyParser()
    for (const [part, pending] of [
      ['22', 2],
      ['0-a\r', 6],
      ['\n', 7],
      ['b\n226 ', 13],
      ['\r\n', 15],
      ['220 \n15', 2],
    ] as const) {
      parser.push(Buffer.from(part))
      expect(parser.pending).toBe(pending)
    }
  })

  test('ReplyParser reads in the encoding given', () => {
    const parser = new ReplyParser({ codec: textCodec('latin1') })
    expect(parser.push(Buffer.from([...Buffer.from('257 "caf'), 0xe9, 0x22, 0x0a]))).toEqual([
      { code: 257, lines: ['"café"'] },
    ])
  })

  test('ReplyParser.push() lets through what a codec throws', () => {
    const error = new Error('no')
    const decode = () => {
      throw error
    }
    const parser = new ReplyParser({ codec: { decode, encode: Buffer.from } as unknown as TextCodec })
    expect(() => parser.push(Buffer.from('220 a\r\n'))).toThrow(error)
  })

  for (const maxLength of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`new ReplyParser() refuses a maxLength of ${maxLength}`, () => {
      expect(() => new ReplyParser({ maxLength })).toThrow(RangeError)
    })
  }
})

describe('formatReply()', () => {
  test('formatReply() writes what ReplyParser reads', () => {
    const line = fc.oneof(
      text,
      fc.tuple(fc.constantFrom('220 ', '220-', '220', ' ', ' 220 ', '150 '), text).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(fc.constantFrom(220, 659), fc.array(line, { minLength: 1 }), places, (code, lines, places) => {
        expect(parse(cut(formatReply(code, lines), places))).toEqual({ replies: [{ code, lines }], isFailed: false })
      }),
    )
  })

  const cases: readonly (readonly [text: string | readonly string[], sent: string])[] = [
    ['Done', '226 Done\r\n'],
    ['', '226 \r\n'],
    [[], '226 \r\n'],
    [['Done'], '226 Done\r\n'],
    [['a', 'b'], '226-a\r\n226 b\r\n'],
    [[' a', ' SIZE', 'c', '226 d', '', 'e'], '226- a\r\n SIZE\r\n226-c\r\n226-226 d\r\n226-\r\n226 e\r\n'],
    ['a\r\n530 b\0\n', '226 a??530 b??\r\n'],
  ]
  for (const [text, sent] of cases) {
    test(`formatReply() writes ${JSON.stringify(text)} as ${JSON.stringify(sent)}`, () => {
      expect(formatReply(226, text).toString()).toBe(sent)
    })
  }

  test('formatReply() writes in the encoding given', () => {
    expect([...formatReply(257, '"é"', textCodec('latin1'))]).toEqual([...Buffer.from('257 "é"\r\n', 'latin1')])
    expect(() => formatReply(257, '"€"', textCodec('latin1'))).toThrow(RangeError)
  })

  for (const code of [99, 660, 220.5, Number.NaN]) {
    test(`formatReply() refuses the code ${code}`, () => {
      expect(() => formatReply(code, 'a')).toThrow(RangeError)
    })
  }
})

test('ReplyParser.push() takes two bytes 255 for one, as Telnet has them, and leaves a single one', () => {
  const codec = textCodec('latin1')
  const replies = new ReplyParser({ codec }).push(Buffer.from('150 \xff\xff \xff\xff\xff a\xffb\r\n', 'latin1'))
  expect(replies).toEqual([{ code: 150, lines: ['\xff \xff\xff a\xffb'] }])
})

test('formatReply() doubles a byte 255', () => {
  expect(formatReply(150, 'a\xff', textCodec('latin1')).toString('latin1')).toBe('150 a\xff\xff\r\n')
})
