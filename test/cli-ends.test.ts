import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { jsonOf, MAIN, sluice, start, startSluice, temporaryFolder } from './cli-sluice.ts'

const isWindows = process.platform === 'win32'

/** Starts a transfer of 8 s, and settles when its first bytes have come. */
async function startSlowly(folder: { path: (name: string) => string }, ...more: string[]) {
  writeFileSync(folder.path('in'), randomBytes(2 ** 20))
  const running = startSluice(['pipe', folder.path('in'), '--limit', '128KiB/s', ...more])
  await new Promise((resolve) => running.child.stdout?.once('readable', resolve))
  return running
}

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test.skipIf(isWindows)(`sluice pipe ends with ${exitCode} and a summary at ${signal}`, async () => {
    using folder = temporaryFolder()
    const { child, ended } = await startSlowly(folder)
    child.kill(signal)
    const { code, stdout, stderr, took } = await ended
    expect(code).toBe(exitCode)
    expect(stderr).toMatch(
      new RegExp(`^sluice: Interrupted by ${signal} after [\\d.]+ (Ki)?B in .*, .*B/s of 128 KiB/s.*\\n$`),
    )
    expect(took).toBeLessThan(7000)
    // What arrived is a beginning of what was sent.
    expect(readFileSync(folder.path('in')).subarray(0, stdout.length).equals(stdout)).toBe(true)
  })
}

test.skipIf(isWindows)('sluice pipe --json counts what was written up to SIGINT', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.path('in'), randomBytes(2 ** 20))
  const args = ['pipe', folder.path('in'), '-o', folder.path('out'), '--limit', '128KiB/s', '--json', '--progress']
  const { child, ended } = startSluice(args)
  await new Promise((resolve) => child.stderr?.once('readable', resolve)) // a progress line
  child.kill('SIGINT')
  const end = await ended
  const written = readFileSync(folder.path('out'))
  expect(end.code).toBe(130)
  expect(jsonOf(end)).toMatchObject({ outcome: 'interrupted', exitCode: 130, bytes: written.length, error: null })
  expect(written.length).toBeGreaterThan(0)
  expect(readFileSync(folder.path('in')).subarray(0, written.length).equals(written)).toBe(true)
})

test.skipIf(isWindows)('sluice pipe ends at SIGINT while the sender is silent', async () => {
  const { child, ended } = startSluice(['pipe'])
  child.stdin?.write('x')
  await new Promise((resolve) => child.stdout?.once('readable', resolve))
  child.kill('SIGINT')
  expect((await ended).code).toBe(130)
})

test.skipIf(isWindows)('sluice pipe -q says nothing at SIGINT', async () => {
  using folder = temporaryFolder()
  const { child, ended } = await startSlowly(folder, '-q')
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 130, stderr: '' })
})

test('sluice pipe ends quietly with 141 when the reader closes', async () => {
  using folder = temporaryFolder()
  const { child, ended } = await startSlowly(folder)
  child.stdout?.destroy()
  expect(await ended).toMatchObject({ code: 141, stderr: '' })
})

test.skipIf(isWindows)('sluice pipe ends quietly before head does', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.path('in'), randomBytes(2 ** 20))
  const { stdout, stderr } = await start('sh', [
    '-c',
    `{ '${process.execPath}' '${MAIN}' pipe '${folder.path('in')}'; echo "code $?" >&2; } | head -c 1000`,
  ]).ended
  expect(stdout.equals(readFileSync(folder.path('in')).subarray(0, 1000))).toBe(true)
  expect(stderr).toBe('code 141\n')
})

test('sluice pipe --timeout gives up on a silent sender', async () => {
  const { child, ended } = startSluice(['pipe', '--timeout', '200ms'])
  child.stdin?.write('some')
  const { code, stdout, stderr, took } = await ended
  expect(code).toBe(1)
  expect(took).toBeGreaterThanOrEqual(200)
  expect(stdout.toString()).toBe('some')
  expect(stderr).toBe(
    'sluice: Cannot read standard input: no progress for 0.2 s; check who sends, or raise --timeout\n',
  )
})

test('sluice pipe --timeout gives up on a reader that does not read', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.path('in'), randomBytes(2 ** 20))
  const args = ['pipe', folder.path('in'), '--timeout', '200ms', '--json']
  const { ended } = startSluice(args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const end = await ended
  expect(end.code).toBe(1)
  expect(jsonOf(end)).toMatchObject({
    outcome: 'failed',
    error: {
      code: 'ERR_SLUICE_TIMEOUT',
      message: 'Cannot write standard output: no progress for 0.2 s; check who receives, or raise --timeout',
    },
  })
})

test('sluice pipe takes a standard input that is not there for an empty one', async () => {
  const { ended } = startSluice(['pipe', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  expect(jsonOf(await ended)).toMatchObject({ outcome: 'done', bytes: 0 })
})

test.skipIf(isWindows)('sluice pipe takes a closed standard input for an empty one', async () => {
  const ended = await start('sh', ['-c', `'${process.execPath}' '${MAIN}' pipe --json <&-`]).ended
  expect(ended.code).toBe(0)
  expect(jsonOf(ended)).toMatchObject({ outcome: 'done', bytes: 0 })
})

test.skipIf(!existsSync('/dev/full'))('sluice pipe names the output that is full', async () => {
  expect(await sluice(['pipe', '-o', '/dev/full'], randomBytes(100))).toMatchObject({
    code: 1,
    stderr: 'sluice: Cannot write "/dev/full": no space is left on the device (ENOSPC); free some and start again\n',
  })
  const redirected = await start('sh', ['-c', `echo text | '${process.execPath}' '${MAIN}' pipe > /dev/full`]).ended
  expect(redirected.code).toBe(1)
  expect(redirected.stderr).toContain('Cannot write standard output: no space is left')
})

test('sluice pipe says what failed in one line, and what to do', async () => {
  using folder = temporaryFolder()
  const quoted = (name: string) => JSON.stringify(folder.path(name))
  writeFileSync(folder.path('file'), 'contents')
  writeFileSync(folder.path('other'), 'stays')
  const directory = JSON.stringify(folder.path(''))
  const missing = ['pipe', folder.path('missing'), '-o', folder.path('other')]
  const failures = [
    [missing, `Cannot read ${quoted('missing')}: there is no such file (ENOENT); check the path`],
    [['pipe', folder.path('')], `Cannot read ${directory}: it is a directory (EISDIR); name a file`],
    [['pipe', '-o', folder.path('')], `Cannot write ${directory}: it is a directory (EISDIR); name a file in it`],
    [
      ['pipe', '-o', folder.path('no/where')],
      `Cannot write ${quoted('no/where')}: its folder does not exist (ENOENT); create the folder or check the path`,
    ],
  ] as const
  for (const [args, line] of failures) {
    expect(await sluice(args)).toMatchObject({ code: 1, stderr: `sluice: ${line}\n` })
  }
  expect(readFileSync(folder.path('other'), 'utf8')).toBe('stays')
})

test('sluice pipe shows the stack of an error with SLUICE_DEBUG only', async () => {
  const { ended } = startSluice(['pipe', '/missing'], { env: { ...process.env, SLUICE_DEBUG: '1' } })
  expect((await ended).stderr).toMatch(/^sluice: Cannot read .*\n.*\n {4}at .*\[cause\]/s)
})

const isRoot = process.getuid?.() === 0
if (isWindows) console.warn('Skipped: the tests of signals, pipes and permissions need POSIX')
if (isRoot)
  console.warn('Skipped: root may write any file, so nothing shows what happens to one that may not be written')
test.skipIf(isWindows || isRoot)('sluice pipe names the file that it may not write', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.path('out'), '', { mode: 0o400 })
  expect(await sluice(['pipe', '-o', folder.path('out')])).toMatchObject({
    code: 1,
    stderr: `sluice: Cannot write ${JSON.stringify(folder.path('out'))}: permission is denied (EACCES); change its permissions or name another file\n`,
  })
})
