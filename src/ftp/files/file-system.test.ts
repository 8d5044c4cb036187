import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FileSystemUnderTest, fileSystemContract } from '../../testing/index.ts'
import { DiskFileSystem } from './disk-file-system.ts'
import { FileError } from './file-error.ts'
import { MemoryFileSystem } from './memory-file-system.ts'

const implementations: Readonly<Record<string, () => Promise<FileSystemUnderTest>>> = {
  MemoryFileSystem: async () => ({ files: new MemoryFileSystem() }),
  DiskFileSystem: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-files-'))
    return { files: new DiskFileSystem(folder), close: () => rm(folder, { recursive: true, force: true }) }
  },
}

for (const [implementation, create] of Object.entries(implementations)) {
  describe(implementation, () => {
    fileSystemContract({ test, create })

    // What these two do beyond the contract.

    test('errors are FileErrors, and too long a name is one', async () => {
      const { files, close } = await create()
      const error = await files.stat('/no').catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(FileError)
      expect(error).toMatchObject({ name: 'FileError', code: 'ENOENT', path: '/no' })
      await expect(files.open(`/${'n'.repeat(300)}`, 'write')).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
      await close?.()
    })

    test('what was written can be read before the file is closed', async () => {
      const { files, close } = await create()
      const writing = await files.open('/file', 'write')
      await writing.write(Buffer.from('text'), 0, 4, 0)
      const reading = await files.open('/file', 'read')
      const buffer = Buffer.alloc(10)
      expect(await reading.read(buffer, 0, 10, 0)).toMatchObject({ bytesRead: 4 })
      expect(buffer.toString('latin1', 0, 4)).toBe('text')
      await writing.truncate(2)
      expect(await reading.read(buffer, 0, 10, 0)).toMatchObject({ bytesRead: 2 })
      await reading.close()
      await writing.close()
      await close?.()
    })

    test('setModified() sets the time to the millisecond', async () => {
      const { files, close } = await create()
      const time = new Date('2001-02-03T04:05:06.789Z')
      await files.setModified('/', time)
      expect((await files.stat('/')).modified).toEqual(time)
      await close?.()
    })
  })
}
