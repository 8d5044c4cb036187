import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'sluice/ftp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startOurServer } from './fixtures/foreign/our-server.ts'
import { isMissing } from './fixtures/foreign/peers.ts'
import { startProftpd } from './fixtures/foreign/proftpd.ts'
import { startVsftpd } from './fixtures/foreign/vsftpd.ts'
import { localhost } from './fixtures/loopback.ts'

interface Running extends AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

const servers: { name: string; isMissing: boolean; start: (root: string, tls: boolean) => Promise<Running> }[] = [
  { name: 'our server', isMissing: false, start: (root, tls) => startOurServer(root, tls ? { tls: true } : {}) },
  {
    name: 'vsftpd',
    isMissing: isMissing('vsftpd'),
    start: (root, tls) => startVsftpd({ root, ...(tls && { tls: {} }) }),
  },
  {
    name: 'proftpd',
    isMissing: isMissing('proftpd'),
    start: (root, tls) => startProftpd({ root, ...(tls && { tls: {} }) }),
  },
]

const LONG = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff))
const MODIFIED = new Date(Date.UTC(2025, 0, 2, 3, 4, 5))
const reason = new Error('enough')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-servers-'))
  for (const name of ['there', 'here']) await mkdir(join(folder, name))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const there = (name: string) => join(folder, 'there', name)
const here = (name: string) => join(folder, 'here', name)

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content)
  await utimes(path, MODIFIED, MODIFIED)
}

const isWhole = async (path: string, content = LONG) => (await readFile(path)).equals(content)

const connect = ({ host, port, user, password }: Running, tls: boolean) =>
  Client.connect(tls ? 'localhost' : host, {
    ...{ port, user, password, family: 4, timeout: 10_000 },
    ...(tls && { tls: 'explicit', tlsOptions: { ca: localhost.cert } }),
  })

for (const { name, isMissing: isAway, start } of servers) {
  for (const tls of [false, true]) {
    describe.skipIf(isAway)(`Client and ${name}, TLS ${tls}`, () => {
      test('transfer files of any size there and back, with their times', async () => {
        await using server = await start(join(folder, 'there'), tls)
        await using client = await connect(server, tls)
        for (const length of [0, 1, 4096, 65_536, 65_537, LONG.length]) {
          await put(here('file'), LONG.subarray(0, length))
          await client.upload(here('file'), 'file', { checksum: true, atomic: length % 2 === 0 })
          expect(await isWhole(there('file'), LONG.subarray(0, length))).toBe(true)
          expect((await stat(there('file'))).mtime).toEqual(MODIFIED)
          await rm(here('file'))
          await client.download('file', here('file'), { checksum: true })
          expect(await isWhole(here('file'), LONG.subarray(0, length))).toBe(true)
          expect((await stat(here('file'))).mtime).toEqual(MODIFIED)
        }
        expect([await readdir(join(folder, 'here')), await readdir(join(folder, 'there'))]).toEqual([
          ['file'],
          ['file'],
        ])
      })

      test('transfer bytes and streams there and back', async () => {
        await using server = await start(join(folder, 'there'), tls)
        await using client = await connect(server, tls)
        await client.upload(Readable.from([LONG.subarray(0, 99), LONG.subarray(99)]), 'file', { size: LONG.length })
        expect((await client.downloadBytes('file')).equals(LONG)).toBe(true)
      })

      test('go on with a download and an upload that were aborted', async () => {
        await using server = await start(join(folder, 'there'), tls)
        await using client = await connect(server, tls)
        await put(there('file'), LONG)
        const abort = new AbortController()
        const options = {
          resume: true,
          progressInterval: 0,
          onProgress: ({ bytes }: { readonly bytes: number }) => {
            if (bytes > 1_000_000) abort.abort(reason)
          },
        }
        const down = client.download('file', here('file'), { ...options, signal: abort.signal })
        await expect(down).rejects.toBe(reason)
        expect(await client.download('file', here('file'), { resume: true })).toMatchObject({ resumed: 1 })
        expect(await isWhole(here('file'))).toBe(true)

        await truncate(there('file'), 1_234_567)
        expect(await client.upload(here('file'), 'file', { resume: true })).toMatchObject({ resumed: 1 })
        expect(await isWhole(there('file'))).toBe(true)
      })

      test('are in order after transfers that were aborted at any moment, and leave nothing open', async () => {
        await using server = await start(join(folder, 'there'), tls)
        await put(there('file'), LONG)
        await put(here('file'), LONG)
        const client = await connect(server, tls)
        let open = 0
        let wasLost = false
        for (let round = 0; round < 30; round++) {
          const abort = new AbortController()
          const { signal } = abort
          const run =
            round % 2 === 0
              ? client.download('file', here('copy'), { signal })
              : client.upload(here('file'), 'copy', { signal, atomic: true })
          await delay((round * 7) % 11)
          abort.abort(reason)
          await run.catch((error: unknown) => expect(error).toBe(reason))
          // vsftpd destroys a connection when the TLS handshake of its data connection is broken off.
          if (client.isClosed) wasLost = true
          if (client.isClosed) await client.reconnect()
          expect(await client.size('file')).toBe(LONG.length)
          if (round === 5) open = readdirSync('/proc/self/fd').length
        }
        expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(open + 3)
        const parts = (side: string) => readdirSync(join(folder, side)).filter((path) => path.startsWith('.'))
        expect(parts('here')).toEqual([])
        if (!wasLost) expect(parts('there')).toEqual([])
        await client.quit()
      })
    })
  }
}
