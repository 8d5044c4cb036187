import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { DiskFileSystem } from './disk-file-system.ts'
import { FileError } from './file-error.ts'
import type { FileStat, FileSystem, OpenMode } from './file-system.ts'
import { MemoryFileSystem } from './memory-file-system.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

const implementations: Readonly<Record<string, () => Promise<FileSystem>>> = {
  MemoryFileSystem: async () => new MemoryFileSystem(),
  DiskFileSystem: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-files-'))
    folders.push(folder)
    return new DiskFileSystem(folder)
  },
}

async function put(files: FileSystem, path: string, text: string, mode: OpenMode = 'write', position = 0) {
  await using file = await files.open(path, mode)
  await file.write(Buffer.from(text), 0, text.length, position)
}

async function get(files: FileSystem, path: string): Promise<string> {
  await using file = await files.open(path, 'read')
  const buffer = Buffer.alloc(1000)
  const { bytesRead } = await file.read(buffer, 0, 1000, 0)
  return buffer.toString('latin1', 0, bytesRead)
}

async function all(files: FileSystem, path: string): Promise<FileStat[]> {
  const stats: FileStat[] = []
  for await (const stat of files.list(path)) stats.push(stat)
  return stats
}

const sorted = (stats: readonly FileStat[]) => stats.map(({ name, type }) => `${type} ${name}`).sort()

const whole = ['directory empty', 'directory full', 'file file', 'file other']

/** What there is before each row: `/file` with 'text', `/other` with 'other', `/empty/`, `/full/`, `/full/inner` with 'inner'. */
async function fill(files: FileSystem) {
  await files.makeDirectory('/empty')
  await files.makeDirectory('/full')
  await put(files, '/file', 'text')
  await put(files, '/other', 'other')
  await put(files, '/full/inner', 'inner')
}

const refusals: { title: string; code: string; act: (files: FileSystem) => Promise<unknown> }[] = [
  { title: 'stat() of nothing', code: 'ENOENT', act: (files) => files.stat('/no') },
  { title: 'stat() behind nothing', code: 'ENOENT', act: (files) => files.stat('/no/no') },
  { title: 'stat() behind a file', code: 'ENOTDIR', act: (files) => files.stat('/file/no') },
  { title: 'list() of nothing', code: 'ENOENT', act: (files) => all(files, '/no') },
  { title: 'list() of a file', code: 'ENOTDIR', act: (files) => all(files, '/file') },
  { title: 'open() of nothing to read', code: 'ENOENT', act: (files) => files.open('/no', 'read') },
  { title: 'open() of a directory to read', code: 'EISDIR', act: (files) => files.open('/full', 'read') },
  { title: 'open() of a directory to write', code: 'EISDIR', act: (files) => files.open('/full', 'write') },
  { title: 'open() of a directory to replace it', code: 'EISDIR', act: (files) => files.open('/full', 'replace') },
  { title: 'open() of a directory to append', code: 'EISDIR', act: (files) => files.open('/full', 'append') },
  { title: 'open() of the root to read', code: 'EISDIR', act: (files) => files.open('/', 'read') },
  { title: 'open() of the root to write', code: 'EISDIR', act: (files) => files.open('/', 'write') },
  { title: 'open() of the root to create it', code: 'EEXIST', act: (files) => files.open('/', 'create-new') },
  { title: 'open() in nothing', code: 'ENOENT', act: (files) => files.open('/no/file', 'write') },
  { title: 'open() in a file', code: 'ENOTDIR', act: (files) => files.open('/file/file', 'write') },
  { title: 'open() of a file to create it', code: 'EEXIST', act: (files) => files.open('/file', 'create-new') },
  { title: 'open() of a directory to create it', code: 'EEXIST', act: (files) => files.open('/full', 'create-new') },
  {
    title: 'open() by too long a name',
    code: 'ENAMETOOLONG',
    act: (files) => files.open(`/${'n'.repeat(300)}`, 'write'),
  },
  { title: 'makeDirectory() over a file', code: 'EEXIST', act: (files) => files.makeDirectory('/file') },
  { title: 'makeDirectory() over a directory', code: 'EEXIST', act: (files) => files.makeDirectory('/full') },
  { title: 'makeDirectory() over the root', code: 'EEXIST', act: (files) => files.makeDirectory('/') },
  { title: 'makeDirectory() in nothing', code: 'ENOENT', act: (files) => files.makeDirectory('/no/no') },
  { title: 'makeDirectory() in a file', code: 'ENOTDIR', act: (files) => files.makeDirectory('/file/no') },
  { title: 'removeDirectory() of nothing', code: 'ENOENT', act: (files) => files.removeDirectory('/no') },
  { title: 'removeDirectory() of a file', code: 'ENOTDIR', act: (files) => files.removeDirectory('/file') },
  { title: 'removeDirectory() of a full one', code: 'ENOTEMPTY', act: (files) => files.removeDirectory('/full') },
  { title: 'removeDirectory() of the root', code: 'EBUSY', act: (files) => files.removeDirectory('/') },
  { title: 'removeFile() of nothing', code: 'ENOENT', act: (files) => files.removeFile('/no') },
  { title: 'removeFile() of a directory', code: 'EISDIR', act: (files) => files.removeFile('/empty') },
  { title: 'removeFile() of the root', code: 'EBUSY', act: (files) => files.removeFile('/') },
  { title: 'rename() of nothing', code: 'ENOENT', act: (files) => files.rename('/no', '/new') },
  { title: 'rename() into nothing', code: 'ENOENT', act: (files) => files.rename('/file', '/no/new') },
  { title: 'rename() into a file', code: 'ENOTDIR', act: (files) => files.rename('/file', '/other/new') },
  { title: 'rename() of a file to a directory', code: 'EISDIR', act: (files) => files.rename('/file', '/empty') },
  { title: 'rename() of a directory to a file', code: 'ENOTDIR', act: (files) => files.rename('/empty', '/file') },
  { title: 'rename() to a full directory', code: 'ENOTEMPTY', act: (files) => files.rename('/empty', '/full') },
  { title: 'rename() into itself', code: 'EINVAL', act: (files) => files.rename('/full', '/full/new') },
  { title: 'rename() of the root', code: 'EBUSY', act: (files) => files.rename('/', '/new') },
  { title: 'rename() to the root', code: 'EBUSY', act: (files) => files.rename('/full', '/') },
  { title: 'setModified() of nothing', code: 'ENOENT', act: (files) => files.setModified('/no', new Date()) },
  { title: 'setMode() of nothing', code: 'ENOENT', act: (files) => files.setMode('/no', 0o600) },
]

const paths = [
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
const takers: Readonly<Record<string, (files: FileSystem, path: string) => Promise<unknown>>> = {
  'stat()': (files, path) => files.stat(path),
  'stat({ follow: false })': (files, path) => files.stat(path, { follow: false }),
  'list()': (files, path) => all(files, path),
  'open() to read': (files, path) => files.open(path, 'read'),
  'open() to write': (files, path) => files.open(path, 'write'),
  'open() to create': (files, path) => files.open(path, 'create-new'),
  'makeDirectory()': (files, path) => files.makeDirectory(path),
  'removeDirectory()': (files, path) => files.removeDirectory(path),
  'removeFile()': (files, path) => files.removeFile(path),
  'rename() from': (files, path) => files.rename(path, '/new'),
  'rename() to': (files, path) => files.rename('/file', path),
  'setModified()': (files, path) => files.setModified(path, new Date()),
  'setMode()': (files, path) => files.setMode(path, 0o644),
}

const names = [
  ' spaces  inside and around ',
  'ünï',
  '日本語',
  '-rf',
  '"quotes\'',
  'new\nline',
  '~',
  '*',
  '...',
  'back\\slash',
  '\udcff\udc80x',
]

for (const [implementation, create] of Object.entries(implementations)) {
  describe(implementation, () => {
    let files: FileSystem
    beforeEach(async () => {
      files = await create()
      await fill(files)
    })

    for (const { title, code, act } of refusals) {
      test(`${title} fails with ${code}, and changes nothing`, async () => {
        const before = [sorted(await all(files, '/')), sorted(await all(files, '/full'))]
        const error = await act(files).catch((thrown) => thrown)
        expect(error).toBeInstanceOf(FileError)
        expect(error).toMatchObject({ code, name: 'FileError' })
        expect([sorted(await all(files, '/')), sorted(await all(files, '/full'))]).toEqual(before)
        expect(await get(files, '/file')).toBe('text')
        expect(await get(files, '/other')).toBe('other')
      })
    }

    for (const [title, take] of Object.entries(takers)) {
      test(`${title} refuses paths that are not absolute and normalized`, async () => {
        for (const path of paths) {
          await expect(take(files, path), JSON.stringify(path)).rejects.toMatchObject({ code: 'EINVAL' })
        }
        expect(await get(files, '/file')).toBe('text')
      })

      test(`${title} ends with the reason of its signal, and has done nothing`, async () => {
        const reason = new Error('enough')
        const withSignal = new Proxy(files, {
          get: (target, name) => {
            const method = Reflect.get(target, name).bind(target)
            const isOption = (value: unknown) => typeof value === 'object' && !(value instanceof Date)
            return (...values: unknown[]) =>
              method(...values.filter((value) => !isOption(value)), { signal: AbortSignal.abort(reason) })
          },
        })
        await expect(take(withSignal, '/new')).rejects.toBe(reason)
        expect(sorted(await all(files, '/'))).toEqual(whole)
      })
    }

    test('stat() tells of files and directories', async () => {
      expect(await files.stat('/file')).toMatchObject({ name: 'file', type: 'file', size: 4 })
      expect(await files.stat('/full/inner', { follow: false })).toMatchObject({ name: 'inner', type: 'file', size: 5 })
      expect(await files.stat('/full')).toMatchObject({ name: 'full', type: 'directory' })
      expect(await files.stat('/')).toMatchObject({ name: '/', type: 'directory' })
      const { modified } = await files.stat('/file')
      expect(Math.abs(modified.getTime() - Date.now())).toBeLessThan(60_000)
    })

    test('list() tells what is in a directory', async () => {
      expect(sorted(await all(files, '/'))).toEqual(whole)
      expect(await all(files, '/full')).toMatchObject([{ name: 'inner', type: 'file', size: 5 }])
      expect(await all(files, '/empty')).toEqual([])
    })

    test('list() can be left early', async () => {
      for await (const stat of files.list('/')) {
        expect(stat.name).not.toBe('')
        break
      }
      expect(sorted(await all(files, '/'))).toHaveLength(4)
    })

    test('list() ends with the reason of a signal that comes later', async () => {
      const controller = new AbortController()
      const reason = new Error('enough')
      for (let index = 0; index < 200; index++) await put(files, `/empty/${index}`, '')
      const listing = (async () => {
        for await (const _ of files.list('/empty', { signal: controller.signal })) controller.abort(reason)
      })()
      await expect(listing).rejects.toBe(reason)
    })

    test('open() and rename() keep every name as it is', async () => {
      for (const name of names) await put(files, `/empty/${name}`, name.slice(0, 1))
      for (const { name } of await all(files, '/empty')) await files.rename(`/empty/${name}`, `/full/${name}`)
      expect((await all(files, '/full')).map(({ name }) => name).sort()).toEqual([...names, 'inner'].sort())
      for (const name of names) expect(await files.stat(`/full/${name}`)).toMatchObject({ name })
    })

    const writes: { title: string; mode: OpenMode; position: number; expected: string }[] = [
      { title: 'overwrites and keeps the rest', mode: 'write', position: 1, expected: 'tAAt' },
      { title: 'writes behind the end', mode: 'write', position: 4, expected: 'textAA' },
      { title: 'fills a gap with zeros', mode: 'write', position: 6, expected: 'text\0\0AA' },
      { title: 'appends, whatever the position', mode: 'append', position: 0, expected: 'textAA' },
      { title: 'leaves nothing of what is replaced', mode: 'replace', position: 0, expected: 'AA' },
    ]
    for (const { title, mode, position, expected } of writes) {
      test(`OpenFile.write() ${title}`, async () => {
        await put(files, '/file', 'AA', mode, position)
        expect(await get(files, '/file')).toBe(expected)
        expect((await files.stat('/file')).size).toBe(expected.length)
      })
    }

    for (const mode of ['write', 'replace', 'append', 'create-new'] as const) {
      test(`open() creates to ${mode}`, async () => {
        await using file = await files.open('/new', mode)
        expect(file).toMatchObject({ isNew: true, initialSize: 0 })
        await expect(files.stat('/new')).resolves.toMatchObject({ type: 'file', size: 0 })
      })
    }

    test('open() tells the size of what was there, and refuses a mode that there is not', async () => {
      for (const [mode, initialSize] of Object.entries({ read: 4, write: 4, append: 4, replace: 0 })) {
        await using file = await files.open('/file', mode as OpenMode)
        expect(file).toMatchObject({ isNew: false, initialSize })
      }
      await expect(files.open('/file', 'r+' as OpenMode)).rejects.toBeInstanceOf(TypeError)
    })

    test('OpenFile.read() reads where it is told, and nothing behind the end', async () => {
      await using file = await files.open('/file', 'read')
      const buffer = Buffer.from('........')
      expect((await file.read(buffer, 2, 2, 1)).bytesRead).toBe(2)
      expect(buffer.toString()).toBe('..ex....')
      expect((await file.read(buffer, 0, 8, 3)).bytesRead).toBe(1)
      expect((await file.read(buffer, 0, 8, 4)).bytesRead).toBe(0)
      expect((await file.read(buffer, 0, 8, 1000)).bytesRead).toBe(0)
      expect(buffer.toString()).toBe('t.ex....')
    })

    test('OpenFile.write() takes the part of the buffer that it is told', async () => {
      await using file = await files.open('/file', 'write')
      expect((await file.write(Buffer.from('abcdef'), 2, 3, 0)).bytesWritten).toBe(3)
      expect(await get(files, '/file')).toBe('cdet')
    })

    test('OpenFile.truncate() cuts and fills', async () => {
      const file = await files.open('/file', 'write')
      await file.truncate(2)
      expect(await get(files, '/file')).toBe('te')
      await file.truncate(4)
      expect(await get(files, '/file')).toBe('te\0\0')
      await file.truncate(0)
      expect(await file.stat()).toMatchObject({ name: 'file', type: 'file', size: 0 })
      await file.close()
    })

    test('OpenFile goes on when its file is removed, replaced or renamed', async () => {
      await using file = await files.open('/file', 'read')
      await files.rename('/other', '/file')
      await files.removeFile('/file')
      const buffer = Buffer.alloc(4)
      await file.read(buffer, 0, 4, 0)
      expect(buffer.toString()).toBe('text')
    })

    test('OpenFile refuses what it was not opened for', async () => {
      const buffer = Buffer.alloc(4)
      await using reading = await files.open('/file', 'read')
      await using writing = await files.open('/file', 'write')
      await expect(reading.write(buffer, 0, 4, 0)).rejects.toMatchObject({ code: 'EBADF' })
      await expect(reading.truncate(0)).rejects.toMatchObject({ code: 'EBADF' })
      await expect(writing.read(buffer, 0, 4, 0)).rejects.toMatchObject({ code: 'EBADF' })
      expect(await get(files, '/file')).toBe('text')
    })

    test('OpenFile.close() can be called again, and nothing else can', async () => {
      const buffer = Buffer.alloc(4)
      for (const mode of ['read', 'write'] as const) {
        const file = await files.open('/file', mode)
        await file.close()
        await file.close()
        const calls = [file.stat(), mode === 'read' ? file.read(buffer, 0, 4, 0) : file.write(buffer, 0, 4, 0)]
        for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'EBADF' })
      }
    })

    test('OpenFile refuses numbers that can only be mistakes', async () => {
      await using reading = await files.open('/file', 'read')
      await using writing = await files.open('/file', 'write')
      const wrong: [number, number, number][] = [
        [0, 5, 0],
        [-1, 2, 0],
        [3, 2, 0],
        [0, -1, 0],
        [0, 1.5, 0],
        [0, 1, -1],
        [0, 1, Number.NaN],
      ]
      for (const numbers of wrong) {
        await expect(reading.read(Buffer.alloc(4), ...numbers)).rejects.toBeInstanceOf(RangeError)
        await expect(writing.write(Buffer.alloc(4), ...numbers)).rejects.toBeInstanceOf(RangeError)
      }
      for (const length of [-1, 0.5, Number.NaN])
        await expect(writing.truncate(length)).rejects.toBeInstanceOf(RangeError)
      expect(await get(files, '/file')).toBe('text')
    })

    test('makeDirectory() and removeDirectory() make and remove', async () => {
      await files.makeDirectory('/empty/inner')
      expect(sorted(await all(files, '/empty'))).toEqual(['directory inner'])
      await files.removeDirectory('/empty/inner')
      expect(await all(files, '/empty')).toEqual([])
    })

    const renames: { title: string; from: string; to: string; root: string[] }[] = [
      {
        title: 'gives another name',
        from: '/file',
        to: '/new',
        root: ['directory empty', 'directory full', 'file new', 'file other'],
      },
      { title: 'moves', from: '/file', to: '/empty/file', root: ['directory empty', 'directory full', 'file other'] },
      {
        title: 'replaces a file',
        from: '/file',
        to: '/other',
        root: ['directory empty', 'directory full', 'file other'],
      },
      {
        title: 'replaces an empty directory',
        from: '/full',
        to: '/empty',
        root: ['directory empty', 'file file', 'file other'],
      },
      { title: 'to itself does nothing', from: '/file', to: '/file', root: whole },
      {
        title: 'moves a directory',
        from: '/full',
        to: '/empty/full',
        root: ['directory empty', 'file file', 'file other'],
      },
    ]
    for (const { title, from, to, root } of renames) {
      test(`rename() ${title}`, async () => {
        const { type } = await files.stat(from)
        await files.rename(from, to)
        expect(sorted(await all(files, '/'))).toEqual(root)
        if (type === 'file') expect(await get(files, to)).toBe('text')
        else expect(await get(files, `${to}/inner`)).toBe('inner')
      })
    }

    test('setModified() sets the time to the millisecond, of a directory too', async () => {
      const time = new Date('2001-02-03T04:05:06.789Z')
      await files.setModified('/file', time)
      await files.setModified('/full', time)
      expect((await files.stat('/file')).modified).toEqual(time)
      expect((await files.stat('/full')).modified).toEqual(time)
      await expect(files.setModified('/file', new Date(Number.NaN))).rejects.toBeInstanceOf(RangeError)
    })

    test('setMode() sets the permission bits', async () => {
      await files.setMode('/file', 0o640)
      expect((await files.stat('/file')).mode).toBe(0o640)
      for (const mode of [-1, 0o10000, 1.5])
        await expect(files.setMode('/file', mode)).rejects.toBeInstanceOf(RangeError)
    })
  })
}
