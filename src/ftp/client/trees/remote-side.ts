import { ProtocolError, ReplyError } from '../../errors.ts'
import { FileError } from '../../files/file-error.ts'
import type { Entry } from '../../protocol/listing/entry.ts'
import { baseName, joinPath } from '../../protocol/path.ts'
import { listDirectory, MOST_LEVELS, tooDeep } from '../listing/listing-source.ts'
import { makeDirectories, makeDirectory } from '../operations/directories.ts'
import { statPath } from '../operations/stat.ts'
import type { Session } from '../session/session.ts'
import { attempts } from '../transfer/attempts.ts'
import type { Carrier } from '../transfer/carrier.ts'
import type { RetrySettings } from '../transfer/retry.ts'
import { type Item, itemOfEntry } from './item.ts'
import { MOST_NAMES, type Side, type TakeItems } from './side.ts'

/** A folder on the server. */
export class RemoteSide implements Side {
  readonly #carrier: Carrier
  readonly #root: string
  readonly #retry: RetrySettings
  /** Told of each line of a listing that can't be read. */
  readonly #onUnreadable: (path: string, line: string) => void
  #hidesDotted = false
  /** The names that were there before in folders to which something is added, by the path of the folder. */
  readonly #known = new Map<string, Promise<ReadonlyMap<string, Entry['type']>>>()

  constructor(
    carrier: Carrier,
    root: string,
    options: { readonly retry: RetrySettings; readonly onUnreadable: (path: string, line: string) => void },
  ) {
    this.#carrier = carrier
    this.#root = root
    this.#retry = options.retry
    this.#onUnreadable = options.onUnreadable
  }

  /** Whether names that begin with a dot may be missing in listings: LIST of many servers leaves them out, and this one does not take -a. */
  get hidesDotted(): boolean {
    return this.#hidesDotted
  }

  pathOf(path: string): string {
    return joinPath(this.#root, path)
  }

  /** Whether the folder is there; false if nothing is. @throws {FileError} `ENOTDIR` if it is something else. */
  async isThere(signal: AbortSignal): Promise<boolean> {
    const found = await this.run(signal, (session, end) => statPath(session, this.#root, end))
    if (found === undefined) return false
    // Behind a link there may be a directory; the listing tells.
    if (found.type === 'directory' || found.type === 'symlink') return true
    throw new FileError('use as a directory', this.#root, 'ENOTDIR')
  }

  async list(path: string, take: TakeItems, signal: AbortSignal): Promise<void> {
    const folder = this.pathOf(path)
    if (path.split('/').length > MOST_LEVELS) tooDeep('list', folder)
    await this.run(signal, async (session, end) => {
      let count = 0
      const { flow, close } = this.#carrier.throttles.flow('read')
      try {
        const onUnreadable = (line: string) => this.#onUnreadable(path, line)
        const request = { path: folder, command: undefined, flow, onUnreadable, signal: end }
        for await (const entries of listDirectory(session, request)) {
          count += entries.length
          if (count > MOST_NAMES) throw new ProtocolError('list', `there are more than ${MOST_NAMES} entries`)
          take(entries.map(itemOfEntry))
        }
        if (session.listsHidden === false) this.#hidesDotted = true
      } finally {
        close()
      }
    })
  }

  async makeFolder(path: string, signal: AbortSignal): Promise<boolean> {
    const folder = this.pathOf(path)
    if (path === '') {
      await this.run(signal, (session, end) => makeDirectories(session, folder, end))
      return true
    }
    try {
      await this.run(signal, (session, end) => makeDirectory(session, folder, end))
      return true
    } catch (error) {
      if (!(error instanceof ReplyError) || error.isTransient) throw error
      if ((await this.#typeOf(path, signal)) !== 'directory') throw error
      return false
    }
  }

  async removeFile(path: string, signal: AbortSignal): Promise<void> {
    await this.run(signal, (session, end) => session.command('DELE', this.pathOf(path), { signal: end }))
  }

  async removeFolder(path: string, signal: AbortSignal): Promise<void> {
    await this.run(signal, (session, end) => session.command('RMD', this.pathOf(path), { signal: end }))
  }

  /** Does something in a turn of its own, as often as the options say. */
  async run<T>(signal: AbortSignal, work: (session: Session, signal: AbortSignal) => Promise<T>): Promise<T> {
    return await attempts(this.#carrier, { retry: this.#retry, signal, isFinal: () => false }, work)
  }

  /** What was there before. One listing tells it for all names of a folder. */
  async #typeOf(path: string, signal: AbortSignal): Promise<Entry['type'] | undefined> {
    const end = path.lastIndexOf('/')
    const parent = path.slice(0, Math.max(0, end))
    let known = this.#known.get(parent)
    if (!known) {
      known = this.#typesIn(parent, signal)
      // The last few suffice: folders are gone through one after the other.
      if (this.#known.size >= 16) this.#known.delete(this.#known.keys().next().value ?? '')
      this.#known.set(parent, known)
    }
    return (await known).get(baseName(path))
  }

  async #typesIn(path: string, signal: AbortSignal): Promise<ReadonlyMap<string, Entry['type']>> {
    const types = new Map<string, Entry['type']>()
    const keep = ({ name, type }: Item) => {
      if (type === 'directory') types.set(name, type)
    }
    await this.list(path, (items) => items.forEach(keep), signal)
    return types
  }
}
