export type StopSignal = 'SIGINT' | 'SIGTERM'

/** The user, or the system, ended the transfer. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly signal: StopSignal
  constructor(signal: StopSignal) {
    super(`Interrupted by ${signal}`)
    this.signal = signal
  }
}

/**
 * Calls `stop` with the first signal that asks to end. The handlers go with it, so that a second one ends the process at once.
 *
 * @returns A function that takes the handlers off.
 */
export function onInterruption(stop: (interruption: Interruption) => void): () => void {
  const interrupted = (signal: StopSignal) => {
    release()
    stop(new Interruption(signal))
  }
  const release = () => {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
  }
  process.on('SIGINT', interrupted)
  process.on('SIGTERM', interrupted)
  return release
}
