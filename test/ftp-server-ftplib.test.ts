import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ftplib } from './fixtures/foreign/clients.ts'
import { type OurServer, type OurServerOptions, startOurServer } from './fixtures/foreign/our-server.ts'
import { isMissing } from './fixtures/foreign/peers.ts'
import { bytesOf, readTree, strangeTree, writeTree } from './fixtures/tree.ts'

const big = randomBytes(3_000_000)
let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-ftplib-'))
  writeFileSync(join(root, 'big'), big)
  writeFileSync(join(root, 'small'), 'small')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const start = (options?: OurServerOptions) => startOurServer(root, options)

/** Runs a program, which must succeed, and gives what it prints. `DATA` is the big file. */
async function play(server: OurServer, program: string): Promise<string> {
  const { code, stdout, said } = await ftplib(server, program, { input: big })
  expect(code, `${said}\n${server.log.join('\n')}`).toBe(0)
  return String(stdout)
}

describe.skipIf(isMissing('python3'))("Server.listen() serves Python's ftplib", () => {
  const kinds: [string, OurServerOptions, string][] = [
    ['in clear', {}, ''],
    ['in active mode', {}, 'ftp.set_pasv(False)'],
    ['over TLS', { tls: true }, ''],
    ['over TLS in active mode', { tls: true }, 'ftp.set_pasv(False)'],
    ['over TLS that protects commands only', { tls: true }, 'ftp.prot_c()'],
    ['over TLS that data connections must have', { tls: true, requireTls: { data: true } }, ''],
    ['over implicit TLS', { tlsMode: 'implicit' }, ''],
    ['on IPv6', { host: '::1' }, ''],
    ['on IPv6 in active mode', { host: '::1' }, 'ftp.set_pasv(False)'],
  ]
  for (const [title, options, settings] of kinds) {
    test(title, async () => {
      await using server = await start(options)
      const program = `${settings}
assert sorted(ftp.nlst()) == ['big', 'small'], ftp.nlst()
got = bytearray()
ftp.retrbinary('RETR big', got.extend)
assert got == DATA
ftp.storbinary('STOR up', io.BytesIO(DATA))
ftp.storbinary('STOR empty', io.BytesIO(b''))
assert ftp.size('up') == len(DATA)
assert dict(ftp.mlsd())['up']['size'] == str(len(DATA))
print(ftp.quit())`
      expect(await play(server, program)).toMatch(/^221 /)
      expect(readFileSync(join(root, 'up')).equals(big)).toBe(true)
      expect(statSync(join(root, 'empty')).size).toBe(0)
    })
  }

  test('refusing data connections in TLS that resume no session, when they must, and going on', async () => {
    await using server = await start({ tls: true, requireTlsSessionReuse: true })
    const program = `
try: ftp.retrbinary('RETR big', lambda data: None)
except (ftplib.Error, ssl.SSLError, OSError) as error: print(error)
else: assert False
ftp.voidcmd('NOOP')`
    await play(server, program)
    expect(server.log.some((line) => line.startsWith('< 522 '))).toBe(true)
  })

  test('from and at a position, and appending', async () => {
    await using server = await start()
    await play(
      server,
      `
got = bytearray()
ftp.retrbinary('RETR big', got.extend, rest=1000000)
assert got == DATA[1000000:]
ftp.storbinary('STOR big', io.BytesIO(b'new'), rest=2000000)
ftp.storbinary('APPE small', io.BytesIO(b' and more'))`,
    )
    const changed = readFileSync(join(root, 'big'))
    expect(changed.subarray(0, 2_000_003).equals(Buffer.concat([big.subarray(0, 2_000_000), Buffer.from('new')]))).toBe(
      true,
    )
    expect(readFileSync(join(root, 'small'), 'utf8')).toBe('small and more')
  })

  test('in lines of text', async () => {
    await using server = await start()
    await play(
      server,
      `
ftp.storlines('STOR text', io.BytesIO(b'one\\ntwo\\r\\n\\nlast'))
lines = []
ftp.retrlines('RETR text', lines.append)
assert lines == ['one', 'two', '', 'last'], lines
ftp.retrlines('LIST', lines.append)
assert any(line.startswith('-rw') and line.endswith(' small') for line in lines), lines`,
    )
    expect(readFileSync(join(root, 'text'), 'utf8')).toBe('one\ntwo\n\nlast\n')
  })

  test('making, renaming and removing files and folders, whose names are quoted', async () => {
    await using server = await start()
    await play(
      server,
      `
assert ftp.mkd('a "quoted" name') == '/a "quoted" name'
ftp.cwd('a "quoted" name')
assert ftp.pwd() == '/a "quoted" name'
ftp.rename('/small', ' lead and trail ')
assert ftp.nlst() == [' lead and trail '], ftp.nlst()
ftp.delete(' lead and trail ')
ftp.cwd('..')
ftp.rmd('a "quoted" name')
for call in (lambda: ftp.delete('missing'), lambda: ftp.rmd('big'), lambda: ftp.cwd('big'), lambda: ftp.cwd('missing'),
             lambda: ftp.rename('missing', 'x'), lambda: ftp.mkd('big'), lambda: ftp.size('missing')):
    try: call()
    except ftplib.error_perm as error: assert str(error).startswith('550 '), error
    else: assert False
assert ftp.pwd() == '/'`,
    )
  })

  test('telling times and facts, and setting times', async () => {
    await using server = await start()
    await play(
      server,
      `
assert ftp.sendcmd('MFMT 20200102030405 small').startswith('213 Modify=20200102030405')
assert ftp.sendcmd('MDTM small') == '213 20200102030405'
facts = dict(ftp.mlsd(facts=['type', 'size', 'modify']))['small']
assert facts == {'type': 'file', 'size': '5', 'modify': '20200102030405'}, facts
assert 'modify=20200102030405;' in ftp.sendcmd('MLST small')`,
    )
    expect(statSync(join(root, 'small')).mtimeMs).toBe(Date.UTC(2020, 0, 2, 3, 4, 5))
  })

  test('with names of all sorts', async () => {
    const tree = strangeTree()
    const source = mkdtempSync(join(tmpdir(), 'sluice-local-'))
    writeTree(source, tree)
    await using server = await start()
    await play(
      server,
      `
ftp.delete('big'), ftp.delete('small')
source = Path(${JSON.stringify(source)})
def upload(folder):
    for path in sorted(folder.iterdir()):
        name = '/' + str(path.relative_to(source))
        if path.is_dir(): ftp.mkd(name), upload(path)
        else: ftp.storbinary('STOR ' + name, io.BytesIO(path.read_bytes()))
upload(source)
def compare(folder):
    names = {path.name for path in folder.iterdir()}
    at = '/' + str(folder.relative_to(source))
    ftp.cwd(at)
    listed = {name: facts for name, facts in ftp.mlsd() if facts['type'] in ('file', 'dir')}
    assert set(listed) == names == set(ftp.nlst()), (names, listed, ftp.nlst())
    for path in folder.iterdir():
        if path.is_dir(): continue
        got = bytearray()
        ftp.retrbinary('RETR ' + at + '/' + path.name, got.extend)
        assert got == path.read_bytes()
    for path in folder.iterdir():
        if path.is_dir(): compare(path)
compare(source)`,
    )
    expect(readTree(root)).toEqual(readTree(source))
    rmSync(source, { recursive: true })
  })

  test('with names in latin1', async () => {
    writeTree(root, { 'caf\xE9': 'no UTF-8', [bytesOf('Grüße')]: 'UTF-8' })
    await using server = await start()
    await play(
      server,
      `
ftp = connect(encoding='latin1')
assert 'caf\\xe9' in ftp.nlst(), ftp.nlst()
got = bytearray()
ftp.retrbinary('RETR caf\\xe9', got.extend)
assert got == b'no UTF-8'
ftp.rename('caf\\xe9', 'caf\\xe9\\xdf')`,
    )
    expect(readTree(root)).toHaveProperty('caf\xE9\xDF')
  })

  describe('aborting', () => {
    const huge = 1_000_000_000
    const kinds: [string, OurServerOptions][] = [
      ['in clear', {}],
      ['in TLS', { tls: true }],
    ]
    for (const [title, options] of kinds) {
      test(`downloads, again and again, ${title}`, async () => {
        writeFileSync(join(root, 'huge'), '')
        truncateSync(join(root, 'huge'), huge)
        await using server = await start(options)
        await play(
          server,
          `
for turn in range(30):
    data = ftp.transfercmd('RETR huge')
    assert len(data.recv(1000)) > 0
    # abort() takes the first reply that comes, the other is 226.
    if turn % 3 == 0: print(ftp.abort()[:3], ftp.getmultiline()[:3]), data.close()
    if turn % 3 == 1: data.close(), print(ftp.abort()[:3], ftp.getmultiline()[:3])
    if turn % 3 == 2: data.close(), print(ftp.getmultiline()[:3])
    assert ftp.sendcmd('NOOP').startswith('200')
got = bytearray()
ftp.retrbinary('RETR small', got.extend)
assert got == b'small'
ftp.quit()`,
        ).then((printed) => {
          const turns = printed.trim().split('\n')
          expect(turns).toEqual(Array.from(turns, (_, turn) => (turn % 3 === 2 ? '426' : '426 226')))
        })
        await vi.waitFor(() => expect(server.server.connections).toHaveLength(0))
      })
    }

    test('uploads', async () => {
      await using server = await start()
      await play(
        server,
        `
data = ftp.transfercmd('STOR up')
data.sendall(DATA)
print(ftp.abort(), ftp.getmultiline())
data.close()
assert ftp.sendcmd('NOOP').startswith('200')`,
      )
      expect(statSync(join(root, 'up')).size).toBeLessThanOrEqual(big.length)
    })

    test('transfers whose data connection never comes', async () => {
      await using server = await start()
      await play(
        server,
        `
ftp.makepasv()
ftp.putcmd('RETR big')
print(ftp.getmultiline())
print(ftp.abort(), ftp.getmultiline())
assert ftp.sendcmd('NOOP').startswith('200')
got = bytearray()
ftp.retrbinary('RETR small', got.extend)
assert got == b'small'`,
      )
    })

    test('nothing', async () => {
      await using server = await start()
      expect(await play(server, 'print(ftp.abort()[:3])')).toMatch(/^22[56]\n$/)
    })
  })

  for (const [title, options] of [
    ['TLS', { tls: true }],
    ['TLS with sessions that must be resumed', { tls: true, requireTlsSessionReuse: true }],
  ] as const) {
    test(`that closes a data connection before its handshake, in ${title}`, async () => {
      await using server = await start(options)
      await play(
        server,
        `
for command in ('STOR up', 'RETR big', 'MLSD'):
    host, port = ftp.makepasv()
    data = socket.create_connection((host, port))
    assert ftp.sendcmd(command).startswith('150')
    data.close()
    try: ftp.voidresp()
    except ftplib.error_temp as error: print(error)
    else: assert False
    assert ftp.sendcmd('NOOP').startswith('200')`,
      )
    })
  }

  const resets: [string, string][] = [
    ['after a while', 'time.sleep(0.3)'],
    ['at once', ''],
  ]
  for (const [title, pause] of resets) {
    test(`that resets the data connection of an upload ${title}`, async () => {
      await using server = await start()
      await play(
        server,
        `
import struct, time
data = ftp.transfercmd('STOR up')
data.sendall(DATA)
${pause}
data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
data.close()
try: ftp.voidresp()
except ftplib.error_temp as error: assert str(error).startswith('426 '), error
else: assert False
assert ftp.sendcmd('NOOP').startswith('200')`,
      )
    })
  }
})
