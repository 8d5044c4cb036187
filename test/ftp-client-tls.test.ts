import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'sluice/ftp'
import type { FtpAnswers, FtpCall, PeerStream } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { connectTo } from './fixtures/foreign/connect.ts'
import { big, makeRoot, removeRoot } from './fixtures/foreign/exercise.ts'
import { isMissing } from './fixtures/foreign/peers.ts'
import { startProftpd } from './fixtures/foreign/proftpd.ts'
import { startVsftpd } from './fixtures/foreign/vsftpd.ts'
import { scriptedFtp } from './fixtures/scripted-ftp.ts'

/** A certificate that nobody trusts, for a host of that name. */
function strangerFor(host: string): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cert-'))
  try {
    const paths = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string]
    const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host},IP:127.0.0.1`]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', paths[0], '-out', paths[1]], {
      stdio: 'ignore',
    })
    const [key, cert] = paths.map((path) => readFileSync(path, 'utf8')) as [string, string]
    return { key, cert }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const reads: Record<string, (client: Client) => Promise<unknown>> = {
  'a stream': (client) => client.downloadStream('x', (stream) => stream.read()),
  'a listing': async (client) => await client.list(),
  'an upload': (client) => client.uploadStream('x', (stream) => stream.write('content')),
}

describe.skipIf(isMissing('openssl'))('Client, whose data connection somebody else has', () => {
  for (const [title, use] of Object.entries(reads)) {
    for (const mode of ['passive', 'active'] as const) {
      test(`refuses a stranger's certificate to ${title}, sends nothing to him, and goes on (${mode})`, async () => {
        const stranger = strangerFor('localhost')
        let heard = 0
        let accept: (() => Promise<PeerStream>) | undefined
        const transfer = async (call: FtpCall) => {
          await call.reply('150 Here it comes')
          const data = await accept?.()
          if (await data?.startTls(stranger)) heard += (await data?.read())?.length ?? 0
          data?.destroy()
          return '425 No data connection'
        }
        const answers: FtpAnswers = {
          EPSV: async (call) => {
            const port = await call.session.openData()
            accept = () => port.accept()
            return `229 Come in (|||${port.port}|)`
          },
          EPRT: (call) => {
            accept = () => call.session.connectData(Number(call.argument.split('|')[3]))
            return '200 Fine'
          },
          RETR: transfer,
          MLSD: transfer,
          STOR: transfer,
        }
        await using ftp = await scriptedFtp(answers, { tls: 'explicit', mode })
        await expect(use(ftp.client)).rejects.toMatchObject({ tlsCode: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
        expect(await ftp.client.currentDirectory()).toBe('/')
        expect(heard).toBe(0)
      })
    }
  }
})

for (const [name, start] of [
  ['vsftpd', startVsftpd],
  ['proftpd', startProftpd],
] as const) {
  test.skipIf(isMissing(name, 'openssl'))(
    `Client goes on, or says that its connection is lost, when it stops ${name} in the making of a connection`,
    async () => {
      const root = makeRoot()
      try {
        await using server = await start({ root, tls: { requireSessionReuse: true } })
        await using client = await connectTo(server, {}, { timeouts: { command: 3_000 } })
        let reconnects = 0
        for (let i = 0; i < 30; i++) {
          const abort = new AbortController()
          const options = { signal: abort.signal }
          const opening = i % 2 ? client.downloadStream('big', options) : client.uploadStream('half', options)
          void delay(i / 3).then(() => abort.abort(new Error('enough')))
          await opening.then((stream) => stream.close()).catch((error) => expect(String(error)).toMatch('enough'))
          if (client.isClosed) {
            reconnects++
            await client.reconnect()
          }
          expect(await client.size('big')).toBe(big.length)
        }
        // vsftpd gives up when a data connection ends before its handshake; ProFTPD does not.
        if (name === 'proftpd') expect(reconnects).toBe(0)
        writeFileSync(join(root, 'done'), '')
        expect(await client.exists('done')).toBe(true)
      } finally {
        removeRoot(root)
      }
    },
  )
}
