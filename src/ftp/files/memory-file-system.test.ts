import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VirtualClock } from '../../testing/index.ts'
import { MemoryFileSystem } from './memory-file-system.ts'

test('MemoryFileSystem has room for maxBytes, and not for one more', async () => {
  const files = new MemoryFileSystem({ maxBytes: 1000 })
  await using first = await files.open('/first', 'write')
  for (let index = 0; index < 700; index++) await first.write(Buffer.from('a'), 0, 1, index)
  await using second = await files.open('/second', 'write')
  // Growing has taken more than the 700 bytes, but a file that is cut to its size gives back what it has not used.
  await first.truncate(701)
  await first.truncate(700)
  await second.write(Buffer.alloc(300), 0, 300, 0)
  expect(files.usedBytes).toBe(1000)
  const full = { code: 'ENOSPC', message: 'Cannot write "/second": no space left on device' }
  await expect(second.write(Buffer.alloc(1), 0, 1, 300)).rejects.toMatchObject(full)
  await expect(second.truncate(301)).rejects.toMatchObject({ code: 'ENOSPC' })
  expect((await second.stat()).size).toBe(300)
  await files.removeFile('/first')
  await expect(second.truncate(301)).rejects.toMatchObject({ code: 'ENOSPC' })
  await first.close()
  await second.truncate(1000)
  expect(files.usedBytes).toBe(1000)
})

test('MemoryFileSystem has no room for a gap that does not fit', async () => {
  const files = new MemoryFileSystem()
  await using file = await files.open('/sparse', 'write')
  await expect(file.write(Buffer.alloc(1), 0, 1, 2 ** 30)).rejects.toMatchObject({ code: 'ENOSPC' })
  await expect(file.write(Buffer.alloc(1), 0, 1, 2 ** 52)).rejects.toMatchObject({ code: /^ENOSPC|EFBIG$/ })
  expect(files.usedBytes).toBe(0)
})

test('MemoryFileSystem gives back the room of a file that is replaced', async () => {
  const files = new MemoryFileSystem({ maxBytes: 1000 })
  for (const path of ['/one', '/two']) {
    await using file = await files.open(path, 'write')
    await file.write(Buffer.alloc(500), 0, 500, 0)
  }
  await files.rename('/one', '/two')
  await using file = await files.open('/three', 'write')
  await file.write(Buffer.alloc(400), 0, 400, 0)
})

test('MemoryFileSystem has room for maxEntries, and not for one more', async () => {
  const files = new MemoryFileSystem({ maxEntries: 2 })
  await files.makeDirectory('/one')
  await (await files.open('/one/two', 'write')).close()
  await expect(files.makeDirectory('/three')).rejects.toMatchObject({ code: 'ENOSPC' })
  await expect(files.open('/three', 'write')).rejects.toMatchObject({ code: 'ENOSPC' })
  await files.removeFile('/one/two')
  await files.makeDirectory('/three')
})

test('MemoryFileSystem takes its times from a clock', async () => {
  const clock = new VirtualClock()
  const files = new MemoryFileSystem({ clock })
  await files.makeDirectory('/before')
  await clock.advance(90_000)
  await files.makeDirectory('/after')
  const [before, after] = [await files.stat('/before'), await files.stat('/after')]
  expect(after.modified.getTime() - before.modified.getTime()).toBe(90_000)
  expect((await files.stat('/')).modified).toEqual(after.modified)
})

test('MemoryFileSystem has what was written, and counts what it holds', async () => {
  const step = fc.oneof(
    fc.record({ position: fc.nat(3000), length: fc.nat(2000), fill: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ truncate: fc.nat(4000) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const files = new MemoryFileSystem({ maxBytes: 6000 })
      const file = await files.open('/file', 'write')
      let expected = Buffer.alloc(0)
      for (const step of steps) {
        if ('truncate' in step) {
          await file.truncate(step.truncate)
          expected = Buffer.concat([expected], step.truncate)
        } else {
          await file.write(Buffer.alloc(step.length, step.fill), 0, step.length, step.position)
          const end = step.position + step.length
          expected = Buffer.concat([expected], step.length ? Math.max(expected.length, end) : expected.length)
          if (step.length) expected.fill(step.fill, step.position, end)
        }
      }
      await using reading = await files.open('/file', 'read')
      const actual = Buffer.alloc(8000)
      const { bytesRead } = await reading.read(actual, 0, 8000, 0)
      expect(actual.subarray(0, bytesRead).equals(expected)).toBe(true)
      await file.close()
      await reading.close()
      expect(files.usedBytes).toBe(expected.length)
      await files.removeFile('/file')
      expect(files.usedBytes).toBe(0)
    }),
  )
})

for (const wrong of [{ maxBytes: -1 }, { maxEntries: 1.5 }, { maxBytes: Number.NaN }]) {
  test(`new MemoryFileSystem() refuses ${JSON.stringify(wrong)}`, () => {
    expect(() => new MemoryFileSystem(wrong)).toThrow(RangeError)
  })
}

test('new MemoryFileSystem() refuses an option that there is not', () => {
  expect(() => new MemoryFileSystem({ maximum: 1 } as object)).toThrow(TypeError)
})

test('new MemoryFileSystem({ files }) begins with files and directories, and those on the way to them', async () => {
  const bytes = Uint8Array.of(0, 255, 1)
  const files = new MemoryFileSystem({ files: { '/a.txt': 'ä', '/deep/in/b': bytes, '/deep/empty': null, '/': null } })
  bytes.fill(7)
  expect(await files.readFile('/a.txt')).toEqual(Buffer.from('ä'))
  expect(await files.readFile('/deep/in/b')).toEqual(Buffer.of(0, 255, 1))
  expect(await files.stat('/deep/empty')).toMatchObject({ type: 'directory' })
  expect(await files.stat('/a.txt')).toMatchObject({ type: 'file', size: 2, mode: 0o644 })
  const names: string[] = []
  for await (const { name, type } of files.list('/deep')) names.push(`${type} ${name}`)
  expect(names.sort()).toEqual(['directory empty', 'directory in'])
  expect(files.usedBytes).toBe(5)
})

const seeds: [title: string, files: object, error: object][] = [
  ['a path that is not absolute', { 'a.txt': '' }, TypeError],
  ['a path that leads up', { '/../a': '' }, { code: 'EINVAL' }],
  ['a number for content', { '/a': 1 }, TypeError],
  ['a symbol for content', { '/a': Symbol('a') }, TypeError],
  ['an object without a class for content', { '/a': Object.create(null) }, TypeError],
  ['a Map', new Map([['/a', '']]), TypeError],
  ['a list', ['/a'], TypeError],
  ['a file in a file', { '/a': '', '/a/b': '' }, { code: 'ENOTDIR' }],
  ['a directory in place of a file', { '/a': '', '/a/b': null }, { code: 'ENOTDIR' }],
  ['a file in place of a directory', { '/a/b': '', '/a': '' }, { code: 'EISDIR' }],
  ['more than there is room for', { '/a': 'abc', '/b': 'abc' }, { code: 'ENOSPC' }],
  ['too long a name', { [`/${'n'.repeat(300)}/a`]: '' }, { code: 'ENAMETOOLONG' }],
]
for (const [title, wrong, error] of seeds) {
  test(`new MemoryFileSystem({ files }) refuses ${title}`, () => {
    const create = () => new MemoryFileSystem({ maxBytes: 5, files: wrong as Record<string, string> })
    if (error === TypeError) expect(create).toThrow(TypeError)
    else expect(create).toThrow(expect.objectContaining({ name: 'FileError', ...error }))
  })
}

test('new MemoryFileSystem({ files }) says what is to be there in place of null', () => {
  const create = () => new MemoryFileSystem({ files: null as never })
  expect(create).toThrow("Cannot create a file system: 'files' must be an object of contents by path, is [object Null]")
})

test('MemoryFileSystem.writeFile() leaves what was, and no file where none was, if there is no room', async () => {
  const files = new MemoryFileSystem({ maxBytes: 10, files: { '/a': '1234', '/b': '5678' } })
  await expect(files.writeFile('/a', '1234567')).rejects.toMatchObject({ code: 'ENOSPC' })
  expect(String(await files.readFile('/a'))).toBe('1234')
  await expect(files.writeFile('/c', '123')).rejects.toMatchObject({ code: 'ENOSPC' })
  await expect(files.stat('/c')).rejects.toMatchObject({ code: 'ENOENT' })
  expect(files.usedBytes).toBe(8)
  // What it replaces gives its room.
  await files.writeFile('/a', '123456')
  expect(files.usedBytes).toBe(10)
})

test('MemoryFileSystem.writeFile() replaces what is there, and readFile() gives a copy', async () => {
  const files = new MemoryFileSystem({ maxBytes: 10 })
  await files.writeFile('/new/a', 'long text')
  await files.writeFile('/new/a', Buffer.from('text'))
  const first = await files.readFile('/new/a')
  first.fill('x')
  expect(String(await files.readFile('/new/a'))).toBe('text')
  expect(files.usedBytes).toBe(4)
  await using file = await files.open('/new/a', 'append')
  await file.write(Buffer.from('!'), 0, 1, 0)
  expect(String(await files.readFile('/new/a'))).toBe('text!')
  await expect(files.writeFile('/new', '')).rejects.toMatchObject({ code: 'EISDIR' })
  await expect(files.readFile('/new')).rejects.toMatchObject({ code: 'EISDIR' })
  await expect(files.readFile('/none')).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(files.writeFile('/', '')).rejects.toMatchObject({ code: 'EISDIR' })
  const reason = new Error('enough')
  const { signal } = { signal: AbortSignal.abort(reason) }
  await expect(files.writeFile('/b', '', { signal })).rejects.toBe(reason)
  await expect(files.stat('/b')).rejects.toMatchObject({ code: 'ENOENT' })
})
