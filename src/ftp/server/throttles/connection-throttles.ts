import { Flow } from '../../../throttle/flow.ts'
import { checkStreamThrottle, directionOf, watchChanges } from '../../../throttle/limits.ts'
import type { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import type { StreamThrottlePattern } from './throttle-pattern.ts'

/** The two levels that a server or a user has. */
export interface Level {
  readonly name: 'server' | 'user'
  readonly global: StreamThrottle
  readonly perConnection: StreamThrottlePattern
}

/**
 * The throttles of one connection, by name, and the flow that goes through them. Made when first needed, since most connections of
 * a server are idle.
 */
export class ConnectionThrottles {
  /** Changes hold at once, also for the transfer that is running. */
  readonly byName: Record<string, StreamThrottle>
  readonly #copies = new Map<Level, StreamThrottle>()
  #flow: { readonly flow: Flow; readonly way: 'read' | 'write' } | undefined

  constructor(levels: readonly Level[]) {
    this.byName = watchChanges<StreamThrottle>({}, checkStreamThrottle, (throttles) => {
      this.#flow?.flow.update(directionOf(throttles, this.#flow.way))
    })
    for (const level of levels) this.enter(level)
  }

  /** Comes under the limits of a user or the server. */
  enter(level: Level): void {
    const copy = level.perConnection.copy()
    this.#copies.set(level, copy)
    this.byName[`${level.name}Global`] = level.global
    this.byName[`${level.name}PerConnection`] = copy
  }

  /** The user has logged out. */
  leave(level: Level): void {
    const copy = this.#copies.get(level)
    if (!copy) return
    this.#copies.delete(level)
    level.perConnection.drop(copy)
    delete this.byName[`${level.name}Global`]
    delete this.byName[`${level.name}PerConnection`]
  }

  /** What a transfer goes through. Close it with {@link ConnectionThrottles.end}. */
  begin(way: 'read' | 'write'): Flow {
    const flow = new Flow(directionOf(this.byName, way))
    this.#flow = { flow, way }
    return flow
  }

  end(flow: Flow): void {
    if (this.#flow?.flow === flow) this.#flow = undefined
    flow.close()
  }

  /** The connection has ended. */
  close(): void {
    for (const [level, copy] of this.#copies) level.perConnection.drop(copy)
    this.#copies.clear()
  }
}
