import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, formatRate, formatSize, parseDuration, parseRate, parseSize } from './units.ts'

const rates: [text: string | number, bytesPerSecond: number][] = [
  [0.5, 0.5],
  [Number.MAX_VALUE, Number.MAX_VALUE],
  ['1000', 1000],
  ['0.25', 0.25],
  ['512KiB', 524_288],
  ['2M', 2_000_000],
  ['2Mi', 2_097_152],
  ['1.5MiB/s', 1_572_864],
  ['1.1MB/s', 1_100_000],
  ['100Mbit/s', 12_500_000],
  ['100 Mbit/s', 12_500_000],
  ['100Mb/s', 12_500_000],
  ['100Mbps', 12_500_000],
  ['100 MBps', 100_000_000],
  ['8bps', 1],
  ['1Kibps', 128],
  ['9600 bit/s', 1200],
  ['10MB/min', 10_000_000 / 60],
  ['10MB/sec', 10_000_000],
  ['36k/h', 10],
  ['60/min', 1],
  ['1kB/s', 1000],
  ['1KB/s', 1000],
  ['1GB/s', 1e9],
  ['1TiB/s', 2 ** 40],
  ['1PB/s', 1e15],
  ['1PiB/s', 2 ** 50],
]
for (const [text, expected] of rates) {
  test(`parseRate() reads ${JSON.stringify(text)}`, () => expect(parseRate(text)).toBe(expected))
}

const sizes: [text: string | number, bytes: number][] = [
  [0, 0],
  [-0, 0],
  [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ['0', 0],
  ['007', 7],
  ['1.0', 1],
  ['64KiB', 65_536],
  ['64 KiB', 65_536],
  ['64K', 64_000],
  ['1.1MB', 1_100_000],
  ['8kbit', 1000],
  ['8Kib', 1024],
  ['0.1KiB', 102],
  ['4bit', 1],
  ['3bit', 0],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['7PiB', 7 * 2 ** 50],
]
for (const [text, expected] of sizes) {
  test(`parseSize() reads ${Object.is(text, -0) ? '-0' : JSON.stringify(text)}`, () =>
    expect(parseSize(text)).toBe(expected))
}

const durations: [text: string | number, ms: number][] = [
  [0, 0],
  [0.25, 0.25],
  ['0', 0],
  ['250', 250],
  ['250ms', 250],
  ['2s', 2000],
  ['2 sec', 2000],
  ['1.5min', 90_000],
  ['1h', 3_600_000],
]
for (const [text, expected] of durations) {
  test(`parseDuration() reads ${JSON.stringify(text)}`, () => expect(parseDuration(text)).toBe(expected))
}

const parsers = { parseRate, parseSize, parseDuration }
const outside = {
  all: [
    '',
    ' ',
    'x',
    'NaN',
    'Infinity',
    '-1',
    '+1',
    '1e9',
    '0x10',
    '1_000',
    '1,5',
    '.5',
    '5.',
    '1.2.3',
    '١',
    '10 furlongs',
  ],
  oddSpaces: [
    ' 5',
    '5 ',
    '5  MB',
    '5\tMB',
    '5\nMB',
    '5M B',
    '5 MB ',
    '5 /s',
    '5 MB /s',
    '5MB/ s',
    '5 s ',
    '5\u00a0s',
    '5\n',
  ],
  parseRate: [
    '0',
    '0MB/s',
    '2m',
    '2KIB',
    '2kiB',
    '2Bytes',
    '2MB/S',
    '2MB/d',
    '2MB/ms',
    '2MB//s',
    '2Mps',
    '2Mbitps',
    '2Mbps/s',
    '/s',
    'MB',
  ],
  parseSize: ['2m', '2KIB', '2bits', '2MB/s', '2Mbps', '2s', '9007199254740992', '8PiB', 'B'],
  parseDuration: ['2m', '2S', '2d', '2B', '2/s', '1s1', '1h 30min', 'ms'],
}
const numbersOutside = {
  parseRate: [0, -0, -1, Number.NaN, Infinity, -Infinity],
  parseSize: [-1, 0.5, 2 ** 53, Number.NaN, Infinity],
  parseDuration: [-1, -Number.MIN_VALUE, Number.NaN, Infinity],
}
for (const name of ['parseRate', 'parseSize', 'parseDuration'] as const) {
  const parse = parsers[name]
  const isTime = name === 'parseDuration'
  for (const text of [...outside.all, ...outside.oddSpaces, ...outside[name]]) {
    test(`${name}() refuses ${JSON.stringify(text)} and shows it`, () => {
      expect(() => parse(text)).toThrow(RangeError)
      expect(() => parse(text)).toThrow(`Cannot read ${JSON.stringify(text)} as a`)
      expect(() => parse(text)).toThrow(isTime ? 'such as 250ms' : 'such as ')
    })
  }
  for (const value of numbersOutside[name]) {
    test(`${name}() refuses the number ${value} and shows it`, () => {
      expect(() => parse(value)).toThrow(RangeError)
      expect(() => parse(value)).toThrow(`Cannot read ${value} as a`)
    })
  }
  for (const value of [undefined, null, true, 5n, {}, ['5'], () => 5]) {
    test(`${name}() refuses the type ${value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value}`, () => {
      expect(() => parse(value as never)).toThrow(TypeError)
      expect(() => parse(value as never)).toThrow(/current type is \w+$/)
    })
  }
  test(`${name}() shows only the beginning of a long text`, () => {
    expect(() => parse('x'.repeat(1e6))).toThrow(RangeError)
    try {
      parse('x'.repeat(1e6))
    } catch (error) {
      expect(String(error).length).toBeLessThan(250)
    }
  })
}

// The grammar once more, said in another way: a run of digits with a point inside, then one of a list of endings.
const prefixes = ['', 'k', 'K', ...['M', 'G', 'T', 'P'], ...['Ki', 'Mi', 'Gi', 'Ti', 'Pi']]
const spaced = (endings: string[]) =>
  endings.flatMap((ending) => (/^[a-z]/i.test(ending) ? [ending, ` ${ending}`] : [ending]))
const sizeEndings = prefixes.flatMap((prefix) => ['', 'B', 'b', 'bit'].map((unit) => prefix + unit))
const rateEndings = [
  ...sizeEndings.flatMap((size) => ['', '/s', '/sec', '/min', '/h'].map((period) => size + period)),
  ...prefixes.flatMap((prefix) => [`${prefix}Bps`, `${prefix}bps`]),
]
const endings = {
  parseRate: new Set(spaced(rateEndings)),
  parseSize: new Set(spaced(sizeEndings)),
  parseDuration: new Set(spaced(['', 'ms', 's', 'sec', 'min', 'h'])),
}
function isInGrammar(text: string, allowed: Set<string>): boolean {
  const end = [...text].findIndex((c) => !'0123456789.'.includes(c))
  const number = end < 0 ? text : text.slice(0, end)
  const parts = number.split('.')
  return parts.length <= 2 && parts.every((part) => part !== '') && allowed.has(end < 0 ? '' : text.slice(end))
}

for (const name of ['parseRate', 'parseSize', 'parseDuration'] as const) {
  const parse = parsers[name]
  const allowed = endings[name]
  const number = fc
    .tuple(fc.integer({ min: 1, max: 7999 }), fc.option(fc.stringMatching(/^\d{1,5}$/)))
    .map(([whole, fraction]) => (fraction === null ? `${whole}` : `${whole}.${fraction}`))
  // 8192 TiB leave the range of sizes; that edge is left to the table.
  const ending = fc.constantFrom(...[...allowed].filter((text) => name !== 'parseSize' || !/^ ?P/.test(text)))
  const inside = fc.tuple(number, ending).map(([a, b]) => a + b)

  test(`${name}() reads any text of the grammar as a number`, () => {
    fc.assert(
      fc.property(inside, (text) => {
        expect(isInGrammar(text, allowed)).toBe(true)
        expect(parse(text)).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  const character = fc.constantFrom(...'0159.,+-e/ kKMGTPimBbpsecthn\t\n_')
  const nearMiss = fc.tuple(inside, fc.nat(20), fc.nat(1), character).map(([text, at, cut, c]) => {
    return text.slice(0, at) + c + text.slice(at + cut)
  })
  const soup = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(''))
  test(`${name}() refuses any text outside of the grammar`, () => {
    const text = fc.oneof(nearMiss, soup, fc.string()).filter((text) => !isInGrammar(text, allowed))
    fc.assert(
      fc.property(text, (text) => {
        expect(() => parse(text)).toThrow(RangeError)
      }),
      { numRuns: 1000 },
    )
  })
}

const wholeBytes = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(5000),
  fc
    .tuple(fc.nat(8000), fc.constantFrom(1e3, 1e6, 1e9, 1e12, 2 ** 10, 2 ** 20, 2 ** 30, 2 ** 40))
    .map(([n, f]) => n * f),
)
const positive = fc.oneof(
  fc.double({ min: 0, max: Number.MAX_VALUE, minExcluded: true, noNaN: true }),
  fc.double({ min: 0.001, max: 1e12, noNaN: true }),
  wholeBytes.filter((n) => n > 0),
)

test('formatRate() writes exact text that parseRate() turns back into the same rate', () => {
  fc.assert(
    fc.property(positive, (rate) => {
      expect(parseRate(formatRate(rate, { exact: true }))).toBe(rate)
    }),
  )
})

test('formatSize() writes exact text that parseSize() turns back into the same size', () => {
  fc.assert(
    fc.property(wholeBytes, (size) => {
      expect(parseSize(formatSize(size, { exact: true }))).toBe(size)
    }),
  )
})

test('formatDuration() writes exact text that parseDuration() turns back into the same duration', () => {
  const duration = fc.oneof(positive, fc.constant(0))
  fc.assert(
    fc.property(duration, (ms) => {
      expect(parseDuration(formatDuration(ms, { exact: true }))).toBe(ms)
    }),
  )
})

test('formatRate(), formatSize() and formatDuration() write short text that is right to three digits', () => {
  const isNear = (text: string, parse: (text: string) => number, value: number) =>
    expect(Math.abs(parse(text) - value) / value).toBeLessThanOrEqual(0.0051)
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e15, noNaN: true }), (value) => {
      isNear(formatRate(value), parseRate, value)
      isNear(formatDuration(value), parseDuration, value)
      const bytes = Math.ceil(value)
      isNear(formatSize(bytes), parseSize, bytes)
    }),
  )
})

const written: [
  format: (value: number, options?: { exact: boolean }) => string,
  value: number,
  short: string,
  exact: string,
][] = [
  [formatRate, 0, '0 B/s', '0 B/s'],
  [formatRate, 0.5, '0.5 B/s', '0.5 B/s'],
  [formatRate, 5, '5.00 B/s', '5 B/s'],
  [formatRate, 9.999, '10.0 B/s', '9.999 B/s'],
  [formatRate, 1000, '1000 B/s', '1 kB/s'],
  [formatRate, 1_572_864, '1.50 MiB/s', '1.5 MiB/s'],
  [formatRate, 2_000_000, '1.91 MiB/s', '2 MB/s'],
  [formatRate, 1_048_575, '1.00 MiB/s', '1048575 B/s'],
  [formatRate, 1023 * 1024, '1023 KiB/s', '1023 KiB/s'],
  [formatRate, 5e-7, '0.0000005 B/s', '0.0000005 B/s'],
  [formatRate, 1e21, '888178 PiB/s', '1000000 PB/s'],
  [formatSize, 0, '0 B', '0 B'],
  [formatSize, 5, '5 B', '5 B'],
  [formatSize, 1023, '1023 B', '1023 B'],
  [formatSize, 65_536, '64.0 KiB', '64 KiB'],
  [formatSize, Number.MAX_SAFE_INTEGER, '8.00 PiB', '9007199254740991 B'],
  [formatDuration, 0, '0 ms', '0 s'],
  [formatDuration, 250, '250 ms', '250 ms'],
  [formatDuration, 1500, '1.50 s', '1.5 s'],
  [formatDuration, 59_990, '1.00 min', '59.99 s'],
  [formatDuration, 90_000, '1.50 min', '90 s'],
  [formatDuration, 3_600_000, '1.00 h', '1 h'],
]
for (const [format, value, short, exact] of written) {
  test(`${format.name}() writes ${value} as "${short}", exactly as "${exact}"`, () => {
    expect(format(value)).toBe(short)
    expect(format(value, { exact: true })).toBe(exact)
  })
}

for (const format of [formatRate, formatSize, formatDuration]) {
  for (const value of [-1, Number.NaN, Infinity, ...(format === formatSize ? [0.5, 2 ** 53] : [])]) {
    test(`${format.name}() refuses ${value} and shows it`, () => {
      expect(() => format(value)).toThrow(RangeError)
      expect(() => format(value)).toThrow(`Cannot write ${value} as a`)
    })
  }
  for (const value of ['5', null, 5n]) {
    test(`${format.name}() refuses the type ${value === null ? 'null' : typeof value}`, () => {
      expect(() => format(value as never)).toThrow(TypeError)
    })
  }
}
