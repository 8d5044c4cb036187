import { ClosedError } from '../../../errors.ts'
import type { WaitOptions } from '../../../streams/io/stream-io.ts'
import type { Reply } from '../../protocol/reply.ts'
import { Client } from '../client.ts'
import type { Connection } from '../connection.ts'
import type { CommandOptions } from '../session/session.ts'

/** Commands that change for good how a connection behaves. */
const LASTING = /^(X?CWD|X?CUP|CDUP|SMNT|USER|PASS|ACCT|REIN|TYPE|STRU|MODE|PROT|PBSZ|CCC|AUTH|OPTS|LANG|HOST|CLNT)\b/i

/** A connection of a pool, in the hands of a body. Where it has gone, it comes back from. */
export class PooledClient extends Client {
  /** The working directory there was, if it was changed. */
  #home: string | undefined
  #isChanged = false

  static over(connection: Connection): PooledClient {
    return new PooledClient(connection)
  }

  override async changeDirectory(path = '..', options: WaitOptions = {}): Promise<void> {
    this.#home ??= await this.currentDirectory(options)
    await super.changeDirectory(path, options)
  }

  override async command(line: string, options: CommandOptions = {}): Promise<Reply> {
    if (LASTING.test(line)) this.#isChanged = true
    return await super.command(line, options)
  }

  /**
   * The body has ended: what it has left running is ended, too, and the connection is as it was, or is closed.
   *
   * @internal
   */
  async comeBack(): Promise<void> {
    const { connection } = this
    connection.abort(new ClosedError('go on', { reason: 'the body that had the client has ended' }))
    // Calls that still wait would have their turn when somebody else has the connection.
    if (this.#isChanged || connection.isWanted || connection.isQuitting) connection.close()
    const home = this.#home
    if (home === undefined || connection.isClosed) return
    try {
      await connection.run({}, (session) => session.command('CWD', home))
      connection.session.directory = home
    } catch (error) {
      connection.session.log.note(`can't go back to ${JSON.stringify(home)}: ${String(error)}`)
      connection.close()
    }
  }
}
