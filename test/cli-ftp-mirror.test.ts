import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { serve } from './cli-ftp-server.ts'
import { jsonOf, sluice, startSluice } from './cli-sluice.ts'
import { readTree, writeTree } from './fixtures/tree.ts'

const TREE = { 'a/': '', 'a/b/': '', 'a/b/c': 'deep', 'a/d': 'data', e: 'top' }

test('sluice mirror makes a folder like a directory, and then finds nothing to do', async () => {
  await using served = await serve()
  writeTree(served.there(''), TREE)
  const args = ['mirror', `${served.url}/`, served.here('copy'), '-p', '2', '--json']
  expect(jsonOf(await sluice(args))).toMatchObject({ outcome: 'done', files: 3, unchanged: 0, removed: 0 })
  expect(readTree(served.here('copy'))).toEqual(TREE)
  expect(jsonOf(await sluice(args))).toMatchObject({ outcome: 'done', files: 0, unchanged: 3, bytes: 0 })
})

test('sluice mirror makes a directory like a folder, and removes with --delete only', async () => {
  await using served = await serve()
  mkdirSync(served.here('site'))
  writeTree(served.here('site'), TREE)
  mkdirSync(served.there('www/old'), { recursive: true })
  writeFileSync(served.there('www/old/file'), 'x')
  const args = ['mirror', served.here('site'), `${served.url}/www`]
  expect(await sluice(args)).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(served.there('www'))).toEqual(['a', 'e', 'old'])
  expect(jsonOf(await sluice([...args, '--delete', '--json']))).toMatchObject({ outcome: 'done', files: 0, removed: 2 })
  expect(readTree(served.there('www'))).toEqual(TREE)
})

test('sluice mirror --dry-run tells what would be done, and does nothing', async () => {
  await using served = await serve()
  mkdirSync(served.here('site'))
  writeTree(served.here('site'), TREE)
  const args = ['mirror', served.here('site'), `${served.url}/www`]
  await sluice(args)
  rmSync(served.here('site/e'))
  writeFileSync(served.here('site/new'), 'new one')
  const before = readTree(served.there('www'))
  const { code, stdout, stderr } = await sluice([...args, '--delete', '--dry-run'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.toString().trimEnd().split('\n').sort()).toEqual([
    'remove-file       e (3 B): extra',
    'upload            new (7 B): missing',
  ])
  expect(readTree(served.there('www'))).toEqual(before)
  const lines = (await sluice([...args, '-n', '--json'])).stdout.toString()
  expect(JSON.parse(lines)).toEqual({ action: 'upload', path: 'new', reason: 'missing', size: 7 })
})

test('sluice mirror --compare size looks at no times', async () => {
  await using served = await serve()
  mkdirSync(served.here('site'))
  writeFileSync(served.here('site/file'), 'here')
  writeFileSync(served.there('file'), 'sent')
  const args = ['mirror', served.here('site'), `${served.url}/`, '--json', '--compare']
  expect(jsonOf(await sluice([...args, 'size']))).toMatchObject({ files: 0, unchanged: 1 })
  expect(jsonOf(await sluice([...args, 'checksum']))).toMatchObject({ files: 1, unchanged: 0 })
})

test('sluice mirror takes no file for a directory, and names what is one', async () => {
  await using served = await serve()
  mkdirSync(served.here('site'))
  writeFileSync(served.here('file'), 'here')
  writeFileSync(served.there('file'), 'there')
  const url = `${served.url}/file`
  const shown = `ftp://ann:****@127.0.0.1:${served.port}/file`
  const cases = [
    [[served.here('site'), url], `${shown}: it is a file; name a directory, or use sluice put`],
    [[url, served.here('new')], `${shown}: it is a file; name a directory, or use sluice get`],
    [[served.here('file'), url], `${JSON.stringify(served.here('file'))}: it is not a folder; name one`],
    [[`${served.url}/`, served.here('file')], `${JSON.stringify(served.here('file'))}: it is not a folder; name one`],
    [
      [served.here('none'), `${served.url}/new`],
      `${JSON.stringify(served.here('none'))}: there is no such folder (ENOENT); check the path`,
    ],
  ] as const
  for (const [ends, says] of cases) {
    expect(await sluice(['mirror', ...ends])).toMatchObject({ code: 1, stderr: `sluice: Cannot mirror ${says}\n` })
    const json = jsonOf(await sluice(['mirror', ...ends, '--json']))
    expect(json).toMatchObject({ outcome: 'failed', exitCode: 1, failures: 1 })
    expect(json.error).toMatchObject({ message: `Cannot mirror ${says}` })
  }
  expect(readdirSync(served.here('')).sort()).toEqual(['file', 'site'])
})

test('sluice mirror --dry-run tells no rate of what did not move', async () => {
  await using served = await serve()
  writeFileSync(served.there('file'), 'data')
  const args = ['mirror', `${served.url}/`, served.here('copy'), '-n']
  expect(jsonOf(await sluice([...args, '--json']))).toMatchObject({
    files: 1,
    bytes: 4,
    bytesPerSecond: 0,
    dryRun: true,
  })
  expect((await sluice([...args, '--progress'])).stderr).toMatch(/^sluice: 1 file, 4 B to move, in [\d.]+ m?s$/m)
})

test.skipIf(process.platform === 'win32')('sluice mirror that is interrupted says that it goes on', async () => {
  await using served = await serve()
  // Large enough to be under way still, however late this process is.
  writeFileSync(served.there('large'), randomBytes(2 ** 25))
  const args = ['mirror', `${served.url}/`, served.here('copy'), '--limit', '1MiB/s', '--progress']
  const { child, ended } = startSluice(args)
  const isBegun = () => statSync(served.here('copy/.large.sluice-part'), { throwIfNoEntry: false })?.size
  await expect.poll(isBegun, { timeout: 10_000 }).toBeGreaterThan(0)
  child.kill('SIGINT')
  const { code, stderr } = await ended
  expect(code).toBe(130)
  expect(stderr).toMatch(/^sluice: Interrupted by SIGINT after .*; start it again to go on from there$/m)
  const again = jsonOf(await sluice(['mirror', `${served.url}/`, served.here('copy'), '--json']))
  expect(again).toMatchObject({ outcome: 'done', files: 1, resumed: 1 })
  expect(readFileSync(served.here('copy/large')).equals(readFileSync(served.there('large')))).toBe(true)
})

test('sluice mirror --atomic uploads to temporary names', async () => {
  await using served = await serve()
  mkdirSync(served.here('site'))
  writeFileSync(served.here('site/file'), 'data')
  const { code, stderr } = await sluice(['mirror', served.here('site'), `${served.url}/`, '--atomic', '-v'])
  expect(code).toBe(0)
  expect(stderr).toMatch(/> RNTO .*file$/m)
  expect(readTree(served.there(''))).toEqual({ file: 'data' })
})
