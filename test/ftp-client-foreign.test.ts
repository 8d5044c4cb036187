import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StreamThrottle } from 'sluice'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectTo, foreignModes } from './fixtures/foreign/connect.ts'
import { big, exercise, makeRoot, read, removeRoot } from './fixtures/foreign/exercise.ts'
import { isMissing } from './fixtures/foreign/peers.ts'
import { startProftpd } from './fixtures/foreign/proftpd.ts'
import { startVsftpd } from './fixtures/foreign/vsftpd.ts'
import { strangeNames } from './fixtures/tree.ts'

let root: string
beforeEach(() => {
  root = makeRoot()
})
afterEach(() => removeRoot(root))

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
        await exercise(client, server, root)
      })
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

    for (const tls of [undefined, {}]) {
      test(`keeps replies apart while NOOP goes out all the time${tls ? ' under TLS' : ''}`, async () => {
        await using server = await start({ root, ...(tls && { tls }) })
        await using client = await connectTo(server, tls, { keepAlive: 2 })
        for (let i = 0; i < 3; i++) {
          const throttles = { slow: StreamThrottle.fromLimits({ readSpeedLimit: '50MB/s', writeSpeedLimit: '50MB/s' }) }
          expect((await read(client, 'big', { throttles })).equals(big)).toBe(true)
          expect(await client.size('big')).toBe(big.length)
          await client.uploadStream('up', { throttles }, (stream) => stream.write(big))
          expect(await client.size('up')).toBe(big.length)
          await client.downloadStream('big', { throttles }, async (stream) => {
            await stream.read(1_000_000)
            await stream.close()
          })
          await expect(client.size('none')).rejects.toMatchObject({ replyCode: 550 })
          expect(await client.currentDirectory()).toBe(server.home)
        }
        expect(server.log().match(/NOOP/g)?.length).toBeGreaterThan(30)
      })
    }

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
      await expect(stranger).rejects.toMatchObject({ tlsCode: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    })
  })
}
