import assert from 'node:assert/strict'
import type { OpenMode } from '../../ftp/files/file-system.ts'
import { type Contract, get, opened, put, readAll, refuses, writeAll } from './set-up.ts'

const WRITES: readonly (readonly [title: string, mode: OpenMode, position: number, expected: string])[] = [
  ['overwrites and keeps the rest', 'write', 1, 'tAAt'],
  ['writes behind the end', 'write', 4, 'textAA'],
  ['fills a gap with zeros', 'write', 6, 'text\0\0AA'],
  ['appends, whatever the position', 'append', 0, 'textAA'],
  ['leaves nothing of what is replaced', 'replace', 0, 'AA'],
]

/** Buffer of 4: offset, length and position that can only be mistakes. */
const WRONG: readonly (readonly [number, number, number])[] = [
  [0, 5, 0],
  [-1, 2, 0],
  [3, 2, 0],
  [0, -1, 0],
  [0, 1.5, 0],
  [0, 1, -1],
  [0, 1, Number.NaN],
]

/** What is in files. */
export function openFiles({ has, hold }: Contract): void {
  for (const mode of ['write', 'replace', 'append', 'create-new'] as const) {
    hold(`open() creates to ${mode}`, async (files) => {
      await opened(files, '/new', mode, async ({ isNew, initialSize }) => {
        assert.deepEqual({ isNew, initialSize }, { isNew: true, initialSize: 0 })
        const { type, size } = await files.stat('/new')
        assert.deepEqual({ type, size }, { type: 'file', size: 0 })
      })
      assert.equal(await get(files, '/new'), '')
    })
  }

  hold('open() tells the size of what was there', async (files) => {
    for (const [mode, size] of Object.entries({ read: 4, write: 4, append: 4, replace: 0 })) {
      await opened(files, '/file', mode as OpenMode, async ({ isNew, initialSize }) => {
        assert.deepEqual([mode, isNew, initialSize], [mode, false, size])
      })
    }
  })

  for (const [title, mode, position, expected] of WRITES) {
    hold(`OpenFile.write() ${title}`, async (files) => {
      await put(files, '/file', 'AA', mode, position)
      assert.equal(await get(files, '/file'), expected)
      assert.equal((await files.stat('/file')).size, expected.length)
    })
  }

  hold('OpenFile.write() takes the part of the buffer that it is told', async (files) => {
    await opened(files, '/file', 'write', async (file) => {
      const { bytesWritten } = await file.write(Buffer.from('abcdef'), 2, 3, 0)
      await writeAll(file, Buffer.from('cde').subarray(bytesWritten), bytesWritten)
    })
    assert.equal(await get(files, '/file'), 'cdet')
  })

  hold('OpenFile has what was written, though the buffers are used again', async (files) => {
    const block = Buffer.alloc(100_000)
    await opened(files, '/new', 'replace', async (file) => {
      for (let i = 0; i < 7; i++) {
        block.fill(i + 1)
        await writeAll(file, block, i * block.length)
      }
      block.fill(0)
      assert.equal((await file.stat()).size, 700_000)
    })
    assert.equal((await files.stat('/new')).size, 700_000)
    await opened(files, '/new', 'read', async (file) => {
      assert.equal(file.initialSize, 700_000)
      for (let i = 6; i >= 0; i--) {
        assert.ok((await readAll(file, 100_000, i * 100_000)).equals(block.fill(i + 1)), `block ${i} is another one`)
      }
    })
  })

  hold('OpenFile keeps files apart that are open at a time', async (files) => {
    const paths = ['/file', '/other', '/empty/1', '/empty/2']
    const open = await Promise.all(paths.map((path) => files.open(path, 'replace')))
    for (let at = 0; at < 5; at++) await Promise.all(open.map((file, i) => writeAll(file, Buffer.from(`${i}`), at)))
    await Promise.all(open.map((file) => file.close()))
    assert.deepEqual(await Promise.all(paths.map((path) => get(files, path))), ['00000', '11111', '22222', '33333'])
    const texts = await Promise.all(Array.from({ length: 5 }, () => get(files, '/file')))
    assert.deepEqual(texts, Array(5).fill('00000'))
  })

  hold('OpenFile.read() reads where it is told, and nothing behind the end', async (files) => {
    await opened(files, '/file', 'read', async (file) => {
      const buffer = Buffer.from('........')
      const { bytesRead } = await file.read(buffer, 2, 2, 1)
      assert.ok(bytesRead === 1 || bytesRead === 2, `read() gave ${bytesRead} of 2 bytes`)
      assert.equal(String(buffer), bytesRead === 2 ? '..ex....' : '..e.....')
      assert.equal(String(await readAll(file, 8, 3)), 't')
      for (const position of [4, 1000]) assert.equal((await file.read(buffer, 0, 8, position)).bytesRead, 0)
      assert.equal(buffer[0], '.'.charCodeAt(0))
    })
  })

  hold('OpenFile.truncate() cuts and fills', async (files) => {
    for (const [length, expected] of [
      [2, 'te'],
      [4, 'te\0\0'],
      [0, ''],
    ] as const) {
      await opened(files, '/file', 'write', async (file) => {
        await file.truncate(length)
        const { name, type, size } = await file.stat()
        assert.deepEqual({ name, type, size }, { name: 'file', type: 'file', size: length })
      })
      assert.equal(await get(files, '/file'), expected)
    }
  })

  hold('OpenFile goes on when its file is removed, replaced or renamed', async (files) => {
    await opened(files, '/file', 'read', async (file) => {
      await files.rename('/other', '/file')
      await files.removeFile('/file')
      await put(files, '/file', 'a new one')
      assert.equal(String(await readAll(file, 100)), 'text')
    })
    await opened(files, '/full/inner', 'append', async (file) => {
      await files.rename('/full', '/moved')
      await files.removeFile('/moved/inner')
      await writeAll(file, Buffer.from('more'), 0)
    })
    await refuses(files.stat('/moved/inner'), 'ENOENT')
  })

  hold('OpenFile refuses what it was not opened for', async (files) => {
    const buffer = Buffer.alloc(4)
    await opened(files, '/file', 'read', async (file) => {
      await refuses(file.write(buffer, 0, 4, 0), 'EBADF')
      await refuses(file.truncate(0), 'EBADF')
    })
    await opened(files, '/file', 'write', (file) => refuses(file.read(buffer, 0, 4, 0), 'EBADF'))
    assert.equal(await get(files, '/file'), 'text')
  })

  hold('OpenFile.close() can be called again, and nothing else can', async (files) => {
    const buffer = Buffer.alloc(4)
    for (const mode of ['read', 'write'] as const) {
      const file = await files.open('/file', mode)
      await file.close()
      await file.close()
      await file[Symbol.asyncDispose]()
      await refuses(file.stat(), 'EBADF')
      await refuses(mode === 'read' ? file.read(buffer, 0, 4, 0) : file.write(buffer, 0, 4, 0), 'EBADF')
    }
    assert.equal(await get(files, '/file'), 'text')
  })

  if (!has('argumentChecks')) return
  hold('open() and OpenFile refuse what can only be a mistake', async (files) => {
    await assert.rejects(files.open('/file', 'r+' as OpenMode), TypeError)
    await opened(files, '/file', 'read', async (file) => {
      for (const numbers of WRONG) await assert.rejects(file.read(Buffer.alloc(4), ...numbers), RangeError)
    })
    await opened(files, '/file', 'write', async (file) => {
      for (const numbers of WRONG) await assert.rejects(file.write(Buffer.alloc(4), ...numbers), RangeError)
      for (const length of [-1, 0.5, Number.NaN]) await assert.rejects(file.truncate(length), RangeError)
    })
    assert.equal(await get(files, '/file'), 'text')
  })
}
