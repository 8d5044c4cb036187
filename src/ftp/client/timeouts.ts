import { checkNested, optionNames } from '../../check-options.ts'
import { checkTimeout } from '../../streams/io/stream-options.ts'

/**
 * How long the server may be silent, for each thing that it can be waited for with, in ms, > 0; null is forever. Only its silence counts: waiting for a
 * throttle, for a file here, or for the caller never does.
 */
export interface Timeouts {
  /** Up to the control connection. */
  readonly connect?: number | null | undefined
  /** The TLS handshake, of control and data connections alike. */
  readonly tls?: number | null | undefined
  /** From the connection to the greeting. */
  readonly greeting?: number | null | undefined
  /** From a command to its reply. */
  readonly command?: number | null | undefined
  /** Up to the data connection, in either mode. */
  readonly dataConnect?: number | null | undefined
  /** From the start of a transfer to its first byte. */
  readonly firstByte?: number | null | undefined
  /** From one byte to the next. */
  readonly stall?: number | null | undefined
  /** From the last byte to the reply that ends the transfer: some servers do their work only then. */
  readonly finalReply?: number | null | undefined
}

/** Milliseconds, undefined for none. */
export type TimeoutSettings = { readonly [phase in keyof Required<Timeouts>]: number | undefined }

const PHASES = ['connect', 'tls', 'greeting', 'command', 'dataConnect', 'firstByte', 'stall', 'finalReply'] as const

const OPTIONS = optionNames<Timeouts>({
  ...{ connect: true, tls: true, greeting: true, command: true },
  ...{ dataConnect: true, firstByte: true, stall: true, finalReply: true },
})

/** Milliseconds. Long enough for any line and most servers, short enough to be waited for. */
const DEFAULT = 30_000

/** @throws {TypeError | RangeError} If one is no time. */
export function timeoutSettings(timeout: number | null | undefined, timeouts: Timeouts = {}): TimeoutSettings {
  checkNested('connect to an FTP server', 'timeouts', timeouts, OPTIONS)
  const common = timeout === undefined ? DEFAULT : checkTimeout('timeout', timeout)
  const settings = PHASES.map((phase) => {
    const own = timeouts[phase]
    return [phase, own === undefined ? common : checkTimeout(phase, own)]
  })
  return Object.fromEntries(settings) as TimeoutSettings
}
