import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { serve } from './cli-ftp-server.ts'
import { cleanEnv, jsonOf, MAIN, sha256, sluice, start, startSluice, temporaryFolder } from './cli-sluice.ts'
import { ftpPeer } from './fixtures/scripted-ftp.ts'
import { readTree, strangeTree, writeTree } from './fixtures/tree.ts'

const MIB = 2 ** 20
const isWindows = process.platform === 'win32'

test('sluice get fetches a file under its name, with its time, and says nothing', async () => {
  await using served = await serve()
  writeFileSync(served.there('a file'), randomBytes(MIB))
  utimesSync(served.there('a file'), 1_600_000_000, 1_600_000_000)
  const { ended } = startSluice(['get', `${served.url}/a%20file`], { cwd: served.here('') })
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
  expect(readFileSync(served.here('a file')).equals(readFileSync(served.there('a file')))).toBe(true)
  expect(statSync(served.here('a file')).mtimeMs).toBe(1_600_000_000_000)
  expect(readdirSync(served.here(''))).toEqual(['a file'])
})

test('sluice get puts several files and directories into a folder, which it makes', async () => {
  await using served = await serve()
  writeFileSync(served.there('one'), 'first')
  mkdirSync(served.there('dir/sub'), { recursive: true })
  writeFileSync(served.there('dir/sub/two'), 'second')
  const { url } = served
  const ended = await sluice(['get', `${url}/one`, `${url}/dir/`, '-o', served.here('new/folder'), '-p', '2', '--json'])
  expect(jsonOf(ended)).toMatchObject({ outcome: 'done', exitCode: 0, files: 2, bytes: 11, failures: 0, error: null })
  expect(readFileSync(served.here('new/folder/one'), 'utf8')).toBe('first')
  expect(readFileSync(served.here('new/folder/dir/sub/two'), 'utf8')).toBe('second')
})

test.skipIf(isWindows)('sluice get fetches a tree with any names, over several connections', async () => {
  await using served = await serve()
  const tree = strangeTree()
  writeTree(served.there(''), tree)
  const ended = await sluice(['get', `${served.url}/`, '-o', served.here('copy'), '-p', '3', '--json'])
  // Names that lead astray on some system are refused on all: those alone.
  const isRefused = (path: string) => path.includes('\\')
  const expected = Object.entries(tree).filter(([path]) => !isRefused(path))
  expect(readTree(served.here('copy'))).toEqual(Object.fromEntries(expected))
  expect(ended.code).toBe(1)
  expect(jsonOf(ended)).toMatchObject({ outcome: 'failed', failures: 2 })
  for (const { code } of jsonOf(ended).errors as { code: string }[]) expect(code).toBe('ERR_SLUICE_FTP_UNSAFE_NAME')
})

test('sluice get takes only what is included, and not what is excluded', async () => {
  await using served = await serve()
  for (const name of ['a.txt', 'b.txt', 'c.bin']) writeFileSync(served.there(name), name)
  const args = ['get', '-r', served.url, '-o', served.here('copy'), '--include', '*.txt', '--exclude', 'b.*']
  expect(await sluice(args)).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(served.here('copy'))).toEqual(['a.txt'])
})

test('sluice get fetches no directory for a file, and says how', async () => {
  await using served = await serve()
  mkdirSync(served.there('dir'))
  writeFileSync(served.there('dir/file'), 'x')
  expect(await sluice(['get', `${served.url}/dir`, '-o', served.here('dir')])).toMatchObject({
    code: 1,
    stderr: `sluice: Cannot get ftp://ann:****@127.0.0.1:${served.port}/dir: it is a directory; add --recursive, or a slash to its end\n`,
  })
  expect(existsSync(served.here('dir'))).toBe(false)
})

test('sluice get -o - writes files one after the other to standard output', async () => {
  await using served = await serve()
  const [one, two] = [randomBytes(300_000), randomBytes(1000)]
  writeFileSync(served.there('one'), one)
  writeFileSync(served.there('two'), two)
  const { code, stdout, stderr } = await sluice(['get', `${served.url}/one`, `${served.url}/two`, '-o', '-'])
  expect({ code, stderr, hash: sha256(stdout) }).toEqual({
    code: 0,
    stderr: '',
    hash: sha256(Buffer.concat([one, two])),
  })
})

test.skipIf(isWindows)('sluice get -o - ends quietly with 141 when the reader closes', async () => {
  await using served = await serve()
  writeFileSync(served.there('large'), randomBytes(8 * MIB))
  const command = `{ '${process.execPath}' '${MAIN}' get '${served.url}/large' -o -; echo "code $?" >&2; } | head -c 10`
  const { stdout, stderr } = await start('sh', ['-c', command]).ended
  expect({ length: stdout.length, stderr }).toEqual({ length: 10, stderr: 'code 141\n' })
})

test.skipIf(!existsSync('/dev/full'))('sluice get names the output that is full', async () => {
  await using served = await serve()
  writeFileSync(served.there('file'), randomBytes(1000))
  const full = 'no space is left on the device (ENOSPC); free some and start again\n'
  const ended = await start('sh', ['-c', `'${process.execPath}' '${MAIN}' get '${served.url}/file' -o - > /dev/full`])
    .ended
  expect(ended).toMatchObject({ code: 1, stderr: `sluice: Cannot write standard output: ${full}` })
  const device = await sluice(['get', `${served.url}/file`, '-o', '/dev/full'])
  expect(device).toMatchObject({ code: 1, stderr: `sluice: Cannot write "/dev/full": ${full}` })
})

test('sluice get --limit holds the rate of each, --total-limit that of all', async () => {
  await using served = await serve()
  const { url } = served
  for (const name of ['one', 'two']) writeFileSync(served.there(name), randomBytes(MIB))
  const args = ['get', `${url}/one`, `${url}/two`, '-o', served.here('copy/'), '-p', '2', '--json']
  const each = jsonOf(await sluice([...args, '--limit', '2MiB/s']))
  expect(each).toMatchObject({ outcome: 'done', bytes: 2 * MIB, limitBytesPerSecond: 2 * MIB })
  // 0.5 s, less what the buckets hold at first. How much longer it takes is up to the machine.
  expect(each.elapsedMs).toBeGreaterThan(450)
  const all = jsonOf(await sluice([...args, '--total-limit', '2MiB/s']))
  expect(all).toMatchObject({ outcome: 'done', bytes: 2 * MIB, totalLimitBytesPerSecond: 2 * MIB })
  expect(all.elapsedMs).toBeGreaterThan(950)
  expect(all.waitedMs).toBeGreaterThan(0)
})

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test.skipIf(isWindows)(`sluice get ends with ${exitCode} at ${signal}, and --resume goes on from there`, async () => {
    await using served = await serve()
    writeFileSync(served.there('large'), randomBytes(2 * MIB))
    const args = ['get', `${served.url}/large`, '-o', served.here('large'), '--resume']
    const { child, ended } = startSluice([...args, '--limit', '1MiB/s', '--progress'])
    await new Promise((resolve) => child.stderr?.once('readable', resolve))
    child.kill(signal)
    const { code, stderr } = await ended
    expect(code).toBe(exitCode)
    expect(stderr).toMatch(
      new RegExp(`\\nsluice: Interrupted by ${signal} after 0 files, .*; start it again to go on from there\\n$`),
    )
    expect(existsSync(served.here('large'))).toBe(false)
    const again = jsonOf(await sluice([...args, '--json']))
    expect(again).toMatchObject({ outcome: 'done', files: 1, resumed: 1 })
    expect(again.bytes).toBeLessThan(2 * MIB)
    expect(sha256(readFileSync(served.here('large')))).toBe(sha256(readFileSync(served.there('large'))))
    expect(readdirSync(served.here(''))).toEqual(['large'])
  })
}

for (const times of [1, 2]) {
  test.skipIf(isWindows)(
    `sluice get leaves nothing behind when its terminal is closed, told ${times} times`,
    async () => {
      await using served = await serve()
      // More than fits in the buffers on the way.
      writeFileSync(served.there('large'), randomBytes(32 * MIB))
      const args = ['get', `${served.url}/large`, '-o', served.here('large'), '--limit', '1MiB/s', '--progress']
      const { child, ended } = startSluice(args)
      await new Promise((resolve) => child.stderr?.once('readable', resolve))
      let told = 1
      // The first has been heeded when the transfer is given up; nothing has ended before that is answered.
      served.server.on('command', (_, { verb }) => {
        if (verb === 'ABOR' && told < times && child.kill('SIGHUP')) told++
      })
      child.kill('SIGHUP')
      expect(await ended).toMatchObject({ code: 129, signal: null })
      expect(told).toBe(times)
      expect(readdirSync(served.here(''))).toEqual([])
    },
  )
}

test.skipIf(isWindows)('sluice get leaves nothing behind at SIGINT without --resume', async () => {
  await using served = await serve()
  writeFileSync(served.there('large'), randomBytes(2 * MIB))
  const args = ['get', `${served.url}/large`, '-o', served.here('large'), '--limit', '1MiB/s', '--progress', '--json']
  const { child, ended } = startSluice(args)
  await new Promise((resolve) => child.stderr?.once('readable', resolve))
  child.kill('SIGINT')
  const end = await ended
  expect(end.code).toBe(130)
  expect(JSON.parse(end.stderr.split('\n')[0] ?? '')).toMatchObject({ progress: true, sizeBytes: 2 * MIB })
  expect(jsonOf(end)).toMatchObject({ outcome: 'interrupted', exitCode: 130, files: 0, error: null })
  expect(readdirSync(served.here(''))).toEqual([])
})

test('sluice get --checksum warns where the server computes none', async () => {
  await using peer = await ftpPeer({
    FEAT: '211 None',
    SIZE: '213 4',
    MDTM: '213 20200101000000',
    RETR: (call) => call.serve('data'),
  })
  using folder = temporaryFolder()
  const args = ['get', `ftp://ann:secret@127.0.0.1:${peer.port}/file`, '-o', folder.path('file'), '--checksum']
  expect(await sluice(args)).toMatchObject({
    code: 0,
    stderr: 'sluice: 0 of 1 checked (the server computes no checksums)\n',
  })
  expect(await sluice([...args, '-q'])).toMatchObject({ code: 0, stderr: '' })
  expect(jsonOf(await sluice([...args, '--json']))).toMatchObject({ outcome: 'done', files: 1, checked: 0 })
})

test('sluice get fetches nothing for a URL that names the server alone, and says how', async () => {
  await using served = await serve()
  writeFileSync(served.there('file'), 'x')
  const { ended } = startSluice(['get', served.url], { cwd: served.here('') })
  expect(await ended).toMatchObject({
    code: 2,
    stderr: `sluice: Cannot get ftp://ann:****@127.0.0.1:${served.port}: it names all that is there; add --recursive, or a slash to its end; see 'sluice get --help'\n`,
  })
  expect(readdirSync(served.here(''))).toEqual([])
  expect(await sluice(['get', `${served.url}/`, '-o', served.here('all')])).toMatchObject({ code: 0 })
  expect(readdirSync(served.here('all'))).toEqual(['file'])
})

test('sluice get puts no directory where a file is', async () => {
  await using served = await serve()
  mkdirSync(served.there('dir'))
  writeFileSync(served.here('file'), 'stays')
  const { code, stderr } = await sluice(['get', `${served.url}/dir/`, '-o', served.here('file')])
  expect(code).toBe(1)
  expect(stderr).toBe(
    `sluice: Cannot write ${JSON.stringify(served.here('file'))}: something else is in its place (EEXIST); name another one\n`,
  )
})

test('sluice get --resume says that nothing was to do', async () => {
  await using served = await serve()
  writeFileSync(served.there('file'), 'x')
  const args = ['get', `${served.url}/file`, '-o', served.here('file'), '--resume', '--progress']
  expect((await sluice(args)).stderr).toMatch(/^sluice: 1 file, 1 B in /m)
  expect((await sluice(args)).stderr).toMatch(/^sluice: nothing to do, 1 skipped, in [\d.]+ m?s\n$/m)
})

test('sluice get says once what failed', async () => {
  await using served = await serve()
  const { code, stderr } = await sluice(['get', `${served.url}/none`, '-o', served.here('none'), '--progress'])
  expect(code).toBe(1)
  expect(stderr.match(/^sluice: .*$/gm)).toEqual([expect.stringMatching(/^sluice: Cannot get .* answered 550 /)])
})

test('sluice get --checksum compares with the server, --retry tries again', async () => {
  await using served = await serve()
  writeFileSync(served.there('file'), randomBytes(100_000))
  let cuts = 0
  served.server.on('transfer', (connection, phase) => {
    if (phase === 'begin' && cuts++ === 0) connection.close()
  })
  const args = ['get', `${served.url}/file`, '-o', served.here('file'), '--checksum', '--json']
  expect(jsonOf(await sluice(args))).toMatchObject({ outcome: 'failed' })
  cuts = 0
  expect(jsonOf(await sluice([...args, '--retry', '2']))).toMatchObject({ outcome: 'done', checked: 1, error: null })
  expect(cuts).toBe(2)
})

test('sluice get goes on with the other files when one fails', async () => {
  await using served = await serve()
  writeFileSync(served.there('there'), 'x')
  const { url, port } = served
  const { code, stderr } = await sluice(['get', `${url}/missing`, `${url}/there`, '-o', served.here('')])
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `sluice: Cannot get ftp://ann:****@127.0.0.1:${port}/missing: the server answered 550 No such file or directory; check the path, and what the user may do there\n`,
  })
  expect(readdirSync(served.here(''))).toEqual(['there'])
})

test('sluice get says that the folder is missing', async () => {
  await using served = await serve()
  writeFileSync(served.there('file'), 'x')
  expect(await sluice(['get', `${served.url}/file`, '-o', served.here('no/file')])).toMatchObject({
    code: 1,
    stderr: `sluice: Cannot write ${JSON.stringify(served.here('no/file'))}: its folder does not exist (ENOENT); create the folder or check the path\n`,
  })
})

test('sluice get says what is wrong with the connection', async () => {
  const served = await serve()
  await served[Symbol.asyncDispose]()
  const { code, stderr } = await sluice(['get', `ftp://127.0.0.1:${served.port}/f`, '-o', '/tmp/never'])
  expect(code).toBe(1)
  expect(stderr).toBe(
    `sluice: Cannot get ftp://127.0.0.1:${served.port}/f: nothing listens there (ECONNREFUSED); check the host and the port\n`,
  )
})

test('sluice get --verbose shows the dialogue, and no password', async () => {
  await using served = await serve()
  writeFileSync(served.there('file'), 'x')
  const { ended } = startSluice(['get', `${served.url}/file`, '-o', served.here('file'), '-v'], { env: cleanEnv() })
  const { code, stderr } = await ended
  expect(code).toBe(0)
  expect(stderr).toMatch(/^\[\d+\] > USER ann\n\[\d+\] < 331 .*\n\[\d+\] > PASS \*\*\*\*$/m)
  expect(stderr).toMatch(/^\[\d+\] > RETR file$/m)
  expect(stderr).not.toContain('secret')
})
