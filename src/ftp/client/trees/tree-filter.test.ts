import { expect, test } from 'vitest'
import { type FilterOptions, FolderFilter } from './tree-filter.ts'

/** What a walk with a filter finds, and which folders it looks into, of a tree. */
function walk(options: FilterOptions) {
  const files = [
    'a.txt',
    'b.log',
    'docs/a.txt',
    'docs/deep/b.log',
    'docs/deep/c.txt',
    'src/a.ts',
    'src/lib/b.ts',
    '.git/x',
  ]
  const taken: string[] = []
  const entered = new Set<string>()
  for (const path of files) {
    const names = path.split('/')
    const name = names.pop() ?? ''
    let folder: FolderFilter | undefined = FolderFilter.root(options)
    for (const part of names) {
      folder = folder?.folder(part)
      if (folder) entered.add(folder.path)
    }
    if (folder?.takes(name)) taken.push(path)
  }
  return { taken, entered: [...entered].sort() }
}

const everywhere = ['.git', 'docs', 'docs/deep', 'src', 'src/lib']
const cases: { title: string; options: FilterOptions; taken: string[]; entered: string[] }[] = [
  {
    title: 'takes everything without rules',
    options: {},
    taken: ['a.txt', 'b.log', 'docs/a.txt', 'docs/deep/b.log', 'docs/deep/c.txt', 'src/a.ts', 'src/lib/b.ts', '.git/x'],
    entered: everywhere,
  },
  {
    title: 'takes files that are included, wherever they are',
    options: { include: '*.txt' },
    taken: ['a.txt', 'docs/a.txt', 'docs/deep/c.txt'],
    entered: everywhere,
  },
  {
    title: 'takes all that is in a folder that is included, and looks nowhere else',
    options: { include: '/docs' },
    taken: ['docs/a.txt', 'docs/deep/b.log', 'docs/deep/c.txt'],
    entered: ['docs', 'docs/deep'],
  },
  {
    title: 'leaves out files that are excluded, also if they are included',
    options: { include: ['*.txt', '*.log'], exclude: 'b.*' },
    taken: ['a.txt', 'docs/a.txt', 'docs/deep/c.txt'],
    entered: everywhere,
  },
  {
    title: 'does not look into folders that are excluded',
    options: { exclude: ['.git', 'docs/deep/', /^src\/lib$/] },
    taken: ['a.txt', 'b.log', 'docs/a.txt', 'src/a.ts'],
    entered: ['docs', 'src'],
  },
  {
    title: 'looks only where something could be included',
    options: { include: 'src/**/*.ts' },
    taken: ['src/a.ts', 'src/lib/b.ts'],
    entered: ['src', 'src/lib'],
  },
  {
    title: 'tries expressions on the whole path, each time from its beginning',
    options: { include: /\.(log|ts)$/g },
    taken: ['b.log', 'docs/deep/b.log', 'src/a.ts', 'src/lib/b.ts'],
    entered: everywhere,
  },
  { title: 'takes nothing if nothing is included', options: { include: [] }, taken: [], entered: [] },
]
for (const { title, options, taken, entered } of cases) {
  test(`FolderFilter ${title}`, () => {
    expect(walk(options)).toEqual({ taken, entered })
  })
}

test('FolderFilter.root() tells which pattern is none', () => {
  expect(() => FolderFilter.root({ include: 'a[' })).toThrow(
    new RangeError(
      `Cannot filter a tree: 'include' can't be "a[": '[' has no ']' behind it; write '\\[' for the character itself`,
    ),
  )
  expect(() => FolderFilter.root({ exclude: [1 as unknown as string] })).toThrow(TypeError)
})

test('FolderFilter.isTaken says whether a folder belongs to the tree even if nothing in it does', () => {
  const root = FolderFilter.root({ include: ['docs', '*.ts'] })
  expect([root.isTaken, root.folder('docs')?.isTaken, root.folder('src')?.isTaken]).toEqual([false, true, false])
})
