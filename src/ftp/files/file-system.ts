/** What stands behind a path: `other` are devices, pipes and sockets. The same names as in a listing. */
export type FileType = 'file' | 'directory' | 'symlink' | 'other'

export interface FileStat {
  /** The last part of the path; `/` for the root. */
  readonly name: string
  readonly type: FileType
  /** Bytes. Says nothing for a directory. */
  readonly size: number
  readonly modified: Date
  /** Permission bits, 0 to 0o7777, as of `chmod(2)`. */
  readonly mode: number
  /** Name or number of the user it belongs to, if the file system knows of users. */
  readonly owner?: string
  /** Name or number of its group. */
  readonly group?: string
  /**
   * Where a symbolic link leads, if that may be told: absolute from the virtual root, or relative to the folder of the
   * link.
   */
  readonly target?: string
}

/**
 * How a file is opened.
 * - `read`: it must exist. `write` fails with `EBADF`.
 * - `write`: created if it is not there; what is there stays until it is overwritten or {@link OpenFile.truncate}d.
 * - `replace`: created if it is not there; of what is there nothing is left.
 * - `append`: created if it is not there; each write goes to the end, whatever its position says.
 * - `create-new`: created; `EEXIST` if anything is there, a symbolic link too.
 *
 * Files that are open for writing can't be read (`EBADF`).
 */
export type OpenMode = 'read' | 'write' | 'replace' | 'append' | 'create-new'

export interface FileSystemOptions {
  /**
   * Ends the call with the signal's reason. It is looked at before each step; a step that has begun is let end, so that
   * nothing happens after the call has failed. What was done up to then stays done.
   */
  readonly signal?: AbortSignal | undefined
}

export interface StatOptions extends FileSystemOptions {
  /**
   * Whether a symbolic link stands for what it leads to; else the link itself is told of.
   * @default true
   */
  readonly follow?: boolean
}

/**
 * An open file. Calls may overlap, except those that append. After {@link OpenFile.close} all but `close` fail with
 * `EBADF`.
 */
export interface OpenFile {
  /** Whether nothing was there, and it was created when it was opened. */
  readonly isNew: boolean
  /** Bytes that it had once it was open. */
  readonly initialSize: number
  /**
   * Reads up to `length` bytes at `position` into `buffer` from `offset` on. Fewer may come; none come at the end of
   * the file only.
   *
   * @throws {RangeError} If offset and length lead out of the buffer, or one of the numbers is no integer >= 0.
   */
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>
  /**
   * Writes up to `length` bytes of `buffer` from `offset` on, to `position`; fewer may be written. A gap behind the end
   * of the file fills with zeros.
   *
   * @throws {RangeError} As {@link OpenFile.read}.
   */
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>
  stat(): Promise<FileStat>
  /** Cuts the file, or fills it up with zeros, to `length` bytes. */
  truncate(length: number): Promise<void>
  /** Calling it again does nothing. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * The files that a server serves. Paths are virtual: they begin with `/`, which is the root of what is served, their
 * parts are separated by one `/`, and none of these is `.`, `..` or empty; other paths are refused with `EINVAL`, and
 * none leads out of the root.
 *
 * Symbolic links, where there are any, are followed, except by {@link FileSystem.removeFile},
 * {@link FileSystem.removeDirectory} and {@link FileSystem.rename}, which mean the link itself, and by
 * {@link FileSystem.list}, which tells of it.
 *
 * Errors carry Node's name of the error number in `code`, and no path but the virtual one in their text (`FileError`
 * here): `ENOENT`, `EEXIST`, `EACCES`, `EPERM`, `ENOTDIR`, `EISDIR`, `ENOTEMPTY`, `ENOSPC`, `EINVAL`, `EBADF`,
 * `ENAMETOOLONG`, `ELOOP`, `ENOTSUP`, and whatever else a disk may say.
 */
export interface FileSystem {
  /** @throws `ENOENT`, also for a link that leads nowhere; `ENOTDIR` if a part on the way is no directory. */
  stat(path: string, options?: StatOptions): Promise<FileStat>
  /**
   * What is in a directory, in no order, without `.` and `..`. Memory does not grow with the directory. An early end of
   * the iteration gives all back. Errors, such as `ENOENT` and `ENOTDIR`, come with the first `next()`.
   */
  list(path: string, options?: FileSystemOptions): AsyncIterable<FileStat>
  /** @throws `EISDIR` for a directory, `ENOTSUP` for a device, a pipe or a socket. */
  open(path: string, mode: OpenMode, options?: FileSystemOptions): Promise<OpenFile>
  /** The parent must exist. @throws `EEXIST` if anything is there. */
  makeDirectory(path: string, options?: FileSystemOptions): Promise<void>
  /** @throws `ENOTEMPTY`; `ENOTDIR` for what is no directory; `EBUSY` for the root. */
  removeDirectory(path: string, options?: FileSystemOptions): Promise<void>
  /** Removes what is no directory. Who has it open can go on. @throws `EISDIR`; `EBUSY` for the root. */
  removeFile(path: string, options?: FileSystemOptions): Promise<void>
  /**
   * Moves a file or a directory with all that is in it. What is at `to` is replaced if both are files, or if both are
   * directories and that one is empty; it happens at once or not at all.
   *
   * @throws `EISDIR`, `ENOTDIR`, `ENOTEMPTY` for another thing at `to`; `EINVAL` if `to` is inside of `from`; `EBUSY`
   * for the root.
   */
  rename(from: string, to: string, options?: FileSystemOptions): Promise<void>
  /** @throws {RangeError} If `time` is an invalid date. */
  setModified(path: string, time: Date, options?: FileSystemOptions): Promise<void>
  /** @throws {RangeError} If `mode` is no integer from 0 to 0o7777. */
  setMode(path: string, mode: number, options?: FileSystemOptions): Promise<void>
}
