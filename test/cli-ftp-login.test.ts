import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CERT, serve, tls } from './cli-ftp-server.ts'
import { cleanEnv, MAIN, sluice, start, startSluice } from './cli-sluice.ts'

const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true

/** Lists as ann, whose password is not in the URL. */
async function list(port: number, env: NodeJS.ProcessEnv, ...more: string[]) {
  const options = { env: cleanEnv({ NETRC: '/dev/null', ...env }) }
  const { child, ended } = startSluice(['ls', `ftp://ann@127.0.0.1:${port}/`, ...more], options)
  child.stdin?.end()
  const { code, stdout, stderr } = await ended
  return { code, stdout: stdout.toString(), stderr }
}

const listed = { code: 0, stdout: 'file\n', stderr: '' }

test('sluice takes the password from the environment, a file or .netrc', async () => {
  await using served = await serve()
  writeFileSync(served.there('file'), '')
  expect(await list(served.port, { SLUICE_FTP_PASSWORD: 'secret' })).toEqual(listed)
  writeFileSync(served.here('password'), 'secret\n')
  expect(await list(served.port, {}, '--password-file', served.here('password'))).toEqual(listed)
  const netrc = served.here('netrc')
  writeFileSync(netrc, 'machine 127.0.0.1\n  login ann\n  password "secret"\n')
  chmodSync(netrc, 0o600)
  expect(await list(served.port, { NETRC: netrc })).toEqual(listed)
  // Who is in .netrc need not be in the URL.
  const { ended } = startSluice(['ls', `ftp://127.0.0.1:${served.port}/`], { env: cleanEnv({ NETRC: netrc }) })
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
})

test('sluice ls --user is who logs in', async () => {
  await using served = await serve()
  const url = `ftp://127.0.0.1:${served.port}/`
  expect(await sluice(['ls', url, '--user', 'ann:secret'])).toMatchObject({ code: 0, stderr: '' })
  expect(await sluice(['ls', url, '--user', 'ann:wrong'])).toMatchObject({
    code: 1,
    stderr: `sluice: Cannot list ${url}: the server answered 530 Wrong name or password; check the user and the password\n`,
  })
})

test('sluice takes the password of --user for a URL that names the same user', async () => {
  await using served = await serve()
  writeFileSync(served.there('file'), '')
  expect(await list(served.port, {}, '--user', 'ann:secret')).toEqual(listed)
  expect(await list(served.port, {}, '--user', 'bob:secret')).toMatchObject({ code: 2 })
})

test('sluice --password-file - reads one line of standard input, for all connections', async () => {
  await using served = await serve()
  for (const name of ['one', 'two']) writeFileSync(served.there(name), name)
  const url = `ftp://ann@127.0.0.1:${served.port}`
  const args = ['get', `${url}/one`, `${url}/two`, '-o', served.here('copy/'), '-p', '2', '--password-file', '-']
  const { child, ended } = startSluice(args, { env: cleanEnv({ NETRC: '/dev/null' }) })
  // Whoever writes it may keep the pipe open.
  child.stdin?.write('secret\n')
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
})

test('sluice says that a server wants TLS, not that the password is wrong', async () => {
  await using served = await serve({ tls, requireTls: true })
  const { code, stderr } = await sluice(['ls', served.url])
  expect(code).toBe(1)
  expect(stderr).toMatch(/: the server answered 5\d\d .*TLS.*; use ftp\+tls:\/\/, or add --tls\n$/)
})

test('sluice asks for no password where there is no terminal', async () => {
  await using served = await serve()
  expect(await list(served.port, {})).toEqual({
    code: 2,
    stdout: '',
    stderr: `sluice: Cannot log in at ftp://ann@127.0.0.1:${served.port}/: there is no password; give one by --password-file, SLUICE_FTP_PASSWORD or .netrc; see 'sluice ls --help'\n`,
  })
})

/** What a terminal shows, where `typed` is typed once the question stands there. */
async function onTerminal(port: number, typed: string) {
  const command = `'${process.execPath}' '${MAIN}' ls ftp://ann@127.0.0.1:${port}/`
  const env = cleanEnv({ NETRC: '/dev/null', TERM: 'xterm' })
  const { child, ended } = start('script', ['-qec', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let seen = ''
  child.stdout?.on('data', (text: Buffer) => {
    const wasAsked = seen.includes('Password')
    seen += text
    if (!wasAsked && seen.includes('Password')) setTimeout(() => child.stdin?.write(typed), 200)
  })
  const { code } = await ended
  return { code, seen }
}

test.skipIf(!hasScript)('sluice asks for the password on a terminal, and does not show it', async () => {
  await using served = await serve()
  writeFileSync(served.there('file'), '')
  const { code, seen } = await onTerminal(served.port, 'secret\r')
  expect({ code, seen }).toEqual({ code: 0, seen: 'Password of ann at 127.0.0.1: \r\nfile\r\n' })
})

test.skipIf(!hasScript)('sluice ends with 130 at Ctrl-C in place of a password', async () => {
  await using served = await serve()
  const { code, seen } = await onTerminal(served.port, 'sec\x03')
  expect({ code, seen }).toEqual({ code: 130, seen: 'Password of ann at 127.0.0.1: \r\n' })
})

test('sluice goes over to TLS by scheme or option, and trusts --ca', async () => {
  await using served = await serve({ tls, requireTls: true })
  writeFileSync(served.there('file'), 'x')
  const there = `ann:secret@localhost:${served.port}`
  for (const args of [[`ftp+tls://${there}/`], [`ftpes://${there}/`], [`ftp://${there}/`, '--tls']]) {
    expect(await sluice(['ls', ...args, '--ca', CERT])).toMatchObject({ code: 0, stderr: '' })
  }
  const args = ['get', `ftp+tls://${there}/file`, '-o', served.here('file'), '--ca', CERT, '-v']
  const { code, stderr } = await sluice(args)
  expect(code).toBe(0)
  expect(stderr).toMatch(/> AUTH TLS\n[\s\S]*> PROT P\n/)
})

test('sluice speaks implicit TLS for ftps://', async () => {
  await using served = await serve({ tls, tlsMode: 'implicit' })
  writeFileSync(served.there('file'), 'x')
  const { code, stdout } = await sluice(['ls', `ftps://ann:secret@localhost:${served.port}/`, '--ca', CERT])
  expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: 'file\n' })
})

test('sluice refuses a certificate that it does not know, unless --insecure', async () => {
  await using served = await serve({ tls })
  const url = `ftp+tls://ann:secret@localhost:${served.port}/`
  const refused = await sluice(['ls', url])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(
    /the certificate of the server is signed by itself \(DEPTH_ZERO_SELF_SIGNED_CERT\); give its certificate with --ca, or trust any with --insecure\n$/,
  )
  const trusting = await sluice(['ls', url, '--insecure'])
  expect(trusting).toMatchObject({
    code: 0,
    stderr:
      'sluice: the certificate of localhost is not checked (--insecure): whoever is between can read and change all\n',
  })
  expect(await sluice(['ls', url, '--insecure', '-q'])).toMatchObject({ code: 0, stderr: '' })
})

test('sluice --active lets the server open data connections', async () => {
  await using served = await serve()
  writeFileSync(served.there('file'), 'x')
  const { code, stdout, stderr } = await sluice(['ls', served.url, '--active', '-v'])
  expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: 'file\n' })
  expect(stderr).toMatch(/> (EPRT|PORT) /)
})

const wrong: readonly (readonly [args: readonly string[], says: string])[] = [
  [['get'], "missing required argument 'URL'"],
  [['get', 'http://host/f'], 'Cannot use "http://host/f" as a URL: it must begin with ftp://'],
  [['get', 'ftp://ann:secret@host:x/f'], 'Cannot use "ftp://ann:****@host:****" as a URL: the port'],
  [
    ['get', 'ftp://app:123/secret@host/f'],
    'Cannot use "ftp://app:****@host/f" as a URL: a / in a user or password is written %2F, and an @ in a path %40',
  ],
  [['get', 'ftp://h/f', '--password-file', '-', '--redis-password-file', '-'], 'Cannot read both --password-file and'],
  [['put', '-', 'ftp://h/f', '--password-file', '-'], 'Cannot read both FILE and --password-file from standard input'],
  [['get', 'ftp://h/f', '--limit', 'fast'], '--limit: Cannot read "fast" as a rate'],
  [['get', 'ftp://h/f', '--total-limit', '0'], '--total-limit: Cannot read "0" as a rate'],
  [['get', 'ftp://h/f', '-p', '0'], '--parallel: Cannot use "0": it must be a whole number from 1 to 100'],
  [['get', 'ftp://h/f', '--retry', 'x'], '--retry: Cannot use "x": it must be a whole number from 0'],
  [['get', 'ftp://h/f', '--timeout', '0'], '--timeout: Cannot use "0": it must be > 0'],
  [['get', 'ftp://h/f', '--exclude', '[a'], '--exclude: Cannot use "[a": '],
  [['get', 'ftp://h/f', '-q', '--progress'], 'Cannot use --quiet together with --progress'],
  [['get', 'ftp://h/f', '-q', '-v'], 'Cannot use --quiet together with --verbose'],
  [['get', 'ftp://h/f', '--user', ':x'], '--user: Cannot use it: the name is missing'],
  [['get', 'ftp://h/f', '-o', ''], '--output: Cannot use "" as a file'],
  [['get', 'ftp://h/f', '-o', '-', '--resume'], 'Cannot use --resume with standard output'],
  [['get', 'ftp://h/a/f', 'ftp://h/b/f'], 'Cannot get two things to "f"'],
  [['put', 'ftp://h/f'], 'Cannot put "ftp://h/f": the URL to put it to is missing'],
  [['put', '-', 'ftp://h/d/'], 'Cannot put standard input to ftp://h/d/: name one file'],
  [['put', 'test', 'ftp://h/d/'], 'Cannot put "test": it is a folder; add --recursive'],
  [['mirror', 'a', 'b'], 'Cannot mirror between these two: none of them is a URL'],
  [
    ['mirror', 'ftp://h/a', 'b', '--compare', 'look'],
    '--compare: Cannot use "look": it must be time-and-size, size or',
  ],
]
for (const [args, says] of wrong) {
  test(`sluice ${args.join(' ')} is refused with 2`, async () => {
    const { code, stdout, stderr } = await sluice(args)
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
    expect(stderr.slice(0, says.length + 8)).toBe(`sluice: ${says}`)
    expect(stderr.trimEnd()).toMatch(new RegExp(`; see 'sluice ${args[0]} --help'$`))
    expect(stderr.trimEnd()).not.toMatch(/\n|secret/)
  })
}
