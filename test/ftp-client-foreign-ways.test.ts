import type { ClientOptions } from 'sluice/ftp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectTo } from './fixtures/foreign/connect.ts'
import { exercise, makeRoot, removeRoot } from './fixtures/foreign/exercise.ts'
import { isMissing } from './fixtures/foreign/peers.ts'
import { startProftpd } from './fixtures/foreign/proftpd.ts'
import { startVsftpd } from './fixtures/foreign/vsftpd.ts'

let root: string
beforeEach(() => {
  root = makeRoot()
})
afterEach(() => removeRoot(root))

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
          await exercise(client, server, root)
          if (says) expect(said.some((line) => line.startsWith(says))).toBe(true)
        })
      }
    }
  })
}
