import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { type Served, serve } from './cli-ftp-server.ts'
import { cleanEnv, MAIN, sluice, start } from './cli-sluice.ts'

/** `script` of util-linux gives a program a terminal; that of BSD has other options. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true
const skipped = !hasScript && !process.env.CI
if (skipped) console.warn('Skipped: the tests of the progress lines need script(1) of util-linux')

const ESC = '\x1b'
/** Up, and clear what is left. */
const IN_PLACE = new RegExp(`${ESC}\\[(\\dA|[KJ])`, 'g')

/** Two files of 1 MiB. */
async function serveTwo() {
  const served = await serve()
  for (const name of ['one', 'two']) writeFileSync(served.there(name), randomBytes(2 ** 20))
  return served
}

/** What a terminal of 90 columns gets to see of two files, each at 1 MiB/s. */
async function onTerminal({ url, here }: Served, env: NodeJS.ProcessEnv, ...more: string[]) {
  const args = ['get', `${url}/one`, `${url}/two`, '-o', here('copy/'), '-l', '1MiB/s', '-p', '2', ...more]
  const command = ['stty cols 90 rows 20 &&', process.execPath, MAIN, ...args].join(' ')
  const cleaned = cleanEnv({ TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', ...env })
  // Node takes a terminal under CI for one without colours.
  delete cleaned.CI
  const { code, stdout } = await start('script', ['-qec', command, '/dev/null'], { env: cleaned }).ended
  return { code, seen: stdout.toString() }
}

test.skipIf(skipped)('sluice get draws a line for each file on a terminal, and one for all', async () => {
  await using served = await serveTwo()
  const { code, seen } = await onTerminal(served, {})
  expect(code).toBe(0)
  const lines = stripVTControlCharacters(seen).split(/[\r\n]+/)
  const drawn = lines.filter((line) => line.startsWith('one') || line.startsWith('two'))
  expect(drawn.length).toBeGreaterThanOrEqual(4)
  for (const line of drawn) {
    expect(line).toMatch(
      /^(one|two) {30,} *\d+(\.\d+)? [KM]iB of 1\.00 MiB +\d+% +\d+(\.\d+)? [KM]?i?B\/s {2}ETA (0:0\d|-) *$/,
    )
  }
  // Calm: what is told keeps its place.
  expect(new Set(drawn.map((line) => line.indexOf('ETA'))).size).toBe(1)
  const sums = lines.filter((line) => line.includes('done'))
  expect(sums.length).toBeGreaterThanOrEqual(2)
  expect(sums.at(1)).toMatch(/^0 files done +\d+(\.\d+)? [KM]iB( of 2\.00 MiB)? .*ETA /)
  expect(lines.at(-2)).toMatch(/^sluice: 2 files, 2\.00 MiB in \d.* s, .*B\/s$/)
})

test.skipIf(skipped)('sluice get shows nothing on a terminal with --quiet, and JSON alone with --json', async () => {
  await using served = await serveTwo()
  expect(await onTerminal(served, {}, '--quiet')).toEqual({ code: 0, seen: '' })
  expect(JSON.parse((await onTerminal(served, {}, '--json')).seen)).toMatchObject({ outcome: 'done', files: 2 })
})

test.skipIf(skipped)('sluice get uses no colours with NO_COLOR', async () => {
  await using served = await serveTwo()
  const { seen } = await onTerminal(served, { NO_COLOR: '1', LC_ALL: 'C' })
  // What moves the cursor and clears what is left are the only escape sequences.
  expect(seen.replaceAll(IN_PLACE, '')).toMatch(/^[\x20-\x7e\r\n]*$/)
})

test.skipIf(skipped)('sluice serve shows on a terminal how it stands, below its log', async () => {
  await using served = await serve()
  const command = [
    'stty cols 100 rows 20; timeout -s INT 3',
    process.execPath,
    MAIN,
    'serve',
    served.there(''),
    '--port 0',
  ]
  const env = cleanEnv({ TERM: 'xterm', LC_ALL: 'C.UTF-8' })
  const { stdout } = await start('script', ['-qec', command.join(' '), '/dev/null'], { env }).ended
  const lines = stripVTControlCharacters(stdout.toString()).split(/[\r\n]+/)
  expect(lines[0]).toMatch(/^listening on ftp:\/\/127\.0\.0\.1:\d+$/)
  expect(lines[1]?.trimEnd()).toBe('  0 connections    0 transfers  out      0 B/s      0 B  in      0 B/s      0 B')
})

test('sluice get --progress writes plain lines where stderr is no terminal, and a summary', async () => {
  await using served = await serveTwo()
  const { url, here } = served
  const args = ['get', `${url}/one`, `${url}/two`, '-o', here('copy/'), '--total-limit', '1MiB/s', '--progress']
  const { stderr } = await sluice(args)
  const lines = stderr.trimEnd().split('\n')
  expect(lines[0]).toMatch(/^\d files? done +[\d.]+ [KM]iB .* of 1 MiB\/s .* 0:01/)
  expect(lines.at(-1)).toMatch(/^sluice: 2 files, 2\.00 MiB in [\d.]+ s, .*B\/s of 1 MiB\/s$/)
})
