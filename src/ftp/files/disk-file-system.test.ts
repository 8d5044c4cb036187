import { execFileSync } from 'node:child_process'
import {
  access,
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DiskFileSystem } from './disk-file-system.ts'
import type { FileStat, FileSystem } from './file-system.ts'

let base: string
let root: string
let files: FileSystem

// `outside` stands beside the root, and so does `root-beside`, whose name begins as that of the root does.
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'sluice-disk-')))
  root = join(base, 'root')
  await mkdir(join(root, 'folder/inner'), { recursive: true })
  await mkdir(join(base, 'outside'))
  await mkdir(join(base, 'root-beside'))
  await writeFile(join(root, 'file'), 'inside')
  await writeFile(join(base, 'outside/secret'), 'secret')
  await writeFile(join(base, 'root-beside/secret'), 'secret')
  files = new DiskFileSystem(root)
})
afterEach(() => rm(base, { recursive: true, force: true }))

async function read(system: FileSystem, path: string): Promise<string> {
  await using file = await system.open(path, 'read')
  const buffer = Buffer.alloc(100)
  return buffer.toString('latin1', 0, (await file.read(buffer, 0, 100, 0)).bytesRead)
}

async function all(system: FileSystem, path: string): Promise<FileStat[]> {
  const stats: FileStat[] = []
  for await (const stat of system.list(path)) stats.push(stat)
  return stats.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

const ways = [
  { title: 'by an absolute link', target: () => join(base, 'outside') },
  { title: 'by a relative link', target: () => '../outside' },
  { title: 'by a link to what begins as the root does', target: () => '../root-beside' },
  { title: 'by a link out and in again and out', target: () => '../root/folder/../../outside' },
  { title: 'by a link to a link', target: () => 'folder/second', second: () => '../../outside' },
  { title: 'by a link to the parent of the root', target: () => '..', inner: '/outside' },
  { title: 'by a link to the root of the disk', target: () => '/', inner: () => join(base, 'outside') },
]

describe('DiskFileSystem refuses what leads out', () => {
  for (const { title, target, second, inner = '' } of ways) {
    test(title, async () => {
      await symlink(target(), join(root, 'way'))
      if (second) await symlink(second(), join(root, 'folder/second'))
      const way = `/way${typeof inner === 'function' ? inner() : inner}`
      const attempts: Record<string, () => Promise<unknown>> = {
        stat: () => files.stat(way),
        'stat inside': () => files.stat(`${way}/secret`),
        'stat the entry': () => files.stat(`${way}/secret`, { follow: false }),
        list: () => all(files, way),
        read: () => files.open(`${way}/secret`, 'read'),
        write: () => files.open(`${way}/secret`, 'write'),
        replace: () => files.open(`${way}/secret`, 'replace'),
        append: () => files.open(`${way}/secret`, 'append'),
        create: () => files.open(`${way}/new`, 'create-new'),
        'create by writing': () => files.open(`${way}/new`, 'write'),
        'create by replacing': () => files.open(`${way}/new`, 'replace'),
        makeDirectory: () => files.makeDirectory(`${way}/new`),
        removeFile: () => files.removeFile(`${way}/secret`),
        'rename away': () => files.rename(`${way}/secret`, '/stolen'),
        'rename to': () => files.rename('/file', `${way}/new`),
        setModified: () => files.setModified(`${way}/secret`, new Date(0)),
        setMode: () => files.setMode(`${way}/secret`, 0o777),
      }
      for (const [attempt, act] of Object.entries(attempts)) {
        await expect(act(), attempt).rejects.toMatchObject({ code: 'EACCES' })
      }
      await expect(files.removeDirectory(`${way}/new`)).rejects.toMatchObject({ code: 'EACCES' })
      expect(await readFile(join(base, 'outside/secret'), 'utf8')).toBe('secret')
      expect((await lstat(join(base, 'outside/secret'))).mtimeMs).toBeGreaterThan(0)
      expect(await exists(join(base, 'outside/new'))).toBe(false)
      expect(await exists(join(root, 'file'))).toBe(true)
    })
  }

  test('by a link to a file', async () => {
    await symlink('../outside/secret', join(root, 'link'))
    for (const mode of ['read', 'write', 'replace', 'append'] as const) {
      await expect(files.open('/link', mode)).rejects.toMatchObject({ code: 'EACCES' })
    }
    await expect(files.setMode('/link', 0o777)).rejects.toMatchObject({ code: 'EACCES' })
    expect(await readFile(join(base, 'outside/secret'), 'utf8')).toBe('secret')
  })

  test('by a link to a file that is not there yet', async () => {
    await symlink('../outside/new', join(root, 'link'))
    for (const mode of ['write', 'replace', 'append'] as const) {
      await expect(files.open('/link', mode)).rejects.toMatchObject({ code: 'EACCES' })
    }
    await expect(files.open('/link', 'create-new')).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(files.makeDirectory('/link')).rejects.toMatchObject({ code: 'EEXIST' })
    expect(await exists(join(base, 'outside/new'))).toBe(false)
  })

  test('in the texts of its errors too', async () => {
    const error: Error = await files.stat('/no').catch((thrown) => thrown)
    expect(error.message).toBe('Cannot stat "/no": no such file or directory')
    await rm(root, { recursive: true })
    const gone: Error = await new DiskFileSystem(root).stat('/no').catch((thrown) => thrown)
    expect(gone.message).toBe('Cannot stat "/no": no such file or directory')
  })
})

describe('DiskFileSystem and symbolic links', () => {
  beforeEach(async () => {
    await symlink('../../file', join(root, 'folder/inner/relative'))
    await symlink(join(root, 'file'), join(root, 'folder/inner/absolute'))
    await symlink(root, join(root, 'folder/inner/root'))
    await symlink('nothing', join(root, 'folder/inner/dangling'))
    await symlink('loop', join(root, 'folder/inner/loop'))
    await symlink(join(base, 'outside'), join(root, 'folder/inner/out'))
  })

  test('list() tells of links and where they lead, but of nothing outside', async () => {
    const expected = [
      { name: 'absolute', target: '/file' },
      { name: 'dangling', target: 'nothing' },
      { name: 'loop', target: 'loop' },
      { name: 'out' },
      { name: 'relative', target: '../../file' },
      { name: 'root', target: '/' },
    ]
    const listed = await all(files, '/folder/inner')
    expect(listed.map(({ type, name, target }) => ({ type, name, ...(target !== undefined && { target }) }))).toEqual(
      expected.map((entry) => ({ type: 'symlink', ...entry })),
    )
    for (const stat of listed) {
      expect(await files.stat(`/folder/inner/${stat.name}`, { follow: false })).toEqual(stat)
    }
  })

  test('links inside of the root are followed', async () => {
    for (const path of ['/folder/inner/relative', '/folder/inner/absolute', '/folder/inner/root/file']) {
      expect(await read(files, path)).toBe('inside')
      expect(await files.stat(path)).toMatchObject({ type: 'file', size: 6 })
    }
    await files.setMode('/folder/inner/relative', 0o600)
    expect((await files.stat('/file')).mode).toBe(0o600)
    await using file = await files.open('/folder/inner/absolute', 'write')
    await file.write(Buffer.from('IN'), 0, 2, 0)
    expect(await read(files, '/file')).toBe('INside')
  })

  test('links that lead nowhere', async () => {
    await expect(files.stat('/folder/inner/dangling')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(files.stat('/folder/inner/loop')).rejects.toMatchObject({ code: 'ELOOP' })
    await expect(files.open('/folder/inner/dangling', 'read')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('removeFile(), removeDirectory() and rename() mean the link', async () => {
    await files.removeFile('/folder/inner/relative')
    await files.rename('/folder/inner/out', '/moved')
    await expect(files.removeDirectory('/folder/inner/root')).rejects.toMatchObject({ code: 'ENOTDIR' })
    await files.removeFile('/folder/inner/root')
    expect(await read(files, '/file')).toBe('inside')
    expect(await readlink(join(root, 'moved'))).toBe(join(base, 'outside'))
    expect(await exists(join(base, 'outside/secret'))).toBe(true)
  })

  test("followSymlinks: 'everywhere' follows them out", async () => {
    const open = new DiskFileSystem(root, { followSymlinks: 'everywhere' })
    expect(await read(open, '/folder/inner/out/secret')).toBe('secret')
    expect(await open.stat('/folder/inner/out')).toMatchObject({ type: 'directory' })
    expect(await all(open, '/folder/inner/out')).toMatchObject([{ name: 'secret' }])
    await (await open.open('/folder/inner/dangling', 'write')).close()
    expect(await exists(join(root, 'folder/inner/nothing'))).toBe(true)
    for (const isNew of [true, false]) {
      await using file = await open.open('/folder/inner/out/new', 'replace')
      expect(file.isNew).toBe(isNew)
    }
    await expect(open.stat('/../outside')).rejects.toMatchObject({ code: 'EINVAL' })
  })

  test('a root that is a link itself is as good', async () => {
    await symlink(root, join(base, 'link-to-root'))
    const linked = new DiskFileSystem(join(base, 'link-to-root'))
    expect(await read(linked, '/folder/inner/absolute')).toBe('inside')
    expect((await all(linked, '/folder/inner')).find(({ name }) => name === 'absolute')?.target).toBe('/file')
  })
})

describe('DiskFileSystem', () => {
  test('keeps names that are no UTF-8', async () => {
    const bytes = Buffer.from('caf\xe9 \xff', 'latin1')
    await writeFile(Buffer.concat([Buffer.from(`${root}/folder/inner/`), bytes]), 'text')
    const [stat] = await all(files, '/folder/inner')
    expect(stat).toMatchObject({ name: 'caf\udce9 \udcff', size: 4 })
    expect(await read(files, '/folder/inner/caf\udce9 \udcff')).toBe('text')
    await files.rename('/folder/inner/caf\udce9 \udcff', '/folder/inner/café')
    expect(await readFile(join(root, 'folder/inner/café'), 'utf8')).toBe('text')
  })

  test('never waits for a pipe, and opens no devices and sockets', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')])
    const server = createServer().listen(join(root, 'socket'))
    await new Promise((resolve) => server.once('listening', resolve))
    for (const path of ['/pipe', '/socket']) {
      expect(await files.stat(path)).toMatchObject({ type: 'other' })
      for (const mode of ['read', 'write', 'replace', 'append'] as const) {
        await expect(files.open(path, mode), `${path} ${mode}`).rejects.toMatchObject({ code: 'ENOTSUP' })
      }
    }
    await new Promise((resolve) => server.close(resolve))
  })

  test('waits for its root to appear', async () => {
    const later = new DiskFileSystem(join(base, 'later'))
    await expect(later.stat('/')).rejects.toMatchObject({ code: 'ENOENT' })
    await mkdir(join(base, 'later'))
    expect(await later.stat('/')).toMatchObject({ type: 'directory' })
  })

  test('reads and writes beyond 4 GiB', async () => {
    const position = 5 * 2 ** 30
    await using file = await files.open('/large', 'write')
    await file.write(Buffer.from('end'), 0, 3, position)
    expect((await files.stat('/large')).size).toBe(position + 3)
    await using reading = await files.open('/large', 'read')
    const buffer = Buffer.alloc(10)
    expect((await reading.read(buffer, 0, 10, position - 2)).bytesRead).toBe(5)
    expect(buffer.toString('latin1', 0, 5)).toBe('\0\0end')
  })

  test('list() tells of a directory of many batches once each', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `name ${String(index).padStart(4, '0')}`)
    await Promise.all(names.map((name) => writeFile(join(root, 'folder/inner', name), name)))
    const listed = await all(files, '/folder/inner')
    expect(listed.map(({ name }) => name)).toEqual(names)
    expect(listed.every(({ size, type }) => size === 9 && type === 'file')).toBe(true)
  })

  test('list() leaves no directory open when it is left early', async () => {
    const openFiles = async () => (await all(new DiskFileSystem('/proc/self'), '/fd')).length
    if (process.platform !== 'linux') return
    const before = await openFiles()
    for (let round = 0; round < 50; round++) {
      for await (const _ of files.list('/')) break
      await files.open('/folder', 'read').catch(() => {})
    }
    expect(await openFiles()).toBeLessThan(before + 10)
  })

  test('stat() has the mode with its special bits, and the owner', async () => {
    await chmod(join(root, 'file'), 0o4755)
    await link(join(root, 'file'), join(root, 'second'))
    const { uid, gid } = await lstat(join(root, 'file'))
    expect(await files.stat('/second')).toMatchObject({ mode: 0o4755, owner: String(uid), group: String(gid) })
  })

  for (const wrong of ['', 'a\0b', undefined, 1]) {
    test(`constructor() refuses ${JSON.stringify(wrong)} as its root`, () => {
      expect(() => new DiskFileSystem(wrong as string)).toThrow(TypeError)
    })
  }

  test('constructor() refuses options that can only be mistakes', () => {
    expect(() => new DiskFileSystem('/', { followSymlinks: 'yes' as 'inside' })).toThrow(TypeError)
    expect(() => new DiskFileSystem('/', { follow: true } as object)).toThrow(TypeError)
  })

  test('has the whole disk if its root is /', async () => {
    const disk = new DiskFileSystem('/')
    expect(await read(disk, join(root, 'file'))).toBe('inside')
    await symlink(join(root, 'file'), join(root, 'absolute'))
    expect((await all(disk, root)).find(({ name }) => name === 'absolute')?.target).toBe(join(root, 'file'))
  })
})
