import { SluiceError } from '../errors.ts'

/** The server answered a command with a code that was not expected. */
export class ReplyError extends SluiceError {
  readonly code = 'ERR_SLUICE_FTP_REPLY'
  /** The command, with secrets masked; empty for the greeting. */
  readonly command: string
  /** Three digits, RFC 959 section 4.2. */
  readonly replyCode: number
  /** The text of the reply, without the code. */
  readonly lines: readonly string[]
  constructor(
    command: string,
    reply: { readonly code: number; readonly lines: readonly string[] },
    options?: ErrorOptions,
  ) {
    super(`Cannot ${command || 'log in'}: the server answered ${reply.code} ${reply.lines.join(' ').trim()}`, options)
    this.command = command
    this.replyCode = reply.code
    this.lines = reply.lines
  }

  /** Whether the same may work later: the code is 4xx (RFC 959 section 4.2.1). */
  get isTransient(): boolean {
    return this.replyCode >= 400 && this.replyCode < 500
  }
}

/** The other side said something that is no FTP, or more of it than is allowed. The connection is of no use any more. */
export class ProtocolError extends SluiceError {
  readonly code = 'ERR_SLUICE_FTP_PROTOCOL'
  /** What it said, as far as it helps; at most 200 characters. */
  readonly received: string
  constructor(action: string, reason: string, received = '', options?: ErrorOptions) {
    const excerpt = received.length > 200 ? `${received.slice(0, 199)}…` : received
    super(`Cannot ${action}: ${reason}${excerpt && `: ${JSON.stringify(excerpt)}`}`, options)
    this.received = excerpt
  }
}

/** A file came or went with fewer or more bytes than it has, although the server may have called that a success. */
export class TruncatedError extends SluiceError {
  readonly code = 'ERR_SLUICE_FTP_TRUNCATED'
  readonly path: string
  /** Bytes that the file has. */
  readonly expected: number
  /** Bytes that are there. */
  readonly actual: number
  constructor(path: string, expected: number, actual: number, options?: ErrorOptions) {
    super(`Cannot transfer ${JSON.stringify(path)}: it has ${expected} bytes, but ${actual} came through`, options)
    this.path = path
    this.expected = expected
    this.actual = actual
  }
}

/** A file is not what it was when its transfer began, or when the part of it that is to be resumed was transferred. */
export class ChangedError extends SluiceError {
  readonly code = 'ERR_SLUICE_FTP_CHANGED'
  readonly path: string
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`Cannot transfer ${JSON.stringify(path)}: ${reason}`, options)
    this.path = path
  }
}

/** The two sides have different checksums of a file. */
export class ChecksumError extends SluiceError {
  readonly code = 'ERR_SLUICE_FTP_CHECKSUM'
  readonly path: string
  /** Such as `SHA-256`. */
  readonly algorithm: string
  /** Hexadecimal, as the server has it. */
  readonly expected: string
  /** Hexadecimal, as it is here. */
  readonly actual: string
  constructor(path: string, algorithm: string, expected: string, actual: string, options?: ErrorOptions) {
    super(`Cannot trust ${JSON.stringify(path)}: its ${algorithm} is ${expected} there and ${actual} here`, options)
    this.path = path
    this.algorithm = algorithm
    this.expected = expected
    this.actual = actual
  }
}

/** A name in a server's listing that would lead out of the folder it belongs to, or that a file system can't have. */
export class UnsafeNameError extends SluiceError {
  readonly code = 'ERR_SLUICE_FTP_UNSAFE_NAME'
  readonly unsafeName: string
  constructor(name: string, reason: string, options?: ErrorOptions) {
    super(`Cannot use ${JSON.stringify(name)} as the name of a local file: ${reason}`, options)
    this.unsafeName = name
  }
}

/**
 * What helps when a TLS handshake has failed: to `trust` the certificate, to have the owner of the server `renew` it, to use the `name` it is for, to allow other
 * `version`s of TLS, or to begin it in the `explicit` way.
 */
export type TlsRemedy = 'trust' | 'renew' | 'name' | 'version' | 'explicit'

const TLS_ADVICE: Readonly<Record<TlsRemedy, string>> = {
  trust: 'give its certificate by tlsOptions: { ca }, or trust any by tlsOptions: { rejectUnauthorized: false }',
  renew: 'tell its owner, or trust any by tlsOptions: { rejectUnauthorized: false }',
  name: 'connect to the name it is for, or give that by tlsOptions: { servername }',
  version: 'allow others by tlsOptions: { minVersion }',
  explicit: "try tls: 'explicit'",
}

/**
 * The TLS handshake of a control or data connection has failed: the certificate is not trusted, or no such TLS is spoken there. The message says which option helps;
 * `cause` is the error of Node or OpenSSL.
 */
export class TlsError extends SluiceError {
  readonly code = 'ERR_SLUICE_FTP_TLS'
  /** The code of Node or OpenSSL, such as `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  readonly tlsCode: string
  /** What is wrong: the message without what could not be done, and without what helps. */
  readonly state: string
  readonly remedy: TlsRemedy | undefined
  constructor(
    host: string,
    { tlsCode, state, remedy }: Pick<TlsError, 'tlsCode' | 'state' | 'remedy'>,
    options?: ErrorOptions,
  ) {
    super(`Cannot start TLS with ${host}: ${state} (${tlsCode})${remedy ? `; ${TLS_ADVICE[remedy]}` : ''}`, options)
    this.tlsCode = tlsCode
    this.state = state
    this.remedy = remedy
  }
}
