import { LightAbortController } from '../../light-abort.ts'
import { onAbort } from '../../on-abort.ts'

/** What runs, and can all be ended at once. */
export class Running {
  readonly #controllers = new Set<LightAbortController>()

  /** Runs `work` at once, with a signal that aborts with `signal` or by {@link Running.abort}. */
  async run<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const run = this.begin(signal)
    try {
      return await work(run.signal)
    } finally {
      run.end()
    }
  }

  /** {@link Running.run} in two halves. */
  begin(signal: AbortSignal | undefined): { readonly signal: AbortSignal; readonly end: () => void } {
    const controller = new LightAbortController()
    const forget = onAbort(signal, (reason) => controller.abort(reason))
    this.#controllers.add(controller)
    const end = () => {
      this.#controllers.delete(controller)
      forget()
    }
    return { signal: controller.signal, end }
  }

  /** Ends what runs now, with this reason. */
  abort(reason: unknown): void {
    for (const controller of this.#controllers) controller.abort(reason)
  }
}
