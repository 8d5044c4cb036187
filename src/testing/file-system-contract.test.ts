import { expect, test } from 'vitest'
import {
  FileError,
  type FileStat,
  type FileSystemOptions,
  MemoryFileSystem,
  type OpenFile,
  type OpenMode,
} from '../ftp/server/index.ts'
import { type FileSystemContractOptions, type FileSystemFeature, fileSystemContract } from './index.ts'

/** Runs the contract. @returns The titles of all tests, and of those that failed. */
async function run(create: FileSystemContractOptions['create'], without: readonly FileSystemFeature[] = []) {
  const tests: [title: string, body: () => Promise<void>][] = []
  fileSystemContract({ test: (title, body) => tests.push([title, body]), create, without })
  const failed: string[] = []
  for (const [title, body] of tests) await body().catch(() => failed.push(title))
  return { titles: tests.map(([title]) => title), failed }
}

/** Changes what is opened. */
abstract class Changed extends MemoryFileSystem {
  override async open(path: string, mode: OpenMode, options?: FileSystemOptions): Promise<OpenFile> {
    const file = await super.open(path, mode, options)
    return Object.assign(file, this.change(file, path, mode))
  }
  abstract change(file: OpenFile, path: string, mode: OpenMode): Partial<OpenFile>
}

const defects: readonly (readonly [title: string, found: string, system: () => MemoryFileSystem])[] = [
  [
    'forgets to close',
    'OpenFile.close() can be called again, and nothing else can',
    () =>
      new (class extends Changed {
        change = () => ({ close: async () => {} })
      })(),
  ],
  [
    'writes where it is told in files that append',
    'OpenFile.write() appends, whatever the position',
    () =>
      new (class extends MemoryFileSystem {
        override open(path: string, mode: OpenMode, options?: FileSystemOptions) {
          return super.open(path, mode === 'append' ? 'write' : mode, options)
        }
      })(),
  ],
  [
    'keeps what is replaced',
    'OpenFile.write() leaves nothing of what is replaced',
    () =>
      new (class extends MemoryFileSystem {
        override open(path: string, mode: OpenMode, options?: FileSystemOptions) {
          return super.open(path, mode === 'replace' ? 'write' : mode, options)
        }
      })(),
  ],
  [
    'says that all is new',
    'open() tells the size of what was there',
    () =>
      new (class extends Changed {
        change = () => ({ isNew: true })
      })(),
  ],
  [
    'keeps the buffer that it is given',
    'OpenFile has what was written, though the buffers are used again',
    () =>
      new (class extends Changed {
        change = ({ write }: OpenFile): Partial<OpenFile> => {
          const later: (() => Promise<unknown>)[] = []
          return {
            async write(...values) {
              later.push(() => Reflect.apply(write, this, values))
              return { bytesWritten: values[2] }
            },
            async stat(this: OpenFile) {
              for (const act of later.splice(0)) await act()
              return await Object.getPrototypeOf(this).stat.call(this)
            },
            async close(this: OpenFile) {
              for (const act of later.splice(0)) await act()
              await Object.getPrototypeOf(this).close.call(this)
            },
          }
        }
      })(),
  ],
  [
    'lists . and ..',
    'list() tells what is in a directory, as stat() does',
    () =>
      new (class extends MemoryFileSystem {
        override async *list(path: string, options?: FileSystemOptions): AsyncGenerator<FileStat, void, void> {
          yield { ...(await this.stat(path)), name: '.' }
          yield* super.list(path, options)
        }
      })(),
  ],
  [
    'removes files as if they were directories',
    'removeDirectory() of a file fails with ENOTDIR, and changes nothing',
    () =>
      new (class extends MemoryFileSystem {
        override async removeDirectory(path: string, options?: FileSystemOptions) {
          if (path !== '/' && (await this.stat(path)).type === 'file') await this.removeFile(path, options)
          else await super.removeDirectory(path, options)
        }
      })(),
  ],
  [
    'looks at no signal',
    'makeDirectory() ends with the reason of its signal, and has done nothing',
    () =>
      new (class extends MemoryFileSystem {
        override makeDirectory(path: string) {
          return super.makeDirectory(path)
        }
      })(),
  ],
  [
    'has errors without a code',
    'stat() of nothing fails with ENOENT, and changes nothing',
    () =>
      new (class extends MemoryFileSystem {
        override async stat(path: string): Promise<FileStat> {
          return await super.stat(path).catch(() => Promise.reject(new Error('it is not there')))
        }
      })(),
  ],
]

test('fileSystemContract() holds of a file system that keeps it, and closes what was created', async () => {
  let open = 0
  const { titles, failed } = await run(() => {
    open++
    return { files: new MemoryFileSystem(), close: async () => void open-- }
  })
  expect(failed).toEqual([])
  expect(open).toBe(0)
  expect(new Set(titles).size).toBe(titles.length)
})

test.each(defects)('fileSystemContract() finds one that %s', async (_, found, create) => {
  const { titles, failed } = await run(() => ({ files: create() }))
  expect(failed).toContain(found)
  expect(failed.length).toBeLessThan(titles.length)
})

test('fileSystemContract({ without }) asks for nothing that is named, but that it be refused', async () => {
  class Plain extends MemoryFileSystem {
    override async setMode(path: string) {
      throw new FileError('set the mode of', path, 'ENOTSUP')
    }
    override async open(path: string, mode: OpenMode, options?: FileSystemOptions) {
      if (/[\ud800-\udfff]/.test(path)) throw new FileError('open', path, 'EILSEQ')
      return await super.open(path.replace(/(?<=.)\/$/, ''), mode, options)
    }
  }
  const lacks = ['setMode', 'rawNames', 'argumentChecks'] as const
  const plain = await run(() => ({ files: new Plain() }), lacks)
  expect(plain.failed).toEqual([])
  expect(plain.titles).toContain('setMode() fails with ENOTSUP')
  expect(plain.titles.some((title) => title.includes('normalized'))).toBe(false)
  for (const lack of lacks) {
    const { failed } = await run(
      () => ({ files: new Plain() }),
      lacks.filter((each) => each !== lack),
    )
    expect(failed, lack).not.toEqual([])
  }
  const whole = await run(() => ({ files: new MemoryFileSystem() }), ['setModified'])
  expect(whole.failed).toEqual(['setModified() fails with ENOTSUP'])
})
