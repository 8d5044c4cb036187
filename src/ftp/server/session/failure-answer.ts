import { ClosedError, TimeoutError } from '../../../errors.ts'
import { ProtocolError } from '../../errors.ts'
import { type Answer, Refusal } from './refusal.ts'

/** What a client is told of an error of the file system, by its code. The text names no path of the disk. */
const BY_CODE: Readonly<Record<string, Answer>> = {
  ENOENT: [550, 'No such file or directory'],
  EACCES: [550, 'Permission denied'],
  EPERM: [550, 'Permission denied'],
  EROFS: [550, 'The file system is read-only'],
  EEXIST: [550, 'It exists already'],
  ENOTDIR: [550, 'Not a directory'],
  EISDIR: [550, 'It is a directory'],
  ENOTEMPTY: [550, 'The directory is not empty'],
  ELOOP: [550, 'Too many symbolic links'],
  EXDEV: [550, 'Cannot move to another file system'],
  EBUSY: [450, 'It is in use'],
  ETXTBSY: [450, 'It is in use'],
  EAGAIN: [450, 'It is in use'],
  EMFILE: [450, 'Too many open files'],
  ENFILE: [450, 'Too many open files'],
  ENOSPC: [452, 'Not enough space'],
  EDQUOT: [552, 'The quota is used up'],
  EFBIG: [552, 'The file is too large'],
  EINVAL: [553, 'That name is not allowed'],
  ENAMETOOLONG: [553, 'That name is too long'],
  EILSEQ: [553, 'That name is not allowed'],
  ENOTSUP: [504, 'The file system cannot do that'],
  ENOSYS: [504, 'The file system cannot do that'],
  EBADF: [451, 'The file was closed'],
}

const LOCAL: Answer = [451, 'Local error, see the log of the server']

/** The reply to a command that has failed. */
export function failureAnswer(error: unknown): Answer {
  if (error instanceof Refusal) return error.answer
  if (error instanceof ProtocolError) return [501, error.message]
  const code = codeOf(error)
  return (Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined) ?? LOCAL
}

/** Whether an error is one that nobody expects, which the owner of the server wants to hear of. */
export function isUnexpected(error: unknown): boolean {
  return failureAnswer(error) === LOCAL
}

/** The reply to what the client has ended, by ABOR or by going away. */
export const ABORTED: Answer = [426, 'Transfer aborted']

/** The reply when there is no data connection. */
export function connectFailureAnswer(error: unknown): Answer {
  if (error instanceof Refusal) return error.answer
  if (error instanceof TimeoutError && error.phase === 'tls') return [425, 'The TLS handshake took too long']
  if (error instanceof TimeoutError) return [425, `No data connection within ${error.timeout} ms`]
  return [425, `Cannot open the data connection (${codeOf(error) || 'failed'})`]
}

const OF_SOCKETS = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
])

/** The reply to a transfer that was cut short. */
export function transferFailureAnswer(error: unknown): Answer {
  if (error instanceof TimeoutError) return [426, `Transfer aborted: nothing moved for ${error.timeout} ms`]
  if (error instanceof ClosedError || isOfSocket(error)) return [426, 'Transfer aborted: the data connection broke']
  const [code, text] = failureAnswer(error)
  // 5xx before a transfer says that it can't begin; in the middle RFC 959 section 5.4 has 451, 452 and 552.
  return code === 452 || code === 552 ? [code, text] : [451, `Transfer aborted: ${text}`]
}

/** Whether it is the network that has failed: of that there is nothing to report. */
export function isOfSocket(error: unknown): boolean {
  const code = codeOf(error)
  return (
    OF_SOCKETS.has(code) || code.startsWith('ERR_SSL') || code.startsWith('ERR_STREAM') || code.startsWith('ERR_TLS')
  )
}

function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}
