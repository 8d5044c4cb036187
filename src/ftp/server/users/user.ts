import { inspect } from 'node:util'
import { checkNested, checkOptions, optionNames } from '../../../check-options.ts'
import type { FileSystem } from '../../files/file-system.ts'
import { checkLimit, type ServerLimit } from '../throttles/server-limit.ts'
import { type Permissions, PermissionTable } from './permissions.ts'

/** Somebody who asks to be let in. */
export interface Login {
  readonly name: string
  readonly password: string
  /** The address of the client. */
  readonly address: string
  /** Whether the control connection is encrypted. */
  readonly secure: boolean
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
}

/** The speed of a user. */
export interface UserLimits {
  /** What all connections of the user have together, in each direction. @default null, unlimited */
  readonly userGlobal?: ServerLimit | undefined
  /** What each connection of the user has. @default null, unlimited */
  readonly userPerConnection?: ServerLimit | undefined
}

/** Somebody who has been let in, and what they may do. */
export interface UserProfile {
  /** As given to USER; case counts. */
  readonly name: string
  /** What ACCT must be given after the password. @default none is asked for */
  readonly account?: string | undefined
  /** The directory in which the user begins, absolute. @default '/' */
  readonly home?: string | undefined
  /** Files of the user's own. @default those of the server */
  readonly fileSystem?: FileSystem | undefined
  /** @default 'all' */
  readonly permissions?: Permissions | undefined
  /** How many connections the user may have at a time, >= 1; null is any number. @default maxConnectionsPerUser of the server */
  readonly maxConnections?: number | null | undefined
  /** Bytes per second. @default unlimited */
  readonly limits?: UserLimits | undefined
}

/** Somebody who can be let in. */
export interface User extends UserProfile {
  /**
   * The password, or a function that says whether a login is right; look-ups of hashes go there. Texts are compared in constant time.
   */
  readonly password: string | ((login: Login) => boolean | Promise<boolean>)
}

/** @internal */
export const GUEST_NAMES = {
  ...{ home: true, fileSystem: true, permissions: true, maxConnections: true, limits: true },
}
const OPTIONS = optionNames<User>({ ...GUEST_NAMES, name: true, account: true, password: true })
const LIMITS = optionNames<UserLimits>({ userGlobal: true, userPerConnection: true })

/** @throws {TypeError | RangeError} If `user` can't be one. The password is not shown. */
export function checkUser(user: User): void {
  checkOptions('use as a user', user, OPTIONS)
  const { name, password, account, home, permissions, maxConnections, limits } = user
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`Cannot use as a user: 'name' must be a text that is not empty, is ${inspect(name)}`)
  }
  const who = `Cannot use as the user ${JSON.stringify(name)}`
  if (typeof password !== 'string' && typeof password !== 'function') {
    throw new TypeError(`${who}: 'password' must be a text or a function, is ${typeof password}`)
  }
  if (account !== undefined && typeof account !== 'string') {
    throw new TypeError(`${who}: 'account' must be a text, is ${typeof account}`)
  }
  if (home !== undefined && (typeof home !== 'string' || !home.startsWith('/'))) {
    throw new TypeError(`${who}: 'home' must be an absolute path, is ${inspect(home)}`)
  }
  checkMost('maxConnections', maxConnections, who)
  if (permissions !== undefined) new PermissionTable(permissions)
  checkNested(`use as the user ${JSON.stringify(name)}`, 'limits', limits, LIMITS)
  checkLimit(`${who}: 'userGlobal'`, limits?.userGlobal)
  checkLimit(`${who}: 'userPerConnection'`, limits?.userPerConnection)
}

/** @throws {RangeError} If `most` is neither a whole number >= 1 nor null. */
export function checkMost(name: string, most: number | null | undefined, what: string): number {
  if (most === undefined || most === null) return Infinity
  if ((Number.isSafeInteger(most) && most >= 1) || most === Infinity) return most
  throw new RangeError(`${what}: '${name}' must be an integer >= 1 or null, is ${inspect(most)}`)
}
