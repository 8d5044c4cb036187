import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { curl, urlOf } from './fixtures/foreign/clients.ts'
import { type OurServer, type OurServerOptions, startOurServer } from './fixtures/foreign/our-server.ts'
import { isMissing } from './fixtures/foreign/peers.ts'

const big = randomBytes(3_000_000)
let root: string
let local: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-curl-'))
  local = mkdtempSync(join(tmpdir(), 'sluice-local-'))
  writeFileSync(join(root, 'big'), big)
  writeFileSync(join(root, 'a file'), 'content')
  mkdirSync(join(root, 'folder'))
  utimesSync(join(root, 'a file'), 1_600_000_000, 1_600_000_000)
})
afterEach(() => {
  for (const folder of [root, local]) rmSync(folder, { recursive: true, force: true })
})

const served = (name: string) => readFileSync(join(root, name))
const start = (options?: OurServerOptions) => startOurServer(root, options)

/** A file for curl to send. */
function localFile(content: string | Buffer): string {
  const path = join(local, 'file')
  writeFileSync(path, content)
  return path
}

/** What curl must be able to do, whatever the way there. */
async function exercise(server: OurServer, args: readonly string[] = []): Promise<void> {
  const listing = await curl(server, '', args)
  expect(String(listing.stdout), listing.said).toMatch(/^-rw.* 3000000 .* big\r?$/m)
  const down = await curl(server, 'big', args)
  expect(down.stdout.equals(big), down.said).toBe(true)
  const up = await curl(server, 'up', [...args, '-T', localFile(big)])
  expect(up.code, up.said).toBe(0)
  expect(served('up').equals(big)).toBe(true)
}

describe.skipIf(isMissing('curl'))('Server.listen() serves curl', () => {
  const ways: [string, string[]][] = [
    ['by EPSV', []],
    ['by PASV', ['--disable-epsv']],
    ['by EPRT', ['-P', '-']],
    ['by PORT', ['-P', '-', '--disable-eprt']],
  ]
  for (const [title, args] of ways) {
    test(title, async () => {
      await using server = await start()
      await exercise(server, args)
    })
  }

  const kinds: [string, OurServerOptions, string[], string][] = [
    ['TLS 1.2', { tls: true }, ['--tls-max', '1.2'], 'TLSv1.2'],
    ['TLS 1.3', { tls: true }, ['--tlsv1.3'], 'TLSv1.3'],
    [
      'TLS 1.2 with sessions that must be resumed',
      { tls: true, requireTlsSessionReuse: true },
      ['--tls-max', '1.2'],
      'TLSv1.2',
    ],
    [
      'TLS 1.3 with sessions that must be resumed',
      { tls: true, requireTlsSessionReuse: true },
      ['--tlsv1.3'],
      'TLSv1.3',
    ],
    ['implicit TLS', { tlsMode: 'implicit' }, [], 'TLSv1.3'],
  ]
  for (const [title, options, args, protocol] of kinds) {
    test(`over ${title}`, async () => {
      await using server = await start(options)
      await exercise(server, args)
      expect((await curl(server, '', args)).said).toContain(`SSL connection using ${protocol}`)
    })
  }

  test('over TLS that protects commands only', async () => {
    await using server = await start({ tls: true })
    const { said, stdout } = await curl(server, 'big', ['--no-ssl-reqd', '--ftp-ssl-control'])
    expect(said).toContain('> PROT C')
    expect(stdout.equals(big)).toBe(true)
  })

  test('refuses data connections that resume no session, when they must', async () => {
    await using server = await start({ tls: true, requireTlsSessionReuse: true })
    const { code, stdout } = await curl(server, 'big', ['--no-sessionid'])
    expect(code).not.toBe(0)
    expect(stdout).toHaveLength(0)
  })

  test('refuses a wrong password', async () => {
    await using server = await start()
    const { code, said } = await curl({ ...server, password: 'wrong' }, 'big')
    expect(said).toContain('< 530 ')
    expect(code).toBe(67)
  })

  test('resumes downloads and uploads', async () => {
    await using server = await start()
    const down = localFile(big.subarray(0, 1_000_000))
    expect((await curl(server, 'big', ['-C', '-', '-o', down])).said).toContain('> REST 1000000')
    expect(readFileSync(down).equals(big)).toBe(true)

    writeFileSync(join(root, 'up'), big.subarray(0, 1_000_000))
    expect((await curl(server, 'up', ['-C', '-', '-T', localFile(big)])).said).toContain('> APPE up')
    expect(served('up').equals(big)).toBe(true)
  })

  test('appends', async () => {
    await using server = await start()
    expect((await curl(server, 'a file', ['-a', '-T', localFile(' and more')])).code).toBe(0)
    expect(String(served('a file'))).toBe('content and more')
  })

  test('gives ranges, also of files of more than 4 GiB', async () => {
    await using server = await start()
    expect((await curl(server, 'big', ['-r', '100-199'])).stdout.equals(big.subarray(100, 200))).toBe(true)
    const end = 5 * 2 ** 30
    writeFileSync(join(root, 'huge'), '')
    truncateSync(join(root, 'huge'), end)
    expect(String((await curl(server, 'huge', ['-I'])).stdout)).toContain(`Content-Length: ${end}`)
    expect((await curl(server, 'huge', ['-r', `${end - 10}-`])).stdout).toEqual(Buffer.alloc(10))
  })

  test('tells size and time, in UTC', async () => {
    await using server = await start()
    const head = String((await curl(server, 'a file', ['-I'])).stdout)
    expect(head).toContain('Content-Length: 7\r\n')
    expect(head).toContain('Last-Modified: Sun, 13 Sep 2020 12:26:40 GMT\r\n')
    const path = join(local, 'copy')
    await curl(server, 'a file', ['-R', '-o', path])
    expect(statSync(path).mtimeMs).toBe(1_600_000_000_000)
    expect((await curl(server, 'a file', ['-z', '1 Jan 2021 00:00 GMT'])).stdout).toHaveLength(0)
  })

  test('makes, renames and removes files and folders', async () => {
    await using server = await start()
    const quote = async (...commands: string[]) => {
      const { code, said } = await curl(server, '', ['-I', ...commands.flatMap((command) => ['-Q', command])])
      expect(code, said).toBe(0)
    }
    await quote('MKD new folder', 'RNFR a file', 'RNTO new folder/b "file"')
    expect(String(served('new folder/b "file"'))).toBe('content')
    await quote('DELE new folder/b "file"', 'RMD new folder')
    expect(existsSync(join(root, 'new folder'))).toBe(false)
    const refused = await curl(server, '', ['-I', '-Q', 'RMD missing'])
    expect(refused.code).toBe(21)
    expect(refused.said).toContain('< 550 ')
  })

  test('makes the folders of an upload', async () => {
    await using server = await start()
    expect((await curl(server, 'x/y z/ü', ['--ftp-create-dirs', '-T', localFile('deep')])).code).toBe(0)
    expect(String(served('x/y z/ü'))).toBe('deep')
  })

  for (const method of ['multicwd', 'nocwd', 'singlecwd']) {
    test(`finds files by the method ${method}`, async () => {
      await using server = await start()
      writeFileSync(join(root, 'folder/in -it'), 'inside')
      const { stdout, said } = await curl(server, 'folder/in -it', ['--ftp-method', method])
      expect(String(stdout), said).toBe('inside')
      expect(String((await curl(server, 'folder/', ['-l', '--ftp-method', method])).stdout)).toBe('in -it\n')
    })
  }

  test('lists by NLST and MLSD', async () => {
    await using server = await start()
    expect(String((await curl(server, '', ['-l'])).stdout).split('\n')).toEqual(
      expect.arrayContaining(['a file', 'big', 'folder']),
    )
    expect(String((await curl(server, '', ['-X', 'MLSD'])).stdout)).toMatch(
      /^(?=.*type=file;)(?=.*size=7;)(?=.*modify=20200913122640;).* a file\r?$/m,
    )
  })

  test('says 550 for files that are not there, and goes on', async () => {
    await using server = await start()
    const { code, said } = await curl(server, 'missing')
    expect(code).toBe(78)
    expect(said).toContain('< 550 ')
    await exercise(server)
  })

  test('takes an empty file, in clear and in TLS', async () => {
    for (const options of [{}, { tls: true }]) {
      await using server = await start(options)
      expect((await curl(server, 'empty', ['-T', localFile('')])).code).toBe(0)
      expect(served('empty')).toHaveLength(0)
      expect((await curl(server, 'empty')).stdout).toHaveLength(0)
      rmSync(join(root, 'empty'))
    }
  })

  test('survives clients that leave in mid-transfer', async () => {
    await using server = await start()
    const slow = ['--limit-rate', '100000', '--max-time', '0.5', '-o', '/dev/null']
    const huge = join(root, 'huge')
    writeFileSync(huge, '')
    truncateSync(huge, 1_000_000_000)
    expect((await curl(server, 'huge', slow)).code).toBe(28)
    expect((await curl(server, 'up', [...slow, '-T', huge])).code).toBe(28)
    await vi.waitFor(() => expect(server.server.connections).toHaveLength(0))
    expect(statSync(join(root, 'up')).size).toBeLessThan(1_000_000_000)
    await exercise(server)
  })

  test('serves several files on one connection', async () => {
    await using server = await start()
    const { said } = await curl(server, 'big', [
      '-o',
      join(local, 'one'),
      '-o',
      join(local, 'two'),
      urlOf(server, 'a file'),
    ])
    expect(said.match(/< 226/g), said).toHaveLength(2)
    expect(said.match(/> USER/g), said).toHaveLength(1)
  })

  test('on IPv6', async () => {
    await using server = await start({ host: '::1' })
    await exercise(server)
    await exercise(server, ['-P', '-'])
  })
})
