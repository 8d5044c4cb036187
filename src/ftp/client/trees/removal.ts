import { ReplyError } from '../../errors.ts'
import type { Item } from './item.ts'
import type { Extra } from './plan.ts'
import { isOneName, type Side } from './side.ts'
import type { Tally } from './tally.ts'
import type { FolderFilter } from './tree-filter.ts'
import type { TreeAction } from './tree-job.ts'

interface Hooks {
  act(action: TreeAction): void
  /** Notes a failure, or throws it. */
  fail(path: string, error: unknown): Promise<void>
  readonly signal: AbortSignal
}

/** Removes what belongs to a tree and lacks on the side that is read from. What the filter leaves out stays, and so do the folders that it is in. */
export class Removal {
  readonly #side: Side
  readonly #dryRun: boolean
  readonly #tally: Tally
  readonly #hooks: Hooks

  constructor(side: Side, dryRun: boolean, tally: Tally, hooks: Hooks) {
    this.#side = side
    this.#dryRun = dryRun
    this.#tally = tally
    this.#hooks = hooks
  }

  /** @returns Whether nothing of it is left. */
  async remove({ target, filter }: Extra, reason: 'extra' | 'in the way'): Promise<boolean> {
    const path = filter.pathOf(target.name)
    try {
      if (target.type !== 'directory') {
        await this.#remove('remove-file', path, reason, target.size)
        return true
      }
      const folder = filter.folder(target.name)
      if (!folder || !(await this.#empty(folder, reason)) || !folder.isTaken) return false
      await this.#remove('remove-directory', path, reason)
      return true
    } catch (error) {
      await this.#hooks.fail(this.#side.pathOf(path), error)
      return false
    }
  }

  /** Removes what is in a folder. @returns Whether nothing is left. */
  async #empty(folder: FolderFilter, reason: 'extra' | 'in the way'): Promise<boolean> {
    const items: Item[] = []
    const take = (more: readonly Item[]) => {
      for (const item of more) items.push(item) // there can be more than a call has arguments
    }
    await this.#side.list(folder.path, take, this.#hooks.signal)
    let isEmpty = true
    for (const target of items) {
      if (!isOneName(target.name)) {
        isEmpty = false
        continue
      }
      const belongs = target.type === 'directory' ? folder.folder(target.name) : folder.takes(target.name)
      if (!belongs || !(await this.remove({ target, filter: folder }, reason))) isEmpty = false
    }
    return isEmpty
  }

  async #remove(
    action: 'remove-file' | 'remove-directory',
    path: string,
    reason: TreeAction['reason'],
    size?: number,
  ): Promise<void> {
    const { act, signal } = this.#hooks
    act({ action, path, reason, size })
    if (!this.#dryRun) {
      const side = this.#side
      const removing = action === 'remove-file' ? side.removeFile(path, signal) : side.removeFolder(path, signal)
      await removing.catch(ifGone)
    }
    this.#tally.removed++
  }
}

/** A file here that somebody else has removed meanwhile is what was wanted. */
function ifGone(error: unknown): void {
  if (error instanceof ReplyError || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
