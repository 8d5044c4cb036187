import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { wget } from './fixtures/foreign/clients.ts'
import { type OurServer, type OurServerOptions, startOurServer } from './fixtures/foreign/our-server.ts'
import { isMissing } from './fixtures/foreign/peers.ts'
import { bytesOf, readTree, type Tree, writeTree } from './fixtures/tree.ts'

const big = randomBytes(3_000_000)
let root: string
let local: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-wget-'))
  local = mkdtempSync(join(tmpdir(), 'sluice-local-'))
})
afterEach(() => {
  for (const folder of [root, local]) rmSync(folder, { recursive: true, force: true })
})

const start = (options?: OurServerOptions) => startOurServer(root, options)

async function get(server: OurServer, path: string, ...args: string[]): Promise<string> {
  const { code, said } = await wget(server, path, args, { cwd: local })
  expect(code, said).toBe(0)
  return said
}

describe.skipIf(isMissing('wget'))('Server.listen() serves wget', () => {
  const kinds: [string, OurServerOptions, string[]][] = [
    ['in clear', {}, []],
    ['in active mode', {}, ['--no-passive-ftp']],
    ['over implicit TLS', { tlsMode: 'implicit' }, ['--ftps-implicit']],
  ]
  for (const [title, options, args] of kinds) {
    test(title, async () => {
      await using server = await start(options)
      writeFileSync(join(root, 'a big file'), big)
      // It takes times from LIST, which has minutes for those of the last months only.
      const yesterday = Math.floor(Date.now() / 60_000) * 60 - 86_400
      utimesSync(join(root, 'a big file'), yesterday, yesterday)
      await get(server, 'a big file', '-N', ...args)
      expect(readFileSync(join(local, 'a big file')).equals(big)).toBe(true)
      expect(statSync(join(local, 'a big file')).mtimeMs).toBe(yesterday * 1000)
    })
  }

  // It unescapes names that it has from listings, so none has a per cent sign; and LIST can't say leading spaces.
  const tree: Tree = {
    'a folder/': '',
    'a folder/empty': '',
    'a folder/-dash': 'content',
    'a folder/deeper in/': '',
    'a folder/deeper in/two  spaces': 'x'.repeat(100_000),
    "a folder/quote\"d and 'this'": '"',
    'a folder/[x] #1': '#',
    [bytesOf('a folder/Grüße 世界')]: 'utf8',
    'plain.txt': 'plain',
  }

  test('taking a tree', async () => {
    writeTree(root, tree)
    symlinkSync('plain.txt', join(root, 'link.txt'))
    await using server = await start()
    await get(server, '', '-r', '-nH', '--restrict-file-names=nocontrol', '--retr-symlinks')
    expect(readTree(local)).toEqual({ ...tree, 'link.txt': 'plain' })
  })

  test('taking what is newer only', async () => {
    writeTree(root, tree)
    await using server = await start()
    await get(server, '', '-m', '-nH', '--restrict-file-names=nocontrol')
    const asked = server.log.filter((line) => line.startsWith('> RETR')).length
    await get(server, '', '-m', '-nH', '--restrict-file-names=nocontrol')
    expect(asked).toBe(7)
    expect(server.log.filter((line) => line.startsWith('> RETR'))).toHaveLength(asked)
  })

  test('resuming', async () => {
    await using server = await start()
    writeFileSync(join(root, 'big'), big)
    writeFileSync(join(local, 'big'), big.subarray(0, 1_000_000))
    await get(server, 'big', '-c')
    expect(readFileSync(join(local, 'big')).equals(big)).toBe(true)
    expect(server.log).toContain('> REST 1000000')
  })

  test('by a pattern', async () => {
    await using server = await start()
    mkdirSync(join(root, 'folder'))
    for (const name of ['a.txt', 'b.txt', 'c.bin']) writeFileSync(join(root, 'folder', name), name)
    await get(server, 'folder/*.txt')
    expect(readTree(local)).toEqual({ 'a.txt': 'a.txt', 'b.txt': 'b.txt' })
  })

  test('saying that there is no such file', async () => {
    await using server = await start()
    const { code, said } = await wget(server, 'missing', [], { cwd: local })
    expect(code, said).toBe(8)
  })
})
