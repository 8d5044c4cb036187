import { Waits } from '../../../streams/adapters/waits.ts'

/** With fewer files than this waiting, the next folder is listed, so that there is always something to transfer. */
const AHEAD = 100

type Task = () => Promise<void>

/**
 * The work of a tree: files are transferred while folders are listed. The folder that was found last is listed first: so no more of them wait than
 * the tree is deep and its folders are wide, however many there are; and files wait for the most part from one folder.
 */
export class TaskQueue {
  readonly #folders: Task[] = []
  #files: Task[] = []
  /** How many of the files were begun: taking them off the front one by one would move the others each time. */
  #begun = 0
  #running = 0
  #failure: { readonly error: unknown } | undefined
  readonly #changed = new Waits()

  addFolder(task: Task): void {
    this.#folders.push(task)
    this.#changed.settle()
  }

  addFile(task: Task): void {
    this.#files.push(task)
    this.#changed.settle()
  }

  /**
   * Does it all, and what is added meanwhile.
   *
   * @param width How many tasks run at a time.
   * @param failed Called with the first failure: what runs should end. No more is begun.
   * @throws That failure, when what ran has ended.
   */
  async run(width: number, failed: (error: unknown) => void): Promise<void> {
    const fail = (error: unknown) => {
      if (this.#failure) return
      this.#failure = { error }
      failed(error)
    }
    await Promise.all(Array.from({ length: width }, () => this.#work(fail)))
    if (this.#failure) throw this.#failure.error
  }

  async #work(fail: (error: unknown) => void): Promise<void> {
    while (!this.#failure) {
      const task = this.#next()
      if (!task) {
        if (this.#running === 0) break
        await this.#changed.next()
        continue
      }
      this.#running++
      await task().catch(fail)
      this.#running--
    }
    this.#changed.settle()
  }

  #next(): Task | undefined {
    const waiting = this.#files.length - this.#begun
    if (waiting < AHEAD && this.#folders.length > 0) return this.#folders.pop()
    if (waiting === 0) return undefined
    const task = this.#files[this.#begun]
    this.#begun++
    if (this.#begun * 2 > this.#files.length) {
      this.#files = this.#files.slice(this.#begun)
      this.#begun = 0
    }
    return task
  }
}
