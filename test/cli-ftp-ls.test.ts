import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { serve } from './cli-ftp-server.ts'
import { cleanEnv, MAIN, sluice, start } from './cli-sluice.ts'

const isWindows = process.platform === 'win32'
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true

async function serveSome() {
  const served = await serve()
  mkdirSync(served.there('dir/sub'), { recursive: true })
  writeFileSync(served.there('dir/sub/deep'), 'x')
  writeFileSync(served.there('large'), Buffer.alloc(12_345))
  writeFileSync(served.there('Zebra'), '', { mode: 0o600 })
  utimesSync(served.there('large'), 1_600_000_000, 1_600_000_000)
  if (!isWindows) symlinkSync('large', served.there('link'))
  return served
}

test.skipIf(isWindows)('sluice ls writes one name a line, sorted, and marks directories', async () => {
  await using served = await serveSome()
  const { code, stdout, stderr } = await sluice(['ls', served.url])
  expect({ code, stdout: stdout.toString(), stderr }).toEqual({
    code: 0,
    stdout: 'Zebra\ndir/\nlarge\nlink\n',
    stderr: '',
  })
})

test.skipIf(isWindows)('sluice ls -l aligns what is known', async () => {
  await using served = await serveSome()
  const { ended } = start(process.execPath, [MAIN, 'ls', '-l', served.url], { env: cleanEnv({ TZ: 'UTC' }) })
  const lines = (await ended).stdout.toString().trimEnd().split('\n')
  expect(lines).toHaveLength(4)
  expect(lines[0]).toMatch(/^-rw------- {2}\S+ +\S+ +0 {2}20\d\d-\d\d-\d\d \d\d:\d\d {2}Zebra$/)
  expect(lines[1]).toMatch(/^drwxr-xr-x {2}\S+ +\S+ +- {2}20\d\d-\d\d-\d\d \d\d:\d\d {2}dir\/$/)
  expect(lines[2]).toMatch(/^-rw-r--r-- {2}\S+ +\S+ +12345 {2}2020-09-13 12:26 {2}large$/)
  expect(lines[3]).toMatch(/^lrwxrwxrwx .* link -> large$/)
  expect(new Set(lines.map((line) => line.search(/\d\d\d\d-\d\d-/))).size).toBe(1)
})

test.skipIf(isWindows)('sluice ls -lR aligns all levels', async () => {
  await using served = await serveSome()
  const lines = (await sluice(['ls', '-lR', served.url])).stdout.toString().trimEnd().split('\n')
  expect(lines).toHaveLength(6)
  expect(new Set(lines.map((line) => line.search(/\d\d\d\d-\d\d-/))).size).toBe(1)
})

test('sluice ls -R lists paths, --json one object for each', async () => {
  await using served = await serveSome()
  const recursive = await sluice(['ls', '-R', `${served.url}/dir`])
  expect(recursive.stdout.toString()).toBe('sub/\nsub/deep\n')
  const { stdout } = await sluice(['ls', '--json', `${served.url}/large`])
  expect(JSON.parse(stdout.toString())).toMatchObject({
    name: 'large',
    type: 'file',
    size: 12_345,
    modified: '2020-09-13T12:26:40.000Z',
  })
  const all = (await sluice(['ls', '-R', '--json', served.url])).stdout.toString().trimEnd().split('\n')
  const names = all.map((line) => (JSON.parse(line) as { name: string }).name)
  expect(names).toContain('dir/sub/deep')
})

test('sluice ls says what is not there', async () => {
  await using served = await serveSome()
  const { code, stdout, stderr } = await sluice(['ls', `${served.url}/none`])
  expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^sluice: Cannot list ftp:\/\/ann:\*{4}@127\.0\.0\.1:\d+\/none: the server answered 550 .*\n$/)
})

test.skipIf(isWindows)('sluice ls keeps names that are no text in a pipe', async () => {
  await using served = await serve()
  writeFileSync(Buffer.concat([Buffer.from(served.there('caf')), Buffer.from([0xe9])]), '')
  const { stdout } = await sluice(['ls', served.url])
  expect(stdout).toEqual(Buffer.from('caf\xe9\n', 'latin1'))
})

test.skipIf(!hasScript)('sluice ls fills the lines of a terminal, which no name can steer', async () => {
  await using served = await serve()
  for (const name of ['one', 'two', 'three', '\x1b[31mred', 'five']) writeFileSync(served.there(name), '')
  const command = ['stty cols 30 &&', process.execPath, MAIN, 'ls', served.url].join(' ')
  const { stdout } = await start('script', ['-qec', command, '/dev/null']).ended
  expect(stdout.toString()).toBe('\\u001b[31mred  one    two\r\nfive           three\r\n')
})
