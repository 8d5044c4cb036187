import { Flow } from '../../throttle/flow.ts'
import { checkStreamThrottle, directionOf, watchChanges } from '../../throttle/limits.ts'
import type { StreamThrottle } from '../../throttle/stream-throttle.ts'

type Named = Readonly<Record<string, StreamThrottle>>

/** The throttles of a client, which its transfers pass, also those that run when they are changed. */
export class ClientThrottles {
  /** `throttles.name = ...` and `delete throttles.name` hold at once. */
  readonly named: Record<string, StreamThrottle>
  /** The same, read without the look-out for changes. */
  #current: Named
  readonly #running = new Set<(now: Named, before: Named) => void>()

  constructor(initial: Named) {
    this.#current = Object.assign(Object.create(null), initial)
    this.named = watchChanges(initial, checkStreamThrottle, (throttles) => {
      for (const update of this.#running) update(throttles, this.#current)
      this.#current = throttles
    })
  }

  /** A place at the client's throttles, and at others of its own, which come first where names are the same. */
  flow(direction: 'read' | 'write', own: Named = {}, weight?: number): { readonly flow: Flow; close(): void } {
    const names = Object.keys(own)
    for (const name of names) checkStreamThrottle(name, own[name])
    const all = (throttles: Named) => directionOf(names.length > 0 ? { ...throttles, ...own } : throttles, direction)
    const flow = new Flow(all(this.#current), { weight })
    const forget = this.follow((throttles) => flow.update(all(throttles)))
    return {
      flow,
      close: () => {
        forget()
        flow.close()
      },
    }
  }

  /** Calls `update` at each change, with the throttles there are going to be and those there were. @returns A function that ends that. */
  follow(update: (now: Named, before: Named) => void): () => void {
    this.#running.add(update)
    return () => this.#running.delete(update)
  }
}
