import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Client, ClientOptions } from 'sluice/ftp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectTo, foreignModes } from './fixtures/foreign/connect.ts'
import { isMissing } from './fixtures/foreign/peers.ts'
import { startProftpd } from './fixtures/foreign/proftpd.ts'
import type { ForeignServerProcess } from './fixtures/foreign/server-process.ts'
import { startVsftpd } from './fixtures/foreign/vsftpd.ts'
import { strangeNames } from './fixtures/tree.ts'

const big = randomBytes(5_000_000)
let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-foreign-'))
  writeFileSync(join(root, 'a file'), 'content')
  writeFileSync(join(root, 'big'), big)
  writeFileSync(join(root, 'empty'), '')
  mkdirSync(join(root, 'folder'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const served = (name: string) => readFileSync(join(root, name))
const read = (client: Client, path: string, options = {}) =>
  client.downloadStream(path, options, (stream) => stream.read())

/** Everything that a client can do, on one connection. */
async function exercise(client: Client, server: ForeignServerProcess): Promise<void> {
  expect(await client.currentDirectory()).toBe(server.home)
  const entries = await client.list()
  const summary = entries.map(({ name, type, size }) => [name, type, type === 'file' ? size : 0])
  expect(summary.toSorted()).toEqual([
    ['a file', 'file', 7],
    ['big', 'file', big.length],
    ['empty', 'file', 0],
    ['folder', 'directory', 0],
  ])

  expect(String(await read(client, 'a file'))).toBe('content')
  expect((await read(client, 'big')).equals(big)).toBe(true)
  expect(await read(client, 'empty')).toHaveLength(0)
  expect((await read(client, 'big', { offset: 4_999_990 })).equals(big.subarray(4_999_990))).toBe(true)
  expect((await buffer((await client.downloadStream('big')).toNodeReadable())).equals(big)).toBe(true)
  expect((await buffer((await client.downloadStream('big')).toWebReadable())).equals(big)).toBe(true)

  await client.uploadStream('up', (stream) => stream.write(big))
  expect(served('up').equals(big)).toBe(true)
  await client.uploadStream('up', { offset: 3 }, (stream) => stream.write('xyz'))
  expect(
    served('up')
      .subarray(0, 6)
      .equals(Buffer.concat([big.subarray(0, 3), Buffer.from('xyz')])),
  ).toBe(true)
  await client.appendStream('a file', (stream) => stream.write(' and more'))
  expect(String(served('a file'))).toBe('content and more')
  for (let i = 0; i < 10; i++) {
    await client.uploadStream(`empty ${i}`, () => {})
    expect(served(`empty ${i}`)).toHaveLength(0)
  }

  expect(await client.size('big')).toBe(big.length)
  expect(await client.size('big', { bigint: true })).toBe(BigInt(big.length))
  const time = new Date('2020-02-03T04:05:06Z')
  expect(await client.setModified('a file', time)).toBe(true)
  expect(await client.lastModified('a file')).toEqual(time)
  expect(statSync(join(root, 'a file')).mtime).toEqual(time)
  expect(await client.stat('a file')).toMatchObject({ name: 'a file', type: 'file', size: 16 })
  expect(await client.stat('folder')).toMatchObject({ name: 'folder', type: 'directory' })
  expect((await client.stat('.')).type).toBe('directory')
  expect((await client.stat('/')).type).toBe('directory')
  expect([await client.exists('big'), await client.exists('none'), await client.exists('none/none')]).toEqual([
    true,
    false,
    false,
  ])
  expect([await client.isFile('big'), await client.isDirectory('big'), await client.isDirectory('folder')]).toEqual([
    true,
    false,
    true,
  ])
  await expect(client.stat('none')).rejects.toMatchObject({ replyCode: 550 })
  await expect(read(client, 'none')).rejects.toMatchObject({ replyCode: 550 })
  await expect(client.size('none')).rejects.toMatchObject({ replyCode: 550 })
  await expect(client.removeFile('none')).rejects.toMatchObject({ replyCode: 550 })

  await client.makeDirectory('folder/a/b/c', { parents: true })
  await client.makeDirectory('folder/a/b/c', { parents: true })
  await expect(client.makeDirectory('folder')).rejects.toMatchObject({ replyCode: 550 })
  await client.changeDirectory('folder/a')
  await client.uploadStream('b/deep', (stream) => stream.write('deep'))
  await client.changeDirectory()
  await client.rename('a/b/deep', 'a/moved')
  const below = await client.list('', { recursive: true })
  expect(below.map(({ path }) => path).toSorted()).toEqual(['a', 'a/b', 'a/b/c', 'a/moved'])
  await client.changeDirectory('/')
  await client.changeDirectory(server.home)
  await client.removeDirectory('folder/a/b/c')
  await client.remove('folder')
  await client.remove('up')
  expect(readdirSync(root)).not.toContain('folder')

  await giveUp(client)
  await Promise.all([client.size('big'), client.list(), client.currentDirectory(), read(client, 'big')])
}

/** Transfers that are left early: whatever is left of them, the next command works. */
async function giveUp(client: Client): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await client.downloadStream('big', async (stream) => {
      await stream.read(100)
      await stream.close()
    })
    expect(await client.size('big')).toBe(big.length)
    for await (const _entry of client.list()) break
    expect(await client.size('big')).toBe(big.length)
    await client
      .uploadStream('half', async (stream) => {
        await stream.write('half')
        throw new Error('enough')
      })
      .catch(() => {})
    expect(await client.size('big')).toBe(big.length)
    expect(String(await read(client, 'a file'))).toBe('content and more')
  }
}

const ways: { title: string; options: ClientOptions; host?: string; says?: string }[] = [
  { title: 'by PASV', options: { epsv: false }, says: 'PASV' },
  { title: 'in active mode', options: { mode: 'active' }, says: 'EPRT' },
  { title: 'in active mode, by PORT', options: { mode: 'active', epsv: false }, says: 'PORT' },
  { title: 'over IPv6', options: {}, host: '::1', says: 'EPSV' },
  { title: 'over IPv6 in active mode', options: { mode: 'active' }, host: '::1', says: 'EPRT |2|::1|' },
  { title: 'with LIST only', options: { listFormat: 'list' }, says: 'LIST' },
  { title: 'with a name for the host', options: {}, host: 'localhost' },
]

for (const [name, start] of [
  ['vsftpd', startVsftpd],
  ['proftpd', startProftpd],
] as const) {
  describe.skipIf(isMissing(name, 'openssl'))(`Client, against ${name}`, () => {
    for (const { title, tls } of foreignModes) {
      test(`does all that it can, ${title}`, async () => {
        await using server = await start({ root, ...(tls && { tls }) })
        await using client = await connectTo(server, tls)
        expect(client.isSecure).toBe(tls !== undefined)
        await exercise(client, server)
      })
    }

    for (const { title, options, host = '127.0.0.1', says } of ways) {
      for (const tls of [undefined, { requireSessionReuse: true }]) {
        test(`does all that it can ${title}${tls ? ' under TLS' : ''}`, async () => {
          await using server = await start({
            root,
            host: host === 'localhost' ? '127.0.0.1' : host,
            ...(tls && { tls }),
          })
          const said: string[] = []
          const logger = ({ text }: { text: string }) => void said.push(text)
          const target = { ...server, host }
          await using client = await connectTo(target, tls, { family: host === '::1' ? 6 : 4, ...options, logger })
          await exercise(client, server)
          if (says) expect(said.some((line) => line.startsWith(says))).toBe(true)
        })
      }
    }

    test('goes on after transfers of which hardly anything has begun', async () => {
      await using server = await start({ root })
      await using client = await connectTo(server)
      for (let i = 0; i < 20; i++) {
        await (await client.downloadStream('big')).close()
        await (await client.uploadStream('half')).close()
        const abort = new AbortController()
        const opening = client.downloadStream('big', { signal: abort.signal })
        setTimeout(() => abort.abort(), i / 4)
        await opening.then((stream) => stream.close()).catch(() => {})
        expect(await client.size('big')).toBe(big.length)
      }
    })

    test('takes names of all kinds as they are', async () => {
      await using server = await start({ root })
      await using client = await connectTo(server)
      await client.changeDirectory('folder')
      // What the files of the tests are named by stands for bytes.
      const names = strangeNames.map((bytes) => Buffer.from(bytes, 'latin1').toString())
      for (const file of names) await client.uploadStream(file, (stream) => stream.write(file))
      expect(readdirSync(join(root, 'folder')).toSorted()).toEqual(names.toSorted())
      const listed = (await client.list()).map((entry) => entry.name)
      expect(listed.toSorted()).toEqual(names.toSorted())
      for (const file of names) {
        expect(String(await read(client, file))).toBe(file)
        expect(await client.size(file)).toBe(Buffer.byteLength(file))
        await client.rename(file, `${file} too`)
        await client.removeFile(`${file} too`)
        if (name === 'proftpd' && file.includes('*')) continue // which it has no directories with
        await client.makeDirectory(file)
        await client.changeDirectory(file)
        await client.changeDirectory()
        expect((await client.stat(file)).type).toBe('directory')
        expect(await client.list(file)).toEqual([])
        await client.removeDirectory(file)
      }
      expect(readdirSync(join(root, 'folder'))).toEqual([])
    })

    test('loses no name that is not UTF-8, and speaks latin1 when told so', async () => {
      // A byte 255 is doubled, as Telnet has it, which vsftpd does not know.
      const bytes = Buffer.from(name === 'vsftpd' ? 'Gr\xFC\xDFe' : 'Gr\xFC\xDFe\xFF', 'latin1')
      writeFileSync(Buffer.concat([Buffer.from(`${root}/folder/`), bytes]), 'content')
      await using server = await start({ root })
      for (const encoding of ['utf8', 'latin1'] as const) {
        await using client = await connectTo(server, undefined, { encoding })
        const [entry] = await client.list('folder')
        if (encoding === 'latin1') expect(entry?.name).toMatch(/^Grüßeÿ?$/)
        expect(String(await read(client, entry?.path ?? ''))).toBe('content')
        await client.rename(entry?.path ?? '', 'folder/x')
        await client.rename('folder/x', entry?.path ?? '')
        const [found] = readdirSync(join(root, 'folder'), { encoding: 'buffer' })
        expect(found?.equals(bytes)).toBe(true)
      }
    })

    test('is told what is wrong with a login', async () => {
      await using server = await start({ root })
      await expect(connectTo({ ...server, password: 'wrong' })).rejects.toMatchObject({
        replyCode: 530,
        message: expect.not.stringContaining('wrong'),
      })
    })

    test('says nothing in the clear to a server without TLS, and refuses one that is somebody else', async () => {
      await using server = await start({ root })
      await expect(connectTo(server, {})).rejects.toMatchObject({ code: 'ERR_SLUICE_FTP_REPLY', command: 'AUTH TLS' })
      expect(server.log()).not.toContain(server.password)
      await using secured = await start({ root, tls: {} })
      const stranger = connectTo(secured, {}, { tlsOptions: {} })
      await expect(stranger).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    })
  })
}
