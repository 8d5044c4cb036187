import assert from 'node:assert/strict'
import type { FileSystem, FileSystemOptions } from '../../ftp/files/file-system.ts'
import { all, type Contract, get, refuses, shown, WHOLE } from './set-up.ts'

type Act = (files: FileSystem) => Promise<unknown>

const REFUSALS: readonly (readonly [title: string, code: string, act: Act])[] = [
  ['stat() of nothing', 'ENOENT', (files) => files.stat('/no')],
  ['stat() behind nothing', 'ENOENT', (files) => files.stat('/no/no')],
  ['stat() behind a file', 'ENOTDIR', (files) => files.stat('/file/no')],
  ['list() of nothing', 'ENOENT', (files) => all(files, '/no')],
  ['list() of a file', 'ENOTDIR', (files) => all(files, '/file')],
  ['open() of nothing to read', 'ENOENT', (files) => files.open('/no', 'read')],
  ['open() of a directory to read', 'EISDIR', (files) => files.open('/full', 'read')],
  ['open() of a directory to write', 'EISDIR', (files) => files.open('/full', 'write')],
  ['open() of a directory to replace it', 'EISDIR', (files) => files.open('/full', 'replace')],
  ['open() of a directory to append', 'EISDIR', (files) => files.open('/full', 'append')],
  ['open() of the root to read', 'EISDIR', (files) => files.open('/', 'read')],
  ['open() of the root to write', 'EISDIR', (files) => files.open('/', 'write')],
  ['open() of the root to create it', 'EEXIST', (files) => files.open('/', 'create-new')],
  ['open() in nothing', 'ENOENT', (files) => files.open('/no/file', 'write')],
  ['open() in a file', 'ENOTDIR', (files) => files.open('/file/file', 'write')],
  ['open() of a file to create it', 'EEXIST', (files) => files.open('/file', 'create-new')],
  ['open() of a directory to create it', 'EEXIST', (files) => files.open('/full', 'create-new')],
  ['makeDirectory() over a file', 'EEXIST', (files) => files.makeDirectory('/file')],
  ['makeDirectory() over a directory', 'EEXIST', (files) => files.makeDirectory('/full')],
  ['makeDirectory() over the root', 'EEXIST', (files) => files.makeDirectory('/')],
  ['makeDirectory() in nothing', 'ENOENT', (files) => files.makeDirectory('/no/no')],
  ['makeDirectory() in a file', 'ENOTDIR', (files) => files.makeDirectory('/file/no')],
  ['removeDirectory() of nothing', 'ENOENT', (files) => files.removeDirectory('/no')],
  ['removeDirectory() of a file', 'ENOTDIR', (files) => files.removeDirectory('/file')],
  ['removeDirectory() of a full one', 'ENOTEMPTY', (files) => files.removeDirectory('/full')],
  ['removeDirectory() of the root', 'EBUSY', (files) => files.removeDirectory('/')],
  ['removeFile() of nothing', 'ENOENT', (files) => files.removeFile('/no')],
  ['removeFile() of a directory', 'EISDIR', (files) => files.removeFile('/empty')],
  ['removeFile() of the root', 'EBUSY', (files) => files.removeFile('/')],
  ['rename() of nothing', 'ENOENT', (files) => files.rename('/no', '/new')],
  ['rename() into nothing', 'ENOENT', (files) => files.rename('/file', '/no/new')],
  ['rename() into a file', 'ENOTDIR', (files) => files.rename('/file', '/other/new')],
  ['rename() of a file to a directory', 'EISDIR', (files) => files.rename('/file', '/empty')],
  ['rename() of a directory to a file', 'ENOTDIR', (files) => files.rename('/empty', '/file')],
  ['rename() to a full directory', 'ENOTEMPTY', (files) => files.rename('/empty', '/full')],
  ['rename() into itself', 'EINVAL', (files) => files.rename('/full', '/full/new')],
  ['rename() of the root', 'EBUSY', (files) => files.rename('/', '/new')],
  ['rename() to the root', 'EBUSY', (files) => files.rename('/full', '/')],
]

const PATHS = [
  '',
  'file',
  '/file/',
  '//file',
  '/./file',
  '/full/../file',
  '/..',
  '/../file',
  '/.',
  '/a\0b',
  '/full//inner',
]

type Take = (files: FileSystem, path: string, options?: FileSystemOptions) => Promise<unknown>

async function listAll(files: FileSystem, path: string, options?: FileSystemOptions): Promise<void> {
  for await (const stat of files.list(path, options)) assert.ok(stat)
}

/** Everything that takes a path. */
function takersOf({ has }: Contract): Readonly<Record<string, Take>> {
  return {
    'stat()': (files, path, options) => files.stat(path, options),
    'stat({ follow: false })': (files, path, options) => files.stat(path, { follow: false, ...options }),
    'list()': listAll,
    'open() to read': (files, path, options) => files.open(path, 'read', options),
    'open() to write': (files, path, options) => files.open(path, 'write', options),
    'open() to create': (files, path, options) => files.open(path, 'create-new', options),
    'makeDirectory()': (files, path, options) => files.makeDirectory(path, options),
    'removeDirectory()': (files, path, options) => files.removeDirectory(path, options),
    'removeFile()': (files, path, options) => files.removeFile(path, options),
    'rename() from': (files, path, options) => files.rename(path, '/new', options),
    'rename() to': (files, path, options) => files.rename('/file', path, options),
    ...(has('setModified') && {
      'setModified()': (files: FileSystem, path: string, options?: FileSystemOptions) =>
        files.setModified(path, new Date(), options),
    }),
    ...(has('setMode') && {
      'setMode()': (files: FileSystem, path: string, options?: FileSystemOptions) =>
        files.setMode(path, 0o644, options),
    }),
  }
}

/** What is refused, and how; and that nothing has happened then. */
export function refusals(contract: Contract): void {
  const { has, hold } = contract
  const rows = [...REFUSALS]
  if (has('setModified'))
    rows.push(['setModified() of nothing', 'ENOENT', (files) => files.setModified('/no', new Date())])
  if (has('setMode')) rows.push(['setMode() of nothing', 'ENOENT', (files) => files.setMode('/no', 0o600)])
  for (const [title, code, act] of rows) {
    hold(`${title} fails with ${code}, and changes nothing`, async (files) => {
      await refuses(act(files), code)
      assert.deepEqual(await shown(files, '/'), WHOLE)
      assert.deepEqual(await shown(files, '/full'), ['file inner'])
      assert.deepEqual([await get(files, '/file'), await get(files, '/other')], ['text', 'other'])
    })
  }

  for (const [title, take] of Object.entries(takersOf(contract))) {
    hold(`${title} ends with the reason of its signal, and has done nothing`, async (files) => {
      const reason = new Error('enough')
      await assert.rejects(take(files, '/new', { signal: AbortSignal.abort(reason) }), (error) => error === reason)
      assert.deepEqual(await shown(files, '/'), WHOLE)
    })
    if (!has('argumentChecks')) continue
    hold(`${title} refuses paths that are not absolute and normalized`, async (files) => {
      for (const path of PATHS) await refuses(take(files, path), 'EINVAL')
      assert.equal(await get(files, '/file'), 'text')
    })
  }

  for (const feature of ['setModified', 'setMode'] as const) {
    if (has(feature)) continue
    hold(`${feature}() fails with ENOTSUP`, async (files) => {
      await refuses(
        feature === 'setMode' ? files.setMode('/file', 0o600) : files.setModified('/file', new Date(0)),
        'ENOTSUP',
      )
    })
  }
}
