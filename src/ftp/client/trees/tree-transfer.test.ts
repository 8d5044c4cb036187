import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { connected, local, root, write } from '../../../../test/fixtures/served-tree.ts'
import { pathIn, readTree, strangeNames, strangeTree } from '../../../../test/fixtures/tree.ts'
import type { TransferProgress } from '../transfer/transfer-types.ts'
import { downloadPath } from './download-path.ts'
import { downloadTree } from './download-tree.ts'
import { uploadPath } from './upload-path.ts'
import { uploadTree } from './upload-tree.ts'

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
