import { onAbort } from '../../on-abort.ts'

interface Wait {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Callers that wait for one event of a stream. Each can give up by its signal, whose listener goes with the wait. */
export class Waits {
  readonly #waits = new Set<Wait>()

  /** Settles with the next `settle` or `fail`, or rejects with `signal.reason`. */
  next(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wait: Wait = {
        resolve: () => {
          forget()
          resolve()
        },
        reject: (error) => {
          forget()
          reject(error)
        },
      }
      this.#waits.add(wait)
      const forget = onAbort(signal, (reason) => {
        this.#waits.delete(wait)
        reject(reason)
      })
    })
  }

  /** The event happened: all that wait now go on. */
  settle(): void {
    for (const wait of this.#take()) wait.resolve()
  }

  /** The event will never happen. */
  fail(error: unknown): void {
    for (const wait of this.#take()) wait.reject(error)
  }

  #take(): Wait[] {
    if (this.#waits.size === 0) return []
    const waits = [...this.#waits]
    this.#waits.clear()
    return waits
  }
}
