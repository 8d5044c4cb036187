import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from 'sluice/ftp'
import { FileError, type FileSystemOptions, MemoryFileSystem, type OpenMode, Server } from 'sluice/ftp-server'
import { fileSystemContract } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { StoredFiles } from '../examples/stored-files.ts'
import { start } from './cli-sluice.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Starts an example as a program of its own, at any free port. */
async function serve(example: string) {
  const command = ['--import', 'tsx', `examples/${example}`, '0']
  const { child, ended } = start(process.execPath, command, { cwd: root })
  const [line] = await once(createInterface({ input: child.stdout ?? process.stdin }), 'line')
  const port = Number(/^Serving ftp:\/\/127\.0\.0\.1:(\d+)$/.exec(line)?.[1])
  return { child, ended, port }
}

const changes: Readonly<Record<string, (client: Client) => Promise<unknown>>> = {
  'upload()': (client) => client.upload(Buffer.from('new'), '/readme.txt'),
  'removeFile()': (client) => client.removeFile('/readme.txt'),
  'removeDirectory()': (client) => client.removeDirectory('/state'),
  'makeDirectory()': (client) => client.makeDirectory('/new'),
  'rename()': (client) => client.rename('/readme.txt', '/new'),
  'setModified()': (client) => client.setModified('/readme.txt', new Date(0)),
}

test('examples/own-file-system.ts shows what the program knows, and refuses all that would change it', async () => {
  const { child, ended, port } = await serve('own-file-system.ts')
  try {
    await using client = await Client.connect('127.0.0.1', { port })
    const names: string[] = []
    for await (const { path, type } of client.list('/', { recursive: true })) names.push(`${type} ${path}`)
    expect(names.sort()).toEqual(['directory /state', 'file /readme.txt', 'file /state/time.txt'])
    expect(await client.downloadBytes('/readme.txt')).toEqual(Buffer.from('state/time.txt is a new one each second\n'))
    expect(await client.stat('/readme.txt')).toMatchObject({ type: 'file', size: 40 })
    const time = new Date((await client.downloadBytes('/state/time.txt')).toString().trimEnd())
    expect(Math.abs(Date.now() - time.getTime())).toBeLessThan(60_000)
    for (const [title, change] of Object.entries(changes)) {
      await expect(change(client), title).rejects.toMatchObject({
        replyCode: 550,
        lines: ['The file system is read-only'],
      })
    }
    await expect(client.downloadBytes('/state')).rejects.toMatchObject({ lines: ['It is a directory'] })
    await expect(client.downloadBytes('/none')).rejects.toMatchObject({ lines: ['No such file or directory'] })
  } finally {
    child.kill('SIGINT')
  }
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
})

test('examples/stored-files.ts keeps what clients put there', async () => {
  const { child, ended, port } = await serve('stored-files.ts')
  try {
    await using client = await Client.connect('127.0.0.1', { port })
    const bytes = Buffer.alloc(3_000_000, 'some bytes ')
    await client.makeDirectory('/a/b', { parents: true })
    await client.upload(bytes, '/a/b/file')
    await client.appendStream('/a/b/file', (stream) => stream.write('!'))
    await client.rename('/a', '/c')
    const whole = await client.downloadBytes('/c/b/file')
    expect(whole.equals(Buffer.concat([bytes, Buffer.from('!')]))).toBe(true)
    await client.setModified('/c/b/file', new Date('2001-02-03T04:05:06Z'))
    expect(await client.stat('/c/b/file')).toMatchObject({
      size: 3_000_001,
      modified: new Date('2001-02-03T04:05:06Z'),
    })
    await client.removeFile('/c/b/file')
    expect(await client.list('/c/b')).toEqual([])
  } finally {
    child.kill('SIGINT')
  }
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
})

test('examples/stored-files.test.ts holds it to the contract by node:test', async () => {
  const { ended } = start(process.execPath, ['--import', 'tsx', '--test', 'examples/stored-files.test.ts'], {
    cwd: root,
  })
  const { code, stdout } = await ended
  expect(stdout.toString()).toMatch(/^. fail 0$/m)
  expect(Number(/^. pass (\d+)$/m.exec(stdout.toString())?.[1])).toBeGreaterThan(60)
  expect(code).toBe(0)
})

describe('StoredFiles', () => {
  fileSystemContract({
    test,
    create: () => ({ files: new StoredFiles() }),
    without: ['setMode', 'argumentChecks'],
  })
})

/** As docs/own-file-system.md has it, in memory. */
class NoPrograms extends MemoryFileSystem {
  override async open(path: string, mode: OpenMode, options?: FileSystemOptions) {
    if (mode !== 'read') this.#check('open', path)
    return await super.open(path, mode, options)
  }
  override async rename(from: string, to: string, options?: FileSystemOptions) {
    this.#check('rename to', to)
    await super.rename(from, to, options)
  }
  #check(action: string, path: string) {
    if (/\.(exe|bat)$/i.test(path)) throw new FileError(action, path, 'EACCES')
  }
}

test('a file system that extends another one changes only what it overrides', async () => {
  await using server = new Server({ fileSystem: new NoPrograms() })
  const { host, port } = await server.listen()
  await using client = await Client.connect(host, { port })
  await client.upload(Buffer.from('text'), '/a.txt')
  const denied = { replyCode: 550, lines: ['Permission denied'] }
  await expect(client.upload(Buffer.from('MZ'), '/a.EXE')).rejects.toMatchObject(denied)
  await expect(client.rename('/a.txt', '/a.bat')).rejects.toMatchObject(denied)
  expect((await client.list('/')).map(({ name }) => name)).toEqual(['a.txt'])
})
