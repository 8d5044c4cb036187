import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pathIn, readTree, strangeNames, strangeTree, type Tree, writeTree } from '../../../../test/fixtures/tree.ts'
import { DiskFileSystem, type FileStat, type FileSystem, MemoryFileSystem, Server } from '../../server/index.ts'
import { clientSettings } from '../client-options.ts'
import { Connection } from '../connection.ts'
import type { LogEntry } from '../log.ts'
import type { TransferProgress } from '../transfer/transfer-types.ts'
import { downloadPath } from './download-path.ts'
import { downloadTree } from './download-tree.ts'
import { uploadPath } from './upload-path.ts'
import { uploadTree } from './upload-tree.ts'

let root: string
let local: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-served-'))
  local = mkdtempSync(join(tmpdir(), 'sluice-local-'))
})
afterEach(() => {
  for (const folder of [root, local]) rmSync(folder, { recursive: true, force: true })
})

/** One connection to a server of `root`, or of another file system. The connection is in order at the end. */
async function connected(
  work: (connection: Connection, log: string[]) => Promise<void>,
  fileSystem: FileSystem = new DiskFileSystem(root),
): Promise<void> {
  await using server = new Server({ fileSystem })
  const { host, port } = await server.listen()
  const log: string[] = []
  const logger = ({ kind, text }: LogEntry) => void (kind === 'command' && log.push(text))
  const connection = await Connection.open(clientSettings(host, { port, logger }), undefined)
  try {
    await work(connection, log)
    await connection.run({}, (session) => session.command('NOOP'))
  } finally {
    connection.close()
  }
}

function write(folder: string, tree: Tree): string {
  mkdirSync(folder, { recursive: true })
  writeTree(folder, tree)
  return folder
}

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

const latin1 = 'latin\xfc'
const sendable = [...strangeNames.filter((name) => !name.includes('\\')), latin1]

describe('downloadTree()', () => {
  test('brings all that is in a directory: empty ones, empty files, any name, and their times', async () => {
    const tree = strangeTree(sendable)
    write(join(root, 'tree'), tree)
    await connected(async (connection) => {
      const summary = await downloadTree(connection, '/tree', join(local, 'a/b'), {})
      const directories = Object.keys(tree).filter((path) => path.endsWith('/')).length + 1
      const files = Object.keys(tree).length + 1 - directories
      expect(summary).toMatchObject({ files, directories, skipped: 0, failed: [] })
    })
    expect(readTree(join(local, 'a/b'))).toEqual(tree)
    for (const path of Object.keys(tree).filter((name) => !name.endsWith('/'))) {
      expect(statSync(pathIn(join(local, 'a/b'), path)).mtime).toEqual(statSync(pathIn(join(root, 'tree'), path)).mtime)
    }
    expect(readdirSync(local)).toEqual(['a'])
  })

  test('asks for nothing that the listing has told', async () => {
    write(join(root, 'tree'), { a: '1', b: '2' })
    await connected(async (connection, log) => {
      await downloadTree(connection, 'tree', local, {})
      const verbs = log.map((line) => line.split(' ')[0])
      expect(verbs.slice(verbs.indexOf('MLST'))).toEqual(['MLST', 'EPSV', 'MLSD', ...'EPSV RETR EPSV RETR'.split(' ')])
    })
  })

  test('keeps who may do what with files that are there, in some folders and not in others', async () => {
    const tree = {
      'new/': '',
      'new/file': 'content',
      'old/': '',
      'old/deep/': '',
      'old/deep/file': 'content',
      'old/file': 'content',
      top: 'content',
    }
    write(join(root, 't'), tree)
    const there = ['old/file', 'old/deep/file']
    write(join(local, 't'), { 'old/': '', 'old/deep/': '', 'old/file': 'before', 'old/deep/file': 'before' })
    for (const path of there) chmodSync(join(local, 't', path), 0o600)
    await connected(async (connection) => {
      await downloadTree(connection, '/t', join(local, 't'), {})
    })
    expect(readTree(join(local, 't'))).toEqual(tree)
    for (const path of there) expect(statSync(join(local, 't', path)).mode & 0o777).toBe(0o600)
  })

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

  test('takes what is included and not excluded, and makes no other directories', async () => {
    write(join(root, 'tree'), {
      ...{ 'a/': '', 'a/b/': '', 'a/b/x.txt': '1', 'a/b/y.log': '2', 'c/': '', 'c/z.log': '3' },
      ...{ 'kept/': '', 'kept/empty/': '', 'top.txt': '4', 'not/': '', 'not/x.txt': '5' },
    })
    await connected(async (connection, log) => {
      await downloadTree(connection, '/tree', local, { include: ['*.txt', 'kept'], exclude: 'not' })
      expect(log.filter((line) => line.startsWith('MLSD') && line.endsWith('not'))).toEqual([])
    })
    expect(readTree(local)).toEqual({
      ...{ 'a/': '', 'a/b/': '', 'a/b/x.txt': '1', 'kept/': '', 'kept/empty/': '', 'top.txt': '4' },
    })
  })

  test('leaves what is there already when it is resumed', async () => {
    write(join(root, 'tree'), { a: '1', b: '2', 'c/': '', 'c/d': '3' })
    await connected(async (connection) => {
      await downloadTree(connection, '/tree', local, {})
      writeFileSync(join(local, 'b'), 'changed')
      const summary = await downloadTree(connection, '/tree', local, { resume: true })
      expect(summary).toMatchObject({ files: 1, skipped: 2, failed: [] })
    })
    expect(readTree(local)).toEqual({ a: '1', b: '2', 'c/': '', 'c/d': '3' })
  })

  test('tells how far all files together are', async () => {
    const tree = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, 'x'.repeat(1000)]))
    write(join(root, 'tree'), tree)
    const told: TransferProgress[] = []
    await connected(async (connection) => {
      const onProgress = (progress: TransferProgress) => void told.push(progress)
      await downloadTree(connection, '/tree', local, { onProgress, progressInterval: 0 })
    })
    expect(told.at(-1)).toMatchObject({ files: 20, totalBytes: 20_000, totalSize: 20_000, eta: 0 })
    const totals = told.map(({ totalBytes }) => totalBytes)
    expect(totals).toEqual([...totals].sort((a, b) => a - b))
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

  test('asks for the next data connection when the one before has ended', async () => {
    write(join(root, 'tree'), { a: '1', b: '2', c: '3' })
    await connected(async (connection, log) => {
      await downloadTree(connection, '/tree', local, {})
      const verbs = log.map((line) => line.split(' ')[0])
      expect(verbs.slice(verbs.indexOf('RETR'))).toEqual(['RETR', 'EPSV', 'RETR', 'EPSV', 'RETR'])
    })
  })

  test('goes through deep trees', async () => {
    const deep = Array.from({ length: 150 }, (_, i) => `${i}/`).join('')
    mkdirSync(join(root, 'tree', deep), { recursive: true })
    writeFileSync(join(root, 'tree', deep, 'file'), 'x')
    await connected(async (connection) => {
      expect(await downloadTree(connection, '/tree', local, {})).toMatchObject({ files: 1, directories: 151 })
    })
    expect(existsSync(join(local, deep, 'file'))).toBe(true)
  })
})

describe('uploadTree()', () => {
  test('takes all that is in a directory: empty ones, empty files, any name, and their times', async () => {
    const tree = strangeTree([...sendable, 'back\\slash'])
    write(join(local, 'tree'), tree)
    await connected(async (connection) => {
      expect(await uploadTree(connection, join(local, 'tree'), '/a/b', {})).toMatchObject({ failed: [], skipped: 0 })
      expect(await uploadTree(connection, join(local, 'tree'), '/a/b', { resume: true })).toMatchObject({ files: 0 })
      expect(await uploadTree(connection, join(local, 'tree'), '/a/b', {})).toMatchObject({ failed: [] })
    })
    expect(readTree(join(root, 'a/b'))).toEqual(tree)
    for (const path of Object.keys(tree).filter((name) => !name.endsWith('/'))) {
      expect(statSync(pathIn(join(root, 'a/b'), path)).mtime).toEqual(statSync(pathIn(join(local, 'tree'), path)).mtime)
    }
  })

  test('asks all that it has to in one go, after each file', async () => {
    write(join(local, 'tree'), { a: '1', b: '2' })
    await connected(async (connection, log) => {
      await uploadTree(connection, join(local, 'tree'), '/up', {})
      const verbs = log.map((line) => line.split(' ')[0])
      const own = verbs.slice(verbs.indexOf('STOR'))
      expect(own).toEqual(['STOR', 'SIZE', 'MFMT', 'EPSV', 'STOR', 'SIZE', 'MFMT'])
    })
  })

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

  test('takes only what is included', async () => {
    write(local, { 'a/': '', 'a/x.txt': '1', 'b/': '', 'b/y.log': '2' })
    await connected(async (connection) => {
      await uploadTree(connection, local, '/up', { include: '*.txt' })
    })
    expect(readTree(root)).toEqual({ 'up/': '', 'up/a/': '', 'up/a/x.txt': '1' })
  })
})

test('downloadPath() and uploadPath() find out whether it is a file or a directory', async () => {
  write(root, { file: 'x', 'folder/': '', 'folder/a': '1' })
  await connected(async (connection) => {
    await downloadPath(connection, 'file', join(local, 'file'), {})
    await downloadPath(connection, 'folder', join(local, 'folder'), {})
    await uploadPath(connection, join(local, 'file'), 'copy', {})
    await uploadPath(connection, join(local, 'folder'), 'copies', {})
    await expect(downloadPath(connection, 'nothing', join(local, 'x'), {})).rejects.toMatchObject({ replyCode: 550 })
    await expect(uploadPath(connection, join(local, 'x'), 'nothing', {})).rejects.toMatchObject({ code: 'ENOENT' })
    const wrong = [{ onError: 'ignore' }, { include: 'a[' }, { exclude: 5 }, { resume: 'yes' }]
    for (const options of wrong) {
      await expect(downloadPath(connection, 'folder', join(local, 'x'), options as never)).rejects.toThrow(/^Cannot /)
    }
  })
  expect(readTree(local)).toEqual({ file: 'x', 'folder/': '', 'folder/a': '1' })
  expect(readTree(root)).toMatchObject({ copy: 'x', 'copies/': '', 'copies/a': '1' })
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
