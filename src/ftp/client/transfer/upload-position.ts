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
  #begunAt = 0
  #sentTo = 0
  #hasMoved = false
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

  /** Whether anything was sent. */
  get hasMoved(): boolean {
    return this.#hasMoved
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
    this.#hasMoved = true
  }

  /** The size or the checksum of what is there tells that it is not this file. */
  mix(): void {
    this.#isMixed = true
  }

  /**
   * Where an attempt is to begin: behind what the server has, if that is of this file. A server may keep what was there before until an upload is whole, and somebody
   * else may have put something there.
   *
   * @param isChecked Whether the whole will be compared by a checksum.
   */
  async whereToBegin(session: Session, isChecked: boolean, signal: AbortSignal): Promise<number> {
    const { known, settings } = this.#options
    const { path, isTemporary } = this.#target
    const mayGoOn = this.#hasMoved || settings.resume
    if (this.#isMixed || !mayGoOn) return 0
    const told = this.#hasMoved || isTemporary ? undefined : known?.size
    const there = told ?? (await sizeIfTold(session, path, signal)) ?? 0
    if (there === 0 || !this.#origin.canBeginAt(there)) return 0
    const isPart = this.#hasMoved ? there <= this.#sentTo : await this.#isLater(session, there, signal)
    return isPart && (isChecked || (await this.#hasSameTail(session, there, signal))) ? there : 0
  }

  /** Whether so many bytes that are there may have been sent of this file, by their time. */
  async #isLater(session: Session, there: number, signal: AbortSignal): Promise<boolean> {
    const { known } = this.#options
    const { size = 0, modified, changed = modified } = await this.#origin.look()
    if (there > size) return false
    const sent = known?.modified ?? (await modifiedIfTold(session, this.#target.path, signal))
    // Of what is whole nothing but its time tells that it is this file.
    if (!sent) return there < size
    // Servers may tell whole seconds only.
    const isCopy = there === size && modified && Math.abs(Number(sent) - Number(modified)) < 1000
    return isCopy || !changed || Number(sent) + 1000 > Number(changed)
  }

  async #hasSameTail(session: Session, there: number, signal: AbortSignal): Promise<boolean> {
    const { settings } = this.#options
    const { path, isTemporary } = this.#target
    const { flow, close } = this.#connection.throttles.flow('read', settings.throttles, settings.weight)
    try {
      const isSame = await hasSameTail(session, path, there, { origin: this.#origin, flow, signal })
      // What can't be read is trusted under a name of ours, or if that was so when this upload went on with it.
      const isTrusted = this.#hasMoved ? this.#begunAt > 0 && there >= this.#begunAt : settings.trustsParts
      return isSame ?? (isTemporary || isTrusted)
    } finally {
      close()
    }
  }
}
