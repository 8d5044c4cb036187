import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { serve } from './cli-ftp-server.ts'
import { jsonOf, MAIN, sha256, sluice, start, startSluice } from './cli-sluice.ts'
import { readTree, strangeTree, writeTree } from './fixtures/tree.ts'

const MIB = 2 ** 20
const isWindows = process.platform === 'win32'

test('sluice put sends a file under a name, into a directory, and several', async () => {
  await using served = await serve()
  const bytes = randomBytes(MIB)
  writeFileSync(served.here('one'), bytes)
  writeFileSync(served.here('two'), 'second')
  mkdirSync(served.there('in'))
  expect(await sluice(['put', served.here('one'), `${served.url}/new`])).toMatchObject({ code: 0, stderr: '' })
  expect(sha256(readFileSync(served.there('new')))).toBe(sha256(bytes))
  const both = await sluice([
    'put',
    served.here('one'),
    served.here('two'),
    `${served.url}/in/`,
    '--checksum',
    '--json',
  ])
  expect(jsonOf(both)).toMatchObject({ outcome: 'done', files: 2, bytes: MIB + 6, checked: 2 })
  expect(sha256(readFileSync(served.there('in/one')))).toBe(sha256(bytes))
  expect(readFileSync(served.there('in/two'), 'utf8')).toBe('second')
})

test.skipIf(isWindows)('sluice put sends a folder with any names', async () => {
  await using served = await serve()
  const tree = strangeTree()
  mkdirSync(served.here('tree'))
  writeTree(served.here('tree'), tree)
  const args = ['put', '-r', served.here('tree'), `${served.url}/copies/`, '-p', '3', '--json']
  expect(jsonOf(await sluice(args))).toMatchObject({ outcome: 'done', failures: 0 })
  expect(readTree(served.there('copies/tree'))).toEqual(tree)
})

test('sluice put - sends standard input, also under a temporary name', async () => {
  await using served = await serve()
  const bytes = randomBytes(300_000)
  expect(await sluice(['put', '-', `${served.url}/plain`], bytes)).toMatchObject({ code: 0, stderr: '' })
  expect(await sluice(['put', '-', `${served.url}/atomic`, '--atomic'], bytes)).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(served.there(''))).toEqual(['atomic', 'plain'])
  for (const name of ['atomic', 'plain']) expect(sha256(readFileSync(served.there(name)))).toBe(sha256(bytes))
})

test('sluice put - passes on what comes while the sender still holds the pipe open', async () => {
  await using served = await serve()
  const { child, ended } = startSluice(['put', '-', `${served.url}/log`])
  child.stdin?.write('first')
  await expect.poll(() => readFile(served.there('log')), { timeout: 10_000 }).toBe('first')
  child.stdin?.end(' second')
  expect(await ended).toMatchObject({ code: 0 })
  expect(readFile(served.there('log'))).toBe('first second')
})

test.skipIf(isWindows)('sluice put sends what a named pipe brings', async () => {
  await using served = await serve()
  const pipe = served.here('pipe')
  const command = `mkfifo '${pipe}'; echo text > '${pipe}' & '${process.execPath}' '${MAIN}' put '${pipe}' '${served.url}/file'`
  expect(await start('sh', ['-c', command]).ended).toMatchObject({ code: 0, stderr: '' })
  expect(readFile(served.there('file'))).toBe('text\n')
})

test('sluice put --limit holds the rate', async () => {
  await using served = await serve()
  writeFileSync(served.here('file'), randomBytes(MIB))
  const json = jsonOf(await sluice(['put', served.here('file'), `${served.url}/file`, '--limit', '2MiB/s', '--json']))
  expect(json).toMatchObject({ outcome: 'done', bytes: MIB })
  expect(json.elapsedMs).toBeGreaterThan(450)
})

test.skipIf(isWindows)('sluice put --resume goes on where it was interrupted', async () => {
  await using served = await serve()
  writeFileSync(served.here('file'), randomBytes(2 * MIB))
  const args = ['put', served.here('file'), `${served.url}/file`, '--resume']
  const { child, ended } = startSluice([...args, '--limit', '1MiB/s', '--progress'])
  await new Promise((resolve) => child.stderr?.once('readable', resolve))
  child.kill('SIGINT')
  expect((await ended).code).toBe(130)
  const again = jsonOf(await sluice([...args, '--json']))
  expect(again).toMatchObject({ outcome: 'done', files: 1, resumed: 1 })
  expect(again.bytes).toBeLessThan(2 * MIB)
  expect(sha256(readFileSync(served.there('file')))).toBe(sha256(readFileSync(served.here('file'))))
})

test('sluice put tells what the server refuses, in its words', async () => {
  await using served = await serve({ users: [{ name: 'ann', password: 'secret', permissions: 'read-only' }] })
  writeFileSync(served.here('file'), 'x')
  const { code, stderr } = await sluice(['put', served.here('file'), `${served.url}/file`])
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^sluice: Cannot put ".*file" to ftp:\/\/ann:\*{4}@127\.0\.0\.1:\d+\/file: the server answered 55\d .*\n$/,
  )
})

test('sluice put says what to do about a missing directory', async () => {
  await using served = await serve()
  writeFileSync(served.here('file'), 'x')
  for (const more of [[], ['--atomic']]) {
    const { code, stderr } = await sluice(['put', served.here('file'), `${served.url}/no/such/file`, ...more])
    expect(code).toBe(1)
    expect(stderr).toMatch(/; the directory of a file must be there: make it first, or send a folder with -r\n$/)
  }
})

test('sluice put says what is not there, in JSON too, and sends nothing', async () => {
  await using served = await serve()
  writeFileSync(served.here('file'), 'x')
  const args = ['put', served.here('file'), served.here('none'), `${served.url}/`]
  const message = `Cannot put ${JSON.stringify(served.here('none'))}: there is no such file (ENOENT); check the path`
  expect(await sluice(args)).toMatchObject({ code: 1, stderr: `sluice: ${message}\n` })
  const error = { code: 'ENOENT', message }
  expect(jsonOf(await sluice([...args, '--json']))).toMatchObject({ outcome: 'failed', exitCode: 1, files: 0, error })
  expect(readdirSync(served.there(''))).toEqual([])
})

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
