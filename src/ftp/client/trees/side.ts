import type { Item } from './item.ts'

/** Takes the next items of a folder. A listing that is tried again begins anew, and gives names a second time. */
export type TakeItems = (items: readonly Item[]) => void

/**
 * One side of a transfer of trees: a folder here or on the server. Paths are relative to it, with `/` between their names; the folder itself
 * is the empty path.
 */
export interface Side {
  /** The path as the engine for files takes it, and as people know it. */
  pathOf(path: string): string
  /** What is in a folder. Links are told of, not followed. */
  list(path: string, take: TakeItems, signal: AbortSignal): Promise<void>
  /**
   * Makes a folder, whose parent is there.
   *
   * @returns False if it was there already.
   * @throws If something else is there, a link too, or the way there leads out of this side.
   */
  makeFolder(path: string, signal: AbortSignal): Promise<boolean>
  /** Removes what is no folder; a link, and not what it leads to. */
  removeFile(path: string, signal: AbortSignal): Promise<void>
  /** Removes an empty folder. */
  removeFolder(path: string, signal: AbortSignal): Promise<void>
}

/** Whether a name from a listing is one, and no path: only then is it taken for the name of something that may be removed. */
export const isOneName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !name.includes('/')

/** How many names of one folder are held. It bounds what a server can make of a listing that does not end. */
export const MOST_NAMES = 1_000_000
