import type { Stats } from 'node:fs'
import type { Entry, EntryType } from '../../protocol/listing/entry.ts'

/** What a tree has under one name, on either side: no more than is needed to tell what is to be done, since many are held at a time. */
export interface Item {
  readonly name: string
  readonly type: EntryType
  /** Bytes, if they are told. */
  readonly size: number | undefined
  readonly modified: Date | undefined
  /** How exact {@link Item.modified} is. */
  readonly modifiedTo: Entry['modifiedTo']
}

export function itemOfEntry({ name, type, size, modified, modifiedTo }: Entry): Item {
  return { name, type, size, modified, modifiedTo }
}

export function itemOfStats(name: string, stats: Stats): Item {
  return { name, type: typeOf(stats), size: stats.size, modified: stats.mtime, modifiedTo: 'ms' }
}

function typeOf(stats: Stats): EntryType {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'symlink' : 'other'
}
