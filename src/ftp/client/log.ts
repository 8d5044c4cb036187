import { channel } from 'node:diagnostics_channel'
import { maskSecrets } from '../protocol/command.ts'

/** What a client tells of its work. Passwords and accounts stand as `****`. */
export interface LogEntry {
  /** What was said or what happened: a command sent, a reply received, or something else worth knowing. */
  readonly kind: 'command' | 'reply' | 'note'
  readonly text: string
  /** The server, as it was named. */
  readonly host: string
  /** Which control connection of this process it is, from 1 on. */
  readonly connection: number
}

/** Is called for each entry, at once; what it throws ends up as an uncaught exception. */
export type Logger = (entry: LogEntry) => void

/** Everything that clients say and hear, for `diagnostics_channel.subscribe('sluice:ftp', ...)`. */
const diagnostics = channel('sluice:ftp')

let connections = 0

/** The log of one control connection. Nothing is made of what nobody reads. */
export class Log {
  readonly #host: string
  readonly #logger: Logger | undefined
  readonly #connection = ++connections

  constructor(host: string, logger: Logger | undefined) {
    this.#host = host
    this.#logger = logger
  }

  command(line: string): void {
    if (this.#isRead) this.#tell('command', maskSecrets(line))
  }

  reply(code: number, lines: readonly string[]): void {
    if (this.#isRead) this.#tell('reply', `${code} ${lines.join('\n')}`)
  }

  note(text: string): void {
    if (this.#isRead) this.#tell('note', text)
  }

  get #isRead(): boolean {
    return this.#logger !== undefined || diagnostics.hasSubscribers
  }

  #tell(kind: LogEntry['kind'], text: string): void {
    const entry: LogEntry = { kind, text, host: this.#host, connection: this.#connection }
    diagnostics.publish(entry)
    try {
      this.#logger?.(entry)
    } catch (error) {
      // As diagnostics_channel does it: the conversation goes on.
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
