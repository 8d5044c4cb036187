import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry } from './entry.ts'
import { parseUnixLine, readCommonLines } from './unix.ts'

const NOW = new Date('2024-11-22T12:00:00Z')

const date = (text: string) => new Date(text)

type Row = [title: string, line: string, expected: Partial<Entry>]

const entries: Row[] = [
  [
    'a file',
    '-rw-r--r--   1 ftp      staff         531 Jan 29 03:26 notes.txt',
    {
      name: 'notes.txt',
      type: 'file',
      size: 531,
      bigSize: 531n,
      mode: 0o644,
      owner: 'ftp',
      group: 'staff',
      target: undefined,
      facts: undefined,
      modified: date('2024-01-29T03:26Z'),
      modifiedTo: 'min',
    },
  ],
  [
    'a directory',
    'drwxr-x--x   2 0        0            4096 Apr  8  1994 pub',
    {
      name: 'pub',
      type: 'directory',
      mode: 0o751,
      owner: '0',
      group: '0',
      modified: date('1994-04-08Z'),
      modifiedTo: 'day',
    },
  ],
  [
    'a link',
    'lrwxrwxrwx   1 root     other          7 Jan 25 00:17 bin -> usr/bin',
    {
      name: 'bin',
      type: 'symlink',
      target: 'usr/bin',
      mode: 0o777,
      size: 7,
    },
  ],
  [
    'a link without its target',
    'lrwxrwxrwx   1 root     other          7 Jan 25 00:17 bin',
    { name: 'bin', type: 'symlink', target: undefined },
  ],
  [
    'a link with arrows in its name',
    'lrwxrwxrwx 1 a b 3 Jan 25 00:17 x -> y -> z/a',
    { name: 'x -> y', target: 'z/a' },
  ],
  [
    'a link with arrows in its target',
    'lrwxrwxrwx 1 a b 8 Jan 25 00:17 x -> y -> z/a',
    { name: 'x', target: 'y -> z/a' },
  ],
  [
    'a file with an arrow in its name',
    '-rw-r--r-- 1 a b 8 Jan 25 00:17 x -> y',
    { name: 'x -> y', type: 'file', target: undefined },
  ],
  [
    'a block device',
    'brw-rw----   1 root disk    8,   1 Jan 25 00:17 sda1',
    { name: 'sda1', type: 'other', size: undefined, owner: 'root', group: 'disk' },
  ],
  [
    'a device with its numbers together',
    'crw-rw-rw-   1 root tty     4,64 Jan 25 00:17 ttyS0',
    { name: 'ttyS0', type: 'other', size: undefined, owner: 'root', group: 'tty' },
  ],
  [
    'a device without a group',
    'crw-rw-rw-   1 root     4, 64 Jan 25 00:17 ttyS0',
    { name: 'ttyS0', type: 'other', size: undefined, owner: 'root', group: undefined },
  ],
  ['a pipe', 'prw-r--r--   1 a b 0 Jan 25 00:17 queue', { name: 'queue', type: 'other', size: 0 }],
  ['a socket', 'srwxr-xr-x   1 a b 0 Jan 25 00:17 socket', { name: 'socket', type: 'other' }],
  ['a door of Solaris', 'Dr--r--r--   1 a b 0 Jan 25 00:17 door', { name: 'door', type: 'other' }],
  ['what ls itself does not know', '?rw-r--r--   1 a b 0 Jan 25 00:17 odd', { name: 'odd', type: 'other' }],
  ['an ACL', 'drwxrwxr-x+  3 a b 4096 Jan 25 00:17 shared', { name: 'shared', mode: 0o775 }],
  ['a security context', '-rw-------.  1 a b 10 Jan 25 00:17 labelled', { name: 'labelled', mode: 0o600 }],
  ['extended attributes', '-rw-r--r--@  1 a b 10 Jan 25 00:17 tagged', { name: 'tagged', mode: 0o644 }],
  ['setuid, setgid and sticky', '-rwsr-sr-t 1 a b 10 Jan 25 00:17 f', { mode: 0o7755 }],
  ['setuid, setgid and sticky, not executable', '-rwSr-Sr-T 1 a b 10 Jan 25 00:17 f', { mode: 0o7644 }],
  ['mandatory locking', '-rw-r-lr-- 1 a b 10 Jan 25 00:17 f', { mode: 0o2644 }],
  [
    'one letter too few',
    'drw-r--rw   1     root     root         0 Apr 21 19:31 folder',
    { name: 'folder', type: 'directory', mode: 0o646 },
  ],
  [
    'no type',
    'rw-rw-rw-          0  464195454  464195454 Jul  1  2016 data.zip',
    { name: 'data.zip', type: 'file', size: 464195454, mode: 0o666 },
  ],
  [
    'no group',
    'dr-xr-xr-x   2 root                  512 Apr  8  1994 etc',
    { name: 'etc', owner: 'root', group: undefined, size: 512 },
  ],
  [
    'no number of links',
    '-rw-r--r-- owner group 512 Apr  8  1994 f',
    { name: 'f', owner: 'owner', group: 'group', size: 512 },
  ],
  [
    'neither links nor group',
    '-rw-r--r-- owner 512 Apr  8  1994 f',
    { name: 'f', owner: 'owner', group: undefined, size: 512 },
  ],
  ['a size alone', '-rw-r--r-- 512 Apr  8  1994 f', { name: 'f', owner: undefined, size: 512 }],
  [
    'a group of two words',
    '-rw-r--r--   1 alice    Domain Users   512 Apr  8  1994 f',
    { name: 'f', owner: 'alice', group: 'Domain Users', size: 512 },
  ],
  [
    'a group of many words',
    '-rw-r--r--   1 alice    All of  the People   512 Apr  8  1994 f',
    { name: 'f', owner: 'alice', group: 'All of  the People' },
  ],
  [
    'an owner that is a month',
    '-rw-r--r-- 1 jan 10 1024 May  5 10:00 f',
    { name: 'f', owner: 'jan', group: '10', size: 1024, modified: date('2024-05-05T10:00Z') },
  ],
  [
    'a group that is a month',
    '-rw-r--r-- 1 10 may 20 May  5 10:00 f',
    { name: 'f', owner: '10', group: 'may', size: 20 },
  ],
  [
    'an owner with a domain',
    '-rw-r--r-- 1 EXAMPLE\\alice EXAMPLE\\staff 20 May  5 10:00 f',
    { owner: 'EXAMPLE\\alice', group: 'EXAMPLE\\staff' },
  ],
  ['columns that run together less', '-rw-r--r-- 1 a b 5 Apr 8 1994 f', { name: 'f', size: 5 }],
  ['tabs', '-rw-r--r--\t1\ta\tb\t5\tApr\t8\t1994\tf', { name: 'f', size: 5 }],
  [
    'a size above 2^53',
    '-rw-r--r-- 1 a b 9007199254740993 Jan 25 00:17 f',
    { bigSize: 9007199254740993n, size: 9007199254740992 },
  ],
  ['a size above 2^64', '-rw-r--r-- 1 a b 36893488147419103232 Jan 25 00:17 f', { bigSize: 2n ** 65n }],
  [
    'a size below zero, from 32 bits',
    '-rw-r--r-- 1 a b -2147483648 Jan 25 00:17 f',
    { name: 'f', size: undefined, bigSize: undefined },
  ],
  ['spaces in the name', '-rw-r--r-- 1 a b 5 Jan 25 00:17  two  and   three ', { name: ' two  and   three ' }],
  [
    'a name that looks like a date',
    '-rw-r--r-- 1 a b 5 Jan 25 00:17 12 Mar 24 10:00 x',
    { name: '12 Mar 24 10:00 x', modified: date('2024-01-25T00:17Z') },
  ],
  [
    'a name that begins with a year',
    '-rw-r--r-- 1 a b 5 Jan 25 00:17 2020 report',
    { name: '2020 report', modified: date('2024-01-25T00:17Z') },
  ],
  [
    'a name that is a date, with no group',
    '-rw-r--r-- 1 a 5 Jan 25 00:17 7 Mar 24 10:00',
    { name: '7 Mar 24 10:00', owner: 'a', size: 5 },
  ],
  ['a name with a backslash, quotes and a star', '-rw-r--r-- 1 a b 5 Jan 25 00:17 "a\\b" *', { name: '"a\\b" *' }],
  ['a name with a carriage return', '-rw-r--r-- 1 a b 5 Jan 25 00:17 a\rb', { name: 'a\rb' }],
  [
    'a link with an empty target',
    'lrwxrwxrwx 1 a b 0 Jan 25 00:17 x -> ',
    { name: 'x', type: 'symlink', target: undefined },
  ],
  ['a space before all', ' -rw-r--r-- 1 a b 5 Jan 25 00:17 f', { name: 'f', size: 5 }],
  [
    'NetWare',
    'd [RWCEAFMS] admin                         512 Jan 16 18:53 login',
    { name: 'login', type: 'directory', owner: 'admin', mode: undefined, size: 512 },
  ],
  [
    'a file of NetWare',
    '- [RWCEAFMS] admin                      214059 Oct 20 15:27 a.exe',
    { name: 'a.exe', type: 'file', size: 214059 },
  ],
  [
    'a Mac',
    '-------r--         326  1391972  1392298 Nov 22  1995 app.sit',
    { name: 'app.sit', type: 'file', size: 1392298, mode: 0o004 },
  ],
  [
    'a folder of a Mac',
    'drwxrwxr-x               folder        2 May 10  1996 network',
    { name: 'network', type: 'directory' },
  ],
]

const dates: [text: string, modified: string | undefined, modifiedTo: Entry['modifiedTo']][] = [
  ['Nov 22 10:00', '2024-11-22T10:00:00Z', 'min'],
  ['Nov 22  9:05', '2024-11-22T09:05:00Z', 'min'],
  ['Nov 23 11:59', '2024-11-23T11:59:00Z', 'min'], // up to a day to come: zones and clocks
  ['Nov 23 12:01', '2023-11-23T12:01:00Z', 'min'],
  ['Dec 31 23:59', '2023-12-31T23:59:00Z', 'min'],
  ['Feb 29 10:00', '2024-02-29T10:00:00Z', 'min'],
  ['Nov 22  2025', '2025-11-22T00:00:00Z', 'day'], // a year that is told is believed
  ['Nov 22 1970', '1970-11-22T00:00:00Z', 'day'],
  ['nov 22 10:00', '2024-11-22T10:00:00Z', 'min'],
  ['NOV 22 10:00', '2024-11-22T10:00:00Z', 'min'],
  ['Sept 2 10:00', '2024-09-02T10:00:00Z', 'min'],
  ['22 Nov 10:00', '2024-11-22T10:00:00Z', 'min'],
  ['22 Nov  2020', '2020-11-22T00:00:00Z', 'day'],
  ['22. Nov 2020', '2020-11-22T00:00:00Z', 'day'],
  ['Nov 22 10:00:59 2020', '2020-11-22T10:00:59Z', 's'],
  ['Nov 22 10:00:59', '2024-11-22T10:00:59Z', 's'],
  ['2024-01-02 03:04', '2024-01-02T03:04:00Z', 'min'],
  ['2024-01-02 03:04:05', '2024-01-02T03:04:05Z', 's'],
  ['2024-01-02 03:04:05.678901234', '2024-01-02T03:04:05.678Z', 'ms'],
  ['2024-01-02 03:04:05.678901234 +0100', '2024-01-02T02:04:05.678Z', 'ms'],
  ['2024-01-02 03:04:05.000000000 -0530', '2024-01-02T08:34:05.000Z', 'ms'],
  ['2024/01/02 03:04', '2024-01-02T03:04:00Z', 'min'],
  ['2024-01-02', '2024-01-02T00:00:00Z', 'day'],
  ['2024-01-02 ', '2024-01-02T00:00:00Z', 'day'], // --time-style=iso pads it
  ['11-22 03:04', '2024-11-22T03:04:00Z', 'min'],
  ['12-22 03:04', '2023-12-22T03:04:00Z', 'min'],
  ['Mär 22 10:00', '2024-03-22T10:00:00Z', 'min'],
  ['22 déc. 2020', '2020-12-22T00:00:00Z', 'day'],
  ['11月 22 10:00', '2024-11-22T10:00:00Z', 'min'],
  ['11月 22日 2020', '2020-11-22T00:00:00Z', 'day'],
  // The name of a month that is not known, or a day that there is not, loses the date and nothing else.
  ['лис 22 10:00', undefined, undefined],
  ['22 лис  2020', undefined, undefined],
  ['Feb 30  2020', undefined, undefined],
  ['Feb 29  2023', undefined, undefined],
  ['Nov 22 25:00', undefined, undefined],
  ['2024-13-02 03:04', undefined, undefined],
]

const refused = [
  '',
  'total 12',
  'garbage',
  '-rw-r--r--',
  '-rw-r--r-- 1 a b 5',
  '-rw-r--r-- 1 a b 5 Jan 25 00:17',
  '-rw-r--r-- 1 a b 5 Jan 25 00:17 ',
  '-rw-r--r-- 1 a b five Jan 25 00:17 f',
  '-rw-r--r-- 1 a b 5 when ever 00:17 f',
  'xrw-r--r-- 1 a b 5 Jan 25 00:17 f',
  '-rw-q--r-- 1 a b 5 Jan 25 00:17 f',
  '-rwxrwxrwxrwx 1 a b 5 Jan 25 00:17 f',
  'ls: cannot open directory: Permission denied',
]

for (const [title, line, expected] of entries) {
  test(`parseUnixLine() reads ${title}`, () => {
    expect(parseUnixLine(line, NOW)).toMatchObject({ ...expected, line })
  })
}

for (const [text, modified, modifiedTo] of dates) {
  test(`parseUnixLine() reads the date ${text}`, () => {
    const expected = {
      name: 'a 2 name',
      size: 5,
      owner: 'o',
      group: 'g',
      modified: modified && date(modified),
      modifiedTo,
    }
    expect(parseUnixLine(`-rw-r--r-- 1 o g 5 ${text} a 2 name`, NOW)).toMatchObject(expected)
  })
}

for (const line of refused) {
  test(`parseUnixLine() reads nothing from ${JSON.stringify(line)}`, () => {
    expect(parseUnixLine(line, NOW)).toBeUndefined()
  })
}

test('parseUnixLine() takes 29 February without a year for the last one that there was', () => {
  const line = '-rw-r--r-- 1 a b 5 Feb 29 10:00 f'
  expect(parseUnixLine(line, date('2023-11-22Z'))?.modified).toEqual(date('2020-02-29T10:00Z'))
  expect(parseUnixLine(line, date('1903-11-22Z'))?.modified).toEqual(date('1896-02-29T10:00Z'))
})

test('parseUnixLine() takes 1 January for tomorrow on the last day of a year', () => {
  const line = '-rw-r--r-- 1 a b 5 Jan  1 00:30 f'
  expect(parseUnixLine(line, date('2024-12-31T23:00Z'))?.modified).toEqual(date('2025-01-01T00:30Z'))
  expect(parseUnixLine(line, date('2024-12-30T23:00Z'))?.modified).toEqual(date('2024-01-01T00:30Z'))
})

/** What is read of text by {@link readCommonLines}, and what is left. */
function readCommon(text: string, start = 0, now = NOW) {
  const entries: Entry[] = []
  const end = readCommonLines(text, start, now, entries)
  return { entries, rest: text.slice(end) }
}

test('readCommonLines() reads up to the first line of another form', () => {
  const common = ['-rw-r--r--   1 ann  staff   5 Nov 22 10:00 a b', 'drwxr-xr-x+ 12 0 0 4096 Apr  8  1994  c']
  const others = [
    'lrwxrwxrwx 1 a b 5 Nov 22 10:00 f -> g',
    'drwxr-xr-x 2 a b 5 Nov 22 10:00 ..',
    '-rw-r--r-- 1 a b 5 Nov 22 10:00 f\rg',
    '-rw-r--r-- 1 a b 5 лис 22 10:00 f',
    '-rw-r--r-- 1 a group of words 5 Nov 22 10:00 f',
    'total 12',
    '',
  ]
  for (const other of others) {
    const rest = `${other}\r\n${common[0]}\r\n`
    const text = `${common[0]}\r\n${common[1]}\n${rest}`
    expect(readCommon(text)).toEqual({ entries: common.map((line) => parseUnixLine(line, NOW)), rest })
    expect(readCommon(text, 4)).toEqual({ entries: [], rest: text.slice(4) })
  }
})

test('readCommonLines() reads all that parseUnixLine() does, or nothing', () => {
  const column = fc.constantFrom('1', '0', '12', 'ann', 'Nov', '22', '10:00', '2024', '-1', 'a\tb', 'Änn')
  const parts = fc.tuple(
    fc.constantFrom('-rw-r--r--', 'drwxr-xr-x', 'drwsr-Sr-T+', '-rw-------.', 'lrwxrwxrwx', '-rwLr--r-- ', '[----]'),
    column,
    column,
    column,
    fc.constantFrom('0', '5', '007', '9007199254740993', '8, 1', '9'.repeat(40), '9'.repeat(41)),
    fc.constantFrom(...dates.map(([text]) => text), 'Feb 31 10:00', 'Feb 31 2020', 'abc 22 10:00', 'Nov 2 1:00'),
    fc.constantFrom('f', ' f ', '.', '..', 'a -> b', '5 Nov 22 10:00 f', '\t', '\u2028', '\r', '\udcff', '日本'),
  )
  const spaces = fc.constantFrom(' ', '  ', '\t')
  fc.assert(
    fc.property(parts, fc.array(spaces, { minLength: 6, maxLength: 6 }), (columns, between) => {
      const line = columns.map((text, i) => text + (between[i] ?? '')).join('')
      const { entries, rest } = readCommon(`${line}\r\n`)
      if (rest !== '') expect({ entries, rest }).toEqual({ entries: [], rest: `${line}\r\n` })
      else {
        expect(entries).toStrictEqual([parseUnixLine(line, NOW)])
        expect(Object.keys(entries[0] ?? {})).toEqual(Object.keys(parseUnixLine(line, NOW) ?? {}))
      }
    }),
    { numRuns: 2000 },
  )
})

test('readCommonLines() gives each entry a date of its own, by the time that it is told', () => {
  const line = '-rw-r--r-- 1 ann staff 5 Mar  9 10:07 notes\n'
  const read = (now: string) => readCommon(line, 0, new Date(now)).entries[0]?.modified?.toISOString()
  expect(read('2026-11-22T00:00Z')).toBe('2026-03-09T10:07:00.000Z')
  expect(read('2026-02-01T00:00Z')).toBe('2025-03-09T10:07:00.000Z')
  const [first, second] = readCommon(line + line, 0, new Date('2026-11-22T00:00Z')).entries
  expect(second?.modified).toEqual(first?.modified)
  expect(second?.modified).not.toBe(first?.modified)
})
