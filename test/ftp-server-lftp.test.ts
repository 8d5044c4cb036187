import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lftp } from './fixtures/foreign/clients.ts'
import { type OurServerOptions, startOurServer } from './fixtures/foreign/our-server.ts'
import { isMissing } from './fixtures/foreign/peers.ts'
import type { Result } from './fixtures/foreign/program.ts'
import { bytesOf, readTree, strangeNames, strangeTree, type Tree, writeTree } from './fixtures/tree.ts'

const big = randomBytes(3_000_000)
let root: string
let local: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-lftp-'))
  local = mkdtempSync(join(tmpdir(), 'sluice-local-'))
})
afterEach(() => {
  for (const folder of [root, local]) rmSync(folder, { recursive: true, force: true })
})

const start = (options?: OurServerOptions) => startOurServer(root, options)

/** What lftp printed, if it succeeded. */
function output({ code, stdout, said }: Result): string {
  expect(code, said).toBe(0)
  return String(stdout)
}

const times = (folder: string, tree: Tree) =>
  Object.keys(tree)
    .filter((path) => !path.endsWith('/'))
    .map((path) => Math.floor(statSync(Buffer.from(`${folder}/${path}`, 'latin1')).mtimeMs / 1000))

describe.skipIf(isMissing('lftp'))('Server.listen() serves lftp', () => {
  const kinds: [string, OurServerOptions, string][] = [
    ['in clear', {}, ''],
    ['in active mode', {}, 'set ftp:passive-mode off'],
    ['by PASV', {}, 'set ftp:prefer-epsv off'],
    ['pipelining its commands', {}, 'set ftp:sync-mode off'],
    ['by LIST', {}, 'set ftp:use-mlsd off'],
    ['over TLS 1.2', { tls: true }, 'set ssl:priority "NORMAL:-VERS-ALL:+VERS-TLS1.2"'],
    ['over TLS 1.3', { tls: true }, 'set ssl:priority "NORMAL:-VERS-ALL:+VERS-TLS1.3"'],
    ['over TLS in active mode', { tls: true }, 'set ftp:passive-mode off'],
    ['over implicit TLS', { tlsMode: 'implicit' }, ''],
    ['over TLS with sessions that must be resumed', { tls: true, requireTlsSessionReuse: true }, ''],
    ['over implicit TLS, pipelining its commands', { tlsMode: 'implicit' }, 'set ftp:sync-mode off'],
  ]
  for (const [title, options, settings] of kinds) {
    test(title, async () => {
      await using server = await start(options)
      writeFileSync(join(root, 'big'), big)
      writeFileSync(join(root, 'small'), 'small')
      const commands = `${settings}\ncls -1\ncat small\nget big -o ${local}/down\nput ${local}/down -o up\nput /dev/null -o empty`
      expect(output(await lftp(server, commands))).toBe('big\nsmall\nsmall')
      expect(readFileSync(join(local, 'down')).equals(big)).toBe(true)
      expect(readFileSync(join(root, 'up')).equals(big)).toBe(true)
      expect(statSync(join(root, 'empty')).size).toBe(0)
    })
  }

  describe('mirrors trees', () => {
    const tree = strangeTree()
    const ways: [string, OurServerOptions, string][] = [
      ['one file at a time', {}, ''],
      ['on 8 connections', {}, '--parallel=8'],
      ['on 8 connections in TLS', { tls: true }, '--parallel=8'],
    ]
    for (const [title, options, args] of ways) {
      test(`from the server, ${title}`, async () => {
        writeTree(root, tree)
        await using server = await start(options)
        output(await lftp(server, `mirror ${args} / ${local}`))
        expect(readTree(local)).toEqual(readTree(root))
        expect(times(local, tree)).toEqual(times(root, tree))
      })

      test(`to the server, ${title}`, async () => {
        writeTree(local, tree)
        await using server = await start(options)
        output(await lftp(server, `mirror -R ${args} ${local} /`))
        expect(readTree(root)).toEqual(readTree(local))
        expect(times(root, tree)).toEqual(times(local, tree))
      })
    }

    test('and finds nothing to do the second time, in both directions', async () => {
      writeTree(local, tree)
      await using server = await start()
      output(await lftp(server, `mirror -R ${local} /`))
      expect(output(await lftp(server, `mirror -R --verbose ${local} /\nmirror --verbose / ${local}`))).toBe('')
    })

    test('with names that are no UTF-8', async () => {
      const names = ['Gr\xFC\xDFe', 'caf\xE9 latin1', '\x80\xFE', 'mixed \xE9 '.concat(bytesOf('ü'))]
      const latin1 = strangeTree(names)
      writeTree(root, latin1)
      await using server = await start()
      output(
        await lftp(
          server,
          `set ftp:use-utf8 off\nset file:charset ISO-8859-1\nset ftp:charset ISO-8859-1\nmirror / ${local}\nmirror -R ${local} /again`,
        ),
      )
      expect(readTree(local)).toEqual(readTree(root.concat('/again')))
      expect(Object.keys(readTree(local)).sort()).toEqual(Object.keys(latin1).sort())
    })

    test('with a server whose encoding is latin1', async () => {
      writeTree(root, strangeTree([bytesOf('Grüße')]))
      await using server = await start({ encoding: 'latin1' })
      output(
        await lftp(
          server,
          `set ftp:use-utf8 off\nset ftp:charset ISO-8859-1\nset file:charset UTF-8\nmirror / ${local}`,
        ),
      )
      expect(readTree(local)).toEqual(readTree(root))
      expect(server.log.filter((line) => line.includes('RETR Grüße'))).toHaveLength(2)
    })

    test('by LIST, which can say all but a space at the beginning', async () => {
      const sayable = strangeTree(strangeNames.filter((name) => !name.startsWith(' ')))
      writeTree(root, sayable)
      await using server = await start()
      output(await lftp(server, `set ftp:use-mlsd off\nset ftp:list-options -a\nmirror / ${local}`))
      expect(readTree(local)).toEqual(sayable)
    })

    test('and removes what is too much', async () => {
      writeTree(root, tree)
      writeTree(local, { 'one/': '', 'one/file': 'content' })
      await using server = await start()
      output(await lftp(server, `mirror -R --delete ${local} /`))
      expect(readTree(root)).toEqual(readTree(local))
    })
  })

  test('with a file in segments', async () => {
    // Slow enough that lftp has begun all of them before the first one has it all.
    const limits = { serverGlobal: { write: '4MiB/s' } }
    await using server = await start({ limits })
    writeFileSync(join(root, 'big'), big)
    output(await lftp(server, `pget -n 4 big -o ${local}/down`))
    expect(readFileSync(join(local, 'down')).equals(big)).toBe(true)
    expect(server.log.filter((line) => line.includes('REST')).length).toBeGreaterThanOrEqual(3)
  })

  test('resuming downloads and uploads', async () => {
    await using server = await start()
    writeFileSync(join(root, 'big'), big)
    writeFileSync(join(local, 'down'), big.subarray(0, 1_000_000))
    writeFileSync(join(root, 'up'), big.subarray(0, 1_000_000))
    output(await lftp(server, `get -c big -o ${local}/down\nput -c ${local}/down -o up`))
    expect(readFileSync(join(local, 'down')).equals(big)).toBe(true)
    expect(readFileSync(join(root, 'up')).equals(big)).toBe(true)
    expect(server.log.filter((line) => line.includes('REST 1000000'))).toHaveLength(2)
  })

  test('making, renaming, changing and removing files and folders', async () => {
    await using server = await start()
    writeFileSync(join(root, 'file'), 'content')
    output(await lftp(server, 'mkdir -p a/b/"c d"\nmv file "a/b/c d/-moved"\nchmod 640 "a/b/c d/-moved"'))
    expect(statSync(join(root, 'a/b/c d/-moved')).mode & 0o777).toBe(0o640)
    expect(output(await lftp(server, 'find a'))).toBe('a/\na/b/\na/b/c d/\na/b/c d/-moved\n')
    expect(output(await lftp(server, 'cd a/b\ndu -b .'))).toBe('7\t./c d\n7\t.\n')
    output(await lftp(server, 'rm -r a'))
    expect(existsSync(join(root, 'a'))).toBe(false)
    expect((await lftp(server, 'rm missing')).said).toContain('550')
  })

  test('aborting a transfer, and going on with the next command', async () => {
    await using server = await start()
    writeFileSync(join(root, 'huge'), '')
    truncateSync(join(root, 'huge'), 1_000_000_000)
    writeFileSync(join(root, 'small'), 'small')
    const abort = 'set cmd:fail-exit off\ncat huge | head -c 1000 > /dev/null\nset cmd:fail-exit on'
    expect(output(await lftp(server, `${abort}\ncat small\n${abort}\ncat small`))).toBe('smallsmall')
    expect(server.log.filter((line) => line.includes('> RETR small'))).toHaveLength(2)
  })
})
