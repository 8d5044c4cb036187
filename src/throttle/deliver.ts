const due: (() => void)[] = []

/**
 * Calls `callback` in a microtask. Whoever is granted bytes runs only after the present round is over and everything is armed; all
 * that were granted in it share one microtask, since Node's cost much.
 */
export function deliver(callback: () => void): void {
  if (due.push(callback) === 1) queueMicrotask(flush)
}

function flush(): void {
  let next = 0
  try {
    while (next < due.length) due[next++]?.()
  } finally {
    // One that throws ends in an uncaught exception of its own; the others are still served.
    due.splice(0, next)
    if (due.length > 0) queueMicrotask(flush)
  }
}
