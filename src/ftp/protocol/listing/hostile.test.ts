import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDosLine } from './dos.ts'
import type { Entry } from './entry.ts'
import { parseEplfLine } from './eplf.ts'
import { type ListingFormat, ListingParser } from './listing-parser.ts'
import { parseMlsdLine, parseMlstLine } from './mlsx.ts'
import { parseAs400Line, parseOs2Line } from './rare-dialects.ts'
import { parseUnixLine } from './unix.ts'

const NOW = new Date('2024-11-22T12:00:00Z')

/** Each with a line that it reads, for the fuzzer to spoil, and beginnings of lines that might make it look again and again. */
const parsers: Record<
  string,
  { parse: (line: string) => Entry | undefined; line: string; repeated: string[]; before?: string }
> = {
  parseUnixLine: {
    parse: (line) => parseUnixLine(line, NOW),
    line: 'lrwxrwxrwx+  1 root Domain Users   8, 12 Nov 22 10:00:01 2020  a -> b',
    before: 'lrwxrwxrwx 1 a b 1 Nov 22 10:00 ',
    repeated: ['r', ' ', '1 ', '5 Nov 22 ', ' -> ', '5 Nov 22 10:00 ', '1'],
  },
  parseDosLine: {
    parse: parseDosLine,
    line: '12-05-2096  05:03 PM    <SYMLINKD>     name [C:\\target]',
    before: '12-05-96  05:03PM    <SYMLINKD>     ',
    repeated: ['1', ' ', '1,', ' [', '<', 'A', ']'],
  },
  parseEplfLine: {
    parse: parseEplfLine,
    line: '+i8388621.29609,m824255902,r,up644,s280,\tread.me',
    before: '+',
    repeated: ['r,', ',', '\t', '1', '/'],
  },
  parseOs2Line: {
    parse: parseOs2Line,
    line: '                 0      A    DIR   04-11-95   16:26  ADDRESS',
    before: '  12 ',
    repeated: [' ', '1', 'A ', 'DIR '],
  },
  parseAs400Line: {
    parse: parseAs400Line,
    line: 'QSYS            77824 02/09/00 15:54:10 *DIR       folder/',
    before: 'QSYS 1 ',
    repeated: [' ', 'Q', '1', '1 ', '*'],
  },
  parseMlsdLine: {
    parse: parseMlsdLine,
    line: 'type=OS.unix=slink:/a b;size=25730;modify=19940728095854.123;UNIX.mode=0644; read.me',
    before: 'type=file;',
    repeated: ['a=b;', ';', '=', ' ', 'type=OS.unix=slink: ;', 'type=OS.unix=slink:', 'a=b; '],
  },
  parseMlstLine: {
    parse: parseMlstLine,
    line: ' type=file;size=25730; /a/read.me',
    repeated: [' ', '/', 'a=b;', ' /'],
  },
}

/** The line with some characters left out, repeated, or replaced. */
const spoiled = (line: string) =>
  fc
    .array(
      fc.tuple(
        fc.nat(line.length),
        fc.nat(3),
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 3 }),
          fc.constantFrom(' ', '->', ';', '=', '\t', '9', ':', '-', '%'),
        ),
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((changes) =>
      changes
        .reduce((text, [at, left, put]) => text.slice(0, at) + put + text.slice(at + left), line)
        .replace(/[\r\n]/g, ' '),
    )

function check(entry: Entry | undefined, line: string) {
  if (!entry) return
  expect(entry.name).not.toBe('')
  expect(line).toContain(entry.name)
  expect(entry.line).toBe(line)
  expect(['file', 'directory', 'symlink', 'other']).toContain(entry.type)
  expect(entry.size).toBe(entry.bigSize === undefined ? undefined : Number(entry.bigSize))
  expect((entry.bigSize ?? 0n) >= 0n).toBe(true)
  expect(entry.modified === undefined).toBe(entry.modifiedTo === undefined)
  if (entry.modified) expect(entry.modified.getTime()).not.toBeNaN()
  if (entry.mode !== undefined) expect(entry.mode & 0o7777).toBe(entry.mode)
  if (entry.target !== undefined) expect(entry.target).not.toBe('')
}

/** The shortest of some runs, in ms: noise can only make one longer. */
function fastest(act: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < 4; run++) {
    const start = performance.now()
    act()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

for (const [symbol, { parse, line, repeated, before = '' }] of Object.entries(parsers)) {
  describe(symbol, () => {
    test('reads the line that is spoiled below', () => expect(parse(line)).toBeDefined())

    test('never fails, and never makes up an entry that can not be', () => {
      fc.assert(
        fc.property(spoiled(line), (text) => check(parse(text), text)),
        { numRuns: 2000 },
      )
      fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => check(parse(text), text)))
    })

    for (const part of repeated) {
      test(`takes linear time for many of ${JSON.stringify(part)}`, () => {
        const ofLength = (length: number) => {
          const text = before + part.repeat(length / part.length)
          for (let times = 0; times < 4; times++) parse(text)
        }
        ofLength(1000)
        // 16 times the length would take 256 times as long if it were quadratic, and 16 times as it should be.
        const [small, large] = [fastest(() => ofLength(16_000)), fastest(() => ofLength(256_000))]
        expect(large).toBeLessThan(small * 80 + 2)
      })
    }
  })
}

describe('ListingParser', () => {
  for (const format of ['mlsd', 'list', 'nlst'] as ListingFormat[]) {
    test(`push() never fails for ${format}, and loses no line: each is an entry, is told, or is left out`, () => {
      fc.assert(
        fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (chunks) => {
          const unreadable: string[] = []
          const parser = new ListingParser({ format, maxLineLength: 50, onUnreadable: (line) => unreadable.push(line) })
          const entries = [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()]
          for (const entry of entries) expect(entry.name).not.toBe('')
          const lines = Buffer.concat(chunks).toString('latin1').split('\n')
          expect(entries.length + unreadable.length).toBeLessThanOrEqual(lines.length)
          const left = lines.filter((text) => text.trim() === '' || /^\.{1,2}\/?\r?$/.test(text)).length
          expect(entries.length + unreadable.length).toBeGreaterThanOrEqual(lines.length - left - 3)
        }),
      )
    })

    test(`push() takes linear time for ${format} that comes byte by byte, and for lines without end`, () => {
      const ofLength = (length: number, cut: number) => {
        const parser = new ListingParser({ format, maxLineLength: 2 ** 24 })
        const bytes = Buffer.alloc(length, 'x')
        for (let at = 0; at < length; at += cut) parser.push(bytes.subarray(at, at + cut))
        parser.end()
      }
      ofLength(10_000, 1)
      const [small, large] = [fastest(() => ofLength(16_000, 1)), fastest(() => ofLength(256_000, 1))]
      expect(large).toBeLessThan(small * 80 + 2)
    })
  }

  const lines: Record<string, { format: ListingFormat; line: (index: number) => string }> = {
    MLSD: {
      format: 'mlsd',
      line: (index) => `type=file;size=${index};modify=20240102030405;perm=adfrw;UNIX.mode=0644; file ${index}`,
    },
    unix: {
      format: 'list',
      line: (index) => `-rw-r--r--   1 alice    staff      ${index} Nov ${(index % 28) + 1} 10:00 file ${index}`,
    },
    DOS: { format: 'list', line: (index) => `12-05-24  05:03PM            ${index} file ${index}` },
    NLST: { format: 'nlst', line: (index) => `file ${index}` },
    'what nobody can read': {
      format: 'list',
      line: (index) => `-rwxr-xr-x line ${index} is 12 of those 5 that are not so`,
    },
  }
  for (const [title, { format, line }] of Object.entries(lines)) {
    test(`push() takes 20,000 lines of ${title} in one go`, () => {
      const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, index) => `${line(index)}\r\n`).join(''))
      const time = fastest(() => {
        const unreadable: string[] = []
        const parser = new ListingParser({ format, now: NOW, onUnreadable: (text) => unreadable.push(text) })
        expect(parser.push(bytes).length + unreadable.length).toBe(20_000)
      })
      // Some 10 to 40 ms; the bound is for a machine that has much else to do.
      expect(time).toBeLessThan(1000)
    })
  }
})
