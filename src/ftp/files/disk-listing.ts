import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { type DiskRoot, names } from './disk-root.ts'
import { fileType, statEntry } from './disk-stat.ts'
import { FileError } from './file-error.ts'
import type { FileStat } from './file-system.ts'

/** How many entries are looked at together: enough to keep the threads of the disk busy, few enough to hold. */
const BATCH = 128

/** @types/node has no names of bytes here, although Node does. */
const IN_BYTES = { encoding: 'buffer' as BufferEncoding, bufferSize: BATCH }

/**
 * What is in the directory `real`, in batches.
 *
 * An entry that can't be looked at, such as a mount that has died, is told of with what the directory says of it: its
 * name and type, no bytes, no mode, and the beginning of 1970. One that has gone meanwhile is left out.
 */
export async function* listDisk(
  root: DiskRoot,
  real: Buffer,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<readonly FileStat[], void, void> {
  const folder = Buffer.concat([real, Buffer.from('/')])
  const lookAtAll = async (batch: readonly Dirent[]) => {
    const stats = await Promise.all(batch.map((entry) => lookAt(root, folder, entry)))
    signal?.throwIfAborted()
    return stats.filter((stat) => stat !== undefined)
  }
  try {
    let batch: Dirent[] = []
    // Leaving the loop, in whatever way, closes the directory.
    for await (const entry of await opendir(real, IN_BYTES)) {
      batch.push(entry)
      if (batch.length < BATCH) continue
      yield await lookAtAll(batch)
      batch = []
    }
    yield await lookAtAll(batch)
  } catch (error) {
    throw FileError.from(error, 'list', path)
  }
}

async function lookAt(root: DiskRoot, folder: Buffer, entry: Dirent): Promise<FileStat | undefined> {
  const bytes = entry.name as unknown as Buffer
  const name = names.decode(bytes)
  try {
    return await statEntry(root, Buffer.concat([folder, bytes]), name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    return { name, type: fileType(entry), size: 0, modified: new Date(0), mode: 0 }
  }
}
