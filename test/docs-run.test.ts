import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { programsOf } from './fixtures/doc-blocks.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const TSX = import.meta.resolve('tsx')
const read = (page: string) => readFileSync(join(root, page), 'utf8')
let folder = ''

/** The package stands there as npm installs it, by the name under which pages import it. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-docs-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'sluice'), 'junction')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(program: string | undefined, ...flags: readonly string[]): Promise<string> {
  const file = join(folder, 'program.mts')
  writeFileSync(file, program ?? '')
  const { NODE_OPTIONS: _, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', TSX, ...flags, file], {
    cwd: folder,
    env,
  })
  return stdout
}

test('README.md tells the time that its example of a VirtualClock takes', async () => {
  const page = read('README.md')
  const program = programsOf(page, { together: false }).find((text) => text.includes('new VirtualClock'))
  const [, told] = /console\.log\(clock\.now\(\)\) \/\/ ([\d.]+):/.exec(page) ?? []
  expect(await run(program)).toBe(`${told}\n`)
})

test('docs/test-your-own-code.md shows tests that pass', async () => {
  const page = read('docs/test-your-own-code.md')
  const [, command = ''] = /```sh\n(openssl [^`]*)```/.exec(page) ?? []
  execFileSync('sh', ['-c', command], { cwd: folder, stdio: 'pipe' })
  const output = await run(programsOf(page, { together: true }).at(-1), '--test', '--test-reporter=tap')
  expect(output).toContain('# fail 0\n')
  expect(output).toContain('# pass 3\n')
})

test('examples/test-with-ftp.test.ts passes', async () => {
  const command = ['--import', TSX, '--test', '--test-reporter=tap', 'examples/test-with-ftp.test.ts']
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root })
  expect(stdout).toContain('# fail 0\n')
  expect(stdout).toContain('# pass 4\n')
})
