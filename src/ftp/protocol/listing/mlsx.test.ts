import { expect, test } from 'vitest'
import type { Entry } from './entry.ts'
import { parseMlsdLine, parseMlstLine } from './mlsx.ts'

const facts = (entries: Record<string, string>) => new Map(Object.entries(entries))

const entries: [title: string, line: string, expected: Partial<Entry>][] = [
  [
    'a file',
    'type=file;size=25730;modify=19940728095854;perm=rw;unique=4d3a; read.me',
    {
      name: 'read.me',
      type: 'file',
      size: 25730,
      bigSize: 25730n,
      modified: new Date('1994-07-28T09:58:54Z'),
      modifiedTo: 's',
      facts: facts({ type: 'file', size: '25730', modify: '19940728095854', perm: 'rw', unique: '4d3a' }),
    },
  ],
  [
    'a directory',
    'Type=dir;Modify=19990112030508.123; pub',
    { name: 'pub', type: 'directory', modified: new Date('1999-01-12T03:05:08.123Z'), modifiedTo: 'ms' },
  ],
  [
    'names of facts and types in any case',
    'TYPE=FILE;Size=1; f',
    { type: 'file', size: 1, facts: facts({ type: 'FILE', size: '1' }) },
  ],
  ['a size above 2^53', 'type=file;size=9007199254740993; f', { bigSize: 9007199254740993n }],
  ['the size of a directory', 'type=dir;sizd=4096; d', { size: 4096 }],
  [
    'mode, owner and group',
    'type=file;UNIX.mode=04755;UNIX.owner=1000;UNIX.group=100; f',
    { mode: 0o4755, owner: '1000', group: '100' },
  ],
  ['a mode with the type of the file', 'type=dir;UNIX.mode=040755; f', { mode: 0o755 }],
  [
    'names of owner and group',
    'UNIX.uid=0;UNIX.ownername=root;UNIX.gid=0;UNIX.groupname=wheel; f',
    { owner: 'root', group: 'wheel' },
  ],
  ['numbers of owner and group', 'type=file;unix.uid=7;unix.gid=8; f', { owner: '7', group: '8' }],
  ['a link with its target', 'type=OS.unix=slink:/a/b; l', { name: 'l', type: 'symlink', target: '/a/b' }],
  [
    'a link with spaces in its target',
    'type=OS.unix=slink:/a b/c;size=5; l m',
    { name: 'l m', type: 'symlink', target: '/a b/c', size: 5 },
  ],
  ['a link without its target', 'type=OS.unix=symlink;size=5; l', { name: 'l', type: 'symlink', target: undefined }],
  ['a link whose target is empty', 'type=OS.unix=slink:; l', { name: 'l', type: 'symlink', target: undefined }],
  ['a device', 'type=OS.unix=blk-8/1; d', { name: 'd', type: 'other' }],
  ['a type that is not known', 'type=constructor; d', { name: 'd', type: 'other' }],
  ['no type', 'size=1; d', { name: 'd', type: 'other', size: 1 }],
  ['no facts', ' name only', { name: 'name only', type: 'other', facts: new Map() }],
  ['the directory itself', 'type=cdir;modify=20200101000000; /pub', { name: '/pub', type: 'directory' }],
  ['its parent', 'type=pdir; /', { name: '/', type: 'directory' }],
  ['no semicolon behind the last fact', 'type=file;size=1 a;b', { name: 'a;b', size: 1 }],
  ['semicolons and equals signs in the name', 'type=file; size=2;x=3; y', { name: 'size=2;x=3; y', size: undefined }],
  ['spaces in the name', 'type=file;   a  b ', { name: '  a  b ' }],
  ['an equals sign in a value', 'type=file;x.y=a=b; f', { facts: facts({ type: 'file', 'x.y': 'a=b' }) }],
  ['a value that is empty', 'type=file;perm=; f', { facts: facts({ type: 'file', perm: '' }) }],
  ['a fact that comes twice', 'type=file;size=1;size=2; f', { size: 2 }],
  [
    'names of facts as of all objects',
    '__proto__=1;constructor=2; f',
    {
      facts: new Map([
        ['__proto__', '1'],
        ['constructor', '2'],
      ]),
    },
  ],
  [
    'values that can not be',
    'type=file;size=-1;modify=yesterday;UNIX.mode=rwx; f',
    { name: 'f', size: undefined, modified: undefined, modifiedTo: undefined, mode: undefined },
  ],
  ['a path that leads elsewhere', 'type=file; ../../evil', { name: '../../evil' }],
]

const refused = [
  '',
  'type=file;',
  'type=file; ',
  'garbage',
  'garbage here',
  'type=file;garbage; f',
  'type=file;size=1',
  '-rw-r--r-- 1 a b 5 Jan 25 00:17 f',
]

for (const [title, line, expected] of entries) {
  test(`parseMlsdLine() reads ${title}`, () => expect(parseMlsdLine(line)).toMatchObject({ ...expected, line }))
}

for (const line of refused) {
  test(`parseMlsdLine() reads nothing from ${JSON.stringify(line)}`, () => expect(parseMlsdLine(line)).toBeUndefined())
}

const replies: [line: string, name: string | undefined][] = [
  [' type=file;size=1; /pub/read me', 'read me'],
  ['type=file;size=1; /pub/read me', 'read me'],
  [' type=dir; /', '/'],
  [' type=dir; /pub/', 'pub'],
  [' type=file; relative', 'relative'],
  ['  /no/facts', 'facts'],
  [' /no/facts', 'facts'],
  ['garbage', undefined],
]
for (const [line, name] of replies) {
  test(`parseMlstLine() reads the name of ${JSON.stringify(line)}`, () => {
    expect(parseMlstLine(line)?.name).toBe(name)
    if (name) expect(parseMlstLine(line)?.line).toBe(line)
  })
}
