import type { Linked } from '../rate/linked-queue.ts'

/** Somebody who waits for bytes. Exactly one of the two is called, from a microtask; then it may wait again. */
export interface Waiter extends Linked<Waiter> {
  /** Bytes, >= 1. */
  readonly bytes: number
  granted(bytes: number): void
  failed(reason: unknown): void
}

const due: Waiter[] = []
const grants: number[] = []

/**
 * Tells `waiter` in a microtask that it was granted `bytes`. It runs only after the present round is over and everything is armed;
 * all that were granted something in it share one microtask, since Node's cost much.
 */
export function deliver(waiter: Waiter, bytes: number): void {
  grants.push(bytes)
  if (due.push(waiter) === 1) queueMicrotask(flush)
}

function flush(): void {
  let next = 0
  try {
    while (next < due.length) {
      const bytes = grants[next] ?? 0
      due[next++]?.granted(bytes)
    }
  } finally {
    // One that throws ends in an uncaught exception of its own; the others are still served.
    due.splice(0, next)
    grants.splice(0, next)
    if (due.length > 0) queueMicrotask(flush)
  }
}
