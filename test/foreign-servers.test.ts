import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isMissing } from './fixtures/foreign/peers.ts'
import { startProftpd } from './fixtures/foreign/proftpd.ts'
import { run, succeed } from './fixtures/foreign/program.ts'
import type { ForeignServerProcess, ForeignTls } from './fixtures/foreign/server-process.ts'
import { startVsftpd } from './fixtures/foreign/vsftpd.ts'

const ca = fileURLToPath(new URL('fixtures/localhost-cert.pem', import.meta.url))
const big = randomBytes(5_000_000)
let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'served-'))
  writeFileSync(join(root, 'a file'), 'content')
  writeFileSync(join(root, 'big'), big)
  mkdirSync(join(root, 'folder'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** curl as it would be called by hand; paths are relative to the folder that is served. */
function curl(server: ForeignServerProcess, tls: ForeignTls | undefined, path: string, ...args: string[]) {
  const url = `${tls?.implicit ? 'ftps' : 'ftp'}://${server.host}:${server.port}/${encodeURI(path)}`
  const security = tls ? ['--ssl-reqd', '--cacert', ca] : []
  return run('curl', ['-sSv', '-u', `${server.user}:${server.password}`, '--max-time', '10', ...security, ...args, url])
}

const kinds: { readonly title: string; readonly tls?: ForeignTls; readonly protocol?: string }[] = [
  { title: 'plain' },
  { title: 'TLS 1.2', tls: { maxVersion: 'TLSv1.2' }, protocol: 'TLSv1.2' },
  { title: 'TLS 1.3', tls: { minVersion: 'TLSv1.3' }, protocol: 'TLSv1.3' },
  { title: 'TLS 1.2 with reuse', tls: { maxVersion: 'TLSv1.2', requireSessionReuse: true }, protocol: 'TLSv1.2' },
  { title: 'TLS 1.3 with reuse', tls: { minVersion: 'TLSv1.3', requireSessionReuse: true }, protocol: 'TLSv1.3' },
  { title: 'implicit TLS', tls: { implicit: true }, protocol: 'TLSv1.3' },
]

for (const [name, start] of [
  ['vsftpd', startVsftpd],
  ['proftpd', startProftpd],
] as const) {
  describe.skipIf(isMissing(name, 'curl', 'openssl'))(`${start.name}()`, () => {
    for (const { title, tls, protocol } of kinds) {
      test(`serves ${title}`, async () => {
        await using server = await start({ root, ...(tls && { tls }) })
        const listing = await curl(server, tls, '')
        expect(String(listing.stdout)).toMatch(/^-rw.* 7 .* a file\r?\n.*5000000.* big\r?\nd.* folder\r?$/m)
        if (protocol) expect(listing.said).toContain(`SSL connection using ${protocol}`)
        expect((await curl(server, tls, 'big')).stdout.equals(big)).toBe(true)
        expect((await curl(server, tls, 'folder/up', '-T', join(root, 'big'))).code).toBe(0)
        expect(readFileSync(join(root, 'folder/up')).equals(big)).toBe(true)
      })
    }

    test('gives the home folder, and refuses another password', async () => {
      await using server = await start({ root })
      expect((await curl(server, undefined, '')).said).toContain(`257 "${server.home}" is the current directory`)
      expect((await curl({ ...server, password: 'wrong' }, undefined, '')).code).toBe(67)
    })

    test('demands the reuse of sessions when told so', async () => {
      await using server = await start({ root, tls: { requireSessionReuse: true } })
      const refused = await curl(server, { requireSessionReuse: true }, 'big', '--no-sessionid')
      expect(refused.said).toContain('transfer closed with 5000000 bytes remaining to read') // it does not wait for the reply
    })

    test('takes settings', async () => {
      const settings = name === 'vsftpd' ? { ftpd_banner: 'Hello' } : { ServerIdent: 'on Hello' }
      await using server = await start({ root, settings })
      expect((await curl(server, undefined, '')).said).toContain('< 220 Hello')
    })

    test('tells what it has logged, and leaves nothing when it is closed', async () => {
      const before = temporaries()
      const server = await start({ root })
      await curl(server, undefined, 'big')
      expect(server.log()).toContain('RETR big')
      await server.close()
      expect(() => process.kill(server.pid, 0)).toThrow()
      expect(() => process.kill(-server.pid, 0)).toThrow()
      expect(temporaries()).toEqual(before)
    })
  })

  function temporaries() {
    return readdirSync(tmpdir()).filter((entry) => entry.startsWith(`${name}-`))
  }
}

test('succeed() throws what a program said that failed', async () => {
  await expect(succeed('sh', ['-c', 'echo out; echo err >&2; exit 3'])).rejects.toThrow(/exits with 3:\nout\nerr/)
})
