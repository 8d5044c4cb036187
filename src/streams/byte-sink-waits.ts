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
      if (signal?.aborted) return reject(signal.reason)
      const abort = () => {
        this.#waits.delete(wait)
        reject(signal?.reason)
      }
      const wait: Wait =
        signal === undefined
          ? { resolve, reject }
          : {
              resolve: () => {
                signal.removeEventListener('abort', abort)
                resolve()
              },
              reject: (error) => {
                signal.removeEventListener('abort', abort)
                reject(error)
              },
            }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waits.add(wait)
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
