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

/**
 * What was being done when the other side fell silent. The last six are of FTP: its greeting, the reply to a command, the data
 * connection, its first byte, its next byte, and the reply that tells the end of a transfer.
 */
export type TimeoutPhase =
  | 'connect'
  | 'tls'
  | 'read'
  | 'write'
  | 'greeting'
  | 'command'
  | 'data connect'
  | 'first byte'
  | 'stall'
  | 'final reply'

/** What could not be done: alone, before a command, and what stands before the host. */
const ACTIONS: Readonly<Record<TimeoutPhase, readonly [alone: string, before: string, at: string]>> = {
  connect: ['connect', 'connect for', 'to'],
  tls: ['finish the TLS handshake', 'finish the TLS handshake for', 'with'],
  read: ['read', 'read of', 'from'],
  write: ['write', 'write of', 'to'],
  greeting: ['get the greeting of the server', 'get the greeting before', 'at'],
  command: ['get the reply to the command', 'get the reply to', 'from'],
  'data connect': ['open the data connection', 'open the data connection for', 'with'],
  'first byte': ['move the first byte of the transfer', 'move the first byte of', 'at'],
  stall: ['go on with the transfer', 'go on with', 'at'],
  'final reply': ['get the reply that ends the transfer', 'get the reply that ends', 'from'],
}

/** What a {@link TimeoutError} is about, as far as it is known. */
export interface TimeoutSubject {
  /** The FTP command, such as "RETR name", with secrets masked. */
  readonly command?: string | undefined
  /** The other side, as it was named. */
  readonly host?: string | undefined
}

/** The other side was silent for `timeout` ms. Waiting for a throttle or for the caller never counts towards it. */
export class TimeoutError extends SluiceError implements TimeoutSubject {
  readonly code = 'ERR_SLUICE_TIMEOUT'
  readonly phase: TimeoutPhase
  /** Milliseconds. */
  readonly timeout: number
  readonly command: string | undefined
  readonly host: string | undefined
  constructor(phase: TimeoutPhase, timeout: number, options: ErrorOptions & TimeoutSubject = {}) {
    const { command, host } = options
    const [alone, before, at] = ACTIONS[phase]
    const what = command ? `${before} ${command}` : alone
    super(`Cannot ${what}${host === undefined ? '' : ` ${at} ${host}`}: no progress for ${timeout} ms`, options)
    this.phase = phase
    this.timeout = timeout
    this.command = command || undefined
    this.host = host
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
  constructor(action: string, options?: ErrorOptions & { readonly reason?: string | undefined }) {
    super(`Cannot ${action}: ${options?.reason ?? 'the stream is closed'}`, options)
  }
}

/** A second reader asked while a first one waits. Bytes can go to one reader only. */
export class BusyError extends SluiceError {
  readonly code = 'ERR_SLUICE_BUSY'
  constructor(action: string, options?: ErrorOptions & { readonly reason?: string | undefined }) {
    super(`Cannot ${action}: ${options?.reason ?? 'another call is already waiting for it'}`, options)
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
