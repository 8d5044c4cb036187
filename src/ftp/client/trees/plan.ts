import { isPartialName } from '../transfer/partial-names.ts'
import { type CompareRules, compareItems, type Difference } from './compare.ts'
import type { Item } from './item.ts'
import type { FolderFilter } from './tree-filter.ts'

/** Why something is left alone that the filter takes. */
export type SkipReason = 'same' | 'symlink' | 'special' | 'partial'

/** What is to be done about one name of a folder. */
export type Step =
  | { readonly do: 'transfer'; readonly source: Item; readonly target: Item | undefined; readonly reason: Difference }
  | { readonly do: 'ask'; readonly source: Item; readonly target: Item; readonly what: 'time' | 'checksum' }
  | { readonly do: 'enter'; readonly source: Item; readonly filter: FolderFilter; readonly isNew: boolean }
  | { readonly do: 'replace'; readonly source: Item; readonly target: Item; readonly filter: FolderFilter }
  | { readonly do: 'skip'; readonly source: Item; readonly reason: SkipReason }
  | { readonly do: 'nothing' }

/** What is to be done about what is on one side of a tree, and lacks on the other. */
export interface Extra {
  readonly target: Item
  /** Of the folder that it is in. */
  readonly filter: FolderFilter
}

/**
 * What is to be done about one name of the side that is read from.
 *
 * @param target What is there under this name on the other side.
 * @param rules Undefined if nothing is compared: everything is transferred.
 */
export function planItem(
  source: Item,
  target: Item | undefined,
  filter: FolderFilter,
  rules: CompareRules | undefined,
): Step {
  if (source.type === 'directory') {
    const folder = filter.folder(source.name)
    if (!folder) return { do: 'nothing' }
    if (target && target.type !== 'directory') return { do: 'replace', source, target, filter: folder }
    return { do: 'enter', source, filter: folder, isNew: target === undefined }
  }
  if (!filter.takes(source.name)) return { do: 'nothing' }
  if (source.type === 'symlink') return { do: 'skip', source, reason: 'symlink' }
  if (source.type === 'other') return { do: 'skip', source, reason: 'special' }
  if (isPartialName(source.name)) return { do: 'skip', source, reason: 'partial' }
  if (!target || !rules) return { do: 'transfer', source, target, reason: 'missing' }
  if (target.type !== 'file') return { do: 'replace', source, target, filter }
  const verdict = compareItems(source, target, rules)
  if (verdict === 'same') return { do: 'skip', source, reason: 'same' }
  if (verdict === 'ask for the time') return { do: 'ask', source, target, what: 'time' }
  if (verdict === 'ask for the checksum') return { do: 'ask', source, target, what: 'checksum' }
  return { do: 'transfer', source, target, reason: verdict }
}

/** Which of the names that lack on the side that is read from are to be removed. */
export function planExtras(left: Iterable<Item>, filter: FolderFilter): Extra[] {
  const belongs = ({ name, type }: Item) => (type === 'directory' ? filter.folder(name) : filter.takes(name))
  return [...left].filter(belongs).map((target) => ({ target, filter }))
}
