import { SluiceError } from '../../errors.ts'

/** A script of a {@link ScriptedPeer} can't go on: the other side did something else than the script expects. */
export class ScriptError extends SluiceError {
  readonly code = 'ERR_SLUICE_SCRIPT'
  /** What the script expected, as text. */
  readonly expected: string
  /** What came instead: a line, or undefined if none can come any more. */
  readonly received: string | undefined
  constructor(expected: string, received: string | undefined, options?: ErrorOptions) {
    const came = received === undefined ? 'the connection has ended' : `${JSON.stringify(received)} came`
    super(`Cannot go on with the script: it expects ${expected}, ${came}`, options)
    this.expected = expected
    this.received = received
  }
}
