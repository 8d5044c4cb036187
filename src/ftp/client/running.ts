import { onAbort } from '../../on-abort.ts'

/** What runs, and can all be ended at once. */
export class Running {
  readonly #controllers = new Set<AbortController>()

  /** Runs `work` at once, with a signal that aborts with `signal` or by {@link Running.abort}. */
  async run<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    const forget = onAbort(signal, (reason) => controller.abort(reason))
    this.#controllers.add(controller)
    try {
      return await work(controller.signal)
    } finally {
      this.#controllers.delete(controller)
      forget()
    }
  }

  /** Ends what runs now, with this reason. */
  abort(reason: unknown): void {
    for (const controller of this.#controllers) controller.abort(reason)
  }
}
