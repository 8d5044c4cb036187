import assert from 'node:assert/strict'
import { checkOptions, optionNames } from '../../check-options.ts'
import type { FileStat, FileSystem, OpenFile, OpenMode } from '../../ftp/files/file-system.ts'

/** A file system that nobody else uses: empty, and to be written. */
export interface FileSystemUnderTest {
  readonly files: FileSystem
  /** Takes it away after the test. */
  close?(): Promise<void>
}

/**
 * What a file system can do without.
 * - `setModified`, `setMode`: it refuses these with `ENOTSUP`.
 * - `rawNames`: it takes no names that are no UTF-8, those with lone surrogates.
 * - `argumentChecks`: it lets pass what the server never hands in: paths that are not absolute and normalized, numbers out of range.
 */
export type FileSystemFeature = 'setModified' | 'setMode' | 'rawNames' | 'argumentChecks'

/** Which file system is to keep the contract, and how it is run. */
export interface FileSystemContractOptions {
  /** What registers a test: that of vitest, of `node:test` or of another runner. */
  readonly test: (name: string, body: () => Promise<void>) => unknown
  /** Called for each test. */
  readonly create: () => FileSystemUnderTest | Promise<FileSystemUnderTest>
  /** What it does not do. @default nothing: it does all */
  readonly without?: readonly FileSystemFeature[]
}

const OPTIONS = optionNames<FileSystemContractOptions>({ test: true, create: true, without: true })

/** Registers the tests of one contract. */
export interface Contract {
  /** Registers a test. Before it there are `/file` with 'text', `/other` with 'other', `/empty/`, and `/full/inner` with 'inner'. */
  hold(name: string, body: (files: FileSystem) => Promise<void>): void
  has(feature: FileSystemFeature): boolean
}

export function contractOf(options: FileSystemContractOptions): Contract {
  checkOptions('test a file system', options, OPTIONS)
  const { test, create, without = [] } = options
  return {
    has: (feature) => !without.includes(feature),
    hold(name, body) {
      test(name, async () => {
        const made = await create()
        try {
          await fill(made.files)
          await body(made.files)
        } finally {
          await made.close?.()
        }
      })
    },
  }
}

async function fill(files: FileSystem): Promise<void> {
  await files.makeDirectory('/empty')
  await files.makeDirectory('/full')
  await put(files, '/file', 'text')
  await put(files, '/other', 'other')
  await put(files, '/full/inner', 'inner')
}

/** What {@link shown} makes of the root before each test. */
export const WHOLE = ['directory empty', 'directory full', 'file file', 'file other']

/** Opens a file, and closes it whatever comes. */
export async function opened<T>(
  files: FileSystem,
  path: string,
  mode: OpenMode,
  use: (file: OpenFile) => Promise<T>,
): Promise<T> {
  const file = await files.open(path, mode)
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}

/** Writes all of `bytes`, though a file may take fewer at a time. */
export async function writeAll(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    const isPossible = bytesWritten > 0 && bytesWritten <= bytes.length - done
    assert.ok(isPossible, `write() took ${bytesWritten} of ${bytes.length - done} bytes`)
    done += bytesWritten
  }
}

/** Reads `length` bytes, or to the end, though fewer may come at a time. */
export async function readAll(file: OpenFile, length: number, position = 0): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done)
    assert.ok(bytesRead >= 0 && bytesRead <= length - done, `read() gave ${bytesRead} of ${length - done} bytes`)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return buffer.subarray(0, done)
}

export async function put(files: FileSystem, path: string, text: string, mode: OpenMode = 'write', position = 0) {
  await opened(files, path, mode, (file) => writeAll(file, Buffer.from(text, 'latin1'), position))
}

export async function get(files: FileSystem, path: string): Promise<string> {
  return await opened(files, path, 'read', async (file) => String(await readAll(file, 1000)))
}

export async function all(files: FileSystem, path: string): Promise<FileStat[]> {
  const stats: FileStat[] = []
  for await (const stat of files.list(path)) stats.push(stat)
  return stats
}

/** What is in a directory, in order: `file a.txt`. */
export async function shown(files: FileSystem, path: string): Promise<string[]> {
  return (await all(files, path)).map(({ name, type }) => `${type} ${name}`).sort()
}

/** @param codes One of them must be that of the error. */
export async function refuses(promise: Promise<unknown>, ...codes: readonly string[]): Promise<void> {
  await assert.rejects(promise, (error: NodeJS.ErrnoException) => {
    assert.ok(error instanceof Error, 'it threw what is no Error')
    assert.ok(codes.includes(error.code ?? ''), `its code is ${error.code}, must be ${codes.join(' or ')}: ${error}`)
    return true
  })
}
