import type { Stats } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { type DiskRoot, names } from './disk-root.ts'
import type { FileStat, FileType } from './file-system.ts'

interface TypeTests {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
}

/** Of what `stat(2)` says, or an entry of a directory. */
export function fileType(stats: TypeTests): FileType {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'symlink' : 'other'
}

export function fileStat(name: string, stats: Stats, target?: string): FileStat {
  return {
    name,
    type: fileType(stats),
    size: stats.size,
    modified: stats.mtime,
    mode: stats.mode & 0o7777,
    // Numbers: Node can't look up the names.
    owner: String(stats.uid),
    group: String(stats.gid),
    ...(target !== undefined && { target }),
  }
}

/** Of the entry at `full` itself, also if that is a link. */
export async function statEntry(root: DiskRoot, full: Buffer, name: string): Promise<FileStat> {
  const stats = await lstat(full)
  if (!stats.isSymbolicLink()) return fileStat(name, stats)
  return fileStat(name, stats, await root.virtualTarget(names.decode(await readlink(full, 'buffer'))))
}
