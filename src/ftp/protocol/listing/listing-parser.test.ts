import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { textCodec } from '../codec.ts'
import type { Entry } from './entry.ts'
import { type ListingFormat, ListingParser, type ListingParserOptions } from './listing-parser.ts'

const NOW = new Date('2024-11-22T12:00:00Z')

/** All entries and all lines that could not be read. */
function parse(bytes: Uint8Array | string, options: Partial<ListingParserOptions> = {}, cuts: readonly number[] = []) {
  const unreadable: string[] = []
  const parser = new ListingParser({
    format: 'list',
    now: NOW,
    onUnreadable: (line) => unreadable.push(line),
    ...options,
  })
  const all = Buffer.from(bytes as string)
  const entries: Entry[] = []
  let start = 0
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    // As a socket's buffer that is used again and again.
    const chunk = Buffer.from(all.subarray(start, cut))
    entries.push(...parser.push(chunk))
    chunk.fill('!')
    start = cut
  }
  entries.push(...parser.push(all.subarray(start)), ...parser.end())
  return { entries, names: entries.map(({ name }) => name), unreadable }
}

const mixed = [
  'total 12',
  'drwxr-xr-x   2 a b 4096 Nov 22 10:00 .',
  'drwxr-xr-x   2 a b 4096 Nov 22 10:00 ..',
  '-rw-r--r--   1 a b    5 Nov 22 10:00 unix',
  '12-05-96  05:03PM       <DIR>          dos',
  'what is this',
  '',
  '+i1,r,s280,\teplf',
  '                 0           DIR   04-11-95   16:26  os2',
  'QSYS            77824 02/09/00 15:54:10 *DIR       as400/',
  '-rw-r--r--   1 a b    5 Nov 22 10:00 unix again',
]

const formats: { format: ListingFormat; text: string; names: string[]; unreadable: string[] }[] = [
  {
    format: 'list',
    text: mixed.join('\r\n'),
    names: ['unix', 'dos', 'eplf', 'os2', 'as400', 'unix again'],
    unreadable: ['what is this'],
  },
  {
    format: 'list',
    text: `${mixed.join('\n')}\n`,
    names: ['unix', 'dos', 'eplf', 'os2', 'as400', 'unix again'],
    unreadable: ['what is this'],
  },
  {
    format: 'mlsd',
    text: 'type=cdir; /pub\r\ntype=pdir; /\r\nType=CDIR; x\r\ntype=dir; .\r\ntype=dir; ..\r\ntype=file;  a \r\noops\r\n\r\ntype=dir; b\r\n',
    names: [' a ', 'b'],
    unreadable: ['oops'],
  },
  {
    format: 'nlst',
    text: 'a\r\n\r\n b c \r\n.\r\n..\r\npub/d\r\n/pub/e\r\nf/\r\n/\r\n',
    names: ['a', ' b c ', 'd', 'e', 'f'],
    unreadable: ['/'],
  },
  { format: 'list', text: '', names: [], unreadable: [] },
  { format: 'list', text: 'insgesamt 12\r\n-rw-r--r-- 1 a b 5 Nov 22 10:00 f', names: ['f'], unreadable: [] },
  {
    format: 'list',
    text: '-rw-r--r-- 1 a b 5 Nov 22 10:00 f\r\ntotal 4\r\ninsgesamt 12',
    names: ['f'],
    unreadable: ['insgesamt 12'],
  },
  { format: 'mlsd', text: 'type=file; without an end', names: ['without an end'], unreadable: [] },
]

describe('ListingParser', () => {
  for (const { format, text, names, unreadable } of formats) {
    test(`push() reads ${format} ${JSON.stringify(text.slice(0, 30))}...`, () => {
      expect(parse(text, { format })).toMatchObject({ names, unreadable })
    })

    test(`push() reads ${format} ${JSON.stringify(text.slice(0, 30))}... the same however it is cut`, () => {
      const whole = parse(text, { format })
      const length = Buffer.byteLength(text)
      fc.assert(
        fc.property(fc.array(fc.nat(length), { maxLength: 20 }), (cuts) => {
          expect(parse(text, { format }, cuts)).toEqual(whole)
        }),
      )
      expect(
        parse(
          text,
          { format },
          Array.from({ length }, (_, cut) => cut),
        ),
      ).toEqual(whole)
    })
  }

  test('push() tells of NLST what it is, as far as it can', () => {
    const { entries } = parse('file\r\nfolder/\r\n', { format: 'nlst' })
    expect(entries).toMatchObject([
      { name: 'file', type: 'other', size: undefined, line: 'file' },
      { name: 'folder', type: 'directory', line: 'folder/' },
    ])
  })

  test('push() gives the entries of a line as soon as it has ended', () => {
    const parser = new ListingParser({ format: 'nlst' })
    expect(parser.push(Buffer.from('one\r\ntwo\r'))).toMatchObject([{ name: 'one' }])
    expect(parser.push(Buffer.from('\nthr'))).toMatchObject([{ name: 'two' }])
    expect(parser.push(Buffer.from('ee'))).toEqual([])
    expect(parser.end()).toMatchObject([{ name: 'three' }])
    expect(parser.end()).toEqual([])
  })

  test('push() keeps a carriage return that is no end of a line', () => {
    expect(parse('a\rb\r\nc\r\r\n', { format: 'nlst' }).names).toEqual(['a\rb', 'c\r'])
  })

  test('push() keeps bytes that are no UTF-8', () => {
    const bytes = Buffer.from(
      '-rw-r--r-- 1 a b 5 Nov 22 10:00 caf\xe9 \xff\r\n-rw-r--r-- 1 a b 5 Nov 22 10:00 ok\r\n',
      'latin1',
    )
    const { names } = parse(bytes)
    expect(names).toEqual(['caf\udce9 \udcff', 'ok'])
    expect(textCodec('utf8').encode(names[0] ?? '')).toEqual(Buffer.from('caf\xe9 \xff', 'latin1'))
    expect(parse(bytes, { codec: textCodec('latin1') }).names).toEqual(['café ÿ', 'ok'])
  })

  test('push() reads the same in pieces of any size as line by line, with any codec', () => {
    const lines = Array.from({ length: 300 }, (_, i) => `${mixed[i % mixed.length]} ${'é\udcff'.repeat(i % 7)}`)
    const bytes = textCodec('utf8').encode(lines.map((line, i) => line + (i % 5 ? '\r\n' : '\n')).join(''))
    for (const codec of [textCodec('utf8'), textCodec('latin1')]) {
      const whole = parse(bytes, { codec })
      expect(whole.names.length + whole.unreadable.length).toBeGreaterThan(200)
      const ends = [...bytes.keys()].filter((i) => bytes[i] === 0x0a)
      expect(parse(bytes, { codec }, ends)).toEqual(whole) // the end of a line alone
      expect(parse(bytes, { codec: { decode: codec.decode, encode: codec.encode } })).toEqual(whole)
    }
  })

  test('push() lets a codec from outside see one line at a time', () => {
    const seen: string[] = []
    const decode = (line: Uint8Array) => {
      seen.push(Buffer.from(line).toString())
      return 'a\nb'
    }
    const codec = { decode, encode: textCodec('utf8').encode }
    expect(parse('one\r\ntwo\nthree', { format: 'nlst', codec }, [9]).names).toEqual(['a\nb', 'a\nb', 'a\nb'])
    expect(seen).toEqual(['one', 'two', 'three'])
  })

  const lengths: { length: number; maxLineLength: number; isRead: boolean }[] = [
    { length: 100, maxLineLength: 100, isRead: true },
    { length: 101, maxLineLength: 100, isRead: false },
    { length: 102, maxLineLength: 100, isRead: false },
    { length: 5000, maxLineLength: 100, isRead: false },
    { length: 65_536, maxLineLength: 65_536, isRead: true },
    { length: 65_537, maxLineLength: 65_536, isRead: false },
  ]
  for (const { length, maxLineLength, isRead } of lengths) {
    for (const end of ['\r\n', '\n', '']) {
      test(`push() ${isRead ? 'reads' : 'tells once of'} a line of ${length} bytes and ${JSON.stringify(end)}, if ${maxLineLength} are allowed`, () => {
        const long = 'n'.repeat(length)
        const text = `a\n${long}${end}${end && 'b\nc'}`
        const expected = isRead
          ? { names: ['a', long, ...(end ? ['b', 'c'] : [])], unreadable: [] }
          : {
              names: ['a', ...(end ? ['b', 'c'] : [])],
              unreadable: [`${long.slice(0, Math.min(200, maxLineLength))}…`],
            }
        for (const cuts of [
          [],
          [50],
          [2, 3, 102, 103, 104],
          Array.from({ length: Math.min(length, 6000) }, (_, cut) => cut),
        ]) {
          const actual = parse(text, { format: 'nlst', maxLineLength }, cuts)
          expect({ names: actual.names, unreadable: actual.unreadable.map((line) => line.slice(0, 300)) }).toEqual(
            isRead ? expected : { ...expected, unreadable: [expect.stringMatching(/^n{50,200}…$/)] },
          )
        }
      })
    }
  }

  test('push() holds no more than one line of an endless one', () => {
    const unreadable: string[] = []
    const parser = new ListingParser({ format: 'list', onUnreadable: (line) => unreadable.push(line) })
    const chunk = Buffer.alloc(1 << 20, 'x')
    const before = process.memoryUsage().arrayBuffers
    for (let index = 0; index < 200; index++) expect(parser.push(chunk)).toEqual([])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20)
    expect(unreadable).toEqual([`${'x'.repeat(200)}…`])
    expect(parser.push(Buffer.from('\n+r,\tname\n'))).toMatchObject([{ name: 'name' }])
    expect(unreadable).toHaveLength(1)
  })

  const wrong: { options: object; error: typeof TypeError | typeof RangeError }[] = [
    { options: { format: 'ls' }, error: TypeError },
    { options: {}, error: TypeError },
    { options: { format: 'list', maxLineLength: 0 }, error: RangeError },
    { options: { format: 'list', maxLineLength: Number.NaN }, error: RangeError },
  ]
  for (const { options, error } of wrong) {
    test(`constructor() refuses ${JSON.stringify(options)}`, () => {
      expect(() => new ListingParser(options as ListingParserOptions)).toThrow(error)
    })
  }
})
