import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { CERT, KEY } from './cli-ftp-server.ts'
import { cleanEnv, jsonOf, sha256, sluice, startSluice, temporaryFolder } from './cli-sluice.ts'

const MIB = 2 ** 20
const isWindows = process.platform === 'win32'

/** Runs `sluice serve` on a free port, until `stop` is called. */
async function startServer(root: string, ...more: string[]) {
  const { child, ended } = startSluice(['serve', root, '--port', '0', ...more], { env: cleanEnv() })
  const first = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    ended.then(({ stderr }) => reject(new Error(`It did not begin: ${stderr}`)), reject)
  })
  const [, port = ''] = /127\.0\.0\.1:(\d+)/.exec(first) ?? []
  return {
    first,
    port,
    child,
    ended,
    async stop() {
      child.kill('SIGINT')
      return await ended
    },
    /** Should a test fail before it has stopped it. */
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended.catch(() => {})
    },
  }
}

test('sluice serve says where it listens, serves, logs transfers, and ends with 130 at SIGINT', async () => {
  using folder = temporaryFolder()
  mkdirSync(folder.path('root'))
  const bytes = randomBytes(300_000)
  writeFileSync(folder.path('root/file'), bytes)
  await using server = await startServer(folder.path('root'))
  expect(server.first).toMatch(/^listening on ftp:\/\/127\.0\.0\.1:\d+$/)
  const url = `ftp://127.0.0.1:${server.port}`
  expect(await sluice(['get', `${url}/file`, '-o', folder.path('copy')])).toMatchObject({ code: 0, stderr: '' })
  expect(sha256(readFileSync(folder.path('copy')))).toBe(sha256(bytes))
  // Anybody may write, since only this machine can come.
  expect(await sluice(['put', folder.path('copy'), `${url}/second`])).toMatchObject({ code: 0, stderr: '' })
  expect(sha256(readFileSync(folder.path('root/second')))).toBe(sha256(bytes))
  const { code, stdout, stderr } = await server.stop()
  if (!isWindows) expect({ code, stderr }).toEqual({ code: 130, stderr: '' })
  const [, got, put] = stdout.toString().trimEnd().split('\n')
  expect(got).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d anonymous@127\.0\.0\.1 downloaded "\/file": 293 KiB in .*s, .*B\/s$/,
  )
  expect(put).toMatch(/ anonymous@127\.0\.0\.1 uploaded "\/second": 293 KiB in /)
})

test('sluice serve --user lets in who is named, and nobody else', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.path('file'), 'x')
  await using server = await startServer(
    folder.path(''),
    '--user',
    'ann:a:b',
    '--user',
    'bob:c',
    '--read-only',
    '--json',
  )
  const there = `127.0.0.1:${server.port}`
  for (const login of ['ann:a%3Ab', 'bob:c']) {
    const { code, stdout } = await sluice(['ls', `ftp://${login}@${there}/`])
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: 'file\n' })
  }
  expect((await sluice(['ls', `ftp://ann:wrong@${there}/`])).stderr).toContain('the server answered 530')
  expect((await sluice(['ls', `ftp://anonymous@${there}/`])).stderr).toContain('the server answered 530')
  const put = await sluice(['put', '-', `ftp://bob:c@${there}/new`], Buffer.from('x'))
  expect(put.stderr).toContain('the server answered 550')
  const events = (await server.stop()).stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(events[0]).toMatchObject({ event: 'listening', url: `ftp://${there}`, port: Number(server.port) })
  expect(events[1]).toMatchObject({ event: 'login-failed', user: 'ann', address: '127.0.0.1' })
})

test('sluice serve --limit holds the rate of all', async () => {
  using folder = temporaryFolder()
  // More than the buffers between the two hold.
  writeFileSync(folder.path('file'), randomBytes(12 * MIB))
  await using server = await startServer(folder.path(''), '--limit', '16MiB/s', '--json')
  const url = `ftp://127.0.0.1:${server.port}/file`
  const got = jsonOf(await sluice(['get', url, '-o', '-', '--json']))
  expect(got).toMatchObject({ outcome: 'done', bytes: 12 * MIB })
  const events = (await server.stop()).stdout.toString().trimEnd().split('\n')
  const transfer = JSON.parse(events.at(-1) ?? '') as { kind: string; path: string; bytes: number; elapsedMs: number }
  expect(transfer).toMatchObject({ kind: 'download', path: '/file', bytes: 12 * MIB, error: null })
  expect(transfer.elapsedMs).toBeGreaterThan(700)
})

test.skipIf(isWindows)('sluice serve lets a transfer end at the first signal, and cuts it at the second', async () => {
  using folder = temporaryFolder()
  mkdirSync(folder.path('root'))
  writeFileSync(folder.path('root/file'), randomBytes(2 * MIB))
  for (const [signal, signals] of [
    ['SIGINT', 1],
    ['SIGINT', 2],
    ['SIGTERM', 2],
    ['SIGHUP', 1],
  ] as const) {
    await using server = await startServer(folder.path('root'), '--limit-per-connection', '1MiB/s')
    const get = startSluice(['get', `ftp://127.0.0.1:${server.port}/file`, '-o', folder.path('copy'), '--progress'])
    await new Promise((resolve) => get.child.stderr?.once('readable', resolve))
    server.child.kill(signal)
    await new Promise((resolve) => server.child.stderr?.once('readable', resolve))
    if (signals === 2) server.child.kill(signal)
    const { code, stdout, stderr } = await server.ended
    expect(code).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal])
    const again = { SIGINT: 'interrupt again', SIGTERM: 'send SIGTERM again', SIGHUP: 'send SIGTERM' }[signal]
    expect(stderr).toBe(`sluice: 1 transfer is still running; ${again} to cut it\n`)
    const part = signals === 1 ? '' : ' in part'
    expect(stdout.toString()).toContain(` anonymous@127.0.0.1 downloaded "/file"${part}: `)
    expect((await get.ended).code).toBe(signals === 1 ? 0 : 1)
  }
})

test('sluice serve --tls-cert offers TLS, --require-tls insists, --implicit-tls begins with it', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.path('file'), 'x')
  writeFileSync(folder.path('both.pem'), `${readFileSync(KEY, 'utf8')}${readFileSync(CERT, 'utf8')}`)
  const listed = { code: 0, stdout: Buffer.from('both.pem\nfile\n') }
  await using explicit = await startServer(folder.path(''), '--tls-cert', folder.path('both.pem'), '--require-tls')
  expect(await sluice(['ls', `ftp+tls://localhost:${explicit.port}/`, '--ca', CERT])).toMatchObject(listed)
  expect((await sluice(['ls', `ftp://localhost:${explicit.port}/`])).stderr).toMatch(/the server answered 5\d\d /)
  await explicit.stop()
  await using implicit = await startServer(folder.path(''), '--tls-cert', CERT, '--tls-key', KEY, '--implicit-tls')
  expect(implicit.first).toBe(`listening on ftps://127.0.0.1:${implicit.port}`)
  expect(await sluice(['ls', `ftps://localhost:${implicit.port}/`, '--ca', CERT])).toMatchObject(listed)
  await implicit.stop()
})

test('sluice serve --verbose shows what is said, and no password', async () => {
  using folder = temporaryFolder()
  await using server = await startServer(
    folder.path(''),
    '--user',
    'ann:secret',
    '-v',
    '--passive-ports',
    '30000-30999',
  )
  await sluice(['ls', `ftp://ann:secret@127.0.0.1:${server.port}/`])
  const { stderr } = await server.stop()
  expect(stderr).toMatch(/^\[1\] > USER ann$/m)
  expect(stderr).toMatch(/^\[1\] > PASS \*\*\*\*$/m)
  expect(stderr).toMatch(/^\[1\] < 229 .*\|\|\|30\d\d\d\|/m)
  expect(stderr).not.toContain('secret')
})

test('sluice serve says why it can not begin', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.path('file'), 'x')
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const port = (taken.address() as { port: number }).port
  try {
    const failures = [
      [[folder.path('file')], `Cannot serve ${JSON.stringify(folder.path('file'))}: it is not a folder; name one`],
      [
        [folder.path('no')],
        `Cannot serve ${JSON.stringify(folder.path('no'))}: there is no such folder (ENOENT); check the path`,
      ],
      [
        [folder.path(''), '--port', String(port)],
        `Cannot listen on 127.0.0.1:${port}: the port is in use (EADDRINUSE); choose another one with --port, or any with --port 0`,
      ],
    ] as const
    for (const [args, line] of failures) {
      expect(await sluice(['serve', ...args])).toMatchObject({ code: 1, stderr: `sluice: ${line}\n` })
    }
  } finally {
    taken.close()
  }
})

test('sluice serve lets others write only if that is asked for', async () => {
  using folder = temporaryFolder()
  const { code, stderr } = await sluice(['serve', folder.path(''), '--host', '0.0.0.0', '--port', '0'])
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      "sluice: Cannot let anybody write who reaches 0.0.0.0: name users with --user, add --read-only, or allow it with --writable; see 'sluice serve --help'\n",
  })
})

test.skipIf(isWindows)('sluice serve keeps serving when nobody reads its log', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.path('file'), 'x')
  await using server = await startServer(folder.path(''))
  server.child.stdout?.destroy()
  const url = `ftp://127.0.0.1:${server.port}/file`
  for (let i = 0; i < 3; i++) expect((await sluice(['get', url, '-o', '-'])).stdout.toString()).toBe('x')
  server.child.kill('SIGTERM')
  expect((await server.ended.catch(() => ({ code: 143 }))).code).toBe(143)
})

const hasCurl = (() => {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()
test.skipIf(!hasCurl)('sluice serve serves curl', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.path('file'), 'for curl')
  await using server = await startServer(folder.path(''))
  expect(execFileSync('curl', ['-s', `ftp://127.0.0.1:${server.port}/file`]).toString()).toBe('for curl')
  await server.stop()
})
