import { existsSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { connected, local, root, write } from '../../../../test/fixtures/served-tree.ts'
import { readTree } from '../../../../test/fixtures/tree.ts'
import { type FileStat, MemoryFileSystem, Server } from '../../server/index.ts'
import { clientSettings } from '../client-options.ts'
import { Connection } from '../connection.ts'
import type { TransferProgress } from '../transfer/transfer-types.ts'
import { downloadTree } from './download-tree.ts'
import { uploadTree } from './upload-tree.ts'

/** A file system that lists more names than it has. */
class Lying extends MemoryFileSystem {
  readonly #names: readonly string[]

  constructor(names: readonly string[]) {
    super()
    this.#names = names
  }

  override async *list(path: string): AsyncGenerator<FileStat, void, void> {
    const common = { size: 4, modified: new Date(0), mode: 0o644 }
    for (const name of this.#names) yield { ...common, name, type: name.endsWith('d') ? 'directory' : 'file' }
    yield* super.list(path)
  }
}

async function put(fileSystem: MemoryFileSystem, path: string, content: string): Promise<void> {
  const file = await fileSystem.open(path, 'write')
  await file.write(Buffer.from(content), 0, content.length, 0)
  await file.close()
}

describe('downloadTree()', () => {
  test('does not put a file in the place of a directory that is there', async () => {
    write(join(root, 't'), { name: 'content' })
    write(join(local, 't'), { 'name/': '' })
    await connected(async (connection) => {
      await expect(downloadTree(connection, '/t', join(local, 't'), {})).rejects.toMatchObject({ code: 'EISDIR' })
    })
    expect(readTree(join(local, 't'))).toEqual({ 'name/': '' })
  })

  test('leaves links alone', async () => {
    write(join(root, 'tree'), { file: 'x', 'folder/': '', 'folder/file': 'y' })
    symlinkSync('file', join(root, 'tree/link'))
    symlinkSync('folder', join(root, 'tree/folder link'))
    await connected(async (connection) => {
      expect(await downloadTree(connection, '/tree', local, {})).toMatchObject({ files: 2, skipped: 2 })
    })
    expect(readTree(local)).toEqual({ file: 'x', 'folder/': '', 'folder/file': 'y' })
  })

  test('writes nothing outside, whatever names the server has', async () => {
    const names = ['..', '../evil', '../../evil', '/evil', 'x/../../evil', '..\\evil', 'C:evil', '../evild', '. .']
    const fileSystem = new Lying(names)
    await put(fileSystem, '/good', 'good')
    const target = join(local, 'target')
    await connected(async (connection) => {
      const { files, failed } = await downloadTree(connection, '/', target, { onError: 'continue' })
      expect(files).toBe(1)
      const codes = failed.map(({ error }) => (error as { code?: string }).code)
      // '..' alone is left out of every listing.
      expect(codes).toEqual(Array(8).fill('ERR_SLUICE_FTP_UNSAFE_NAME'))
    }, fileSystem)
    expect([readTree(target), readdirSync(local)]).toEqual([{ good: 'good' }, ['target']])
  })

  test('takes one file of a name that the server has twice', async () => {
    const fileSystem = new Lying(['file', 'file'])
    await put(fileSystem, '/file', 'good')
    await connected(async (connection) => {
      expect(await downloadTree(connection, '/', local, {})).toMatchObject({ files: 1, failed: [] })
    }, fileSystem)
    expect(readTree(local)).toEqual({ file: 'good' })
  })

  test('does not follow a local link that leads out', async () => {
    write(join(root, 'tree'), { 'in/': '', 'in/a': '1', 'out/': '', 'out/b': '2', c: '3' })
    const outside = write(join(local, 'outside'), {})
    const target = write(join(local, 'target'), { 'elsewhere/': '' })
    symlinkSync(outside, join(target, 'out'))
    symlinkSync('elsewhere', join(target, 'in'))
    symlinkSync(join(outside, 'c'), join(target, 'c'))
    await connected(async (connection) => {
      const { failed } = await downloadTree(connection, '/tree', target, { onError: 'continue' })
      expect(failed).toMatchObject([{ path: '/tree/out', error: { code: 'ERR_SLUICE_FTP_UNSAFE_NAME' } }])
      await expect(downloadTree(connection, '/tree', target, {})).rejects.toThrow(
        /a symbolic link of that name leads out/,
      )
    })
    expect(readdirSync(outside)).toEqual([])
    expect(readTree(join(target, 'elsewhere'))).toEqual({ a: '1' })
    expect(readTree(target)).toMatchObject({ c: '3' })
    expect(() => readlinkSync(join(target, 'c'))).toThrow()
  })

  test('does not follow a link that has the name of a partial file', async () => {
    write(join(root, 'tree'), { a: 'x'.repeat(300_000) })
    const outside = join(local, 'outside')
    const target = write(join(local, 'target'), {})
    symlinkSync(outside, join(target, '.a.sluice-part'))
    await connected(async (connection) => {
      await downloadTree(connection, '/tree', target, { resume: true, onError: 'continue' })
    })
    expect(existsSync(outside)).toBe(false)
  })

  test('goes on after a failure if told to, and else ends with it', async () => {
    write(join(root, 'tree'), { a: '1', b: '2', 'c/': '', 'c/d': '3' })
    write(local, { 'b/': '', c: 'in the way' })
    await connected(async (connection) => {
      const summary = await downloadTree(connection, '/tree', local, { onError: 'continue' })
      expect(summary.files).toBe(1)
      expect(summary.failed.map(({ path }) => path).sort()).toEqual(['/tree/b', '/tree/c'])
      await expect(downloadTree(connection, '/tree', local, {})).rejects.toMatchObject({ code: /EISDIR|EEXIST/ })
    })
    expect(readTree(local)).toEqual({ a: '1', 'b/': '', c: 'in the way' })
  })

  test('ends by its signal, and leaves the connection in order and no partial files', async () => {
    write(join(root, 'tree'), Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, 'x'.repeat(50_000)])))
    await connected(async (connection) => {
      const abort = new AbortController()
      const onProgress = ({ files }: TransferProgress) => {
        if (files >= 10) abort.abort(new Error('enough'))
      }
      const options = { signal: abort.signal, onProgress, progressInterval: 0 }
      await expect(downloadTree(connection, '/tree', local, options)).rejects.toThrow('enough')
      await expect(downloadTree(connection, '/tree', local, options)).rejects.toThrow('enough')
    })
    expect(readdirSync(local).filter((name) => name.startsWith('.'))).toEqual([])
    expect(readdirSync(local).length).toBeLessThan(50)
  })
})

describe('uploadTree()', () => {
  test('fails for names that FTP can not say, and takes the others', async () => {
    write(local, { 'a\nb': '1', 'a\rb': '2', 'c\nd/': '', 'c\nd/e': '3', f: '4' })
    await connected(async (connection) => {
      const { files, failed } = await uploadTree(connection, local, '/up', { onError: 'continue' })
      expect(files).toBe(1)
      expect(failed.map(({ path }) => path).sort()).toEqual(
        ['a\nb', 'a\rb', 'c\nd'].map((name) => join(local, name)).sort(),
      )
      for (const { error } of failed) expect(error).toBeInstanceOf(RangeError)
    })
    expect(readTree(join(root, 'up'))).toEqual({ f: '4' })
  })

  test('leaves links and parts of files alone, and does not follow links on the server', async () => {
    write(local, { file: 'x', '.file.sluice-part': 'y', 'folder/': '', 'folder/file': 'z' })
    symlinkSync('file', join(local, 'link'))
    symlinkSync('folder', join(local, 'folder link'))
    write(join(root, 'up'), {})
    const elsewhere = write(join(root, 'elsewhere'), {})
    symlinkSync('../elsewhere', join(root, 'up/folder'))
    await connected(async (connection) => {
      const summary = await uploadTree(connection, local, '/up', { onError: 'continue' })
      expect(summary).toMatchObject({ files: 1, skipped: 3, failed: [{ path: join(local, 'folder') }] })
    })
    expect(readdirSync(elsewhere)).toEqual([])
    expect(readdirSync(join(root, 'up')).sort()).toEqual(['file', 'folder'])
  })
})

test('downloadTree() opens a lost connection anew for the files that had no part in the loss', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `f${i}`)
  write(join(root, 'tree'), Object.fromEntries(names.map((name) => [name, name.repeat(10_000)])))
  await using server = new Server({ root })
  const { host, port } = await server.listen()
  const connection = await Connection.open(clientSettings(host, { port }), undefined)
  let files = 0
  const onProgress = (progress: TransferProgress) => {
    if (progress.files === files) return
    files = progress.files
    if (files % 10 === 0) server.connections[0]?.close()
  }
  const options = { onError: 'continue', onProgress, progressInterval: 0 } as const
  const { failed, files: done } = await downloadTree(connection, '/tree', local, options)
  expect(failed.length).toBeLessThanOrEqual(3)
  expect(done + failed.length).toBe(30)
  expect(readdirSync(local)).toHaveLength(done)
  await server.close({ drain: false })
  await expect(downloadTree(connection, '/tree', join(local, 'x'), options)).rejects.toThrow()
  connection.close()
})

test('Connection.abort() ends a tree as a whole, also one that goes on after failures', async () => {
  write(join(root, 'tree'), Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, 'x'.repeat(20_000)])))
  await connected(async (connection) => {
    const onProgress = ({ files }: TransferProgress) => {
      if (files >= 10) connection.abort(new Error('enough'))
    }
    const options = { onError: 'continue', onProgress, progressInterval: 0 } as const
    await expect(downloadTree(connection, '/tree', local, options)).rejects.toThrow('enough')
  })
  expect(readdirSync(local).length).toBeLessThan(50)
})
