import { basename } from 'node:path'
import { ClosedError, TimeoutError, type TimeoutPhase } from '../../errors.ts'
import { isPartialName } from '../../ftp/client/transfer/partial-names.ts'
import {
  ChangedError,
  ChecksumError,
  ProtocolError,
  ReplyError,
  TlsError,
  type TlsRemedy,
  TruncatedError,
  UnsafeNameError,
} from '../../ftp/errors.ts'
import { FileError } from '../../ftp/files/file-error.ts'
import { formatDuration } from '../../units.ts'
import { Failure, ioFailure, oneLine, UsageError } from '../failure.ts'
import { Interruption } from '../interruption.ts'
import { adviceOn } from './reply-advice.ts'

type Explanation = readonly [state: string, advice: string]
type Told = readonly [state: string, advice?: string | undefined]

const AGAIN = 'start again, or add --retry 5'

/** Codes of the system. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: ['nothing listens there', 'check the host and the port'],
  ENOTFOUND: ['the name of the host is not known', 'check it'],
  EAI_AGAIN: ['the name of the host could not be looked up', 'check the network'],
  EHOSTUNREACH: ['the host can not be reached', 'check the network'],
  ENETUNREACH: ['the network can not be reached', 'check the network'],
  ETIMEDOUT: ['the host does not answer', 'check the host and the network'],
  ECONNRESET: ['the server broke the connection', AGAIN],
  EPIPE: ['the server broke the connection', AGAIN],
}

/** What to do about TLS: what is wrong is said by its error. */
const TLS: Readonly<Record<TlsRemedy, string>> = {
  trust: 'give its certificate with --ca, or trust any with --insecure',
  renew: 'tell its owner, or trust any with --insecure',
  name: 'use the name it is for, or trust any with --insecure',
  version: 'have its owner renew it',
  explicit: 'try ftp+tls:// (explicit TLS) in place of ftps://',
}

const PHASES: Readonly<Partial<Record<TimeoutPhase, Explanation>>> = {
  connect: ['the host did not answer', 'check the host and the port'],
  tls: ['the TLS handshake did not end', 'check whether TLS is spoken there'],
  // An HTTP server, too, waits for the other side to begin.
  greeting: [
    'the server did not greet',
    'check the port: it must be that of an FTP server, for ftps:// with implicit TLS',
  ],
  command: ['the server did not reply', AGAIN],
  'data connect': ['there was no data connection', 'check the firewalls, or try --active'],
  'first byte': ['no byte moved', AGAIN],
  stall: ['nothing moved any more', AGAIN],
  'final reply': ['the server did not confirm the transfer', AGAIN],
}

/** What else may listen on a port, by how it begins. */
const OTHER_SERVERS: readonly (readonly [start: RegExp, ...Explanation])[] = [
  [/^HTTP\/\d\.\d \d{3}/, 'an HTTP server answers there, no FTP server', 'check the port, or use a program for HTTP'],
  [/^SSH-\d\.\d/, 'an SSH server answers there, no FTP server', 'check the port; SFTP is another protocol'],
]

/** Codes of a file here, though no path may be named with them. */
const LOCAL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'])

/** What was to be done. */
export interface RemoteAction {
  /** Such as "get". */
  readonly verb: string
  /** As it may be shown: a URL without its password, or a path on the server. */
  readonly name: string
  /** What is done with files here. */
  readonly local: 'read' | 'write'
  /** The file here, if only one is meant. */
  readonly localName?: string | undefined
}

/**
 * Says why something could not be done with a server, and what to do next.
 *
 * @throws {Interruption | UsageError} If that is what it was: no failure.
 */
export function remoteFailure(action: RemoteAction, cause: unknown): Failure {
  if (cause instanceof Interruption || cause instanceof UsageError) throw cause
  if (cause instanceof Failure) return cause
  if (cause instanceof ClosedError && cause.cause instanceof Error) return remoteFailure(action, cause.cause)
  const {
    code: ownCode = 'ERR_UNKNOWN',
    path,
    syscall,
    message = String(cause),
  } = cause as Partial<NodeJS.ErrnoException>
  const code = cause instanceof TlsError ? cause.tlsCode : ownCode
  const isLocal = LOCAL.has(code) || (path !== undefined && !code.startsWith('ERR_'))
  if (code === 'ENOENT' && syscall !== 'open' && path !== undefined && isPartialName(basename(path))) {
    const state = 'its part was taken away meanwhile; look whether another process writes the same file'
    return new Failure(code, `Cannot write ${localNameOf(action, path)}: ${state}`, { cause })
  }
  if (isLocal) return ioFailure(action.local, localNameOf(action, path), cause)
  const [state, advice] = explain(action, cause, code) ?? [oneLine(message).replace(/^Cannot .*?: /, '')]
  const what = `Cannot ${action.verb} ${action.name}: ${state}${advice ? `; ${advice}` : ''}`
  return new Failure(code, what, { cause })
}

/** People know the file, not the temporary one beside it. */
function localNameOf({ localName = 'a file here' }: RemoteAction, path: string | undefined): string {
  if (path === undefined || isPartialName(basename(path))) return localName
  return JSON.stringify(path)
}

function explain({ verb }: RemoteAction, cause: unknown, code: string): Told | undefined {
  if (cause instanceof ReplyError) {
    const reply = oneLine(`${cause.replyCode} ${cause.lines.join('\n')}`)
    return [`the server answered ${reply}`, adviceOn(cause, verb)]
  }
  if (cause instanceof ProtocolError) {
    const [, state, advice] = OTHER_SERVERS.find(([start]) => start.test(cause.received)) ?? []
    return state === undefined ? undefined : [`${state} (${oneLine(cause.received)})`, advice]
  }
  if (cause instanceof TimeoutError) {
    const [state, advice] = PHASES[cause.phase] ?? ['no progress', AGAIN]
    return [`${state} for ${formatDuration(cause.timeout, { exact: true })}`, `${advice}, or raise --timeout`]
  }
  if (cause instanceof TruncatedError) {
    return [`it has ${cause.expected} bytes, but ${cause.actual} came through`, 'start again with --resume']
  }
  if (cause instanceof ChangedError) return [oneLine(cause.message).replace(/^Cannot .*?: /, ''), 'start again']
  if (cause instanceof ChecksumError) {
    return [`its ${cause.algorithm} is ${cause.expected} there and ${cause.actual} here`, 'start again']
  }
  if (cause instanceof UnsafeNameError) return [oneLine(cause.message), 'rename it there, or exclude it']
  if (cause instanceof TlsError) {
    return [`${oneLine(cause.state)} (${cause.tlsCode})`, cause.remedy && TLS[cause.remedy]]
  }
  if (cause instanceof ClosedError) return ['the connection was closed', AGAIN]
  const known = EXPLANATIONS[code]
  return known && [`${known[0]} (${code})`, known[1]]
}

/** Whether a tree was to be moved from or to a path that is no folder. @param path As the library was told. */
export function isNoFolder(error: unknown, path: string): boolean {
  return error instanceof FileError && error.code === 'ENOTDIR' && error.path === path
}
