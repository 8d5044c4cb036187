import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientPool, type LogEntry, type MirrorOptions } from 'sluice/ftp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isMissing } from './fixtures/foreign/peers.ts'
import { startProftpd } from './fixtures/foreign/proftpd.ts'
import { startVsftpd } from './fixtures/foreign/vsftpd.ts'
import { localhost } from './fixtures/loopback.ts'
import { readTree, strangeNames, strangeTree, type Tree, writeTree } from './fixtures/tree.ts'

let root: string
let local: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-served-'))
  local = mkdtempSync(join(tmpdir(), 'sluice-local-'))
})
afterEach(() => {
  for (const folder of [root, local]) rmSync(folder, { recursive: true, force: true })
})

const nothing = { files: 0, made: 0, removed: 0, failed: [] }

/** ProFTPD makes no directory whose name has a star in it. */
const strange = strangeTree([...strangeNames.filter((name) => !/[\\*]/.test(name)), 'latin\xfc'])

for (const [name, start] of [
  ['vsftpd', startVsftpd],
  ['proftpd', startProftpd],
] as const) {
  describe.skipIf(isMissing(name))(`ClientPool with ${name}`, () => {
    for (const direction of ['download', 'upload'] as const) {
      const ends = (home: string): [source: string, target: string, from: string, to: string] => {
        const there = `${home.replace(/\/$/, '')}/tree`
        const [served, here] = [join(root, 'tree'), join(local, 'tree')]
        return direction === 'download' ? [there, here, served, here] : [here, there, here, served]
      }

      test(`mirrors by ${direction}, and has nothing to do when it runs again`, async () => {
        await using server = await start({ root })
        const { host, port, user, password } = server
        const log: string[] = []
        const logger = ({ kind, text }: LogEntry) => void (kind === 'command' && log.push(text.split(' ')[0] ?? ''))
        await using pool = new ClientPool(host, { port, user, password, connections: 3, logger })
        const [source, target, from, to] = ends(server.home)
        mkdirSync(from)
        writeTree(from, strange)
        // Listings tell the time of day of those of the last months only.
        const recent = Math.floor(Date.now() / 1000) - 100_000
        utimesSync(join(from, 'large'), recent, recent)
        const options: MirrorOptions = { direction, delete: true }
        expect((await pool.mirror(source, target, options)).failed).toEqual([])
        expect(readTree(to)).toEqual(strange)
        log.length = 0
        expect(await pool.mirror(source, target, options)).toMatchObject(nothing)
        const transfers = log.filter((verb) => ['RETR', 'STOR', 'APPE', 'MKD', 'DELE', 'MFMT', 'MDTM'].includes(verb))
        expect(transfers).toEqual([])
        writeFileSync(join(from, 'large'), 'small')
        rmSync(join(from, 'in plain.txt'), { recursive: true })
        expect(await pool.mirror(source, target, options)).toMatchObject({ files: 1, removed: 2, failed: [] })
        expect(readTree(to)).toEqual(readTree(from))
        expect(await pool.mirror(source, target, options)).toMatchObject(nothing)
      })

      test(`brings a tree over TLS by ${direction}, with one connection and with several`, async () => {
        await using server = await start({ root, tls: { requireSessionReuse: true } })
        const { host, port, user, password } = server
        const tree: Tree = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, 'x'.repeat(i * 1000)]))
        const [source, target, from, to] = ends(server.home)
        mkdirSync(from)
        writeTree(from, tree)
        for (const connections of [1, 4]) {
          const tlsOptions = { ca: localhost.cert, servername: 'localhost' }
          await using pool = new ClientPool(host, { port, user, password, connections, tls: 'explicit', tlsOptions })
          const summary = await pool[direction](source, target)
          expect(summary).toMatchObject({ files: 30, failed: [] })
          expect(readTree(to)).toEqual(tree)
          rmSync(to, { recursive: true })
        }
      })
    }

    test('goes on where a mirror was ended', async () => {
      await using server = await start({ root })
      const { host, port, user, password } = server
      await using pool = new ClientPool(host, { port, user, password, connections: 2 })
      const there = `${server.home.replace(/\/$/, '')}/tree`
      const tree = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`f${i}`, String(i).repeat(3_000_000)]))
      const from = join(local, 'from')
      mkdirSync(from)
      writeTree(from, tree)
      for (const direction of ['upload', 'download'] as const) {
        const [source, target] = direction === 'upload' ? [from, there] : [there, join(local, 'to')]
        const abort = new AbortController()
        const onProgress = ({ totalBytes }: { readonly totalBytes: number }) => {
          if (totalBytes > 4_000_000) abort.abort(new Error('enough'))
        }
        const options = { direction, onProgress, progressInterval: 0, signal: abort.signal }
        await expect(pool.mirror(source, target, options)).rejects.toThrow('enough')
        const summary = await pool.mirror(source, target, { direction })
        expect(summary.failed).toEqual([])
        expect(summary.bytes).toBeLessThan(12_000_000)
        expect(await pool.mirror(source, target, { direction, compare: 'size' })).toMatchObject(nothing)
      }
      expect(readTree(join(root, 'tree'))).toEqual(tree)
      expect(readTree(join(local, 'to'))).toEqual(tree)
    })
  })
}
