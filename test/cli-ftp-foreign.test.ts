import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CERT } from './cli-ftp-server.ts'
import { jsonOf, sha256, sluice, temporaryFolder } from './cli-sluice.ts'
import { isMissing } from './fixtures/foreign/peers.ts'
import { startProftpd } from './fixtures/foreign/proftpd.ts'
import type { ForeignTls } from './fixtures/foreign/server-process.ts'
import { startVsftpd } from './fixtures/foreign/vsftpd.ts'
import { readTree, writeTree } from './fixtures/tree.ts'

const TREE = { 'a b/': '', 'a b/c': 'deep', ü: 'umlaut'.repeat(1000), '-dash': 'x' } as const
const tree = Object.fromEntries(
  Object.entries(TREE).map(([path, text]) => [Buffer.from(path).toString('latin1'), text]),
)

const kinds: readonly { readonly title: string; readonly tls?: ForeignTls; readonly scheme: string }[] = [
  { title: 'in the clear', scheme: 'ftp' },
  {
    title: 'by TLS 1.3 whose sessions must be resumed',
    tls: { minVersion: 'TLSv1.3', requireSessionReuse: true },
    scheme: 'ftp+tls',
  },
  { title: 'by implicit TLS', tls: { implicit: true }, scheme: 'ftps' },
]

for (const [name, start] of [
  ['vsftpd', startVsftpd],
  ['proftpd', startProftpd],
] as const) {
  describe.skipIf(isMissing(name))(`sluice and ${name}`, () => {
    for (const { title, tls, scheme } of kinds) {
      test(`list, get, put and mirror ${title}`, async () => {
        using folder = temporaryFolder()
        for (const path of ['there', 'here']) mkdirSync(folder.path(path))
        writeFileSync(folder.path('there/large file'), randomBytes(3_000_000))
        await using server = await start({ root: folder.path('there'), ...(tls && { tls }) })
        const home = server.home === '/' ? '' : server.home
        const login = `${server.user}:${encodeURIComponent(server.password)}`
        const url = `${scheme}://${login}@${tls ? 'localhost' : server.host}:${server.port}/${home}`
        const trust = tls ? ['--ca', CERT] : []

        expect((await sluice(['ls', `${url}/`, ...trust])).stdout.toString()).toBe('large file\n')

        const get = ['get', `${url}/large%20file`, '-o', folder.path('here/'), ...trust]
        expect(await sluice(get)).toMatchObject({ code: 0, stderr: '' })
        const original = sha256(readFileSync(folder.path('there/large file')))
        expect(sha256(readFileSync(folder.path('here/large file')))).toBe(original)
        expect((await sluice(['get', `${url}/none`, '-o', folder.path('here/none'), ...trust])).stderr).toContain(
          'the server answered 550',
        )

        const put = ['put', folder.path('here/large file'), `${url}/copy`, '--atomic', ...trust]
        expect(await sluice(put)).toMatchObject({ code: 0, stderr: '' })
        expect(sha256(readFileSync(folder.path('there/copy')))).toBe(original)

        rmSync(folder.path('here/large file'))
        writeTree(folder.path('here'), tree)
        const mirror = ['mirror', folder.path('here'), `${url}/tree`, '-p', '2', '--json', ...trust]
        expect(jsonOf(await sluice(mirror))).toMatchObject({ outcome: 'done', files: 3, error: null })
        expect(readTree(folder.path('there/tree'))).toEqual(readTree(folder.path('here')))
        expect(jsonOf(await sluice(mirror))).toMatchObject({ outcome: 'done', files: 0, unchanged: 3 })

        const tree2 = ['get', `${url}/tree/`, '-o', folder.path('back'), '-p', '2', ...trust]
        expect(await sluice(tree2)).toMatchObject({ code: 0, stderr: '' })
        expect(readTree(folder.path('back'))).toEqual(readTree(folder.path('here')))
      })
    }
  })
}
