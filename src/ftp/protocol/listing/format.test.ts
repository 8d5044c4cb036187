import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EntryType } from './entry.ts'
import { FACT_NAMES, type FactName, type FactsOf, formatFacts } from './format-facts.ts'
import { formatUnixLine, type UnixLineOf } from './format-unix.ts'
import { parseMlsdLine, parseMlstLine } from './mlsx.ts'
import { parseUnixLine } from './unix.ts'

const NOW = new Date('2024-11-22T12:00:00Z')

const facts: [entry: FactsOf, chosen: FactName[] | undefined, line: string][] = [
  [{ name: 'f', type: 'file' }, undefined, 'type=file; f'],
  [
    {
      name: 'a b',
      type: 'file',
      size: 5,
      modified: NOW,
      mode: 0o644,
      owner: '1',
      group: 'g',
      perm: 'rw',
      unique: 'u1',
    },
    undefined,
    'type=file;size=5;modify=20241122120000;perm=rw;unique=u1;UNIX.mode=0644;UNIX.owner=1;UNIX.group=g; a b',
  ],
  [{ name: 'f', type: 'file', size: 5, mode: 0o4755 }, ['UNIX.mode', 'size'], 'UNIX.mode=4755;size=5; f'],
  [{ name: 'f', type: 'file', size: 5 }, [], ' f'],
  [{ name: 'd', type: 'directory', size: 4096 }, undefined, 'type=dir; d'],
  [{ name: '.', type: 'cdir' }, undefined, 'type=cdir; .'],
  [{ name: '..', type: 'pdir' }, undefined, 'type=pdir; ..'],
  [{ name: 'l', type: 'symlink', target: '/a/b' }, undefined, 'type=OS.unix=slink:/a/b; l'],
  [{ name: 'l', type: 'symlink', target: 'a b' }, undefined, 'type=OS.unix=symlink; l'],
  [{ name: 'l', type: 'symlink' }, undefined, 'type=OS.unix=symlink; l'],
  [{ name: 'p', type: 'other' }, undefined, 'type=OS.unix=other; p'],
  [{ name: 'f', type: 'file', modified: new Date('2024-11-22T12:00:00.789Z') }, ['modify'], 'modify=20241122120000; f'],
  [{ name: 'f', type: 'file', owner: 'a b', group: 'a;b', unique: 'x\ny' }, undefined, 'type=file; f'],
  [{ name: 'f', type: 'file', modified: new Date(8.64e15) }, undefined, 'type=file; f'],
  [{ name: 'f', type: 'file', modified: new Date(Number.NaN) }, undefined, 'type=file; f'],
]
for (const [entry, chosen, line] of facts) {
  test(`formatFacts() writes ${line}`, () => expect(formatFacts(entry, chosen)).toBe(line))
}

const lines: [entry: UnixLineOf, line: string][] = [
  [
    {
      name: 'a b',
      type: 'file',
      size: 123,
      modified: new Date('2024-11-22T10:00:59Z'),
      mode: 0o640,
      owner: 'alice',
      group: 'staff',
    },
    '-rw-r-----   1 alice    staff             123 Nov 22 10:00 a b',
  ],
  [{ name: 'd', type: 'directory' }, 'drwxr-xr-x   1 ftp      ftp                 0 Jan  1  1970 d'],
  [
    { name: 'f', type: 'file', modified: new Date('2024-11-22T12:01Z') },
    '-rw-r--r--   1 ftp      ftp                 0 Nov 22  2024 f',
  ],
  [
    { name: 'f', type: 'file', modified: new Date('2024-05-25Z') },
    '-rw-r--r--   1 ftp      ftp                 0 May 25 00:00 f',
  ],
  [
    { name: 'f', type: 'file', modified: new Date('2024-05-20Z') },
    '-rw-r--r--   1 ftp      ftp                 0 May 20  2024 f',
  ],
  [
    { name: 'l', type: 'symlink', target: '../x y', mode: 0o777, size: 6 },
    'lrwxrwxrwx   1 ftp      ftp                 6 Jan  1  1970 l -> ../x y',
  ],
  [
    { name: 'l', type: 'symlink', target: 'x\ny', mode: 0o777 },
    'lrwxrwxrwx   1 ftp      ftp                 0 Jan  1  1970 l',
  ],
  [{ name: 'p', type: 'other', mode: 0o7000 }, 'p--S--S--T   1 ftp      ftp                 0 Jan  1  1970 p'],
  [{ name: 'f', type: 'file', mode: 0o7777 }, '-rwsrwsrwt   1 ftp      ftp                 0 Jan  1  1970 f'],
  [
    { name: 'f', type: 'file', owner: 'a b', group: '' },
    '-rw-r--r--   1 a_b      ftp                 0 Jan  1  1970 f',
  ],
  [
    { name: 'f', type: 'file', modified: new Date(Number.NaN) },
    '-rw-r--r--   1 ftp      ftp                 0 Jan  1  1970 f',
  ],
  [
    { name: 'f', type: 'file', modified: new Date(8.64e15) },
    '-rw-r--r--   1 ftp      ftp                 0 Sep 13  9999 f',
  ],
]
for (const [entry, line] of lines) {
  test(`formatUnixLine() writes ${line}`, () => expect(formatUnixLine(entry, NOW)).toBe(line))
}

for (const name of ['', 'a\nb', 'a\rb', 'a\0b', '\r']) {
  test(`formatFacts() and formatUnixLine() refuse the name ${JSON.stringify(name)}`, () => {
    expect(() => formatFacts({ name, type: 'file' })).toThrow(RangeError)
    expect(() => formatUnixLine({ name, type: 'file' }, NOW)).toThrow(RangeError)
  })
}

const oneLine = fc
  .oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), fc.stringMatching(/^[ ;=\->[\]a1:]{1,20}$/))
  .filter((text) => !/[\r\n\0]/.test(text) && text !== '')
const word = fc.stringMatching(/^[!-+\--:<-~]{1,12}$/)
const type = fc.constantFrom<EntryType>('file', 'directory', 'symlink', 'other')
const size = fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 70n }))
const mode = fc.nat(0o7777)
const time = (min: string, max: string) => fc.date({ min: new Date(min), max: new Date(max), noInvalidDate: true })

test('parseMlsdLine() reads what formatFacts() writes', () => {
  const entry = fc.record({
    name: oneLine,
    type,
    size,
    modified: time('1000-01-01', '9999-12-31').map((time) => new Date(Math.floor(time.getTime() / 1000) * 1000)),
    mode,
    owner: word,
    group: word,
    target: word,
    perm: word,
    unique: word,
  })
  fc.assert(
    fc.property(entry, (entry) => {
      const parsed = parseMlsdLine(formatFacts(entry))
      const { perm, unique, size, target, ...same } = entry
      expect(parsed).toMatchObject(same)
      expect(parsed?.bigSize).toBe(entry.type === 'file' || entry.type === 'symlink' ? BigInt(size) : undefined)
      expect(parsed?.target).toBe(entry.type === 'symlink' ? target : undefined)
      expect(parsed?.facts?.get('perm')).toBe(perm)
      expect(parsed?.facts?.get('unique')).toBe(unique)
      expect(parsed?.modifiedTo).toBe(entry.modified.getTime() % 1000 === 0 ? 's' : 'ms')
    }),
  )
})

test('parseMlsdLine() reads the name of whatever formatFacts() writes', () => {
  const anything = fc.record({
    name: oneLine,
    type,
    owner: fc.string({ unit: 'binary' }),
    target: fc.string({ unit: 'binary' }),
    unique: fc.string({ unit: 'binary' }),
    modified: fc.date(),
  })
  fc.assert(
    fc.property(anything, fc.subarray(FACT_NAMES.slice(1)), (entry, chosen) => {
      const line = formatFacts(entry, ['type', ...chosen])
      expect(line).not.toMatch(/[\r\n]/)
      expect(parseMlsdLine(line)?.name).toBe(entry.name)
      expect(parseMlstLine(` ${line}`)).toEqual(parseMlstLine(line) && { ...parseMlstLine(line), line: ` ${line}` })
    }),
  )
})

test('parseUnixLine() reads what formatUnixLine() writes', () => {
  const entry = fc.record({
    name: oneLine,
    type,
    size,
    modified: time('1900-01-01', '2100-12-31'),
    mode,
    owner: word,
    group: word,
    target: fc.option(fc.stringMatching(/^[ -~]{1,30}$/), { nil: undefined }),
  })
  fc.assert(
    fc.property(entry, (entry) => {
      const isLink = entry.type === 'symlink'
      const target = isLink ? entry.target : undefined
      // Without its target, the name of a link is all up to an arrow.
      fc.pre(!isLink || target !== undefined || !entry.name.includes(' -> '))
      const size = isLink ? (target?.length ?? 0) : entry.size
      const parsed = parseUnixLine(formatUnixLine({ ...entry, size }, NOW), NOW)
      const { name, type, mode, owner, group } = entry
      expect(parsed).toMatchObject({ name, type, mode, owner, group, target, bigSize: BigInt(size) })
      const unit = parsed?.modifiedTo === 'min' ? 60_000 : 86_400_000
      expect(parsed?.modified?.getTime()).toBe(Math.floor(entry.modified.getTime() / unit) * unit)
      const age = NOW.getTime() - entry.modified.getTime()
      expect(parsed?.modifiedTo).toBe(age >= 0 && age < 182 * 86_400_000 ? 'min' : 'day')
    }),
    { numRuns: 500 },
  )
})

test('parseUnixLine() reads the name of whatever formatUnixLine() writes', () => {
  const anything = fc.record({
    name: oneLine,
    type: fc.constantFrom<EntryType>('file', 'directory', 'other'),
    owner: fc.string({ unit: 'binary' }),
    group: fc.string({ unit: 'binary' }),
    modified: fc.date(),
  })
  fc.assert(
    fc.property(anything, (entry) => {
      expect(parseUnixLine(formatUnixLine(entry, NOW), NOW)?.name).toBe(entry.name)
    }),
  )
})
