/**
 * Base of every error raised by sluice. Match on {@link SluiceError.code}: it is under semver, `message` is not.
 *
 * A wrong argument is a `TypeError` or a `RangeError` instead, and an abort rethrows `signal.reason` untouched.
 */
export abstract class SluiceError extends Error {
  abstract readonly code: `ERR_SLUICE_${string}`
  override get name(): string {
    return this.constructor.name
  }
}

/** What was being done when the other side fell silent. */
export type TimeoutPhase = 'connect' | 'tls' | 'read' | 'write'

/** The other side was silent for `timeout` ms. Waiting for a throttle or for the caller never counts towards it. */
export class TimeoutError extends SluiceError {
  readonly code = 'ERR_SLUICE_TIMEOUT'
  readonly phase: TimeoutPhase
  /** Milliseconds. */
  readonly timeout: number
  constructor(phase: TimeoutPhase, timeout: number, options?: ErrorOptions) {
    super(`Cannot ${phase === 'tls' ? 'finish the TLS handshake' : phase}: no progress for ${timeout} ms`, options)
    this.phase = phase
    this.timeout = timeout
  }
}

/** The stream ended before as many bytes had come as were asked for. */
export class IncompleteReadError extends SluiceError {
  readonly code = 'ERR_SLUICE_INCOMPLETE_READ'
  /** The bytes that did come. They are taken from the stream: a next read finds its end. */
  readonly partial: Buffer
  /** How many bytes were asked for, or undefined when reading up to a separator. */
  readonly expected: number | undefined
  constructor(partial: Buffer, expected: number | undefined, options?: ErrorOptions) {
    super(
      `Cannot read ${expected === undefined ? 'up to the separator' : `${expected} bytes`}: the stream ended after ${partial.length}`,
      options,
    )
    this.partial = partial
    this.expected = expected
  }
}

/** A line, or a part up to a separator, went on for longer than `limit` bytes. The bytes stay in the stream. */
export class LineTooLongError extends SluiceError {
  readonly code = 'ERR_SLUICE_LINE_TOO_LONG'
  /** Bytes. */
  readonly limit: number
  constructor(limit: number, options?: ErrorOptions) {
    super(`Cannot read a line: it is longer than ${limit} bytes`, options)
    this.limit = limit
  }
}

/** The stream was closed, here or by the other side, before or while it was used. */
export class ClosedError extends SluiceError {
  readonly code = 'ERR_SLUICE_CLOSED'
  constructor(action: string, options?: ErrorOptions) {
    super(`Cannot ${action}: the stream is closed`, options)
  }
}

/** A second reader asked while a first one waits. Bytes can go to one reader only. */
export class BusyError extends SluiceError {
  readonly code = 'ERR_SLUICE_BUSY'
  constructor(action: string, options?: ErrorOptions) {
    super(`Cannot ${action}: another call is already waiting for it`, options)
  }
}

/** Bytes had come where there must be none, such as text in the clear behind the agreement to go over to TLS. */
export class UnexpectedDataError extends SluiceError {
  readonly code = 'ERR_SLUICE_UNEXPECTED_DATA'
  /** How many bytes. */
  readonly length: number
  constructor(action: string, length: number, options?: ErrorOptions) {
    super(`Cannot ${action}: ${length} bytes have come that were not read`, options)
    this.length = length
  }
}
