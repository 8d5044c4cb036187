import { getSystemErrorMap } from 'node:util'

const REASONS: ReadonlyMap<string, string> = new Map(getSystemErrorMap().values())

/** A file system can't do what it was asked. The text names the virtual path only, and may be shown to a stranger. */
export class FileError extends Error {
  override readonly name = 'FileError'
  /** Node's name of the error number, such as `ENOENT`. */
  readonly code: string
  /** The virtual path. */
  readonly path: string
  /**
   * @param action Such as `open`.
   * @param options `cause`: what the system said, which may name real paths.
   */
  constructor(action: string, path: string, code: string, options?: ErrorOptions) {
    super(`Cannot ${action} ${JSON.stringify(path)}: ${REASONS.get(code) ?? code}`, options)
    this.code = code
    this.path = path
  }

  /** What the system has thrown, as an error of the virtual path. What is no error of a system stays as it is. */
  static from(error: unknown, action: string, path: string): unknown {
    if (error instanceof FileError || !(error instanceof Error)) return error
    const { code, syscall } = error as NodeJS.ErrnoException
    return code && syscall ? new FileError(action, path, code, { cause: error }) : error
  }
}
