import { constants } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { localPath } from './local-path.ts'
import type { KnownFile } from './transfer-types.ts'

/** A link of its name, which may lead anywhere, is an error; Windows does not know that flag. */
const ANEW = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0)

/** Times are told in seconds, or finer; from one second on they differ. */
const SECOND = 1000

/** Whether what is known of a file at two times can be of the same content: nothing differs, and something was compared. */
export function isSameFile(one: KnownFile, other: KnownFile): boolean {
  const hasSizes = one.size !== undefined && other.size !== undefined
  const hasTimes = one.modified !== undefined && other.modified !== undefined
  if (hasSizes && one.size !== other.size) return false
  if (hasTimes && Math.abs(Number(one.modified) - Number(other.modified)) >= SECOND) return false
  return hasSizes || hasTimes
}

/** Writes down of which file on the server a partial one is a part. */
export async function writeMark(path: string, { size, modified }: KnownFile): Promise<void> {
  await writeFile(localPath(path), JSON.stringify({ size, modified }), { flag: ANEW })
}

/** What was written down; undefined if that is nothing, or can't be read. */
export async function readMark(path: string): Promise<KnownFile | undefined> {
  try {
    const mark: unknown = JSON.parse(await readFile(localPath(path), 'utf8'))
    if (typeof mark !== 'object' || mark === null) return undefined
    const { size, modified } = mark as { readonly size?: unknown; readonly modified?: unknown }
    return {
      size: typeof size === 'number' ? size : undefined,
      modified: typeof modified === 'string' ? new Date(modified) : undefined,
    }
  } catch {
    // Without a mark, or with half of one, the download begins anew.
    return undefined
  }
}
