import { TimeoutError } from '../errors.ts'
import { formatDuration } from '../units.ts'

/** What the user is told when something failed, in one line: "Cannot *do* X: state; what to do next". */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** A code to match on: that of the system (`ENOSPC`) or of sluice (`ERR_SLUICE_TIMEOUT`). */
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The command was called in a way that it can't be: nothing was read or written. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Action = 'read' | 'write'
type Explanation = readonly [state: string, advice: string]

const SPACE: Explanation = ['no space is left on the device', 'free some and start again']

const EXPLANATIONS: Readonly<Record<string, Explanation | Readonly<Record<Action, Explanation>>>> = {
  ENOENT: {
    read: ['there is no such file', 'check the path'],
    write: ['its folder does not exist', 'create the folder or check the path'],
  },
  EACCES: ['permission is denied', 'change its permissions or name another file'],
  EPERM: ['permission is denied', 'change its permissions or name another file'],
  EEXIST: ['something else is in its place', 'name another one'],
  EISDIR: { read: ['it is a directory', 'name a file'], write: ['it is a directory', 'name a file in it'] },
  ENOTDIR: ['a part of its path is not a directory', 'check the path'],
  ELOOP: ['its symbolic links go round in circles', 'check the path'],
  ENAMETOOLONG: ['its name is too long', 'name another file'],
  EROFS: ['the file system is read-only', 'name a file elsewhere'],
  ETXTBSY: ['it is a program that runs', 'name another file'],
  EMFILE: ['too many files are open', 'raise the limit with ulimit -n'],
  ENFILE: ['too many files are open on this machine', 'close some and start again'],
  ENOSPC: SPACE,
  EDQUOT: ['the disk quota is used up', 'free some space and start again'],
  EFBIG: ['the file would be larger than is allowed here', 'name a file elsewhere'],
  EIO: ['the device failed', 'check the device'],
  ECONNRESET: ['the other side broke the connection', 'start again'],
  EPIPE: ['whoever reads it has gone', 'start again'],
}

/**
 * Says why an end of the transfer can't be read or written.
 *
 * @param name As the user knows it: a quoted path, or "standard input".
 */
export function ioFailure(action: Action, name: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause
  const options = { cause }
  if (cause instanceof TimeoutError) {
    const silence = formatDuration(cause.timeout, { exact: true })
    const advice = action === 'read' ? 'check who sends, or raise --timeout' : 'check who receives, or raise --timeout'
    return new Failure(cause.code, `Cannot ${action} ${name}: no progress for ${silence}; ${advice}`, options)
  }
  const { code = 'ERR_UNKNOWN', message = String(cause) } = cause as { code?: string; message?: string }
  const found = EXPLANATIONS[code]
  if (!found) return new Failure(code, `Cannot ${action} ${name}: ${oneLine(message)}`, options)
  const [state, advice] = 'read' in found ? found[action] : found
  return new Failure(code, `Cannot ${action} ${name}: ${state} (${code}); ${advice}`, options)
}

export function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ')
}
