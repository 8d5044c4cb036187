import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectTo } from './fixtures/foreign/connect.ts'
import { isMissing } from './fixtures/foreign/peers.ts'
import { startProftpd } from './fixtures/foreign/proftpd.ts'
import { startVsftpd } from './fixtures/foreign/vsftpd.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const ENTRIES = 20_000
/** Behind 4 GiB, where 32 bits end. */
const HUGE = 2 ** 32 + 1_000_000
const TAIL = Buffer.from('the end of a file that hardly takes room')
let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-big-'))
  for (let i = 0; i < ENTRIES; i++) writeFileSync(join(root, `file ${i}`), '')
  const sparse = openSync(join(root, 'huge'), 'w')
  writeSync(sparse, TAIL, 0, TAIL.length, HUGE - TAIL.length)
  closeSync(sparse)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

for (const [name, start] of [
  ['vsftpd', startVsftpd],
  ['proftpd', startProftpd],
] as const) {
  describe.skipIf(isMissing(name, 'openssl'))(`Client, against ${name}`, () => {
    for (const listFormat of ['auto', 'list'] as const) {
      test(`lists ${ENTRIES} entries, and holds none of them while they come (${listFormat})`, async () => {
        await using server = await start({ root })
        await using client = await connectTo(server, undefined, { listFormat })
        const names = new Set((await client.list()).map((entry) => entry.name))
        expect(names.size).toBe(ENTRIES + 1)
        gc()
        const before = process.memoryUsage().heapUsed
        let count = 0
        for await (const entry of client.list()) {
          if (!names.has(entry.name)) throw new Error(entry.name)
          if (++count !== 15_000) continue
          gc()
          // All that have come would take 15 MB.
          expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000)
        }
        expect(count).toBe(ENTRIES + 1)
      })
    }

    for (const tls of [undefined, {}]) {
      test(`reads and writes behind 4 GiB${tls ? ' under TLS' : ''}`, async () => {
        await using server = await start({ root, ...(tls && { tls }) })
        await using client = await connectTo(server, tls)
        expect(await client.size('huge')).toBe(HUGE)
        expect(await client.size('huge', { bigint: true })).toBe(BigInt(HUGE))
        const entry = await client.stat('huge')
        expect([entry.size, entry.bigSize]).toEqual([HUGE, BigInt(HUGE)])
        const offset = HUGE - TAIL.length
        expect(await client.downloadStream('huge', { offset }, (stream) => stream.read())).toEqual(TAIL)
        await client.uploadStream('huge', { offset }, (stream) => stream.write('THE'))
        const tail = await client.downloadStream('huge', { offset: offset - 2 }, (stream) => stream.read())
        expect(String(tail)).toBe(`\0\0THE${String(TAIL.subarray(3))}`)
        await client.uploadStream('huge', { offset }, (stream) => stream.write(TAIL.subarray(0, 3)))
        // From its beginning only a little is read.
        expect(await client.downloadStream('huge', async (stream) => (await stream.read(10)).length)).toBe(10)
        expect(await client.size('huge')).toBe(HUGE)
      })
    }

    test('transfers 200 files in a row under TLS 1.3 with the reuse of sessions demanded', async () => {
      const tls = { minVersion: 'TLSv1.3', requireSessionReuse: true } as const
      await using server = await start({ root, tls })
      await using client = await connectTo(server, tls)
      for (let i = 0; i < 100; i++) {
        await client.uploadStream('again', (stream) => stream.write(`content ${i}`))
        expect(String(await client.downloadStream('again', (stream) => stream.read()))).toBe(`content ${i}`)
      }
      await client.removeFile('again')
    })
  })
}
