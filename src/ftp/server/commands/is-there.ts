import type { FileSystem, StatOptions } from '../../files/file-system.ts'

/** Codes of a path at which nothing is. */
const NOTHING = ['ENOENT', 'ENOTDIR']

/** Whether something is at a path. @throws What else the file system says. */
export async function isThere(files: FileSystem, path: string, options: StatOptions): Promise<boolean> {
  try {
    await files.stat(path, options)
    return true
  } catch (error) {
    if (NOTHING.includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}
