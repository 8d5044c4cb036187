import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readTree, strangeNames, strangeTree, type Tree, writeTree } from '../../../../test/fixtures/tree.ts'
import { Server, type ServerOptions } from '../../server/index.ts'
import type { LogEntry } from '../log.ts'
import { ClientPool, type ClientPoolOptions } from '../pool/client-pool.ts'
import type { MirrorAction, MirrorOptions, MirrorSummary } from './mirror-types.ts'

let root: string
let local: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-served-'))
  local = mkdtempSync(join(tmpdir(), 'sluice-local-'))
})
afterEach(() => {
  for (const folder of [root, local]) rmSync(folder, { recursive: true, force: true })
})

type Direction = MirrorOptions['direction']

/** A mirror of a tree in one direction or the other; `from` and `to` are where it lies on the disk. */
interface Scene {
  readonly pool: ClientPool
  readonly server: Server
  readonly from: string
  readonly to: string
  readonly log: string[]
  mirror(options?: Partial<MirrorOptions>): Promise<MirrorSummary & { readonly actions: readonly string[] }>
}

async function scene(
  direction: Direction,
  body: (scene: Scene) => Promise<void>,
  { server: serverOptions, ...poolOptions }: ClientPoolOptions & { readonly server?: ServerOptions } = {},
): Promise<void> {
  await using server = new Server({ root, ...serverOptions })
  const { host, port } = await server.listen()
  const log: string[] = []
  const logger = ({ kind, text }: LogEntry) => void (kind === 'command' && log.push(text))
  await using pool = new ClientPool(host, { port, connections: 3, logger, ...poolOptions })
  const [from, to] =
    direction === 'download' ? [join(root, 'x'), join(local, 'x')] : [join(local, 'x'), join(root, 'x')]
  mkdirSync(from)
  const mirror: Scene['mirror'] = async (options) => {
    const actions: string[] = []
    const onAction = ({ action, path, reason }: MirrorAction) => void actions.push(`${action} ${path} (${reason})`)
    const [source, target] = direction === 'download' ? ['/x', to] : [from, '/x']
    const summary = await pool.mirror(source, target, { direction, onAction, ...options })
    return { ...summary, actions: actions.sort() }
  }
  await body({ pool, server, from, to, log, mirror })
}

function write(folder: string, tree: Tree): void {
  mkdirSync(folder, { recursive: true })
  writeTree(folder, tree)
}

const nothing = { files: 0, bytes: 0, made: 0, removed: 0, failed: [], actions: [] }

for (const direction of ['download', 'upload'] as const) {
  describe(`ClientPool.mirror() by ${direction}`, () => {
    const names = strangeNames.filter((name) => direction === 'upload' || !name.includes('\\'))

    test('makes the same tree, and does nothing when it runs again', async () => {
      await scene(direction, async ({ from, to, mirror, log }) => {
        const tree = strangeTree([...names, 'latin\xfc'])
        write(from, tree)
        const dry = await mirror({ dryRun: true, delete: true })
        expect(existsSync(to)).toBe(false)
        const first = await mirror({ delete: true })
        expect(first.failed).toEqual([])
        expect(readTree(to)).toEqual(tree)
        expect(dry.actions).toEqual(first.actions)
        const counts = ({ files, directories, bytes, made, removed, skipped }: MirrorSummary) => ({
          ...{ files, directories, bytes, made, removed, skipped },
        })
        expect(counts(dry)).toEqual(counts(first))
        log.length = 0
        const again = await mirror({ delete: true })
        expect(again).toMatchObject({ ...nothing, unchanged: first.files, skipped: first.files })
        const verbs = new Set(log.map((line) => line.split(' ')[0]))
        expect([...verbs].sort()).toEqual(['EPSV', 'MLSD', 'MLST'])
      })
    })

    test('transfers what has changed, and removes what lacks if it is told to', async () => {
      await scene(direction, async ({ from, to, mirror }) => {
        write(from, { same: '1', size: '22', time: '3', 'new/': '', 'new/file': '4' })
        write(to, { same: '1', size: '2', time: '5', old: '6', 'gone/': '', 'gone/deep/': '', 'gone/deep/file': '7' })
        for (const folder of [from, to]) utimesSync(join(folder, 'same'), 1_600_000_000, 1_600_000_000)
        utimesSync(join(from, 'time'), 1_600_000_000, 1_600_000_000)
        const kept = await mirror({ dryRun: true })
        expect(kept.actions).toEqual(
          [
            `${direction} new/file (missing)`,
            `${direction} size (size)`,
            `${direction} time (time)`,
            'make-directory new (missing)',
          ].sort(),
        )
        const dry = await mirror({ delete: true, dryRun: true })
        const summary = await mirror({ delete: true })
        expect(summary.actions).toEqual(
          [
            ...kept.actions,
            'remove-directory gone (extra)',
            'remove-directory gone/deep (extra)',
            'remove-file gone/deep/file (extra)',
            'remove-file old (extra)',
          ].sort(),
        )
        expect(dry.actions).toEqual(summary.actions)
        expect(summary).toMatchObject({ files: 3, made: 1, removed: 4, unchanged: 1, failed: [] })
        expect(readTree(to)).toEqual(readTree(from))
        expect(await mirror({ delete: true })).toMatchObject(nothing)
      })
    })

    test('removes nothing that is excluded or not included, and keeps the directories that it is in', async () => {
      await scene(direction, async ({ from, to, mirror }) => {
        write(from, { 'a.txt': '1', 'b.keep': 'other' })
        const tree = {
          'b.keep': '2',
          'c.txt': '3',
          'd/': '',
          'd/e.keep': '4',
          'd/f.txt': '5',
          'g.keep/': '',
          'g.keep/h': '6',
        }
        write(to, tree)
        expect(await mirror({ delete: true, exclude: '*.keep' })).toMatchObject({ removed: 2, failed: [] })
        const left = { 'b.keep': '2', 'd/': '', 'd/e.keep': '4', 'g.keep/': '', 'g.keep/h': '6' }
        expect(readTree(to)).toEqual({ 'a.txt': '1', ...left })
        rmSync(join(from, 'a.txt'))
        expect(await mirror({ delete: true, include: '*.txt' })).toMatchObject({ removed: 1, failed: [] })
        expect(readTree(to)).toEqual(left)
      })
    })

    test('puts the right thing in the place of another one, after everything else, and only if it may remove', async () => {
      await scene(direction, async ({ from, to, mirror }) => {
        write(from, { a: '1', 'b/': '', 'b/c': '2', d: '3', 'e/': '' })
        const before = { 'a/': '', 'a/x': '4', b: '5', e: '6' }
        write(to, before)
        const refused = await mirror()
        expect(refused.failed.map(({ error }) => (error as { code?: string }).code)).toEqual(Array(3).fill('EEXIST'))
        expect(readTree(to)).toEqual({ ...before, d: '3' })
        const dry = await mirror({ delete: true, dryRun: true })
        const summary = await mirror({ delete: true })
        expect(summary.failed).toEqual([])
        expect(summary.actions).toEqual(dry.actions)
        expect(readTree(to)).toEqual(readTree(from))
        expect(await mirror({ delete: true })).toMatchObject(nothing)
      })
    })

    test('puts nothing in the place of a directory that has to keep something', async () => {
      await scene(direction, async ({ from, to, mirror }) => {
        write(from, { a: '1' })
        write(to, { 'a/': '', 'a/b.keep': '2', 'a/c': '3' })
        const { failed, files } = await mirror({ delete: true, exclude: '*.keep' })
        expect(failed.map(({ error }) => (error as { code?: string }).code)).toEqual(['ENOTEMPTY'])
        expect(files).toBe(0)
        expect(readTree(to)).toEqual({ 'a/': '', 'a/b.keep': '2' })
      })
    })

    test('removes nothing if anything has failed, and finishes the job when it runs again', async () => {
      await scene(direction, async ({ from, to, mirror }) => {
        write(from, { 'a/': '', 'a/b': '1', c: '2', part: 'whole' })
        write(to, { old: '3' })
        // A partial file here can't be written to.
        const obstacle = join(direction === 'download' ? to : root, direction === 'download' ? '.c.sluice-part' : 'x/a')
        if (direction === 'download') mkdirSync(obstacle)
        else writeFileSync(obstacle, 'in the way')
        const options = direction === 'download' ? { delete: true } : { delete: false }
        const first = await mirror(options)
        expect(first.failed).toHaveLength(1)
        expect(existsSync(join(to, 'old'))).toBe(true)
        rmSync(obstacle, { recursive: true })
        expect(await mirror({ delete: true })).toMatchObject({ failed: [], removed: 1 })
        expect(readTree(to)).toEqual(readTree(from))
      })
    })

    test('leaves links alone on both sides', async () => {
      await scene(direction, async ({ from, to, mirror }) => {
        write(from, { file: '1' })
        symlinkSync('file', join(from, 'link'))
        write(to, {})
        const outside = join(local, 'outside')
        write(outside, { precious: '2' })
        symlinkSync(outside, join(to, 'link'))
        symlinkSync(outside, join(to, 'extra'))
        const summary = await mirror({ delete: true })
        expect(summary).toMatchObject({ files: 1, skipped: 1, removed: 1, failed: [] })
        expect(summary.actions).toContain('skip link (symlink)')
        expect(readdirSync(to).sort()).toEqual(['file', 'link'])
        expect(readTree(outside)).toEqual({ precious: '2' })
      })
    })

    test('goes on with files that came in part', async () => {
      await scene(direction, async ({ from, to, mirror }) => {
        const content = Array.from({ length: 400_000 }, (_, i) => String(i).padStart(10)).join('')
        write(from, { big: content })
        const abort = new AbortController()
        const onProgress = ({ totalBytes }: { readonly totalBytes: number }) => {
          if (totalBytes > 200_000) abort.abort(new Error('enough'))
        }
        await expect(mirror({ signal: abort.signal, onProgress, progressInterval: 0 })).rejects.toThrow('enough')
        const summary = await mirror()
        expect(summary).toMatchObject({ files: 1, resumed: 1, failed: [] })
        expect(summary.bytes).toBeLessThan(content.length)
        expect(readTree(to)).toEqual({ big: content })
        expect(await mirror()).toMatchObject(nothing)
      })
    })

    test('compares sizes alone, or checksums, if told to', async () => {
      await scene(direction, async ({ from, to, mirror }) => {
        write(from, { a: '1', b: '2' })
        write(to, { a: '1', b: '3' })
        for (const name of ['a', 'b']) utimesSync(join(to, name), 1_600_000_000, 1_600_000_000)
        expect(await mirror({ compare: 'size' })).toMatchObject({ ...nothing, unchanged: 2 })
        expect(await mirror({ compare: 'checksum' })).toMatchObject({
          actions: [`${direction} b (checksum)`],
          unchanged: 1,
        })
        expect(readTree(to)).toEqual({ a: '1', b: '2' })
      })
    })

    test('finds 2,000 files of one directory the same', async () => {
      await scene(direction, async ({ from, to, mirror }) => {
        const tree = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`f${i}`, '']))
        write(from, tree)
        write(to, tree)
        expect(await mirror({ delete: true })).toMatchObject({ ...nothing, unchanged: 2000 })
      })
    })

    test('asks for the time where a listing tells it to the minute', async () => {
      await scene(
        direction,
        async ({ from, to, mirror, log }) => {
          write(from, { a: '1', b: '2' })
          const now = Math.floor(Date.now() / 1000) - 7 * 86_400
          utimesSync(join(from, 'a'), now, now)
          await mirror()
          expect(await mirror({ delete: true })).toMatchObject({ ...nothing, unchanged: 2 })
          log.length = 0
          // As if the times of the listing were those of another zone.
          utimesSync(join(direction === 'download' ? to : from, 'a'), now + 3600, now + 3600)
          expect(await mirror()).toMatchObject({ files: 1, unchanged: 1 })
          expect(log.filter((line) => line.startsWith('MDTM'))).toContain('MDTM /x/a')
          expect(readTree(to)).toEqual(readTree(from))
        },
        { listFormat: 'list' },
      )
    })

    test('fails if there is nothing to read from, and touches nothing', async () => {
      await scene(direction, async ({ from, to, mirror }) => {
        write(to, { precious: '1' })
        rmSync(from, { recursive: true })
        await expect(mirror({ delete: true })).rejects.toThrow(/There is nothing|no such file/)
        writeFileSync(from, 'a file')
        await expect(mirror({ delete: true })).rejects.toMatchObject({ code: 'ENOTDIR' })
        expect(readTree(to)).toEqual({ precious: '1' })
      })
    })

    test('ends with the first failure if told to', async () => {
      await scene(direction, async ({ from, to, mirror }) => {
        write(from, { 'a/': '', 'a/b': '1' })
        write(to, { a: '2' })
        await expect(mirror({ onError: 'stop' })).rejects.toMatchObject({ code: 'EEXIST' })
      })
    })
  })
}

test('ClientPool.mirror() uses no more connections than it is told to', async () => {
  await scene('download', async ({ from, mirror, server }) => {
    write(from, Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, 'x'])))
    await mirror({ parallel: 1 })
    expect(server.connections).toHaveLength(1)
  })
})

test('ClientPool.mirror() takes a copy that is not older for the same if the server keeps no times', async () => {
  const refuses = { users: [{ name: 'u', password: 'p' }] }
  await scene(
    'upload',
    async ({ from, mirror }) => {
      write(from, { a: '1' })
      await mirror({ preserveTimes: false })
      expect(await mirror({ preserveTimes: false })).toMatchObject(nothing)
      const later = Date.now() / 1000 + 60
      utimesSync(join(from, 'a'), later, later)
      expect(await mirror({ preserveTimes: false })).toMatchObject({ files: 1 })
    },
    { server: refuses, user: 'u', password: 'p' },
  )
})

const wrong: [Partial<MirrorOptions>, RegExp][] = [
  [{ direction: 'sideways' as 'upload' }, /'direction' must be one of "download", "upload", is "sideways"/],
  [{ compare: 'name' as 'size' }, /'compare' must be one of/],
  [{ parallel: 0 }, /'parallel' must be an integer >= 1, is 0/],
  [{ delete: 1 as unknown as boolean }, /'delete' must be true or false, is 1/],
  [{ dryRun: 'no' as unknown as boolean }, /'dryRun'/],
  [{ onAction: 5 as unknown as () => void }, /'onAction' must be a function/],
  [{ onError: 'skip' as 'stop' }, /'onError' must be/],
  [{ exclude: 'a[' }, /'exclude' can't be "a\["/],
  [{ retry: -1 }, /'retry.attempts'/],
]
for (const [options, text] of wrong) {
  test(`ClientPool.mirror() refuses ${JSON.stringify(options)} before anything happens`, async () => {
    await using pool = new ClientPool('192.0.2.1')
    await expect(pool.mirror('/a', '/b', { direction: 'download', ...options })).rejects.toThrow(text)
    expect(pool.stats.connecting).toBe(0)
  })
}
