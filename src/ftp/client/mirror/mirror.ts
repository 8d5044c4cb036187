import { checkFlag, checkFunction, checkOneOf, checkOptions, optionNames } from '../../../check-options.ts'
import { checkPath } from '../connection.ts'
import type { Carrier } from '../transfer/carrier.ts'
import { COMMON_NAMES, TREE_NAMES } from '../transfer/transfer-settings.ts'
import type { Comparison } from '../trees/compare.ts'
import { transferTree, widthOf } from '../trees/start-tree.ts'
import type { MirrorOptions, MirrorSummary } from './mirror-types.ts'

const OPTIONS = optionNames<MirrorOptions>({
  ...COMMON_NAMES,
  ...TREE_NAMES,
  ...{ direction: true, parallel: true, delete: true, compare: true, dryRun: true, atomic: true, onAction: true },
})

const COMPARISONS: readonly Comparison[] = ['time-and-size', 'size', 'checksum']

/**
 * Makes one tree like another.
 *
 * @throws As `ClientPool.mirror`.
 */
export async function mirror(
  carrier: Carrier,
  from: string,
  to: string,
  options: MirrorOptions,
): Promise<MirrorSummary> {
  checkPath('mirror', from)
  checkPath('mirror to', to)
  checkOptions('mirror', options, OPTIONS)
  const { direction, parallel, compare = 'time-and-size', onAction, ...others } = options
  checkOneOf('mirror', 'direction', direction, ['download', 'upload'])
  checkOneOf('mirror', 'compare', compare, COMPARISONS)
  checkFunction('mirror', 'onAction', onAction)
  const tally = await transferTree({
    carrier,
    direction,
    local: direction === 'download' ? to : from,
    remote: direction === 'download' ? from : to,
    width: checkParallel(parallel, widthOf(carrier)),
    options: { ...others, resume: options.resume ?? true, onError: options.onError ?? 'continue' },
    compare,
    // A shorter file on the server may be anybody's.
    trustsParts: options.resume === true,
    remove: checkFlag('mirror', 'delete', options.delete, false),
    dryRun: checkFlag('mirror', 'dryRun', options.dryRun, false),
    onAction,
  })
  const { unchanged, made, removed } = tally
  return { ...tally.summary(), unchanged, made, removed }
}

/** With fewer than there are connections, no more of them are used at a time. */
function checkParallel(parallel: number | undefined, most: number): number {
  if (parallel === undefined) return most
  if (Number.isSafeInteger(parallel) && parallel >= 1) return Math.min(parallel, most)
  throw new RangeError(`Cannot mirror: 'parallel' must be an integer >= 1, is ${String(parallel)}`)
}
