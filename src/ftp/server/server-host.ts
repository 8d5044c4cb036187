import type { Socket } from 'node:net'
import { inspect } from 'node:util'
import { PortPool } from './data/port-pool.ts'
import { TlsHost } from './data/tls-host.ts'
import { Gate } from './gate.ts'
import { LoginBackOff } from './login/back-off.ts'
import type { EmitEvent } from './server-events.ts'
import type { ServerOptions } from './server-options.ts'
import type { ConnectionInfo } from './session/connection-info.ts'
import type { Host } from './session/host.ts'
import { IdleWatch } from './session/idle-watch.ts'
import { type Settings, settingsOf } from './settings.ts'
import type { Level } from './throttles/connection-throttles.ts'
import { throttleOf } from './throttles/server-limit.ts'
import { StreamThrottlePattern } from './throttles/throttle-pattern.ts'
import { checkMost, type User, type UserLimits, type UserProfile } from './users/user.ts'
import type { UserState } from './users/user-state.ts'
import { UserStates } from './users/user-states.ts'

/** Checksums that are worked out at a time, in blocks that nobody else's turn comes in: about 1 ms each. */
const MOST_CHECKSUMS = 4

/** What the sessions of a server share. */
export class ServerHost implements Host {
  readonly settings: Settings
  readonly tls: TlsHost | undefined
  readonly ports: PortPool | undefined
  readonly backOff: LoginBackOff
  readonly level: Level
  readonly loginWatch: IdleWatch
  readonly idleWatch: IdleWatch
  readonly users: UserStates
  readonly checksums = new Gate(MOST_CHECKSUMS)
  readonly lingering = new Set<Socket>()
  readonly emit: EmitEvent
  readonly left: (session: ConnectionInfo) => void
  /** Who there can be; undefined if a user manager decides. */
  readonly #names: ReadonlySet<string> | undefined
  isDraining = false

  /** @throws {TypeError | RangeError} If an option is wrong; what `tls.createServer` throws. */
  constructor(options: ServerOptions, emit: EmitEvent, left: (session: ConnectionInfo) => void) {
    const settings = settingsOf(options)
    const { clock, loginDelay, maxLoginDelay, loginTimeout, idleTimeout } = settings
    this.settings = settings
    this.ports = options.passivePorts && new PortPool(options.passivePorts)
    this.backOff = new LoginBackOff({ delay: loginDelay, maxDelay: maxLoginDelay, clock })
    const { serverGlobal, serverPerConnection } = options.limits ?? {}
    this.level = {
      name: 'server',
      global: throttleOf("Cannot create a server: 'serverGlobal'", serverGlobal, clock),
      perConnection: new StreamThrottlePattern(
        throttleOf("Cannot create a server: 'serverPerConnection'", serverPerConnection, clock),
      ),
    }
    this.loginWatch = new IdleWatch(clock, loginTimeout)
    this.idleWatch = new IdleWatch(clock, idleTimeout)
    this.users = new UserStates(clock, limitsOf(options))
    this.#names = namesOf(options)
    this.tls = options.tls && new TlsHost(options.tls)
    this.emit = emit
    this.left = left
  }

  /** @throws {RangeError} If nobody can have that name. */
  user(name: string): UserState {
    if (!this.#names || this.#names.has(name)) return this.users.get(name)
    throw new RangeError(`Cannot find the user ${inspect(name)}: the server was made without one of that name`)
  }

  enter(user: UserProfile): UserState | undefined {
    const { maxConnectionsPerUser } = this.settings
    const own = user.maxConnections
    const most =
      own === undefined ? maxConnectionsPerUser : checkMost('maxConnections', own, `Cannot let ${user.name} in`)
    return this.users.enter(user, most)
  }

  log(line: string, session: ConnectionInfo): void {
    try {
      this.settings.logger?.(line.replace(CONTROL, escapeOne), session)
    } catch (error) {
      throwLater(error)
    }
  }

  leave(user: UserProfile, state: UserState): void {
    this.users.leave(state)
    try {
      this.settings.users.loggedOut?.(user)
    } catch (error) {
      this.emit('error', error, undefined)
    }
  }
}

/** A terminal would do what these say, and a line of a log could be made to look like two. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/gu

const escapeOne = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A listener or logger that throws is a mistake of its own, and must not leave a session half done. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

function namesOf({ users, anonymous = users === undefined }: ServerOptions): ReadonlySet<string> | undefined {
  if (users !== undefined && !Array.isArray(users)) return undefined
  const names = (users ?? []).map(({ name }: User) => name)
  return new Set(anonymous ? [...names, 'anonymous'] : names)
}

/** Users in a list have their limits from the start, so that these can be looked at before anybody logs in. */
function limitsOf({ users, anonymous }: ServerOptions): ReadonlyMap<string, UserLimits> {
  const known = new Map<string, UserLimits>()
  if (typeof anonymous === 'object' && anonymous.limits) known.set('anonymous', anonymous.limits)
  if (Array.isArray(users)) for (const { name, limits } of users as readonly User[]) if (limits) known.set(name, limits)
  return known
}
