import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { jsonOf, MAIN, sha256, sluice, start, startSluice, temporaryFolder } from './cli-sluice.ts'

const MIB = 2 ** 20
const isWindows = process.platform === 'win32'

for (const size of [0, 1, 65_537, MIB]) {
  test(`sluice pipe moves ${size} bytes unchanged from stdin to stdout`, async () => {
    const bytes = randomBytes(size)
    const { code, stdout, stderr } = await sluice(['pipe'], bytes)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.length).toBe(size)
    expect(sha256(stdout)).toBe(sha256(bytes))
  })

  test(`sluice pipe moves ${size} bytes unchanged from file to file, under a limit`, async () => {
    using folder = temporaryFolder()
    const bytes = randomBytes(size)
    writeFileSync(folder.path('in'), bytes)
    writeFileSync(folder.path('out'), randomBytes(2000)) // is overwritten, also where it was longer
    const ended = await sluice(['pipe', folder.path('in'), '-o', folder.path('out'), '-l', '5MiB/s', '--json'])
    expect(ended.code).toBe(0)
    expect(sha256(readFileSync(folder.path('out')))).toBe(sha256(bytes))
    expect(jsonOf(ended)).toMatchObject({ outcome: 'done', bytes: size, sizeBytes: size || null })
  })
}

test('sluice pipe takes - for the standard streams', async () => {
  const { code, stdout } = await sluice(['pipe', '-', '--output', '-'], Buffer.from('as they are'))
  expect({ code, text: stdout.toString() }).toEqual({ code: 0, text: 'as they are' })
})

test('sluice pipe passes on what comes while the sender still holds the pipe open', async () => {
  const { child, ended } = startSluice(['pipe'])
  child.stdin?.write('first')
  const first = await new Promise<Buffer>((resolve) => child.stdout?.once('data', resolve))
  expect(first.toString()).toBe('first')
  child.stdin?.end(' second')
  expect(await ended).toMatchObject({ code: 0 })
})

test('sluice pipe --limit holds the rate', async () => {
  const bytes = randomBytes(MIB)
  const ended = await sluice(['pipe', '--limit', '2MiB/s', '--json'], bytes)
  expect(ended.code).toBe(0)
  expect(ended.stdout.equals(bytes)).toBe(true)
  // 500 ms, less what a bucket may hold at first. How much longer it takes is up to the machine.
  const { elapsedMs, bytesPerSecond, waitedMs, ...rest } = jsonOf(ended)
  expect(elapsedMs).toBeGreaterThan(450)
  expect(ended.took).toBeGreaterThan(450)
  expect(bytesPerSecond).toBeLessThan((2 * MIB) / 0.9)
  expect(waitedMs).toBeGreaterThan(0)
  expect(rest).toEqual({
    outcome: 'done',
    exitCode: 0,
    input: '-',
    output: '-',
    bytes: MIB,
    sizeBytes: null,
    limitBytesPerSecond: 2 * MIB,
    worst100msBytesPerSecond: expect.any(Number),
    error: null,
  })
})

test('sluice pipe --burst lets so much pass at once', async () => {
  const ended = await sluice(['pipe', '--limit', '1KiB/s', '--burst', '1MiB', '--json'], randomBytes(MIB))
  expect(ended).toMatchObject({ code: 0 })
  expect(jsonOf(ended).elapsedMs).toBeLessThan(100_000) // 1024 s without it
})

test('sluice pipe --timeout leaves out the time that a limit takes', async () => {
  const ended = await sluice(['pipe', '--limit', '1000B/s', '--timeout', '100ms', '--json'], randomBytes(600))
  expect(ended.code).toBe(0)
  expect(jsonOf(ended).elapsedMs).toBeGreaterThan(500)
})

test('sluice pipe --min-interval --mode bytewise sends byte by byte', async () => {
  const ended = await sluice(['pipe', '--min-interval', '30ms', '--mode', 'bytewise', '--json'], Buffer.from('calmly'))
  expect(ended.stdout.toString()).toBe('calmly')
  expect(jsonOf(ended).elapsedMs).toBeGreaterThanOrEqual(5 * 30)
})

test('sluice pipe --min-interval keeps pieces whole', async () => {
  const ended = await sluice(['pipe', '--min-interval', '10s', '--json'], Buffer.from('one piece'))
  expect(ended.stdout.toString()).toBe('one piece')
  expect(jsonOf(ended)).toMatchObject({ outcome: 'done', bytes: 9 })
})

test('sluice pipe holds --limit and --min-interval together', async () => {
  const bytes = randomBytes(3001)
  const ended = await sluice(['pipe', '--limit', '6000B/s', '--min-interval', '70ms', '--json'], bytes)
  expect(ended.stdout.equals(bytes)).toBe(true)
  expect(jsonOf(ended).elapsedMs).toBeGreaterThan(450)
  // Neither makes the other much slower: one write carries what the limit allows in an interval.
  expect(jsonOf(ended).elapsedMs).toBeLessThan(5000)
})

test.skipIf(isWindows)('sluice pipe reads and writes named pipes', async () => {
  using folder = temporaryFolder()
  const [from, to] = [folder.path('from'), folder.path('to')]
  execFileSync('mkfifo', [from, to])
  const bytes = randomBytes(300_000)
  const writer = start('sh', ['-c', `cat > '${from}'`])
  const reader = start('cat', [to])
  const { ended } = startSluice(['pipe', from, '-o', to, '-l', '2MB/s'])
  writer.child.stdin?.end(bytes)
  expect((await ended).code).toBe(0)
  expect((await reader.ended).stdout.equals(bytes)).toBe(true)
})

test.skipIf(isWindows)(
  'sluice pipe appends where the shell says so, and takes the size of a redirected file',
  async () => {
    using folder = temporaryFolder()
    writeFileSync(folder.path('in'), 'more')
    writeFileSync(folder.path('out'), 'some ')
    const command = `'${process.execPath}' '${MAIN}' pipe --json < '${folder.path('in')}' >> '${folder.path('out')}'`
    const ended = await start('sh', ['-c', command]).ended
    expect(ended.code).toBe(0)
    expect(jsonOf(ended)).toMatchObject({ bytes: 4, sizeBytes: 4 })
    expect(readFileSync(folder.path('out'), 'utf8')).toBe('some more')
  },
)

test.skipIf(isWindows)('sluice pipe makes new files under the umask', async () => {
  using folder = temporaryFolder()
  const command = `umask 027; '${process.execPath}' '${MAIN}' pipe -o '${folder.path('out')}' < /dev/null`
  expect((await start('sh', ['-c', command]).ended).code).toBe(0)
  expect(statSync(folder.path('out')).mode & 0o777).toBe(0o640)
})
