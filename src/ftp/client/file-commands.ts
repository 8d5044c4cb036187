import { checkFlag, checkFunction, checkOptions, optionNames, WAIT } from '../../check-options.ts'
import { checkSignal } from '../../on-abort.ts'
import type { WaitOptions } from '../../streams/io/stream-io.ts'
import { ReplyError } from '../errors.ts'
import type { Features } from '../protocol/features.ts'
import type { Entry } from '../protocol/listing/entry.ts'
import { type Connection, checkPath } from './connection.ts'
import { Listing } from './listing/listing.ts'
import { listDirectory } from './listing/listing-source.ts'
import { type Checksum, type ChecksumAlgorithm, checksumOf, checksumsOf } from './operations/checksum.ts'
import * as directories from './operations/directories.ts'
import * as files from './operations/files.ts'
import { removeTree } from './operations/remove.ts'
import { statPath } from './operations/stat.ts'
import type { Session } from './session/session.ts'

/** How a directory is listed. */
export interface ListOptions extends WaitOptions {
  /** Whether directories below are listed, too, breadth first, up to 200 levels: more are a {@link ProtocolError}. Symbolic links are not followed. @default false */
  readonly recursive?: boolean | undefined
  /** The command to list with, such as "LIST -a" or "NLST". @default MLSD if the server has it, else LIST */
  readonly command?: string | undefined
  /** Told of lines that can't be read, which are left out. @default a note in the log */
  readonly onUnreadable?: ((line: string) => void) | undefined
}

type MakeOptions = WaitOptions & { readonly parents?: boolean | undefined }
type SizeOptions = WaitOptions & { readonly bigint?: boolean | undefined }
type ChecksumOptions = WaitOptions & { readonly algorithm?: ChecksumAlgorithm | undefined }

const LIST_OPTIONS = optionNames<ListOptions>({ recursive: true, command: true, onUnreadable: true, signal: true })
const MAKE_OPTIONS = optionNames<MakeOptions>({ parents: true, signal: true })
const SIZE_OPTIONS = optionNames<SizeOptions>({ bigint: true, signal: true })
const CHECKSUM_OPTIONS = optionNames<ChecksumOptions>({ algorithm: true, signal: true })

/** What a client does with files and directories without moving their content. */
export abstract class FileCommands {
  /** @internal */
  protected readonly connection: Connection

  /** @internal */
  protected constructor(connection: Connection) {
    this.connection = connection
  }

  /** What the server can do beyond RFC 959, as FEAT told at the login: names in upper case, and their parameters. */
  get features(): Features {
    return this.connection.session.features
  }

  /** The checksums that the server computes, the strongest first. */
  get checksums(): readonly ChecksumAlgorithm[] {
    return checksumsOf(this.connection.session)
  }

  /** The working directory (PWD). */
  async currentDirectory(options: WaitOptions = {}): Promise<string> {
    checkOptions('get the working directory', options, WAIT)
    return await this.connection.run(options, (session) => directories.currentDirectory(session, options.signal))
  }

  /** Goes to another directory (CWD). @param path By default the one above (CDUP). */
  async changeDirectory(path = '..', options: WaitOptions = {}): Promise<void> {
    checkPath('change the directory', path)
    checkOptions('change the directory', options, WAIT)
    await this.connection.run(options, (session) => directories.changeDirectory(session, path, options.signal))
  }

  /**
   * Makes a directory (MKD).
   *
   * @param options `parents` also makes those above it that are missing, and one that is there already is fine then.
   */
  async makeDirectory(path: string, options: MakeOptions = {}): Promise<void> {
    checkPath('make a directory', path)
    checkOptions('make a directory', options, MAKE_OPTIONS)
    const { signal } = options
    const parents = checkFlag('make a directory', 'parents', options.parents, false)
    await this.connection.run(options, async (session) => {
      if (parents) await directories.makeDirectories(session, path, signal)
      else await directories.makeDirectory(session, path, signal)
    })
  }

  /** Removes an empty directory (RMD). */
  async removeDirectory(path: string, options: WaitOptions = {}): Promise<void> {
    checkPath('remove a directory', path)
    checkOptions('remove a directory', options, WAIT)
    await this.connection.run(options, (session) => session.command('RMD', path, options))
  }

  /** Removes a file (DELE). */
  async removeFile(path: string, options: WaitOptions = {}): Promise<void> {
    checkPath('remove a file', path)
    checkOptions('remove a file', options, WAIT)
    await this.connection.run(options, (session) => session.command('DELE', path, options))
  }

  /**
   * Removes a file, or a directory and all that is in it. Symbolic links are removed, not followed.
   *
   * @throws {ProtocolError} If there are more than 200 levels of directories in it. What came before is removed then.
   */
  async remove(path: string, options: WaitOptions = {}): Promise<void> {
    checkPath('remove', path)
    checkOptions('remove', options, WAIT)
    await this.connection.run(options, (session) => removeTree(session, path, options.signal))
  }

  /** Renames or moves a file or directory (RNFR, RNTO). */
  async rename(from: string, to: string, options: WaitOptions = {}): Promise<void> {
    checkPath('rename', from)
    checkPath('rename', to)
    checkOptions('rename', options, WAIT)
    await this.connection.run(options, (session) => files.rename(session, from, to, options.signal))
  }

  /**
   * Lists a directory: `for await (const entry of client.list())` takes the entries as they come, `await client.list()` gives all of them.
   *
   * @param path By default the working directory.
   */
  list(path = '', options: ListOptions = {}): Listing {
    checkOptions('list a directory', options, LIST_OPTIONS)
    const { command, signal } = options
    const recursive = checkFlag('list a directory', 'recursive', options.recursive, false)
    checkFunction('list a directory', 'onUnreadable', options.onUnreadable)
    checkSignal(signal)
    const onUnreadable =
      options.onUnreadable ??
      ((line) => this.connection.session.log.note(`can't read the line ${JSON.stringify(line)}`))
    const listOne = async (
      directory: string,
      take: (entries: readonly Entry[]) => Promise<void>,
      wanted: () => void,
      end: AbortSignal,
    ) => {
      const list = async (session: Session, signal: AbortSignal) => {
        const { flow, close } = this.connection.throttles.flow('read')
        try {
          const request = { path: directory, command, flow, onUnreadable, signal }
          for await (const entries of listDirectory(session, request)) await take(entries)
        } finally {
          close()
        }
      }
      await this.connection.transfer(end, list, wanted)
    }
    return new Listing(listOne, path, recursive, signal, this.connection)
  }

  /** What is there under a path (MLST, or the listing of the directory above it). @throws {ReplyError} With 550 if there is nothing. */
  async stat(path: string, options: WaitOptions = {}): Promise<Entry> {
    checkPath('look up', path)
    checkOptions('look up', options, WAIT)
    const found = await this.connection.run(options, (session) => statPath(session, path, options.signal))
    if (found) return found
    throw new ReplyError(`look up ${JSON.stringify(path)}`, { code: 550, lines: ['There is nothing under this name'] })
  }

  /** Whether there is anything under a path. */
  async exists(path: string, options: WaitOptions = {}): Promise<boolean> {
    checkPath('look up', path)
    checkOptions('look up', options, WAIT)
    return (await this.connection.run(options, (session) => statPath(session, path, options.signal))) !== undefined
  }

  /** Whether there is a file under a path. */
  async isFile(path: string, options: WaitOptions = {}): Promise<boolean> {
    checkPath('look up', path)
    checkOptions('look up', options, WAIT)
    return (await this.connection.run(options, (session) => statPath(session, path, options.signal)))?.type === 'file'
  }

  /** Whether there is a directory under a path. */
  async isDirectory(path: string, options: WaitOptions = {}): Promise<boolean> {
    checkPath('look up', path)
    checkOptions('look up', options, WAIT)
    return (
      (await this.connection.run(options, (session) => statPath(session, path, options.signal)))?.type === 'directory'
    )
  }

  /** The size of a file in bytes (SIZE). With `bigint` it is exact above 2^53, too. */
  async size(path: string, options?: WaitOptions & { readonly bigint?: false | undefined }): Promise<number>
  async size(path: string, options: WaitOptions & { readonly bigint: true }): Promise<bigint>
  async size(path: string, options: SizeOptions = {}): Promise<number | bigint> {
    checkPath('get the size', path)
    checkOptions('get the size', options, SIZE_OPTIONS)
    const size = await this.connection.run(options, (session) => files.sizeOf(session, path, options.signal))
    return options.bigint ? size : Number(size)
  }

  /** When the content of a file was last changed (MDTM). */
  async lastModified(path: string, options: WaitOptions = {}): Promise<Date> {
    checkPath('get the time', path)
    checkOptions('get the time', options, WAIT)
    return await this.connection.run(options, (session) => files.lastModified(session, path, options.signal))
  }

  /** Sets when the content of a file was last changed, to the second (MFMT, or MDTM). @returns False if the server knows neither. */
  async setModified(path: string, time: Date, options: WaitOptions = {}): Promise<boolean> {
    checkPath('set the time', path)
    checkOptions('set the time', options, WAIT)
    return await this.connection.run(options, (session) => files.setModified(session, path, time, options.signal))
  }

  /**
   * The checksum of a file, computed by the server (HASH, XSHA256, XMD5, XCRC, ...).
   *
   * @param options `algorithm` is by default the strongest that the server has.
   * @throws {ReplyError} If the server computes none, or not this one.
   */
  async checksum(path: string, options: ChecksumOptions = {}): Promise<Checksum> {
    checkPath('get the checksum', path)
    checkOptions('get the checksum', options, CHECKSUM_OPTIONS)
    const { algorithm = this.checksums[0] ?? 'SHA-256', signal } = options
    return await this.connection.run(options, (session) => checksumOf(session, path, algorithm, signal))
  }
}
