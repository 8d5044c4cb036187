import { expect, test } from 'vitest'
import { parseDosLine } from './dos.ts'
import type { Entry } from './entry.ts'

const entries: [title: string, line: string, expected: Partial<Entry>][] = [
  [
    'a directory of IIS',
    '12-05-96  05:03PM       <DIR>          my folder',
    {
      name: 'my folder',
      type: 'directory',
      size: undefined,
      mode: undefined,
      modified: new Date('1996-12-05T17:03Z'),
      modifiedTo: 'min',
    },
  ],
  [
    'a file of IIS',
    '11-08-21  09:46AM                 1389 report.pdf',
    { name: 'report.pdf', type: 'file', size: 1389, bigSize: 1389n, modified: new Date('2021-11-08T09:46Z') },
  ],
  ['a year of four digits', '12-05-1996  05:03PM       <DIR>          d', { modified: new Date('1996-12-05T17:03Z') }],
  ['24 hours', '12-05-96  17:03       <DIR>          d', { modified: new Date('1996-12-05T17:03Z') }],
  [
    'seconds',
    '12-05-96  17:03:09                 5 f',
    { modified: new Date('1996-12-05T17:03:09Z'), modifiedTo: 's' },
  ],
  ['midnight', '12-05-96  12:03AM                 5 f', { modified: new Date('1996-12-05T00:03Z') }],
  ['noon', '12-05-96  12:03PM                 5 f', { modified: new Date('1996-12-05T12:03Z') }],
  [
    'slashes and a space before the half of the day',
    '09/12/2012  05:03 pm             1,389 f',
    { name: 'f', size: 1389, modified: new Date('2012-09-12T17:03Z') },
  ],
  [
    'points: the day comes first',
    '05.12.2012  17:03             1.234.567 f',
    { name: 'f', size: 1234567, modified: new Date('2012-12-05T17:03Z') },
  ],
  ['a day that can be no month', '25-12-20  17:03                 5 f', { modified: new Date('2020-12-25T17:03Z') }],
  ['the year first', '2020-12-25  17:03                 5 f', { modified: new Date('2020-12-25T17:03Z') }],
  [
    'the last year of this century',
    '12-05-69  05:03PM                 5 f',
    { modified: new Date('2069-12-05T17:03Z') },
  ],
  [
    'the first year of the last one',
    '12-05-70  05:03PM                 5 f',
    { modified: new Date('1970-12-05T17:03Z') },
  ],
  [
    'no such day',
    '13-32-70  05:03PM                 5 f',
    { name: 'f', size: 5, modified: undefined, modifiedTo: undefined },
  ],
  ['no such hour', '12-05-70  13:03PM                 5 f', { name: 'f', modified: undefined }],
  ['a size above 2^53', '12-05-20  05:03PM     9,007,199,254,740,993 f', { bigSize: 9007199254740993n }],
  [
    'a junction',
    '12-05-20  05:03PM    <JUNCTION>     Users [C:\\Users]',
    { name: 'Users', type: 'symlink', target: 'C:\\Users' },
  ],
  [
    'a link to a folder',
    '12-05-20  05:03PM    <SYMLINKD>     link [..\\other [1]]',
    { name: 'link [..\\other', type: 'symlink', target: '1]' },
  ],
  ['a link to a file', '12-05-20  05:03PM    <SYMLINK>      link [x]', { name: 'link', type: 'symlink', target: 'x' }],
  [
    'a link without its target',
    '12-05-20  05:03PM    <SYMLINK>      link',
    { name: 'link', type: 'symlink', target: undefined },
  ],
  ['what is not known', '12-05-20  05:03PM    <VOLUME>       x', { name: 'x', type: 'other' }],
  [
    'brackets in a name',
    '12-05-20  05:03PM                 5 a [b]',
    { name: 'a [b]', type: 'file', target: undefined },
  ],
  ['spaces in the name of a file', '12-05-20  05:03PM                 5  two  and ', { name: ' two  and ' }],
  ['spaces in the name of a directory', '12-05-20  05:03PM       <DIR>            two  and ', { name: '  two  and ' }],
  ['a directory with fewer spaces', '12-05-20  05:03PM <DIR> folder', { name: 'folder', type: 'directory' }],
  ['a name that is a number', '12-05-20  05:03PM                 5 12', { name: '12', size: 5 }],
]

const refused = [
  '',
  '12-05-20',
  '12-05-20  05:03PM',
  '12-05-20  05:03PM                 5',
  '12-05-20  05:03PM                 5 ',
  '12-05-20  05:03PM       <DIR>',
  '12-05-20  05:03PM       <DIR>          ',
  '12-05-20  05:03PM       DIR           x',
  '12-05/20  05:03PM                 5 f',
  '12-05-20  0503PM                 5 f',
]

for (const [title, line, expected] of entries) {
  test(`parseDosLine() reads ${title}`, () => expect(parseDosLine(line)).toMatchObject({ ...expected, line }))
}

for (const line of refused) {
  test(`parseDosLine() reads nothing from ${JSON.stringify(line)}`, () => expect(parseDosLine(line)).toBeUndefined())
}
