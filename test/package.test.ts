import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The paths of all files that npm packs. */
let packed: ReadonlySet<string>

beforeAll(async () => {
  const options = { cwd: root, maxBuffer: 16 * 2 ** 20, shell: process.platform === 'win32' }
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], options)
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }]
  packed = new Set(files.map(({ path }) => path))
}, 60_000)

/** What a heading is called in links, as GitHub and npm have it. */
function anchorOf(heading: string): string {
  const text = heading.replace(/^#+ /, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function anchorsOf(page: string): Set<string> {
  const lines = page.replace(/^```.*?^```/gms, '').split('\n')
  return new Set(lines.filter((line) => line.startsWith('#')).map(anchorOf))
}

/** Links to files of the package that are not in it, or to headings that are not there. */
function deadLinks(path: string): string[] {
  const dead: string[] = []
  for (const [, link = ''] of read(path).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(link)) continue
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : posix.normalize(posix.join(dirname(path), file))
    const isThere = packed.has(target) && (anchor === undefined || anchorsOf(read(target)).has(anchor))
    if (!isThere) dead.push(link)
  }
  return dead
}

test('the package has every page that its pages lead to', () => {
  const pages = [...packed].filter((path) => path.endsWith('.md'))
  expect(pages.length).toBeGreaterThan(20)
  const dead = pages.flatMap((page) => deadLinks(page).map((link) => `${page}: ${link}`))
  expect(dead).toEqual([])
})

test('the package has the source of every map', () => {
  const maps = [...packed].filter((path) => path.endsWith('.map'))
  expect(maps.length).toBeGreaterThan(500)
  const lost = maps.filter((path) => {
    const { sources } = JSON.parse(read(path)) as { sources: string[] }
    return sources.some((source) => !packed.has(posix.normalize(posix.join(dirname(path), source))))
  })
  expect(lost).toEqual([])
})

test('the package has no tests but the examples', () => {
  const tests = [...packed].filter((path) => /\.test\.(ts|js|d\.ts)$/.test(path))
  expect(tests.filter((path) => !path.startsWith('examples/'))).toEqual([])
})
