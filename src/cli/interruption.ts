const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export type StopSignal = (typeof SIGNALS)[number]

/** The user, or the system, ended the transfer. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly signal: StopSignal
  constructor(signal: StopSignal) {
    super(`Interrupted by ${signal}`)
    this.signal = signal
  }
}

let hasHungUp = false

/** A terminal that is closed is told of twice: by the system and by the shell. The second time nobody has asked again. */
function ignoreHangups(): void {
  if (hasHungUp) return
  hasHungUp = true
  process.on('SIGHUP', () => {})
}

/**
 * Calls `stop` with the first signal that asks to end. The handlers go with it, so that a second one ends the process at once; but for
 * SIGHUP, which counts once.
 *
 * @returns A function that takes the handlers off.
 */
export function onInterruption(stop: (interruption: Interruption) => void): () => void {
  const signals = SIGNALS.filter((signal) => signal !== 'SIGHUP' || !hasHungUp)
  const interrupted = (signal: StopSignal) => {
    if (signal === 'SIGHUP') ignoreHangups()
    release()
    stop(new Interruption(signal))
  }
  const release = () => {
    for (const signal of signals) process.off(signal, interrupted)
  }
  for (const signal of signals) process.on(signal, interrupted)
  return release
}
