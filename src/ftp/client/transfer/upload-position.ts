import { sizeIfTold } from '../operations/files.ts'
import type { Session } from '../session/session.ts'
import type { Carrier } from './carrier.ts'
import { type FileTransferOptions, modifiedIfTold } from './file-transfer.ts'
import type { Origin } from './origins/origin.ts'
import type { RemoteTarget } from './remote-target.ts'
import { hasSameTail } from './same-tail.ts'

/** How far an upload is, and where it begins: behind what the server has of the file, if that is known to be of this file. */
export class UploadPosition {
  readonly #connection: Carrier
  readonly #origin: Origin
  readonly #target: RemoteTarget
  readonly #options: FileTransferOptions
  /** How many bytes were there under the name before anything was sent; undefined if that is not known. */
  #before: number | undefined
  #begunAt = 0
  #sentTo = 0
  #isMixed = false

  constructor(connection: Carrier, origin: Origin, target: RemoteTarget, options: FileTransferOptions) {
    this.#connection = connection
    this.#origin = origin
    this.#target = target
    this.#options = options
  }

  /** Where in the file the last attempt has begun; bytes. */
  get begunAt(): number {
    return this.#begunAt
  }

  /** Up to where the file was sent; bytes. */
  get sentTo(): number {
    return this.#sentTo
  }

  /** Whether what is there is known not to be a part of this file: from here on every attempt begins anew. */
  get isMixed(): boolean {
    return this.#isMixed
  }

  /** An attempt begins. */
  begin(offset: number): void {
    this.#begunAt = offset
    this.#sentTo = offset
  }

  moved(count: number): void {
    this.#sentTo += count
  }

  /** The size or the checksum of what is there tells that it is not this file. */
  mix(): void {
    this.#isMixed = true
  }

  /**
   * Where the first attempt is to begin.
   *
   * @param isChecked Whether the whole will be compared by a checksum.
   */
  async first(session: Session, isChecked: boolean, signal: AbortSignal): Promise<number> {
    const { known, settings } = this.#options
    const { path, isTemporary } = this.#target
    if (this.#isMixed) return 0
    if (isTemporary && !settings.resume) {
      this.#before = 0 // a name that nobody else has
      return 0
    }
    const told = isTemporary ? undefined : known?.size
    // Further attempts have to know whose bytes are there.
    const asks = told === undefined && (settings.resume || settings.retry.attempts > 0)
    this.#before = asks ? ((await sizeIfTold(session, path, signal)) ?? 0) : told
    if (!settings.resume || !this.#before) return 0
    return (await this.#isPart(session, this.#before, isChecked, signal)) ? this.#before : 0
  }

  /**
   * Where a further attempt is to begin. A server may keep what was there before until an upload is whole, so the size says something only if it is another one
   * than before, or that of a part that this upload has gone on with.
   */
  async next(session: Session, signal: AbortSignal): Promise<number> {
    if (this.#isMixed || this.#before === undefined) return 0
    const there = (await sizeIfTold(session, this.#target.path, signal)) ?? 0
    const isOwn = there <= this.#sentTo && (this.#begunAt > 0 ? there >= this.#begunAt : there !== this.#before)
    return isOwn && this.#origin.canBeginAt(there) ? there : 0
  }

  /** Whether so many bytes that are there are of this file. */
  async #isPart(session: Session, there: number, isChecked: boolean, signal: AbortSignal): Promise<boolean> {
    const { known, settings } = this.#options
    const { path } = this.#target
    const file = await this.#origin.look()
    if (!this.#origin.canBeginAt(there) || there > (file.size ?? 0)) return false
    // What was sent of it came later than its last change. Servers may tell whole seconds only.
    const modified = known?.modified ?? (await modifiedIfTold(session, path, signal))
    const changed = file.changed ?? file.modified
    if (modified && changed && Number(modified) + 1000 <= Number(changed)) return false
    if (isChecked) return true
    const { flow, close } = this.#connection.throttles.flow('read', settings.throttles, settings.weight)
    try {
      const isSame = await hasSameTail(session, path, there, { origin: this.#origin, flow, signal })
      return isSame ?? settings.trustsParts
    } finally {
      close()
    }
  }
}
