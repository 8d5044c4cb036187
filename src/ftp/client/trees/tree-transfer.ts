import { LightAbortController } from '../../../light-abort.ts'
import { onAbort } from '../../../on-abort.ts'
import { ProtocolError } from '../../errors.ts'
import { FileError } from '../../files/file-error.ts'
import { checkLocalName } from '../../protocol/local-name.ts'
import { askForTime, haveSameContent } from './ask.ts'
import { compareAsked } from './compare.ts'
import type { Item } from './item.ts'
import { type Extra, planExtras, planItem, type Step } from './plan.ts'
import { Removal } from './removal.ts'
import { isOneName, type Side } from './side.ts'
import { Tally } from './tally.ts'
import { TaskQueue } from './task-queue.ts'
import type { FolderFilter } from './tree-filter.ts'
import type { TreeAction, TreeJob } from './tree-job.ts'

/** A folder of the tree on its way. */
interface Folder {
  readonly path: string
  readonly filter: FolderFilter
  readonly parent: Folder | undefined
  /** Whether it is known not to be there on the side that is written to. */
  readonly isNew: boolean
  /** The making of it. */
  made?: Promise<void>
}

type Replacement = Extract<Step, { do: 'replace' }> & { readonly folder: Folder }

/**
 * Transfers a tree: one folder after the other is listed, and compared if that is asked for, while files of those before are transferred.
 *
 * What is to be removed, and what has to make place for something else, waits until everything else went well.
 */
export class TreeTransfer {
  readonly tally: Tally
  readonly #job: TreeJob
  readonly #source: Side
  readonly #target: Side
  readonly #queue = new TaskQueue()
  readonly #stop = new LightAbortController()
  readonly #extras: Extra[] = []
  readonly #replacements: Replacement[] = []
  /** Folders that are not listed yet. */
  #openFolders = 0
  #size = 0

  constructor(job: TreeJob) {
    this.#job = job
    this.tally = new Tally(job.carrier.settings.clock)
    this.#source = job.direction === 'download' ? job.remote : job.local
    this.#target = job.direction === 'download' ? job.local : job.remote
  }

  /**
   * Does it all.
   *
   * @param isNew Whether the root is known not to be there on the side that is written to.
   * @throws The first failure, unless the job goes on in spite of failures; the signal's reason.
   */
  async run(isNew: boolean, signal: AbortSignal | undefined): Promise<void> {
    const forget = onAbort(signal, (reason) => this.#stop.abort(reason))
    try {
      const root: Folder = { path: '', filter: this.#job.filter, parent: undefined, isNew }
      this.#enter(root)
      await this.#work()
      const [failure] = this.tally.failed
      if (failure === undefined) await this.#replace()
      else if (this.#job.onError === 'stop') throw failure.error
    } finally {
      forget()
      this.#job.progress?.end()
    }
  }

  async #work(): Promise<void> {
    await this.#queue.run(this.#job.width, (error) => this.#stop.abort(error))
  }

  /** Removes what is to be removed, and then does what has waited for that. */
  async #replace(): Promise<void> {
    const { remove } = this.#job
    if (!remove) return
    const removal = new Removal(this.#target, this.#job.dryRun, this.tally, {
      act: (action) => this.#act(action),
      fail: (path, error) => this.#fail(path, error),
      signal: this.#stop.signal,
    })
    for (const extra of this.#extras) this.#queue.addFile(() => removal.remove(extra, 'extra').then(() => {}))
    for (const { source, target, folder, filter } of this.#replacements) {
      this.#queue.addFile(async () => {
        const path = folder.filter.pathOf(source.name)
        if (!(await removal.remove({ target, filter: folder.filter }, 'in the way'))) {
          const error = new FileError('replace', this.#target.pathOf(path), 'ENOTEMPTY')
          return await this.#fail(this.#source.pathOf(path), error)
        }
        if (source.type === 'directory') this.#enter({ path, filter, parent: folder, isNew: true })
        else this.#addFile(folder, source, () => this.#move(folder, path, source, 'in the way'))
      })
    }
    await this.#work()
  }

  #enter(folder: Folder): void {
    this.#openFolders++
    this.#queue.addFolder(async () => {
      try {
        await this.#list(folder)
        this.tally.directories++
      } catch (error) {
        await this.#fail(this.#source.pathOf(folder.path), error)
      } finally {
        this.#openFolders--
        this.#count(0)
      }
    })
  }

  async #list(folder: Folder): Promise<void> {
    const { rules, remove, direction, remote } = this.#job
    const there = new Map<string, Item>()
    if (rules && !folder.isNew) {
      const take = (items: readonly Item[]) => {
        for (const item of items) if (isOneName(item.name)) there.set(item.name, item)
      }
      await this.#target.list(folder.path, take, this.#stop.signal)
    }
    if (folder.filter.isTaken) await this.#make(folder)
    const seen = new Set<string>()
    const failures: { readonly path: string; readonly error: unknown }[] = []
    const take = (items: readonly Item[]) => {
      for (const item of items) {
        // A listing that is tried again gives names again; and a server that names one twice gets one file.
        if (seen.has(item.name)) continue
        seen.add(item.name)
        const target = there.get(item.name)
        there.delete(item.name)
        try {
          this.#found(folder, item, target)
        } catch (error) {
          failures.push({ path: this.#source.pathOf(folder.filter.pathOf(item.name)), error })
        }
      }
    }
    await this.#source.list(folder.path, take, this.#stop.signal)
    for (const { path, error } of failures) await this.#fail(path, error)
    if (!remove) return
    // What a listing may have left out does not lack for sure.
    const mayLack =
      direction === 'download' && remote.hidesDotted ? ({ name }: Item) => !name.startsWith('.') : () => true
    for (const extra of planExtras([...there.values()].filter(mayLack), folder.filter)) this.#extras.push(extra)
  }

  #found(folder: Folder, item: Item, there: Item | undefined): void {
    if (this.#job.direction === 'download') checkLocalName(item.name)
    const step = planItem(item, there, folder.filter, this.#job.rules)
    const path = folder.filter.pathOf(item.name)
    switch (step.do) {
      case 'enter':
        this.#enter({ path, filter: step.filter, parent: folder, isNew: folder.isNew || step.isNew })
        break
      case 'transfer':
        this.#addFile(folder, item, () => this.#move(folder, path, item, step.reason))
        break
      case 'ask':
        this.#addFile(folder, item, () => this.#ask(folder, path, step))
        break
      case 'replace':
        if (!this.#job.remove) throw new FileError('replace', this.#target.pathOf(path), 'EEXIST')
        this.#replacements.push({ ...step, folder })
        break
      case 'skip':
        if (step.reason === 'same') this.tally.unchanged++
        else {
          this.tally.left++
          this.#act({ action: 'skip', path, reason: step.reason, size: item.size })
        }
    }
  }

  /** Looks closer, and transfers the file if it differs. */
  async #ask(folder: Folder, path: string, step: Extract<Step, { do: 'ask' }>): Promise<void> {
    const { job, source, target } = { job: this.#job, ...step }
    const { rules } = job
    if (!rules) return
    if (step.what === 'checksum') {
      if (await haveSameContent(job, path, this.#stop.signal)) return this.#same(source)
      return await this.#move(folder, path, source, 'checksum')
    }
    const asked = await askForTime(job, path, this.#stop.signal)
    const isSource = job.direction === 'download'
    const verdict = compareAsked(source, target, asked, { ...rules, isSource })
    if (verdict === 'same') return this.#same(source)
    const exact: Item = isSource && asked ? { ...source, modified: asked, modifiedTo: 's' } : source
    await this.#move(folder, path, exact, verdict)
  }

  #same(source: Item): void {
    this.tally.unchanged++
    this.#count(-(source.size ?? 0))
  }

  async #move(folder: Folder, path: string, source: Item, reason: TreeAction['reason']): Promise<void> {
    const { direction, dryRun, transfer } = this.#job
    this.#act({ action: direction, path, reason, size: source.size })
    await this.#make(folder)
    const { size, modified } = source
    if (dryRun) this.tally.add({ bytes: size ?? 0, size: size ?? 0, resumed: false, checked: false })
    else this.tally.add(await transfer(path, { size, modified }, reason, this.#stop.signal))
  }

  #addFile(folder: Folder, item: Item, move: () => Promise<void>): void {
    this.#count(item.size ?? 0)
    this.#queue.addFile(async () => {
      try {
        await move()
      } catch (error) {
        this.#count(-(item.size ?? 0))
        await this.#fail(this.#source.pathOf(folder.filter.pathOf(item.name)), error)
      }
    })
  }

  /** Makes a folder, and those that it is in, unless they are there. */
  #make(folder: Folder): Promise<void> {
    folder.made ??= this.#makeOnce(folder)
    return folder.made
  }

  async #makeOnce(folder: Folder): Promise<void> {
    const { path, parent, isNew } = folder
    if (parent) await this.#make(parent)
    const { rules, dryRun } = this.#job
    if (rules && !isNew) return
    if (rules) this.#act({ action: 'make-directory', path, reason: 'missing', size: undefined })
    if (dryRun || (await this.#target.makeFolder(path, this.#stop.signal))) this.tally.made++
  }

  #act(action: TreeAction): void {
    this.#job.onAction?.(action)
  }

  /** The size of all files is known when all folders are. */
  #count(size: number): void {
    this.#size += size
    const { progress } = this.#job
    if (progress) progress.totalSize = this.#openFolders === 0 ? this.#size : undefined
  }

  /** Notes a failure, and ends everything if it is to, or if there is no connection to go on with. */
  async #fail(path: string, error: unknown): Promise<void> {
    const { signal } = this.#stop
    signal.throwIfAborted()
    const { carrier, onError } = this.#job
    this.tally.failed.push({ path, error })
    if (onError === 'stop' || carrier.isEnded) throw error
    if (carrier.isLost) await carrier.reconnect(signal)
  }

  /** A line of a listing that can't be read: whatever it tells of is not removed on the other side. */
  unreadable(path: string, line: string): void {
    const { remove, direction } = this.#job
    if (!remove || direction === 'upload') return
    const error = new ProtocolError('read a line of the listing', 'it is of no known form', line)
    this.tally.failed.push({ path: this.#job.remote.pathOf(path), error })
  }
}
