import type { Socket } from 'node:net'
import { inspect } from 'node:util'
import { ClosedError } from '../../../errors.ts'
import type { StreamThrottle } from '../../../throttle/stream-throttle.ts'
import type { Command } from '../../protocol/command.ts'
import type { FactName } from '../../protocol/listing/format-facts.ts'
import { joinPath, normalizePath } from '../../protocol/path.ts'
import { addressKey, plainAddress } from '../login/address-key.ts'
import { ConnectionThrottles } from '../throttles/connection-throttles.ts'
import type { Action } from '../users/permissions.ts'
import type { UserProfile } from '../users/user.ts'
import type { ActiveTransfer } from './active-transfer.ts'
import { CommandQueue, type QueuedCommand } from './command-queue.ts'
import type { ConnectionInfo } from './connection-info.ts'
import { ControlChannel, type ControlListener } from './control-channel.ts'
import { DataSettings } from './data-settings.ts'
import type { Host } from './host.ts'
import { Identity } from './identity.ts'
import type { IdleWatch, Watched } from './idle-watch.ts'
import { type Answer, Refusal } from './refusal.ts'
import { connectionSnapshot } from './snapshot.ts'

/** Carries out one command, and replies to it. */
export type Perform = (session: Session, command: QueuedCommand) => Promise<void>

/** A client's connection, from its greeting to its end: who is there, and what is agreed upon. Idle ones must stay small. */
export class Session implements ConnectionInfo, ControlListener, Watched {
  readonly id: number
  readonly address: string
  readonly port: number
  readonly since = new Date()
  readonly control: ControlChannel
  data: DataSettings
  cwd = '/'
  lastCommand = ''
  /** What USER has said. */
  loginName: string | undefined
  /** Who has given the password, and must give an account. */
  loginUser: UserProfile | undefined
  failedLogins = 0
  renameFrom: string | undefined
  /** Which facts MLST and MLSD tell, if not all (OPTS MLST). */
  facts: readonly FactName[] | undefined
  hashAlgorithm = 'SHA-256'
  transfer: ActiveTransfer | undefined
  bytesRead = 0
  bytesWritten = 0
  secure: boolean
  idleUntil = 0
  previous: Watched | undefined
  next: Watched | undefined
  readonly host: Host
  readonly #queue: CommandQueue
  readonly #addressKey: string
  #identity: Identity | undefined
  #throttles: ConnectionThrottles | undefined
  #watch: IdleWatch
  #life: AbortController | undefined
  #isOver = false
  /** Who was logged in at the end: what is told of that has a name. */
  #lastUser: string | undefined

  /** @param socket With TLS if it is there from the start. */
  constructor(host: Host, socket: Socket, id: number, secure: boolean, perform: Perform) {
    const address = socket.remoteAddress ?? ''
    this.host = host
    this.id = id
    this.address = plainAddress(address)
    this.#addressKey = addressKey(address)
    this.port = socket.remotePort ?? 0
    this.secure = secure
    this.data = new DataSettings(host.settings.implicitTls)
    this.#watch = host.loginWatch
    this.control = new ControlChannel(socket, host.settings.codec, host.settings.clock, this)
    this.#queue = new CommandQueue(this.control, {
      perform: (command) => perform(this, command),
      isClosing: () => this.host.isDraining,
      close: () => this.close(421, 'The server is closing'),
      hangUp: () => this.hangUp(),
      failed: (error) => {
        host.emit('error', error, this)
        this.close(421, 'Internal error')
      },
    })
    if (!this.#isOver) this.#watch.touch(this)
  }

  get user(): string | undefined {
    return this.#identity?.user.name ?? this.#lastUser
  }

  /** What counts as one client. */
  get addressKey(): string {
    return this.#addressKey
  }

  /** Who has logged in. @throws {Refusal} If nobody has. */
  get identity(): Identity {
    if (!this.#identity) throw new Refusal(530, 'Log in with USER and PASS')
    return this.#identity
  }

  get throttles(): Record<string, StreamThrottle> {
    return this.connectionThrottles.byName
  }

  get connectionThrottles(): ConnectionThrottles {
    const levels = this.#identity ? [this.host.level, this.#identity.state.level] : [this.host.level]
    this.#throttles ??= new ConnectionThrottles(levels)
    // Who asks for them later must not have them held by the patterns for ever.
    if (this.#isOver) this.#throttles.close()
    return this.#throttles
  }

  /** Aborts at the end of the connection. */
  get signal(): AbortSignal {
    this.#life ??= new AbortController()
    if (this.#isOver) this.#life.abort(new ClosedError('go on'))
    return this.#life.signal
  }

  /** Whether the connection has come to its end, though the client may still be reading what it was told. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether something runs that ABOR would end. */
  get isBusy(): boolean {
    return this.#queue.isOperating
  }

  /** Whether no command is being carried out. */
  get isIdle(): boolean {
    return this.#queue.isIdle
  }

  /** What RNFR has said, for this once. */
  takeRenameFrom(): string | undefined {
    const from = this.renameFrom
    this.renameFrom = undefined
    return from
  }

  /** Whether ABOR has ended something since this was last asked. */
  takeAborted(): boolean {
    return this.#queue.takeAborted()
  }

  /** How data connections were at the beginning. */
  resetData(): void {
    this.data.setChannel(undefined)
    this.data = new DataSettings(this.host.settings.implicitTls)
  }

  /** Forgets commands that have come and were not looked at. */
  forgetCommands(): void {
    this.#queue.clear()
  }

  reply(code: number, text: string | readonly string[]): void {
    this.control.send(code, text)
    this.host.log(`< ${code} ${typeof text === 'string' ? text : text.join(' | ')}`, this)
  }

  answer([code, text]: Answer): void {
    this.reply(code, text)
  }

  /** The path that a client means, absolute and normalized. */
  resolve(path: string): string {
    return normalizePath(joinPath(this.cwd, path))
  }

  allows(action: Action, path: string): boolean {
    return this.identity.permissions.allows(action, path)
  }

  /** @throws {Refusal} If the user may not do that. */
  demand(action: Action, path: string): void {
    if (!this.allows(action, path)) throw new Refusal(550, 'Permission denied')
  }

  /** Something that ABOR and the end of the connection put an end to, and during which no client is idle. */
  async operate<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#watch.rest(this)
    try {
      return await this.#queue.operate(work)
    } finally {
      if (!this.#isOver) this.#watch.touch(this)
    }
  }

  /**
   * Lets a user in.
   *
   * @throws {Refusal} If the user has too many connections; {@link ClosedError} if the client has gone while somebody looked the user up.
   */
  logIn(user: UserProfile): void {
    if (this.#isOver) throw new ClosedError('log in')
    const { host } = this
    const state = host.enter(user)
    if (!state) throw new Refusal(530, 'You have too many connections')
    try {
      this.#identity = new Identity(user, state, host.settings.files)
    } catch (error) {
      host.leave(user, state)
      throw error
    }
    this.#throttles?.enter(state.level)
    this.cwd = normalizePath(user.home ?? '/')
    this.#watch.rest(this)
    this.#watch = host.idleWatch
    this.#watch.touch(this)
  }

  /** Back to where the connection was after its greeting, but for TLS (REIN, a new USER). */
  logOut(): void {
    this.loginName = undefined
    this.loginUser = undefined
    this.renameFrom = undefined
    this.facts = undefined
    this.cwd = '/'
    const identity = this.#identity
    if (!identity) return
    this.#identity = undefined
    this.#throttles?.leave(identity.state.level)
    this.host.leave(identity.user, identity.state)
    this.#watch.rest(this)
    this.#watch = this.host.loginWatch
    if (!this.#isOver) this.#watch.touch(this)
  }

  /** Sends the client away. */
  close(code = 421, text = 'Closing the connection'): void {
    if (this.control.closed) return
    this.reply(code, text)
    this.hangUp()
  }

  /** Closes after what was said. */
  hangUp(): void {
    this.control.end()
    this.#finish()
  }

  /** Sends the client away, and does not wait for it to go. */
  cut(code: number, text: string): void {
    if (!this.control.closed) this.reply(code, text)
    this.control.destroy()
    this.#finish()
  }

  received(commands: readonly (Command | { readonly tooLong: true })[]): void {
    if (this.#isOver) return
    // Before the login time runs on whatever is sent, and in a transfer it stands still. Empty lines are no commands.
    const isActive = commands.some((command) => 'tooLong' in command || command.verb !== '')
    if (isActive && this.#identity && !this.isBusy) this.#watch.touch(this)
    this.#queue.push(commands)
  }

  ended(): void {
    this.#queue.end()
  }

  closed(error: Error | undefined): void {
    this.#finish()
    this.host.left(this)
    this.host.emit('disconnect', this, error)
  }

  idled(): void {
    const what = this.user === undefined ? 'You took too long to log in' : 'You were idle for too long'
    this.close(421, what)
  }

  toJSON(): Record<string, unknown> {
    return connectionSnapshot(this)
  }

  [inspect.custom](): Record<string, unknown> {
    return connectionSnapshot(this)
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#watch.rest(this)
    const reason = new ClosedError('go on with the transfer')
    this.#queue.stop(reason)
    this.#life?.abort(reason)
    this.data.setChannel(undefined)
    const { user, cwd } = this
    this.logOut()
    this.#lastUser = user
    this.cwd = cwd
    this.#throttles?.close()
  }
}
