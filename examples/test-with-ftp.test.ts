/**
 * How to test code that speaks FTP: each test has a server of its own in this process, with files in memory.
 *
 *     node --import tsx --test examples/test-with-ftp.test.ts
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { Client, type ClientOptions, ReplyError } from 'sluice/ftp'
import { MemoryFileSystem, Server } from 'sluice/ftp-server'
import { answerFtp, ScriptedPeer } from 'sluice/testing'

/** The code under test: adds up the orders that are there, and leaves the sum. */
async function sumOrders(host: string, options: ClientOptions): Promise<void> {
  await using client = await Client.connect(host, options)
  let sum = 0
  for (const { name } of await client.list('/orders')) {
    sum += Number(await client.downloadBytes(`/orders/${name}`, { retry: { delay: 10 } }))
  }
  await client.upload(Buffer.from(`${sum}\n`), '/sum.txt')
}

const login = { user: 'ann', password: 'secret' }
let files: MemoryFileSystem
let server: Server

beforeEach(async () => {
  files = new MemoryFileSystem({ files: { '/orders/1': '30', '/orders/2': '12' } })
  server = new Server({ fileSystem: files, users: [{ name: login.user, password: login.password }], loginDelay: 0 })
  await server.listen() // at any free port of 127.0.0.1
})

afterEach(() => server.close({ drain: false }))

test('sumOrders() leaves the sum of all orders', async () => {
  await sumOrders('127.0.0.1', { ...login, port: server.address?.port })
  assert.equal(String(await files.readFile('/sum.txt')), '42\n')
})

test('sumOrders() leaves nothing when there are no orders', async () => {
  await files.rename('/orders', '/old')
  const failed = sumOrders('127.0.0.1', { ...login, port: server.address?.port })
  await assert.rejects(failed, (error) => error instanceof ReplyError && error.replyCode === 550)
  await assert.rejects(files.stat('/sum.txt'), { code: 'ENOENT' })
})

test('sumOrders() works over TLS', async () => {
  const { key, cert } = createCertificate()
  await using secure = new Server({ fileSystem: files, tls: { key, cert }, requireTls: true })
  const { host, port } = await secure.listen()
  await sumOrders(host, { port, tls: 'explicit', tlsOptions: { ca: cert } })
  assert.equal(String(await files.readFile('/sum.txt')), '42\n')
})

test('sumOrders() goes on when the server breaks off', async () => {
  let sum = ''
  // Nothing of a server but what it is told: the first connection breaks off at the first order.
  await using peer = await ScriptedPeer.listen((session) =>
    answerFtp(session, {
      MLSD: (call) => call.serve('type=file;size=2; 1\r\n'),
      RETR: (call) => (session.number === 0 ? session.reset() : call.serve('30')),
      STOR: async (call) => {
        sum = String(await call.store())
      },
    }),
  )
  await sumOrders(peer.host, { port: peer.port })
  assert.equal(sum, '30\n')
  assert.equal(peer.sessions.length, 2)
})

/** A key and a certificate of 127.0.0.1, which is good for a day and signed by nobody else. */
function createCertificate(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  try {
    execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', cert], { stdio: 'pipe' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
