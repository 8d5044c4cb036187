import { ClosedError } from '../../../errors.ts'
import { ReplyError } from '../../errors.ts'
import { rename } from '../operations/files.ts'
import type { Session } from '../session/session.ts'
import type { Carrier } from './carrier.ts'
import { partialName, uniquePartialName } from './partial-names.ts'
import type { TransferSettings } from './transfer-settings.ts'

/** The file on the server that an upload goes to, under a temporary name first if it is to be atomic. */
export class RemoteTarget {
  readonly #final: string
  readonly #keeps: boolean
  /** The name that bytes are sent to. */
  readonly path: string
  #isBegun = false

  constructor(final: string, { atomic, resume }: TransferSettings) {
    this.#final = final
    this.#keeps = resume
    const start = final.lastIndexOf('/') + 1
    const name = resume ? partialName : uniquePartialName
    this.path = atomic ? final.slice(0, start) + name(final.slice(start)) : final
  }

  get isTemporary(): boolean {
    return this.path !== this.#final
  }

  /** From here on something may be there under the temporary name. */
  begin(): void {
    this.#isBegun = true
  }

  /** Gives the file its name. */
  async finish(session: Session, signal: AbortSignal | undefined): Promise<void> {
    if (!this.isTemporary) return
    try {
      await rename(session, this.path, this.#final, signal)
    } catch (error) {
      if (!(error instanceof ReplyError) || error.replyCode < 500) throw error
      // Some servers do not rename to what is there.
      const removed = await session.command('DELE', this.#final, { expectedCodes: ['2xx', '4xx', '5xx'], signal })
      if (removed.code >= 300) throw error
      await rename(session, this.path, this.#final, signal)
    }
    this.#isBegun = false
  }

  /** Leaves no temporary file behind, unless it can be resumed. */
  async abandon(connection: Carrier): Promise<void> {
    if (!this.isTemporary || !this.#isBegun || this.#keeps || connection.isClosed) return
    try {
      await connection.transfer(undefined, (session) =>
        session.command('DELE', this.path, { expectedCodes: ['2xx', '4xx', '5xx'] }),
      )
    } catch (error) {
      if (!(error instanceof ClosedError)) connection.session.log.note(`can't remove ${this.path}: ${String(error)}`)
    }
  }
}
