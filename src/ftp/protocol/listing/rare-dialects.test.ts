import { expect, test } from 'vitest'
import type { Entry } from './entry.ts'
import { parseEplfLine } from './eplf.ts'
import { parseAs400Line, parseOs2Line } from './rare-dialects.ts'

type Row = [title: string, line: string, expected: Partial<Entry> | undefined]

const eplf: Row[] = [
  [
    'a file',
    '+i8388621.29609,m824255902,r,s280,\tread.me',
    {
      name: 'read.me',
      type: 'file',
      size: 280,
      modified: new Date(824255902_000),
      modifiedTo: 's',
    },
  ],
  ['a directory', '+i8388621.44468,m839956783,/,\tscgi', { name: 'scgi', type: 'directory', size: undefined }],
  ['what is both', '+/,r,\tboth', { type: 'directory' }],
  ['what is both, the other way round', '+r,/,\tboth', { type: 'directory' }],
  ['what is neither', '+m1,\tneither', { type: 'other' }],
  ['permissions', '+up644,r,\tf', { mode: 0o644 }],
  ['a size above 2^53', '+r,s9007199254740993,\tf', { bigSize: 9007199254740993n }],
  ['spaces and a tab in the name', '+r,\t a\tb ', { name: ' a\tb ' }],
  [
    'facts that are not known or can not be',
    '+zzz,mx,s-1,up9,m99999999999999999999,,r,\tf',
    { name: 'f', type: 'file', size: undefined, modified: undefined, mode: undefined },
  ],
  ['no facts', '+\tf', { name: 'f', type: 'other' }],
  ['no name', '+r,s280,\t', undefined],
  ['no tab', '+r,s280, name', undefined],
  ['no plus', 'r,s280,\tname', undefined],
]

const os2: Row[] = [
  [
    'a directory',
    '                 0           DIR   04-11-95   16:26  ADDRESS',
    { name: 'ADDRESS', type: 'directory', size: 0, modified: new Date('1995-04-11T16:26Z') },
  ],
  [
    'a file',
    '               612      A          07-28-95   16:45  list one.txt',
    { name: 'list one.txt', type: 'file', size: 612 },
  ],
  [
    'a file without attributes',
    '               612                 07-28-1995   16:45  f',
    { name: 'f', modified: new Date('1995-07-28T16:45Z') },
  ],
  [
    'a directory with attributes',
    '                 0      A    DIR   04-11-05   16:26  d',
    { name: 'd', type: 'directory', modified: new Date('2005-04-11T16:26Z') },
  ],
  ['spaces in the name', '               612      A          07-28-95   16:45   a  b ', { name: ' a  b ' }],
  ['no name', '               612      A          07-28-95   16:45  ', undefined],
  ['no date', '               612      A          name', undefined],
]

const as400: Row[] = [
  [
    'a directory',
    'QSYS            77824 02/09/00 15:54:10 *DIR       folder/',
    {
      name: 'folder',
      type: 'directory',
      owner: 'QSYS',
      size: 77824,
      modified: new Date('2000-02-09T15:54:10Z'),
      modifiedTo: 's',
    },
  ],
  [
    'a file',
    'ALICE            1024 25/12/21 15:54:10 *STMF      a file.txt',
    { name: 'a file.txt', type: 'file', modified: new Date('2021-12-25T15:54:10Z') },
  ],
  [
    'a date with the year first',
    'ALICE            1024 99/12/25 15:54:10 *STMF      f',
    { modified: new Date('1999-12-25T15:54:10Z') },
  ],
  ['a type that is not known', 'ALICE            1024 12/25/21 15:54:10 *constructor f', { name: 'f', type: 'other' }],
  ['no name', 'ALICE            1024 12/25/21 15:54:10 *DIR      /', undefined],
  ['no type', 'ALICE            1024 12/25/21 15:54:10 f', undefined],
]

const tables = {
  parseEplfLine: [parseEplfLine, eplf],
  parseOs2Line: [parseOs2Line, os2],
  parseAs400Line: [parseAs400Line, as400],
} as const
for (const [symbol, [parse, rows]] of Object.entries(tables)) {
  for (const [title, line, expected] of rows) {
    test(`${symbol}() reads ${expected ? title : `nothing where there is ${title}`}`, () => {
      if (expected) expect(parse(line)).toMatchObject({ ...expected, line })
      else expect(parse(line)).toBeUndefined()
    })
  }
}
