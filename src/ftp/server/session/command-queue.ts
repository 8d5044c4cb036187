import { ClosedError } from '../../../errors.ts'
import type { Command } from '../../protocol/command.ts'
import type { ControlChannel } from './control-channel.ts'
import { Refusal } from './refusal.ts'

/** A command in its place in the order. */
export interface QueuedCommand extends Command {
  /** Its line was longer than a line may be, and is not there. */
  readonly isTooLong: boolean
}

export interface QueueOwner {
  /** Carries a command out and replies to it. What it throws is a mistake of ours. */
  perform(command: QueuedCommand): Promise<void>
  /** Whether the connection is to be closed after the running command. */
  isClosing(): boolean
  close(): void
  /** Closes the connection, since the client has. */
  hangUp(): void
  failed(error: unknown): void
}

/** So many commands wait at most, and what one turn of the control connection brings on top; then no more is read. */
const MOST = 64

const TOO_LONG: QueuedCommand = { verb: '', argument: '', isTooLong: true }

/**
 * Commands are carried out one by one, and replied to in their order, however many a client sends at once. Only what is asked for
 * while a transfer runs, and before anything else waits, is answered in between: NOOP, and STAT for how far it is.
 *
 * ABOR keeps its place in the order too, but ends at once what runs, and what stands before it once that begins.
 */
export class CommandQueue {
  readonly #control: ControlChannel
  readonly #owner: QueueOwner
  #waiting: QueuedCommand[] = []
  #operation: AbortController | undefined
  #isWorking = false
  #wasAborted = false
  #hasEnded = false
  #stopped: { readonly reason: unknown } | undefined

  constructor(control: ControlChannel, owner: QueueOwner) {
    this.#control = control
    this.#owner = owner
  }

  /** Whether something runs that ABOR would end. */
  get isOperating(): boolean {
    return this.#operation !== undefined
  }

  /** Whether nothing runs or waits. */
  get isIdle(): boolean {
    return !this.#isWorking
  }

  /** Whether ABOR has ended something since this was last asked. */
  takeAborted(): boolean {
    const was = this.#wasAborted
    this.#wasAborted = false
    return was
  }

  push(commands: readonly (Command | { readonly tooLong: true })[]): void {
    for (const command of commands) {
      if ('tooLong' in command) this.#waiting.push(TOO_LONG)
      // Empty lines are no commands: after an ABOR that was sent as urgent data some clients leave one.
      else if (command.verb !== '' || command.argument !== '') this.#add({ ...command, isTooLong: false })
    }
    if (this.#waiting.length >= MOST) this.#control.pause()
    if (!this.#isWorking) void this.#work()
  }

  /** The client sends no more. Like ABOR and QUIT, unless it has said QUIT (RFC 959 section 4.1.1, QUIT). */
  end(): void {
    this.#hasEnded = true
    const isPolite = this.#waiting.some(({ verb }) => verb === 'QUIT')
    if (!isPolite) this.#operation?.abort(new ClosedError('go on with the transfer'))
    if (!this.#isWorking) this.#owner.hangUp()
  }

  /** Forgets what waits, such as what came in the clear before TLS. */
  clear(): void {
    this.#waiting = []
  }

  /** The connection is over. */
  stop(reason: unknown): void {
    this.#stopped ??= { reason }
    this.#waiting = []
    this.#operation?.abort(reason)
  }

  /**
   * Something that ABOR and the end of the connection put an end to.
   *
   * @throws {Refusal} 426 in place of the signal's reason; what `work` throws.
   */
  async operate<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const operation = new AbortController()
    this.#operation = operation
    if (this.#stopped) operation.abort(this.#stopped.reason)
    else if (this.#waiting.some(isAbort)) this.#abort()
    try {
      return await work(operation.signal)
    } catch (error) {
      if (operation.signal.aborted && error === operation.signal.reason) throw new Refusal(426, 'Aborted')
      throw error
    } finally {
      this.#operation = undefined
    }
  }

  #add(command: QueuedCommand): void {
    if (this.#operation) {
      if (isAbort(command)) this.#abort()
      else if (this.#waiting.length === 0 && isAnsweredMeanwhile(command) && !this.#control.congested) {
        this.#owner.perform(command).catch((error: unknown) => this.#owner.failed(error))
        return
      }
    }
    this.#waiting.push(command)
  }

  #abort(): void {
    this.#wasAborted = true
    this.#operation?.abort(new DOMException('The client has sent ABOR', 'AbortError'))
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    try {
      for (let command = this.#waiting.shift(); command; command = this.#waiting.shift()) {
        await this.#owner.perform(command)
        if (this.#control.congested) await this.#control.drained()
        if (this.#waiting.length < MOST / 2) this.#control.resume()
        if (this.#owner.isClosing()) this.#owner.close()
      }
    } catch (error) {
      this.#owner.failed(error)
    } finally {
      this.#isWorking = false
    }
    if (this.#hasEnded) this.#owner.hangUp()
  }
}

const isAbort = ({ verb }: Command) => verb === 'ABOR'

const isAnsweredMeanwhile = ({ verb, argument }: Command) => verb === 'NOOP' || (verb === 'STAT' && argument === '')
