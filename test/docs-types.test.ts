import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { programsOf } from './fixtures/doc-blocks.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const PAGES = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** As strict as a user's settings can reasonably be, against the types as they are built. */
const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noEmit: true,
}

/** What the compiler says of each page, as `line: message`. */
const errors = new Map<string, Set<string>>()
let folder = ''

beforeAll(async () => {
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  folder = mkdtempSync(join(cache, 'docs-'))
  // As npm installs it: what package.json exports is what pages can import.
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'sluice'), 'junction')
  const files: string[] = [join(root, 'docs', 'names.d.ts')]
  for (const [i, page] of PAGES.entries()) {
    const text = readFileSync(join(root, page), 'utf8')
    // A newcomer copies one block of README; a page is read from its beginning.
    for (const [j, program] of programsOf(text, { together: page !== 'README.md' }).entries()) {
      files.push(join(folder, `${i}-${j}.ts`))
      writeFileSync(join(folder, `${i}-${j}.ts`), program)
    }
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const run = promisify(execFile)(process.execPath, [tsc, '--pretty', 'false', '-p', folder], { cwd: folder })
  const output: string = await run.then(
    ({ stdout }) => stdout,
    (error) => error.stdout,
  )
  for (const line of output.split('\n').filter((text) => text !== '')) {
    const [, page, at, message] = /^(\d+)-\d+\.ts\((\d+),\d+\): error (.*)$/.exec(line) ?? []
    const name = PAGES[Number(page)] ?? 'elsewhere'
    errors.set(name, (errors.get(name) ?? new Set()).add(at === undefined ? line : `${at}: ${message}`))
  }
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

for (const page of [...PAGES, 'elsewhere']) {
  test(`${page} shows code that compiles as it is printed`, () => {
    expect([...(errors.get(page) ?? [])]).toEqual([])
  })
}
