import type { Item } from './item.ts'

/**
 * What makes a file the same on both sides.
 * - `time-and-size`: both are equal, see {@link compareItems}.
 * - `size`: whatever its time.
 * - `checksum`: the server computes one of each file whose size is equal, and so does this side.
 */
export type Comparison = 'time-and-size' | 'size' | 'checksum'

/** Why a file is transferred. */
export type Difference = 'missing' | 'size' | 'time' | 'checksum' | 'unknown'

/** What a comparison leads to: the files are the same, or differ in this, or something has to be asked for. */
export type Verdict = 'same' | Exclude<Difference, 'missing'> | 'ask for the time' | 'ask for the checksum'

export interface CompareRules {
  readonly compare: Comparison
  /** Whether copies are given the times of their originals. Else they have the time at which they were made. */
  readonly keepsTimes: boolean
}

/** No zone is farther from UTC, in ms. LIST tells times of the server's zone, whichever that is. */
const FARTHEST_ZONE = 14 * 3_600_000

/** Milliseconds. FTP sets times to the second. */
const UNITS = { ms: 1000, s: 1000, min: 60_000, day: 86_400_000 }

/**
 * Compares two files of the same name.
 *
 * Sizes that are told on both sides must be equal. With `time-and-size` so must the times, cut to the coarser of both: a second, or a minute or
 * day where LIST tells no more. If only coarse times differ, the exact one is to be asked for, since they may be those of another zone. Where copies don't keep
 * times, one that is not older than its original counts as the same.
 */
export function compareItems(source: Item, target: Item, { compare, keepsTimes }: CompareRules): Verdict {
  const hasSizes = source.size !== undefined && target.size !== undefined
  if (hasSizes && source.size !== target.size) return 'size'
  if (compare === 'checksum') return 'ask for the checksum'
  if (compare === 'size') return hasSizes ? 'same' : 'unknown'
  if (!source.modified || !target.modified) return 'ask for the time'
  const unit = Math.max(unitOf(source), unitOf(target))
  const isCoarse = unit > UNITS.s
  const later = Math.floor(target.modified.getTime() / unit) - Math.floor(source.modified.getTime() / unit)
  if (later === 0) return 'same'
  const isSurely = !isCoarse || Math.abs(later * unit) > FARTHEST_ZONE + unit
  if (!keepsTimes && isSurely) return later > 0 ? 'same' : 'time'
  return isCoarse ? 'ask for the time' : 'time'
}

/**
 * Compares two files whose coarse times differ, or of which the server's is not told in listings, when the server was asked.
 *
 * @param asked The time of the file on the server; undefined if the server tells none.
 * @param isSource Whether the server's file is the original.
 */
export function compareAsked(
  source: Item,
  target: Item,
  asked: Date | undefined,
  rules: CompareRules & { readonly isSource: boolean },
): 'same' | 'time' | 'unknown' {
  const remote = rules.isSource ? source : target
  const exact: Item = asked ? { ...remote, modified: asked, modifiedTo: 's' } : remote
  const [one, other] = rules.isSource ? [exact, target] : [source, exact]
  if (!one.modified || !other.modified) {
    // With equal sizes, and no time to be had, there is nothing that speaks for a change.
    return one.size !== undefined && one.size === other.size ? 'same' : 'unknown'
  }
  const unit = Math.max(unitOf(one), unitOf(other))
  const later = Math.floor(other.modified.getTime() / unit) - Math.floor(one.modified.getTime() / unit)
  return later === 0 || (!rules.keepsTimes && later > 0) ? 'same' : 'time'
}

const unitOf = ({ modifiedTo }: Item) => UNITS[modifiedTo ?? 'day']
