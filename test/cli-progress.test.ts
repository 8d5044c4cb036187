import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { cleanEnv, MAIN, sluice, start, temporaryFolder } from './cli-sluice.ts'

/** `script` of util-linux gives a program a terminal; that of BSD has other options. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true
const skipped = !hasScript && !process.env.CI
if (skipped) console.warn('Skipped: the tests of the progress line need script(1) of util-linux')

/** What a terminal of 90 columns gets to see of a transfer of 1 s. */
async function onTerminal(env: NodeJS.ProcessEnv, ...more: string[]) {
  using folder = temporaryFolder()
  writeFileSync(folder.path('in'), randomBytes(2 ** 20))
  const args = ['pipe', folder.path('in'), '-o', folder.path('out'), '-l', '1MiB/s', ...more]
  const command = ['stty cols 90 &&', process.execPath, MAIN, ...args].join(' ')
  const terminal = { TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' }
  const cleaned = cleanEnv({ ...terminal, ...env })
  // Node takes a terminal under CI for one without colours.
  delete cleaned.CI
  const { code, stdout } = await start('script', ['-qec', command, '/dev/null'], { env: cleaned }).ended
  return { code, seen: stdout.toString() }
}

test.skipIf(skipped)('sluice pipe draws its progress on a terminal', async () => {
  const { code, seen } = await onTerminal({})
  expect(code).toBe(0)
  const lines = stripVTControlCharacters(seen).split(/[\r\n]+/)
  const drawn = lines.filter((line) => line.includes('ETA'))
  expect(drawn.length).toBeGreaterThanOrEqual(2)
  for (const line of drawn) {
    expect(line).toMatch(
      /^ *\d+(\.\d+)? [KM]iB of 1\.00 MiB +\d+% +\d+(\.\d+)? [KM]iB\/s of 1 MiB\/s {2}[ ▁▂▃▄▅▆▇█]+ {2}0:0\d {2}ETA (0:0\d|-) *$/,
    )
  }
  // Calm: what is told keeps its place.
  expect(new Set(drawn.map((line) => line.indexOf('ETA'))).size).toBe(1)
  expect(seen).toContain('\x1b[')
  expect(lines.at(-2)).toMatch(
    /^sluice: 1\.00 MiB in \d.* s, .*B\/s of 1 MiB\/s, worst 100 ms .*B\/s \(\d\.\d\d of the limit\)$/,
  )
})

test.skipIf(skipped)('sluice pipe writes plain text only with NO_COLOR', async () => {
  const { seen } = await onTerminal({ NO_COLOR: '1', LC_ALL: 'C' })
  expect(seen).toMatch(/[KM]iB\/s of 1 MiB\/s .* ETA 0:0\d/)
  expect(seen).toMatch(/^[\x20-\x7e\r\n]*$/)
})

test.skipIf(skipped)('sluice pipe shows nothing on a terminal with --quiet', async () => {
  expect(await onTerminal({}, '--quiet')).toEqual({ code: 0, seen: '' })
})

test.skipIf(skipped)('sluice pipe shows JSON alone on a terminal with --json', async () => {
  const { seen } = await onTerminal({}, '--json')
  expect(JSON.parse(seen)).toMatchObject({ outcome: 'done' })
})

test.skipIf(skipped)('sluice pipe keeps out of data that goes to a terminal', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.path('in'), 'text\n'.repeat(100))
  const command = [process.execPath, MAIN, 'pipe', folder.path('in'), '-l', '1KiB/s'].join(' ')
  const { stdout } = await start('script', ['-qec', command, '/dev/null']).ended
  expect(stdout.toString()).toBe('text\r\n'.repeat(100))
})

test('sluice pipe shows nothing where stderr is no terminal', async () => {
  expect((await sluice(['pipe', '-l', '100KB/s'], randomBytes(50_000))).stderr).toBe('')
})

test('sluice pipe --progress writes plain lines where stderr is no terminal, and a summary', async () => {
  const { stderr } = await sluice(['pipe', '-l', '100KB/s', '--size', '150KB', '--progress'], randomBytes(150_000))
  const lines = stderr.trimEnd().split('\n')
  expect(lines.length).toBeGreaterThanOrEqual(2)
  expect(lines[0]).toMatch(/^[\d.]+ KiB of 146 KiB +\d+% +[\d.]+ KiB\/s of 100 kB\/s .* 0:01 {2}ETA 0:01$/)
  expect(lines.at(-1)).toMatch(/^sluice: 146 KiB in 1\.\d+ s, .*B\/s of 100 kB\/s, worst 100 ms /)
})
